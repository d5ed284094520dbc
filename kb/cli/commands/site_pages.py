"""`kb page`: the texts of the legal pages of the site."""

import codecs

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandMisused, CommandSession, json_option, print_error, print_line, printable_file_name
from kb.cli.files import read_input
from kb.services.admin.site_pages import (
    LONGEST_SITE_PAGE,
    SITE_PAGE_NAMES,
    SitePage,
    reset_site_page,
    save_site_page,
    site_page,
    site_page_markdown,
)
from kb.translation import LANGUAGES, Translator

_LARGEST = 4 * LONGEST_SITE_PAGE
"""Bytes that are read of a file: a larger file has a text that is too long."""

_language = click.option(
    "--lang", "language", type=click.Choice(LANGUAGES), help="The language of the text [that of the site]."
)


@click.group()
def page() -> None:
    """Manage the legal notice, the privacy page and the accessibility statement."""


@page.command("list")
@json_option("the list")
@click.pass_obj
def list_pages_command(session: CommandSession, as_json: bool) -> None:
    """List the pages in each language, with the number of placeholders left to complete."""
    with session.library() as library:
        pages = [(language, site_page(library, name, language)) for name in SITE_PAGE_NAMES for language in LANGUAGES]
    session.print_list(
        pages, as_json=as_json, shape=lambda row: _shape(*row), columns=lambda row: _columns(session.translator, *row)
    )


@page.command("show")
@click.argument("name")
@_language
@click.pass_obj
def show_command(session: CommandSession, name: str, language: str | None) -> None:
    """Print the text of a page, in Markdown."""
    with session.library() as library:
        text = site_page_markdown(library, name, language or session.settings.language)
    click.echo(text.encode(), nl=not text.endswith("\n"))


@page.command("set")
@click.argument("name")
@click.argument("file")
@_language
@click.pass_obj
def set_command(session: CommandSession, name: str, file: str, language: str | None) -> None:
    """Set the text of a page from a file in Markdown; - is standard input."""
    text = _text_of(file)
    with session.library() as library:
        changed = save_site_page(library, OPERATOR, name, language or session.settings.language, text)
    print_line(f"{session.settings.base_url}/{changed.name}?lang={changed.language}")
    if changed.placeholder_count:
        print_error(_placeholders_left(session.translator, changed))


@page.command("reset")
@click.argument("name")
@_language
@click.pass_obj
def reset_command(session: CommandSession, name: str, language: str | None) -> None:
    """Restore the text that comes with the program."""
    with session.library() as library:
        changed = reset_site_page(library, OPERATOR, name, language or session.settings.language)
    session.report("“%(title)s” now has the text of the program again.", title=changed.title)


def _columns(translator: Translator, language: str, page: SitePage) -> tuple[str, ...]:
    return page.name, language, _origin(translator, language, page), _placeholders_left(translator, page), page.title


def _placeholders_left(translator: Translator, page: SitePage) -> str:
    return translator.ngettext("%(count)s place to complete", "%(count)s places to complete", page.placeholder_count)


def _origin(translator: Translator, language: str, page: SitePage) -> str:
    """Whose text readers of a language see."""
    _ = translator.gettext
    if page.language != language:
        return _("shown in %(language)s", language=translator.language_name(page.language))
    if page.changed_at:
        return _("written %(day)s", day=translator.instant(page.changed_at))
    return _("the program’s text")


def _shape(language: str, page: SitePage) -> dict[str, object]:
    return {
        "name": page.name,
        "language": language,
        "text_in": page.language,
        "title": page.title,
        "changed": page.changed_at,
        "to_complete": page.placeholder_count,
    }


def _text_of(file: str) -> str:
    """The text of a file in UTF-8. Raises CommandMisused."""
    content = read_input(file, _LARGEST + 1)
    try:
        # A file that is too long ends here in the middle of a character.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content, final=len(content) <= _LARGEST)
    except UnicodeDecodeError:
        raise CommandMisused("%(name)s is not UTF-8 text.", name=printable_file_name(file)) from None
