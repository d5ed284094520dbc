"""Searches that name a tag, once it has another name."""

from collections.abc import Collection
from dataclasses import replace

from index import folded, parse, unparse, with_values
from kb.model.items.tag import tag_form
from kb.model.search_request import MAX_QUERY, SearchRequest
from kb.search.query_syntax import syntax_of

_NAMES = frozenset({"etiquette", "tag"})
"""The fields of the query language that ask for a tag, folded."""


def renamed(request: SearchRequest, forms: Collection[str], name: str) -> SearchRequest:
    """The request with another name for tags of some forms: in its filters, and where its query asks for one.

    The query language compares without accents (`étiquette:`). A query that would become too long stays as it is.
    """
    return replace(
        request,
        q=_query(request, {folded(form) for form in forms}, name),
        tag=_values(request.tag, forms, name),
        not_tag=_values(request.not_tag, forms, name),
    )


def names_any(request: SearchRequest, forms: Collection[str]) -> bool:
    """Whether a request asks for a tag of these forms, or for what has none of them."""
    other = "x" * (1 + max(map(len, forms), default=0))
    return renamed(request, forms, other) != request


def _values(values: tuple[str, ...], forms: Collection[str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name if tag_form(value) in forms else value for value in values))


def _query(request: SearchRequest, forms: Collection[str], name: str) -> str:
    tree = parse(request.q, syntax_of(request, ())).tree if request.q else None
    if tree is None:
        return request.q
    changed = with_values(tree, _NAMES, lambda value: name if folded(value) in forms else value)
    text = request.q if changed == tree else unparse(changed)
    return text if len(text) <= MAX_QUERY else request.q
