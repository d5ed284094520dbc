"""`kb search`: the same search as the page and the API."""

import click

from kb.access.actor import ANONYMOUS, Actor
from kb.cli.console import CommandSession, print_json, print_line
from kb.errors import NotFound
from kb.model.search_request import REPEATABLE_PARAMETERS, SearchRequest
from kb.services.core.library import Library
from kb.services.search.result_types import SearchResults
from kb.services.search.search import run_search
from kb.translation import Translator
from kb.web.api.answer_objects import search_answer
from kb.web.pages.listing.ignored_query_notice import ignored_query_notices, missing_words_notice

_ONE = {
    "from": "YYYY[-MM[-DD]]",
    "to": "YYYY[-MM[-DD]]",
    "date": "cited|added|published",
    "since": "7d|30d",
    "match": "any|all",
    "view": "items|passages",
    "sort": "relevance|recent|oldest|updated|popular|title",
    "page": "NUMBER",
    "per_page": "NUMBER",
    "facet_limit": "NUMBER",
    "vocabulary": "on|off|narrower|verbatim",
    "meaning": "on|off",
}


def _with_parameters(command: click.Command) -> click.Command:
    """Give the command one option for each parameter of a search; the reader of addresses reads their values."""
    command.params += [
        *(
            click.Option([f"--{name.replace('_', '-')}", name], multiple=True, metavar="VALUE")
            for name in REPEATABLE_PARAMETERS
        ),
        *(click.Option([f"--{name.replace('_', '-')}", name], metavar=form) for name, form in _ONE.items()),
    ]
    return command


@_with_parameters
@click.command()
@click.argument("query")
@click.option("--as", "login", metavar="LOGIN", help="Search with the rights of this user [an anonymous visitor].")
@click.option("--json", "as_json", is_flag=True, help="Print the answer of /api/v1/search.")
@click.pass_obj
def search(
    session: CommandSession, /, query: str, *, login: str | None, as_json: bool, **options: str | tuple[str, ...] | None
) -> None:
    """Search the library. QUERY has the syntax of the search page; "" finds everything."""
    pairs = [("q", query)]
    for name, values in options.items():
        pairs += [(name, value) for value in ((values,) if isinstance(values, str) else values or ())]
    request = SearchRequest.from_params(pairs)
    with session.library() as library:
        results = run_search(library, _actor(library, login), request)
    if as_json:
        print_json(search_answer(results))
    else:
        _show(session, results)


def _actor(library: Library, login: str | None) -> Actor:
    if login is None:
        return ANONYMOUS
    with library.store.read() as reading:
        user = reading.users.by_login(login)
        if user is None:
            raise NotFound("No account has the login %(login)s.", login=login)
        return Actor(user.id, reading.groups.memberships(user.id))


def _show(session: CommandSession, results: SearchResults) -> None:
    print_line(session.translator.ngettext("%(count)s result", "%(count)s results", results.total))
    if results.without_words:
        print_line(
            session.translator.ngettext(
                "And %(count)s result close in meaning, not counted.",
                "And %(count)s results close in meaning, not counted.",
                results.without_words,
            )
        )
    for notice in ignored_query_notices(results.left_out, session.translator):
        print_line(f"{notice.sentence} {', '.join(notice.parts)}")
    if results.missing:
        notice = missing_words_notice(results.missing, session.translator)
        print_line(f"{notice.sentence} {', '.join(notice.parts)}")
    searched = results.request.vocabulary.adds_labels
    for group, concept in results.known if searched else ():
        if others := ", ".join((*concept.others, *concept.narrower_labels)):
            intro = session.translator.gettext("Vocabulary of “%(group)s”:", group=group.name)
            print_line(f"{intro} {concept.words} = {others}")
    if found := results.interpretation:
        translator = session.translator
        unquoted = translator.gettext("Results without the quotation marks:")
        print_line(f"{unquoted if found.unquoted else translator.gettext('Results for:')} {found.query}")
    elif results.suggestion:
        print_line(f"{session.translator.gettext('Try this spelling:')} {results.suggestion}")
    _show_rows(results, session.translator)


def _show_rows(results: SearchResults, translator: Translator) -> None:
    _ = translator.gettext
    for sentence in results.answers:
        print_line(f"{_('What the texts say')}{_(':')} {sentence.text} ({sentence.item.title or sentence.item.url})")
    for row in results.rows:
        print_line("")
        print_line(row.item.title or row.item.url or "")
        author = row.annotation.author if row.annotation else row.item.author
        near = "" if row.has_words else _("close in meaning")
        details = (near, author and author.name, row.item.source, row.item.published or row.item.added, row.item.url)
        print_line("  " + " · ".join(detail for detail in details if detail))
        for match in row.matches:
            print_line("  … " + "".join(text for text, _ in match.pieces).replace("\n", " ") + " …")
