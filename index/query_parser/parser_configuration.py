"""The meaning of query words for one schema: which fields exist, and under which names.

A `Syntax` for items with a text, an exact text, tags, authors and dates:

    Syntax(
        bare=TextWords(
            words=(SearchedField("text"), SearchedField("exact", 0.2, exact=True)),
            exactly=(SearchedField("exact", exact=True),),
        ),
        fields={
            "titre": (TextWords((SearchedField("title"),), (SearchedField("title_exact", exact=True),)),),
            "tag": (KeywordField("tag"),),
            "auteur": (KeywordField("author", values_of_login), TextWords((SearchedField("author_name", exact=True),))),
            "type": (KeywordField("kind", values_of_kind),),
            "avant": (PeriodField("cited", DateBoundary.BEFORE, days_of),),
            "date": (PeriodField("cited", DateBoundary.WITHIN, days_of),),
        },
        languages=("fr", "en"),
        all_words=False,
    )
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class SearchedField:
    """One TEXT field to search. `exact` must equal that of the schema's field: folded words, not stems."""

    field: str
    weight: float = 1.0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class TextWords:
    """Words searched in TEXT fields, in any of them.

    `words` for plain words; `exactly` for quoted text and for `préfixe*`, `m?t` and `mot~`: these compare letters, so
    they need fields of whole words. Without `exactly`, `words` is used for them too. `whole`: of a plain word with
    several parts (`jean-paul`), all are required, one after the other.
    """

    words: tuple[SearchedField, ...]
    exactly: tuple[SearchedField, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class KeywordField:
    """A whole value of a KEYWORD field.

    `values` gives the stored values of a typed one (`surlignage` -> `("highlight",)`, `https://www.example.fr/` ->
    `("example.fr",)`), by default itself; any of them matches. No value: the typed one was not understood.
    """

    field: str
    values: Callable[[str], tuple[str, ...]] = lambda value: (value,)


class DateBoundary(Enum):
    """Which days a typed date selects."""

    BEFORE = "before"
    """The days before its first one: `avant:2014-11-07` excludes its date."""
    AFTER = "after"
    """Its first day and all later ones: `après:2014-11-07` includes its date."""
    WITHIN = "within"
    """Its days: `date:2014-11` is the whole month."""


@dataclass(frozen=True, slots=True)
class PeriodField:
    """A date against a PERIOD field (or a NUMBER field that holds days).

    `days` gives the first and the last day of a typed date, since 1970-01-01; None: it was not understood.
    """

    field: str
    side: DateBoundary
    days: Callable[[str], tuple[int, int] | None]


FieldMeaning = TextWords | KeywordField | PeriodField


@dataclass(frozen=True, slots=True)
class AlternativePhrase:
    """Words from `start` up to `end` of a sequence; `others` are alternatives (text, weight).

    An acronym, in capitals, is compared by its letters alone.
    """

    start: int
    end: int
    others: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a query text becomes a query.

    `bare` says what words without a field search. `fields` maps a field's name, as users type it before the colon, to
    its meaning; several meanings are alternatives (an author is found by login or by name). Case and accents of names
    do not matter. A word is analysed in each of the `languages` (None: folded only), and any of the resulting terms
    matches. `all_words`: all words of a plain sequence are required. `otherwise` gives alternative phrases for a
    sequence of words, or for some of them; no two of them overlap. It is called for words without any operator, outside
    brackets, where there is no ET or OU.
    """

    bare: TextWords
    fields: Mapping[str, tuple[FieldMeaning, ...]] = field(default_factory=dict)
    languages: tuple[str | None, ...] = ("fr",)
    all_words: bool = False
    otherwise: Callable[[tuple[str, ...]], tuple[AlternativePhrase, ...]] = lambda _: ()
