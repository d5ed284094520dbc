"""The search of the list editor: what can be added to a list, with marks at what it holds already."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from kb.model.items.item_list import ListEntry
from kb.model.search_request import SearchRequest
from kb.model.truncation import truncate
from kb.model.written_dates import day_first
from kb.services.search.result_types import FacetValue, SearchHit
from kb.services.search.search import run_search
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.http.urls.page_urls import url_with_query
from kb.web.ui.display_text import archived_mark, date_label, group_name, title_or_url
from kb.web.ui.facets import value_label
from kb.web.ui.form_options import FormOption
from kb.web.ui.item_links import LONGEST_ROW_TITLE
from kb.web.ui.pager import Pager, last_page, list_pager, requested_page

PER_PAGE = 20
MOST_PASSAGES = 5
_LONGEST_PASSAGE = 300
_LONGEST_LABEL = 60
_MOST_TAGS = 30
_FILTERS = ("q", "group", "tag", "from", "to")
STATE = (*_FILTERS, "results")
"""The parameters of the search, which each form of the page sends along in its field `state`."""


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage, as the value of its checkbox; `is_in_list`: the list holds it already."""

    value: str
    text: str
    is_in_list: bool


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item found by the search, with its first passages. `about` gives its source, date and group."""

    value: str
    title: str
    about: tuple[str, ...]
    is_in_list: bool
    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True, slots=True)
class ListSearch:
    """`q`, `date_from` and `date_to` as typed, `errors` are the sentences about dates; `state` for the forms of the
    page. `is_asked`: the user has searched.
    """

    q: str
    date_from: str
    date_to: str
    errors: tuple[str, ...]
    groups: tuple[FormOption, ...]
    tags: tuple[FormOption, ...]
    count: str
    found: tuple[FoundItem, ...]
    pager: Pager
    state: str
    is_asked: bool


def search_state(context: RequestContext) -> Pairs:
    """The parameters of the search in the address, or in the field `state` of the sent form."""
    pairs = context.params
    if context.fields:
        pairs = tuple(parse_qsl(context.form_value("state")[:4_000], keep_blank_values=False))
    return tuple((name, value) for name, value in pairs if name in STATE and value.strip())


def list_search(context: RequestContext, entries: Collection[ListEntry]) -> ListSearch:
    """Run the search; without words, it lists the newest items."""
    translator, pairs = context.translator, search_state(context)
    values = dict(reversed(pairs))
    number = requested_page(values.get("results", ""))
    request = SearchRequest.from_params(
        [*(pair for pair in pairs if pair[0] in _FILTERS), ("per_page", str(PER_PAGE)), ("page", str(number))]
    )
    results = run_search(context.library, context.actor, request)
    listed = {(entry.item_id, entry.annotation_id) for entry in entries if entry.item_id}
    typed = {name: value for name, value, _ in context.unread_dates}
    plain = tuple(pair for pair in pairs if pair[0] != "results")

    def link(page: int) -> str:
        return url_with_query(context.path, (*plain, ("results", str(page))))

    return ListSearch(
        q=values.get("q", ""),
        date_from=typed.get("from", day_first(values.get("from", ""))),
        date_to=typed.get("to", day_first(values.get("to", ""))),
        errors=tuple(translator.gettext(sentence) for _, _, sentence in context.unread_dates),
        groups=_options("group", results.facets.get("group", ()), translator.gettext("All groups"), translator),
        tags=_options("tag", results.facets.get("tag", ())[:_MOST_TAGS], translator.gettext("All tags"), translator),
        count=translator.ngettext("%(count)s item found", "%(count)s items found", results.total),
        found=tuple(_found_item(context, row, listed) for row in results.rows),
        pager=list_pager(number, last_page(results), link, translator),
        state=urlencode(pairs),
        is_asked=bool(pairs),
    )


def _options(name: str, values: Sequence[FacetValue], every: str, translator: Translator) -> tuple[FormOption, ...]:
    options = (
        FormOption(
            value.value,
            f"{truncate(value_label(name, value, translator), _LONGEST_LABEL)} ({value.count})",
            selected=value.selected,
        )
        for value in values
    )
    return (FormOption("", every, selected=not any(value.selected for value in values)), *options)


def _found_item(
    context: RequestContext, row: SearchHit, listed: Collection[tuple[str | None, str | None]]
) -> FoundItem:
    item, matched = row.item, {match.annotation for match in row.matches if match.annotation}
    parts = sorted(item.annotations, key=lambda annotation: annotation.id not in matched)[:MOST_PASSAGES]
    translator = context.translator
    group = (group_name(row.group, translator), archived_mark(row.group, translator))
    about = (item.source or "", date_label(item, translator), *group)
    return FoundItem(
        value=item.id,
        title=truncate(title_or_url(item), LONGEST_ROW_TITLE),
        about=tuple(truncate(fact, LONGEST_ROW_TITLE) for fact in about if fact),
        is_in_list=(item.id, None) in listed,
        passages=tuple(
            FoundPassage(
                f"{item.id} {part.id}",
                truncate(part.quote or part.body or "", _LONGEST_PASSAGE),
                (item.id, part.id) in listed,
            )
            for part in parts
        ),
    )
