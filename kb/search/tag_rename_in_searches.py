"""Rename a tag in saved searches."""

from collections.abc import Collection
from dataclasses import replace

from index import fold, parse_query, unparse, with_values
from kb.model.items.tag import tag_form
from kb.model.search_request import MAX_QUERY, SearchRequest
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
