"""Make what a package holds beside its sources, for a wheel and for an editable install alike.

Message catalogues are compiled, and the table of French lemmas and the lists of French and English words are made:
seconds of work that no process need repeat.
"""

import io
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MakeFiles(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        for po in (root / "kb" / "locale").glob("*/LC_MESSAGES/*.po"):
            fresh = io.BytesIO()
            with po.open("rb") as source:
                write_mo(fresh, read_po(source))
            put(fresh.getvalue(), po.with_suffix(".mo"))
        make_tables(root)


def put(content: bytes, place: Path) -> None:
    """Write a file in one step: somebody may be reading the one that is there."""
    fresh = place.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(place)


def make_tables(root: Path) -> None:
    """Write the table of lemmas and the lists of words where `index.analysis.lemmas` and `kb.language.word_lists` look
    for them.
    """
    # The whole of a package needs what is not installed while it is built; these modules do not.
    for name in ("index", "kb", "kb.language"):
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")))]
    try:
        lemmas = import_module("index.analysis.lemmas")
        contents: dict[Path, bytes] = {lemmas.PLACE: lemmas.pack_lemmas(lemmas.build_simplemma_table())}
        lists = import_module("kb.language.word_lists")
        contents |= {lists.word_list_path(name): lists.pack_words(name) for name in lists.LANGUAGES_WITH_WORD_LIST}
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] in {"index", "kb"}]:
            del sys.modules[name]
    for place, content in contents.items():
        put(content, place)
