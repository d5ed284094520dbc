"""`kb page`: the texts of the pages of the site itself."""

import codecs
import sys
from pathlib import Path

import click

from kb.access.actor import OPERATOR
from kb.cli.console import Misused, Session, failure_of, file_name, say, say_json
from kb.services.admin.site_pages import LONGEST, NAMES, SitePage, markdown_of, reset_page, site_page, write_page
from kb.services.core.library import open_library
from kb.translation import LANGUAGES, Translator

_LARGEST = 4 * LONGEST
"""Bytes that are read of a file: beyond, its text is too long whatever it says."""

_language = click.option(
    "--lang", "language", type=click.Choice(LANGUAGES), help="The language of the text [that of the site]."
)


@click.group()
def page() -> None:
    """Read and write the legal notice, the page on personal data and the accessibility statement."""


@page.command("list")
@click.option("--json", "as_json", is_flag=True, help="Give the list as JSON.")
@click.pass_obj
def list_command(session: Session, as_json: bool) -> None:
    """Tell the pages, in each language, and what is left to complete in them."""
    library = open_library(session.settings)
    try:
        pages = [(language, site_page(library, name, language)) for name in NAMES for language in LANGUAGES]
    finally:
        library.close()
    if as_json:
        say_json([_shape(language, one) for language, one in pages])
        return
    for language, one in pages:
        left = session.words.plural("%(count)s place to complete", "%(count)s places to complete", one.to_complete)
        say("\t".join((one.name, language, _origin(session.words, language, one), left, one.title)))


@page.command("show")
@click.argument("name")
@_language
@click.pass_obj
def show_command(session: Session, name: str, language: str | None) -> None:
    """Write the text of a page, in Markdown, to standard output."""
    library = open_library(session.settings)
    try:
        text = markdown_of(library, name, language or session.settings.language)
    finally:
        library.close()
    click.echo(text.encode(), nl=not text.endswith("\n"))


@page.command("set")
@click.argument("name")
@click.argument("file")
@_language
@click.pass_obj
def set_command(session: Session, name: str, file: str, language: str | None) -> None:
    """Take the text of a page from a file in Markdown; - is standard input."""
    text = _text_of(file)
    library = open_library(session.settings)
    try:
        kept = write_page(library, OPERATOR, name, language or session.settings.language, text)
    finally:
        library.close()
    say(f"{session.settings.base_url}/{kept.name}?lang={kept.language}")
    if kept.to_complete:
        session.tell_count("%(count)s place to complete", "%(count)s places to complete", kept.to_complete)


@page.command("reset")
@click.argument("name")
@_language
@click.pass_obj
def reset_command(session: Session, name: str, language: str | None) -> None:
    """Go back to the text that the program brings."""
    library = open_library(session.settings)
    try:
        kept = reset_page(library, OPERATOR, name, language or session.settings.language)
    finally:
        library.close()
    session.tell("“%(title)s” has the text of the program again.", title=kept.title)


def _origin(words: Translator, language: str, page: SitePage) -> str:
    """Whose text readers of a language see."""
    if page.language != language:
        return words.say("shown in %(language)s", language=words.language_name(page.language))
    if page.changed_at:
        return words.say("written %(day)s", day=words.instant(page.changed_at))
    return words.say("the program’s text")


def _shape(language: str, page: SitePage) -> dict[str, object]:
    return {
        "name": page.name,
        "language": language,
        "text_in": page.language,
        "title": page.title,
        "changed": page.changed_at,
        "to_complete": page.to_complete,
    }


def _text_of(file: str) -> str:
    """The text of a file in UTF-8. Raises Misused."""
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(_LARGEST + 1)
        # A file that was cut while it was read ends in the middle of a character.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content, final=len(content) <= _LARGEST)
    except UnicodeDecodeError:
        raise Misused("%(name)s is not a text in UTF-8.", name=file_name(file)) from None
    except OSError as error:
        failure = failure_of(error)
        raise Misused(failure.message, **failure.values) from error
    except ValueError:
        raise Misused("%(name)s is not there.", name=file_name(file)) from None
