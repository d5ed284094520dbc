"""Run a search and build its results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from kb.access.actor import AccessScope, Actor, ReadableGroups
from kb.model.dates import days_of
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_file import FileRole
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View
from kb.search.documents import item_key, passage_key
from kb.search.facet_registry import COUNTED_FACETS, FacetDefinition
from kb.search.fusion import fused_answer
from kb.search.index_search import IndexAnswer, is_same_value, label_sort_key
from kb.search.marks import (
    MOST_TEXTS,
    MatchedText,
    count_marked_words,
    matched_page_text,
    matched_texts_of_hits,
    matched_texts_of_item,
)
from kb.search.query_planning import sentence_of
from kb.services.core.library import Library, require_current_index
from kb.services.core.read_your_writes import wait_for_own_changes
from kb.services.core.readable_groups import readable_groups
from kb.services.core.request_log_data import count_search
from kb.services.search.answers import answers_of
from kb.services.search.nearest_texts import embedded_question, with_nearest_texts
from kb.services.search.note_copies import without_note_copies
from kb.services.search.result_types import AnswerSentence, FacetValue, QueryInterpretation, SearchHit, SearchResults
from kb.services.search.search_access import search_access, with_last_visit
from kb.services.search.spelling import query_interpretation, spelling_suggestion
from kb.store import ReadSnapshot

ValueCounts = tuple[tuple[str, int], ...]

MOST_PAGE_CHARACTERS = 1_000_000
"""Characters of page texts searched for one page of results."""
_TEXTS_OF_USERS = frozenset(("description", "highlight", "note", "comment", "reply"))
"""Places for which a row shows the passage found."""


def run_search(
    library: Library, actor: Actor, request: SearchRequest, *, whole: bool = False, followed: bool = False
) -> SearchResults:
    """Run a search over what the actor may read: a page of rows, the total, and the facets.

    The vocabularies of groups expand the query, as the request says. If the order is by relevance, plain words are also
    expanded with words of the readable documents (`kb.search.relevance_query`), and a sentence with quoted parts is
    searched without its quotation marks. A verbatim request is not expanded: searches that are stored and
    followed (feeds, saved searches, alerts) must not change with a vocabulary; the results only name its words.

    `whole`: a row has all its texts with found words, untruncated, instead of the best parts of some. `followed`: the
    results go into a feed, so groups without feeds are left out. A group that does not exist, or that the actor may not
    read, gives no results. Raises Unavailable if the index must be rebuilt; Invalid as `with_last_visit`.
    """
    started, request = perf_counter(), with_last_visit(request, actor)
    is_behind = not wait_for_own_changes(library, actor)
    with library.store.read() as reading:
        require_current_index(library, reading)
        readable = readable_groups(reading, actor)
        if followed:
            readable = ReadableGroups.of(group for group in readable.groups if group.feeds)
        matchers = library.vocabulary_cache.for_search(reading, request, readable.groups)
        is_behind = is_behind or (actor.credential is not None and reading.may_lack_commits)
    search = library.catalogue.search(request, readable, matchers)
    question = embedded_question(library, request, search.planned)
    search = without_note_copies(library, actor, request, readable, search)
    key_of = item_key if request.view is View.ITEMS else passage_key
    answer = fused_answer(search, question, key_of) if question else search.answer()
    by_id = {group.id: group for group in readable.groups}
    other_authors = _other_readable_authors(library, request, readable, answer)
    # A snapshot after the search, so that it has every item that the index returned.
    with library.store.read() as reading:
        is_behind = is_behind or (actor.credential is not None and reading.may_lack_commits)
        rows = tuple(_search_hits(reading, request.view, readable.scope, answer, by_id, whole=whole))
        if not whole and request.view is View.ITEMS:
            rows = tuple(_with_page_marks(reading, rows, answer))
            rows = tuple(with_nearest_texts(reading, readable.scope, rows, answer))
        rows, answers = _with_file_marks(reading, rows, answers_of(library.catalogue, reading, request, answer, rows))
        facets = _facets_with_labels(reading, request, answer, by_id, other_authors)
    count_search(answer.total)
    interpretation = query_interpretation(library, request, readable, answer)
    if answer.total and (sentence := answer.planned.sentence):
        query, others = (interpretation.query, interpretation.others) if interpretation else (sentence.query, ())
        interpretation = QueryInterpretation(query, others, sentence.literal, unquoted=True)
    return SearchResults(
        request=request,
        total=answer.total,
        rows=rows,
        facets=facets,
        left_out=answer.left_out,
        suggestion=interpretation.query if interpretation else spelling_suggestion(library, request, readable, answer),
        known=tuple((by_id[concept.group_id], concept) for concept in answer.planned.known),
        took_ms=round((perf_counter() - started) * 1000, 3),
        interpretation=interpretation,
        is_behind=is_behind,
        missing=answer.planned.missing if answer.total else (),
        is_strict=request.is_verbatim
        and (answer.planned.may_expand or sentence_of(request, answer.planned) is not None),
        without_words=answer.without_words,
        is_fused=answer.is_fused,
        answers=answers,
    )


def result_count(library: Library, actor: Actor, request: SearchRequest) -> int:
    """The total of `run_search`. Raises Invalid, Unavailable."""
    request = with_last_visit(request, actor)
    readable, matchers = search_access(library, actor, request)
    search = library.catalogue.search(request, readable, matchers)
    return without_note_copies(library, actor, request, readable, search).count()


def _search_hits(
    reading: ReadSnapshot,
    view: View,
    scope: AccessScope,
    answer: IndexAnswer,
    groups: Mapping[str, Group],
    *,
    whole: bool,
) -> Iterator[SearchHit]:
    """The hits as rows, read from the database: deleted and unreadable items are left out."""
    ids = [hit.id for hit in answer.hits]
    item_ids = reading.items.taken_annotation_ids(ids) if view is View.PASSAGES else dict(zip(ids, ids, strict=True))
    items = reading.items.beginnings(item_ids.values(), scope)
    annotations = reading.items.listed_annotations(item_ids, items.values()) if view is View.PASSAGES else {}
    found = []
    for hit in answer.hits:
        item, annotation = items.get(item_ids.get(hit.id, "")), annotations.get(hit.id)
        if item is not None and item.group_id in groups and (view is View.ITEMS or annotation is not None):
            found.append((hit, item, annotation))
    marks = _marks_of([(item, annotation) for _, item, annotation in found], answer, whole=whole)
    for (hit, item, annotation), matches in zip(found, marks, strict=True):
        yield SearchHit(item, groups[item.group_id], annotation, hit.score, matches, has_words=hit.has_words)


def _marks_of(
    hits: Sequence[tuple[Item, Annotation | None]], answer: IndexAnswer, *, whole: bool
) -> Sequence[tuple[MatchedText, ...]]:
    if answer.marker is None:
        return [()] * len(hits)
    if not whole:
        return matched_texts_of_hits(hits, answer.marker)
    marked = (replace(item, annotations=(annotation,)) if annotation else item for item, annotation in hits)
    return [matched_texts_of_item(item, answer.marker, MOST_TEXTS) for item in marked]


def _with_page_marks(reading: ReadSnapshot, rows: tuple[SearchHit, ...], answer: IndexAnswer) -> Iterator[SearchHit]:
    """The rows; those whose texts of users hold less than half of the words have marks in the fetched text of their
    page too, if a part of it holds more of them. Each says whether its page has a text.
    """
    windows = answer.planned.plan.windows
    words = len(windows[0].fields[0].terms) if windows else 0
    with_text = reading.page_texts.present({row.item.id for row in rows}) if rows else set[str]()
    marked = {
        row.item.id: _most_marked_words(row.matches) for row in rows if row.has_words and row.item.id in with_text
    }
    fetched_ids = {item_id for item_id, most in marked.items() if answer.marker and (not most or 2 * most < words)}
    remaining = MOST_PAGE_CHARACTERS
    for found in rows:
        row = replace(found, has_text=True) if found.item.id in with_text else found
        text = reading.page_texts.of_item(row.item.id) if remaining > 0 and row.item.id in fetched_ids else None
        if text and answer.marker:
            remaining -= len(text)
            marks = matched_page_text(text, row.item.language, answer.marker)
            more = tuple(mark for mark in marks if count_marked_words(mark) > marked[row.item.id])
            yield replace(row, matches=row.matches + more) if more else row
        else:
            yield row


def _with_file_marks(
    reading: ReadSnapshot, rows: Sequence[SearchHit], answers: Sequence[AnswerSentence]
) -> tuple[tuple[SearchHit, ...], tuple[AnswerSentence, ...]]:
    """The rows and answers, of which those with the kept text of a file say so."""
    shown = {row.item.id for row in rows if any(match.field == "page" for match in row.matches)}
    shown.update(answer.item.id for answer in answers if answer.annotation is None)
    files = {file.item_id for file in reading.item_files.of_items(shown) if file.role is FileRole.FILE}
    return (
        tuple(replace(row, is_in_file=True) if row.item.id in files else row for row in rows),
        tuple(replace(answer, is_in_file=True) if answer.item.id in files else answer for answer in answers),
    )


def _most_marked_words(matches: Sequence[MatchedText]) -> int:
    """How many different words are marked in the text of users that has most."""
    return max((count_marked_words(match) for match in matches if match.field in _TEXTS_OF_USERS), default=0)


def _other_readable_authors(
    library: Library, request: SearchRequest, readable: ReadableGroups, answer: IndexAnswer
) -> tuple[str, ...]:
    """The selected authors of whom the results have nothing, but of whom the actor may read something else."""
    counted = {login for login, count in answer.facets["author"] if count}
    others = tuple(login for login in request.author if login not in counted)
    if not others:
        return ()
    search = library.catalogue.search(SearchRequest(author=others, view=request.view), readable)
    return tuple(login for login, count in search.values("author") if count and login in others)


def _facets_with_labels(
    reading: ReadSnapshot,
    request: SearchRequest,
    answer: IndexAnswer,
    by_id: Mapping[str, Group],
    other_authors: Sequence[str],
) -> Mapping[str, tuple[FacetValue, ...]]:
    """The counts with labels, in the order of INTERFACE: count, then folded label; months ascending."""
    slugs = tuple((by_id[id_].slug, count) for id_, count in answer.facets["group"] if id_ in by_id)
    value_counts = {**answer.facets, "group": slugs}
    counts = {facet.name: _selectable_counts(facet, value_counts[facet.name], request) for facet in COUNTED_FACETS}
    # Only authors of whom the actor may read something: another name would reveal that the author exists.
    names = reading.users.by_logins((*(login for login, count in counts["author"] if count), *other_authors))
    labels: Mapping[str, Mapping[str, str]] = {
        "author": {login: user.name for login, user in names.items()},
        "group": {group.slug: group.name for group in by_id.values()},
    }
    return {
        **{name: _facet_values(name, values, request, labels.get(name, {})) for name, values in counts.items()},
        "author": tuple(
            value._replace(imported=value.value in names and names[value.value].imported)
            for value in _facet_values("author", counts["author"], request, labels["author"])
        ),
        "date": _period_values(value_counts["date"], request),
        "year": _period_values(sorted(value_counts["year"]), request),
    }


def _selectable_counts(facet: FacetDefinition, counts: ValueCounts, request: SearchRequest) -> ValueCounts:
    """The values that can be among the first once labels order them, of those of a facet without a limit."""
    if not facet.named or len(counts) <= request.facet_limit:
        return counts
    least = sorted((count for _, count in counts), reverse=True)[request.facet_limit - 1]
    selected: tuple[str, ...] = getattr(request, facet.name)
    return tuple((value, count) for value, count in counts if count >= least or value in selected)


def _facet_values(
    name: str, counts: ValueCounts, request: SearchRequest, labels: Mapping[str, str]
) -> tuple[FacetValue, ...]:
    """The values of one facet, limited after they are ordered by label; selected values are always included."""
    selected: tuple[str, ...] = getattr(request, name)
    values = [
        FacetValue(
            value,
            labels.get(value, value),
            count,
            bool(selected) and any(is_same_value(name, value, choice) for choice in selected),
        )
        for value, count in counts
    ]
    missing = [choice for choice in selected if not any(is_same_value(name, choice, value.value) for value in values)]
    values += [FacetValue(choice, labels.get(choice, choice), 0, selected=True) for choice in dict.fromkeys(missing)]
    values.sort(key=lambda value: (-value.count, label_sort_key(value.label), value.value))
    return tuple(value for position, value in enumerate(values) if position < request.facet_limit or value.selected)


def _period_values(counts: Iterable[tuple[str, int]], request: SearchRequest) -> tuple[FacetValue, ...]:
    """Months or years with their counts: a library has hundreds of years, of which few are ever selected."""
    selected = bool(request.date_from or request.date_to)
    return tuple(
        [
            FacetValue(period, period, count, selected=selected and bool(period) and _overlaps_period(period, request))
            for period, count in counts
        ]
    )


def _overlaps_period(date: str, request: SearchRequest) -> bool:
    first, last = days_of(date)
    after = request.date_from is None or last >= days_of(request.date_from)[0]
    return after and (request.date_to is None or first <= days_of(request.date_to)[1])
