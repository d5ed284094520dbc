"""`kb saved`: the saved searches of groups."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import click

from kb.access.actor import OPERATOR
from kb.cli.console import CommandSession, json_option, print_error, print_line
from kb.errors import translatable
from kb.services.search.saved_searches import (
    SavedSearchView,
    create_saved_search,
    new_result_count,
    readable_saved_searches,
    remove_saved_search_by_name,
)
from kb.services.search.search import run_search
from kb.web.http.urls.listing_scope import ListingScope, tag_and_format

_OF_PAGES = ("lang", "format")
"""Parameters of an address that choose its form, not its results."""


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
    with session.library() as library:
        added = create_saved_search(library, OPERATOR, group, name, _parameters(parameters))
        total = run_search(library, OPERATOR, added.search.request.verbatim()).total
    print_line(f"{added.search.id}\t{session.settings.base_url}{ListingScope(saved=added.search).path}")
    if total:
        print_error(session.translator.ngettext("%(count)s result", "%(count)s results", total))
    else:
        session.report("This search has no results at the moment.")


@saved.command("list")
@click.option("--group", metavar="SLUG", help="Only this group.")
@json_option("the list")
@click.pass_obj
def list_saved_searches_command(session: CommandSession, group: str | None, as_json: bool) -> None:
    """List the saved searches, with the number of new results of the last seven days."""
    with session.library() as library:
        today = datetime.now(UTC).date()
        rows = [
            (
                saved_search,
                run_search(library, OPERATOR, saved_search.search.request.verbatim()).total,
                new_result_count(library, OPERATOR, saved_search.search, today),
            )
            for saved_search in readable_saved_searches(library, OPERATOR, group)
        ]
    session.print_list(
        rows,
        as_json=as_json,
        shape=lambda row: _shape(*row),
        columns=lambda row: (
            row[0].search.id,
            row[0].group.slug,
            row[0].search.name,
            row[0].search.parameters,
            session.translator.ngettext("%(count)s new this week", "%(count)s new this week", row[2]),
        ),
        empty=translatable("There is no saved search yet: “kb saved add” adds one."),
    )


@saved.command("remove")
@click.option(
    "--group", metavar="SLUG", help="The group of the search, if several groups have a saved search of this name."
)
@click.argument("search", metavar="ID|NAME")
@click.pass_obj
def remove_saved_search_command(session: CommandSession, group: str | None, search: str) -> None:
    """Delete a saved search."""
    with session.library() as library:
        view = remove_saved_search_by_name(library, OPERATOR, search, group)
    session.report("The saved search “%(name)s” was deleted.", name=view.search.name)


def _shape(saved: SavedSearchView, total: int, new: int) -> dict[str, object]:
    search = saved.search
    return {
        "id": search.id,
        "group": saved.group.slug,
        "name": search.name,
        "parameters": search.parameters,
        "created": search.created_at,
        "total": total,
        "new_this_week": new,
    }


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
