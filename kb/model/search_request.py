"""A search request, as a URL can carry it."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date as calendar_day
from datetime import timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, Self

from kb.errors import Invalid
from kb.model.dates import days_of
from kb.model.items.annotation import AnnotationKind
from kb.model.truncation import truncate_within
from kb.whole_numbers import parse_whole_number


class View(StrEnum):
    ITEMS = "items"
    PASSAGES = "passages"


class Sort(StrEnum):
    RELEVANCE = "relevance"
    RECENT = "recent"
    OLDEST = "oldest"
    UPDATED = "updated"
    POPULAR = "popular"
    TITLE = "title"


class DateKind(StrEnum):
    CITED = "cited"
    ADDED = "added"
    PUBLISHED = "published"


_INTERNAL = "internal"
"""Marks a field that is no parameter."""


class AddedSince(StrEnum):
    """When results were added: in the last days, today among them, or since the user's last visit."""

    WEEK = "7d"
    MONTH = "30d"
    VISIT = "visit"

    @property
    def days(self) -> int:
        """How many days; 0 for those since the last visit."""
        return 0 if self is AddedSince.VISIT else int(self.value.removesuffix("d"))

    def first_day(self, today: calendar_day) -> calendar_day:
        """The first of them."""
        return today - timedelta(days=self.days - 1)


class VocabularyMode(StrEnum):
    """What expands the words of a search: a group's vocabulary, with other labels, or narrower concepts too; similar
    words, unless it is verbatim, or has labels alone.
    """

    ON = "on"
    OFF = "off"
    NARROWER = "narrower"
    VERBATIM = "verbatim"
    LABELS = "labels"

    @property
    def adds_labels(self) -> bool:
        return self in {VocabularyMode.ON, VocabularyMode.NARROWER, VocabularyMode.LABELS}


class Fusion(StrEnum):
    """Whether the ranking of a question by words is fused with that by embeddings. Its parameter is `meaning`."""

    ON = "on"
    OFF = "off"


MATCH_ANY, MATCH_ALL = "any", "all"
_LONGEST_QUOTED_VALUE = 40
"""Characters of a refused value in an error message."""
MAX_QUERY = 2_000
MAX_PER_PAGE = 100
MAX_FACET_LIMIT = 1_000
MAX_PAGE = 1_000_000_000
"""More pages than any database has; every engine can still multiply this number."""
MAX_VALUES = 100
MAX_VALUE = 500

_FIELDS: Mapping[str, str] = {"from": "date_from", "to": "date_to", "meaning": "fusion"}
_NAMES: Mapping[str, str] = {field: name for name, field in _FIELDS.items()}
"""Parameters whose name is not their field's: `from` is a word of Python."""
_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search: the words, the chosen values, the order, the page. A page, a saved search and a feed share this
    class.

    `since` is a condition beside the dates; `visited_at`, which no address gives, is the time that `visit` means.
    `match` and `sort` are None if the address does not give them; `ordering` and `wants_all_words` give the
    effective value.
    """

    q: str = ""
    match: str | None = None
    group: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    not_tag: tuple[str, ...] = ()
    byline: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    date_from: str | None = None
    date_to: str | None = None
    date: DateKind = DateKind.CITED
    since: AddedSince | None = None
    view: View = View.ITEMS
    sort: Sort | None = None
    page: int = 1
    per_page: int = 20
    facet_limit: int = 50
    vocabulary: VocabularyMode = VocabularyMode.ON
    fusion: Fusion = Fusion.ON
    visited_at: str | None = field(default=None, metadata={_INTERNAL: True})

    @classmethod
    def from_params(cls, pairs: Iterable[tuple[str, str]], *, backwards: bool = False) -> Self:
        """The request of the parameters of an address, or of a form.

        Control characters count as spaces; blank values and unknown names are ignored. Raises Invalid, which says what
        was expected: a value of another form, too long or too many, or one parameter given twice differently; or a
        period that ends before it begins, unless it may go `backwards`: then it has no day, and finds nothing.
        """
        request = cls(**_values(_gathered(pairs)))
        return request if backwards else request._checked()

    def to_params(self, changes: Mapping[str, object] = _NOTHING) -> tuple[tuple[str, str], ...]:
        """The parameters of this request, without defaults: the inverse of `from_params`. `changes` are other values of
        some fields.
        """
        return tuple(
            [
                (name, str(value))
                for own, (field_name, name, default) in zip(_HELD(self), _SPELT, strict=True)
                if (current := changes.get(field_name, own) if changes else own) != default
                for value in (current if isinstance(current, tuple) else (current,))
            ]
        )

    @property
    def ordering(self) -> Sort:
        """The effective order: by relevance if there are words, else the most recent first."""
        return self.sort or (Sort.RELEVANCE if self.q.strip() else Sort.RECENT)

    @property
    def wants_all_words(self) -> bool:
        """Whether every word must match: not if relevance sorts."""
        return (self.match or (MATCH_ANY if self.ordering is Sort.RELEVANCE else MATCH_ALL)) == MATCH_ALL

    @property
    def wants_vocabulary(self) -> bool:
        """Whether vocabularies may expand it: a search of all groups by date or title uses only the words typed."""
        return bool(self.q.strip()) and (self.ordering is Sort.RELEVANCE or bool(self.group))

    def with_vocabulary(self, vocabulary: VocabularyMode) -> Self:
        """The same search with another use of vocabularies, from its first page."""
        return replace(self, vocabulary=vocabulary, page=1)

    @property
    def is_verbatim(self) -> bool:
        """Whether only the typed words are searched, with their quotation marks, and labels that a vocabulary adds."""
        return self.vocabulary in {VocabularyMode.VERBATIM, VocabularyMode.LABELS}

    def verbatim(self) -> Self:
        """The same search to the letter, as of searches that are stored and followed."""
        return replace(self, vocabulary=VocabularyMode.VERBATIM, fusion=Fusion.ON)

    def by_words(self) -> Self:
        """The same search by words alone, from its first page."""
        return replace(self, fusion=Fusion.OFF, page=1)

    def with_value(self, name: str, value: str) -> Self:
        """The request with a value chosen for a parameter (`tag`, `from`, ...), at its first page."""
        if name in REPEATABLE_PARAMETERS:
            current: tuple[str, ...] = getattr(self, name)
            chosen: dict[str, Any] = {name: current if value in current else (*current, value)}
            return replace(self, page=1, **chosen)
        # Addresses and pages use the same parser, so that the same mistakes give the same messages.
        read = _values({name: [value]}) if value.strip() else {}
        return replace(self.without_value(name, value), **read)

    def without_value(self, name: str, value: str) -> Self:
        """The request without a value (or, if it is the only one, without the parameter), at its first page."""
        if name in REPEATABLE_PARAMETERS:
            remaining: dict[str, Any] = {name: tuple(other for other in getattr(self, name) if other != value)}
            return replace(self, page=1, **remaining)
        field = _FIELDS.get(name, name)
        unset: dict[str, Any] = {known.name: known.default for known in fields(self) if known.name == field}
        return replace(self, **{"page": 1, **unset})

    def with_page(self, page: int) -> Self:
        """The same results, another page of them."""
        return replace(self, page=page)

    def newest(self, since: AddedSince) -> Self:
        """Those of its results that were added in the last days, the last added first."""
        match = MATCH_ALL if self.wants_all_words else MATCH_ANY
        return replace(self, since=since, sort=Sort.RECENT, match=match, page=1)

    def with_view(self, view: View) -> Self:
        """The same search seen as items or as passages, from its first page."""
        return replace(self, view=view, page=1)

    def cleared(self) -> Self:
        """The same words, view and order, without any chosen value."""
        nothing: dict[str, Any] = dict.fromkeys(REPEATABLE_PARAMETERS, ())
        if self.is_verbatim:
            nothing["vocabulary"] = VocabularyMode.ON
        return replace(self, page=1, date_from=None, date_to=None, since=None, **nothing)

    def _checked(self) -> Self:
        """The request itself. Raises Invalid if its values contradict each other."""
        if self.date_from and self.date_to and days_of(self.date_from)[0] > days_of(self.date_to)[1]:
            raise Invalid(
                "The period ends before it begins: “from” is %(first)s and “to” is %(last)s.",
                first=self.date_from,
                last=self.date_to,
            )
        return self


REPEATABLE_PARAMETERS = tuple(field.name for field in fields(SearchRequest) if field.default == ())
_SPELT = tuple(
    (request_field.name, _NAMES.get(request_field.name, request_field.name), request_field.default)
    for request_field in fields(SearchRequest)
    if not request_field.metadata.get(_INTERNAL)
)
_HELD = attrgetter(*(field for field, _, _ in _SPELT))
PARAMETERS = frozenset(name for _, name, _ in _SPELT)
"""The names of all parameters of a search."""


def parameter_name(field_name: str) -> str:
    """The name that a field of a request has in addresses."""
    return _NAMES.get(field_name, field_name)


def is_parameter(name: str) -> bool:
    """Whether a parameter of an address belongs to a search."""
    return name in PARAMETERS


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The values of each known parameter that is not blank, without repetition, in the order given."""
    values_by_name: dict[str, list[str]] = {}
    for name, raw in pairs:
        value = _without_controls(raw).strip()
        if is_parameter(name) and value and value not in values_by_name.setdefault(name, []):
            values_by_name[name].append(value)
    return {name: values for name, values in values_by_name.items() if values}


def _without_controls(text: str) -> str:
    """The text with a space for every control character and every half of a surrogate pair: no database can store
    those.
    """
    return "".join(" " if unicodedata.category(character) in ("Cc", "Cs") else character for character in text)


def _values(values_by_name: Mapping[str, list[str]]) -> dict[str, Any]:
    """Field names and values for the parameters given. Raises Invalid."""
    return {_FIELDS.get(name, name): _value(name, values) for name, values in values_by_name.items()}


def _value(name: str, values: list[str]) -> object:
    """The meaning of the values of one parameter. Raises Invalid."""
    if name in REPEATABLE_PARAMETERS:
        return _read_values(name, values)
    if len(values) > 1:
        raise Invalid("“%(name)s” was given more than once, with different values.", name=name)
    return _READERS[name](name, values[0])


def _query(_name: str, value: str) -> str:
    if len(value) > MAX_QUERY:
        raise Invalid(
            "The query has %(length)s characters; at most %(limit)s are read.", length=len(value), limit=MAX_QUERY
        )
    return value


def _read_values(name: str, values: list[str]) -> tuple[str, ...]:
    if len(values) > MAX_VALUES:
        raise Invalid("“%(name)s” was given too often: at most %(limit)s values.", name=name, limit=MAX_VALUES)
    if any(len(value) > MAX_VALUE for value in values):
        raise Invalid("A value of “%(name)s” is too long: at most %(limit)s characters.", name=name, limit=MAX_VALUE)
    if name == "kind":
        return tuple(_one_of(name, value, AnnotationKind) for value in values)
    return tuple(values)


def _one_of(name: str, value: str, words: Iterable[str]) -> str:
    known = tuple(str(word) for word in words)
    if value not in known:
        raise Invalid(
            "This search is not possible with “%(name)s=%(value)s”: one of %(words)s was expected.",
            name=name,
            value=truncate_within(value, _LONGEST_QUOTED_VALUE),
            words=", ".join(known),
        )
    return value


def _day(name: str, value: str) -> str:
    try:
        days_of(value)
    except ValueError:
        raise Invalid(
            "This search is not possible with “%(name)s=%(value)s”: a date as 2014, 2014-11 or 2014-11-07 was "
            "expected.",
            name=name,
            value=truncate_within(value, _LONGEST_QUOTED_VALUE),
        ) from None
    return value


def _whole_number(name: str, value: str, limit: int) -> int:
    number = parse_whole_number(value, 0, most=limit)
    if not number:
        raise Invalid(
            "This search is not possible with “%(name)s=%(value)s”: a whole number from 1 to %(limit)s was expected.",
            name=name,
            value=truncate_within(value, _LONGEST_QUOTED_VALUE),
            limit=limit,
        )
    return number


def _up_to(limit: int) -> Callable[[str, str], int]:
    return lambda name, value: _whole_number(name, value, limit)


_READERS: Mapping[str, Callable[[str, str], object]] = {
    "q": _query,
    "match": lambda name, value: _one_of(name, value, (MATCH_ANY, MATCH_ALL)),
    "from": _day,
    "to": _day,
    "since": lambda name, value: AddedSince(_one_of(name, value, AddedSince)),
    "date": lambda name, value: DateKind(_one_of(name, value, DateKind)),
    "view": lambda name, value: View(_one_of(name, value, View)),
    "sort": lambda name, value: Sort(_one_of(name, value, Sort)),
    "page": _up_to(MAX_PAGE),
    "per_page": _up_to(MAX_PER_PAGE),
    "facet_limit": _up_to(MAX_FACET_LIMIT),
    "vocabulary": lambda name, value: VocabularyMode(_one_of(name, value, VocabularyMode)),
    "meaning": lambda name, value: Fusion(_one_of(name, value, Fusion)),
}
"""The parsers of parameters that may be given once: name and value in, meaning out, Invalid otherwise."""
