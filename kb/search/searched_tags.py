"""The tags that searches ask for: find those that no item has and those that are like them, and rename one."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from index import fold, parse_query, texts_in, unparse, with_values
from kb.access.actor import AccessScope
from kb.model.items.tag import tag_form
from kb.model.search_request import MAX_QUERY, SearchRequest, View
from kb.search.completion.completion import Counts, suggester_for
from kb.search.index_search import Catalogue, index_errors_translated
from kb.search.query_planning import accessible_documents
from kb.search.query_syntax import TAG_FIELDS, joined_fields, query_syntax_for


def with_renamed_tag(request: SearchRequest, forms: Collection[str], name: str) -> SearchRequest:
    """The request with a new name for tags of some forms: in its filters, and in its query.

    The query language compares without accents (`mot-clé:`). A query that would become too long stays as it is.
    """
    return replace(
        request,
        q=_renamed_query(request, {fold(form) for form in forms}, name),
        tag=_renamed_values(request.tag, forms, name),
        not_tag=_renamed_values(request.not_tag, forms, name),
    )


def asks_for_tag(request: SearchRequest, forms: Collection[str]) -> bool:
    """Whether a request filters by a tag of these forms, or excludes them."""
    other = "x" * (1 + max(map(len, forms), default=0))
    return with_renamed_tag(request, forms, other) != request


def _renamed_values(values: tuple[str, ...], forms: Collection[str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name if tag_form(value) in forms else value for value in values))


def _renamed_query(request: SearchRequest, forms: Collection[str], name: str) -> str:
    tree = parse_query(joined_fields(request.q), query_syntax_for(request, ())).tree if request.q else None
    if tree is None:
        return request.q
    changed = with_values(tree, TAG_FIELDS, lambda value: name if fold(value) in forms else value)
    text = request.q if changed == tree else unparse(changed)
    return text if len(text) <= MAX_QUERY else request.q


_LONGEST = 40
"""Characters of a tag that are compared."""
_SHORTEST_START = 3
"""Letters that a tag must share with one that is like it."""
_FEWEST_LETTERS_FOR_EDITS = 4


def unknown_tags(catalogue: Catalogue, tags: Sequence[str], scope: AccessScope) -> tuple[str, ...]:
    """Those of some tags that no item of the scope has, whatever their case and accents. Raises Unavailable."""
    within = accessible_documents(View.ITEMS, scope)
    with index_errors_translated():
        counts = catalogue.engine.frequencies("tag_folded", [fold(tag) for tag in tags], within).counts if tags else ()
    return tuple(tag for tag, count in zip(tags, counts, strict=True) if not count)


def nearby_tags(catalogue: Catalogue, tag: str, scope: AccessScope, most: int) -> Counts:
    """The tags most like `tag`, without itself: one or two edits away, or with the same first half of their letters.

    Each with its number of items. Raises Unavailable.
    """
    compared = tag[:_LONGEST].strip()
    suggester = suggester_for(catalogue, scope)
    counts: dict[str, int] = {}
    if len(compared) >= _FEWEST_LETTERS_FOR_EDITS:
        with index_errors_translated():
            near = catalogue.engine.neighbours("tag", compared, accessible_documents(View.ITEMS, scope), 2, most)
        counts.update((neighbour.value, neighbour.count) for neighbour in near)
    for letters in dict.fromkeys((len(compared), len(compared) * 3 // 4, len(compared) // 2)):
        if letters >= _SHORTEST_START and len(counts) < most:
            counts = dict(suggester.values("tag", compared[:letters], most)) | counts
    others = [(value, count) for value, count in counts.items() if count and fold(value) != fold(compared)]
    return tuple(others[:most])


def words_and_tags_of(request: SearchRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of a request's query that stand without a field, quoted or not; and the tags that it asks for."""
    tree = parse_query(joined_fields(request.q), query_syntax_for(request, ())).tree if request.q.strip() else None
    if tree is None:
        return (), request.tag
    words = (word for text in texts_in(tree, ()) for word in text.split())
    return tuple(dict.fromkeys(words)), (*request.tag, *texts_in(tree, TAG_FIELDS, bare=False))
