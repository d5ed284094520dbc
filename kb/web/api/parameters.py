"""Read the parameters of API requests, exactly as the API description defines them.

A page accepts what users type, such as spaces around a date, and ignores unknown parameters. The API refuses a name
that is not described, because a mistyped filter would find everything; a value with a fixed form has that form or is
empty; lengths and counts of values are checked as they were sent.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping

from kb.errors import Invalid
from kb.model.search_request import MAX_QUERY, MAX_VALUE, MAX_VALUES, SearchRequest
from kb.web.http.urls.listing_scope import Pairs

_WORD, _NUMBER = re.compile(r"[a-z0-9-]*"), re.compile(r"([1-9][0-9]*)?")
_VALUE_PATTERNS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("match", "kind", "from", "to", "date", "since", "view", "sort", "vocabulary", "meaning"), _WORD),
    **dict.fromkeys(("page", "per_page", "facet_limit"), _NUMBER),
}
_COMMON_PARAMETERS = frozenset({"lang"})
"""Read before any handler: the language of error messages."""


def check_parameters(params: Pairs, names: Collection[str]) -> None:
    """Raise Invalid unless all parameters have one of these names, and a value that a search accepts."""
    for name, _ in params:
        if name not in names and name not in _COMMON_PARAMETERS:
            raise Invalid(
                "“%(name)s” is not a parameter of this address, which has: %(known)s.",
                name=name[:40],
                known=", ".join(sorted({*names, *_COMMON_PARAMETERS})),
            )
    read = [(name, value) for name, value in params if name not in _COMMON_PARAMETERS]
    # First, because its message says what each value should be.
    requested_search(tuple(read))
    for name, value in read:
        _check_parameter(name, value)
    for name, times in Counter(name for name, _ in read).items():
        if times > MAX_VALUES:
            raise Invalid("“%(name)s” was given too often: at most %(limit)s values.", name=name, limit=MAX_VALUES)


def requested_search(params: Pairs) -> SearchRequest:
    """The search given by parameters. Raises Invalid.

    A period that ends before it begins finds nothing: a description of single parameters cannot forbid it.
    """
    return SearchRequest.from_params(params, backwards=True)


def requested_group(request: SearchRequest) -> str | None:
    """The one group in the request, if any. Raises Invalid for several."""
    if len(request.group) > 1:
        raise Invalid("“%(name)s” was given more than once, with different values.", name="group")
    return request.group[0] if request.group else None


def _check_parameter(name: str, value: str) -> None:
    form = _VALUE_PATTERNS.get(name)
    if form is not None and not form.fullmatch(value):
        raise Invalid("“%(name)s” should be written without spaces, and without zeros before a number.", name=name)
    if name == "q" and len(value) > MAX_QUERY:
        raise Invalid(
            "The query has %(length)s characters; at most %(limit)s are read.", length=len(value), limit=MAX_QUERY
        )
    if name != "q" and len(value) > MAX_VALUE:
        raise Invalid("A value of “%(name)s” is too long: at most %(limit)s characters.", name=name, limit=MAX_VALUE)
