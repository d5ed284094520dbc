"""The help on search and on each task: Markdown files of the program, in each language."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb.package_data import help_dir

HELP_NAMES = ("recherche", "garder", "surligner", "suivre", "listes", "importer", "groupes", "administrer")
"""Every text, in the order of the help page."""


@dataclass(frozen=True, slots=True)
class HelpText:
    """A help text: its title, and the Markdown after it. `name` is the end of its address."""

    name: str
    title: str
    text: str


@cache
def help_text(name: str, language: str) -> HelpText:
    """A help text, in a language of the interface."""
    markdown = (help_dir() / f"{name}.{language}.md").read_text(encoding="utf-8")
    title, _, text = markdown.partition("\n")
    return HelpText(name, title.removeprefix("# "), text)


@cache
def help_section(folder: Path, language: str) -> str:
    """The Markdown that a feature adds at the end of a help text."""
    return "\n" + (folder / f"help.{language}.md").read_text(encoding="utf-8")
