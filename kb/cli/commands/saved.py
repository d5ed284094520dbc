"""`kb saved`: the saved searches of groups."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession, print_json, print_line
from kb.services.core.library import Library, open_library
from kb.services.search.saved_searches import (
    SavedSearchView,
    create_saved_search,
    new_result_count,
    readable_saved_searches,
    remove_saved_search_by_name,
)
from kb.services.search.search import run_search
from kb.web.http.listing_scope import ListingScope, tag_and_format

_OF_PAGES = ("lang", "format")
"""Parameters of an address that say how it is shown, and nothing of what it finds."""


@click.group()
def saved() -> None:
    """Manage the saved searches of groups, which have a page and a feed each."""


@saved.command("add")
@click.option("--group", metavar="SLUG", required=True, help="The group that saves the search.")
@click.argument("name")
@click.argument("parameters")
@click.pass_obj
def add_saved_search_command(session: CommandSession, group: str, name: str, parameters: str) -> None:
    """Save a search: PARAMETERS of a search address ("q=agents&tag=eau"), or the whole address."""
    library = open_library(session.settings)
    try:
        kept = create_saved_search(library, OPERATOR, group, name, _parameters(parameters))
        total = run_search(library, OPERATOR, kept.search.request, as_typed=True).total
    finally:
        library.close()
    print_line(f"{kept.search.id}\t{session.settings.base_url}{ListingScope(saved=kept.search).path}")
    if total:
        session.tell_count("%(count)s result", "%(count)s results", total)
    else:
        session.tell("This search has no results at the moment.")


@saved.command("list")
@click.option("--group", metavar="SLUG", help="Only this group.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_obj
def list_saved_searches_command(session: CommandSession, group: str | None, as_json: bool) -> None:
    """List the saved searches, with the number of new results of the last seven days."""
    library = open_library(session.settings)
    try:
        rows = [_saved_search_row(library, one) for one in readable_saved_searches(library, OPERATOR, group)]
    finally:
        library.close()
    if as_json:
        print_json([row.shape() for row in rows])
        return
    for row in rows:
        new = session.words.plural("%(count)s new this week", "%(count)s new this week", row.new)
        print_line(
            "\t".join(
                (row.saved.search.id, row.saved.group.slug, row.saved.search.name, row.saved.search.parameters, new)
            )
        )
    if not rows:
        session.tell("There is no saved search yet: “kb saved add” adds one.")


@saved.command("remove")
@click.option(
    "--group", metavar="SLUG", help="The group of the search, if several groups have a saved search of this name."
)
@click.argument("search", metavar="ID|NAME")
@click.pass_obj
def remove_saved_search_command(session: CommandSession, group: str | None, search: str) -> None:
    """Delete a saved search."""
    library = open_library(session.settings)
    try:
        gone = remove_saved_search_by_name(library, OPERATOR, search, group)
    finally:
        library.close()
    session.tell("The saved search “%(name)s” was deleted.", name=gone.search.name)


@dataclass(frozen=True, slots=True)
class _SavedSearchRow:
    saved: SavedSearchView
    total: int
    new: int

    def shape(self) -> dict[str, object]:
        """As JSON gives it."""
        search = self.saved.search
        return {
            "id": search.id,
            "group": self.saved.group.slug,
            "name": search.name,
            "parameters": search.parameters,
            "created": search.created_at,
            "total": self.total,
            "new_this_week": self.new,
        }


def _saved_search_row(library: Library, one: SavedSearchView) -> _SavedSearchRow:
    today = datetime.now(UTC).date()
    total = run_search(library, OPERATOR, one.search.request, as_typed=True).total
    return _SavedSearchRow(one, total, new_result_count(library, OPERATOR, one.search, today))


def _parameters(text: str) -> str:
    """The parameters that a text names: itself, or those of an address, whose path may fix a group and a tag."""
    parts = urlsplit(text.strip())
    if not parts.path.startswith("/"):
        return text
    fixed, rest = [], parts.path.removeprefix("/g/")
    if rest != parts.path:
        group, _, tag = rest.partition("/tag/")
        fixed.append(("group", unquote(group)))
        pairs = tuple(parse_qsl(parts.query))
        fixed += [("tag", tag_and_format(unquote(tag), pairs)[0])] if tag else []
    pairs = tuple(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _OF_PAGES)
    return urlencode((*fixed, *pairs))
