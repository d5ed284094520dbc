"""The words of our query language: field names in French and in English, accents optional."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from index import DateBoundary, FieldMeaning, KeywordField, PeriodField, SearchedField, Syntax, TextWords, fold
from kb.model.items.annotation import AnnotationKind
from kb.model.people.group import Group
from kb.model.search_request import DateKind, SearchRequest
from kb.model.written_dates import written_days
from kb.search.facet_registry import site_from_text
from kb.search.ranking_weights import EXACT_WEIGHT, PAGE_WEIGHT
from kb.search.text_fields import TEXT_FIELDS

LANGUAGES = ("fr", "en")
"""Languages that words are analysed in: those that documents are recognised in."""

_KINDS = {
    "surlignage": AnnotationKind.HIGHLIGHT,
    "surlignages": AnnotationKind.HIGHLIGHT,
    "highlight": AnnotationKind.HIGHLIGHT,
    "highlights": AnnotationKind.HIGHLIGHT,
    "note": AnnotationKind.NOTE,
    "notes": AnnotationKind.NOTE,
    "commentaire": AnnotationKind.COMMENT,
    "commentaires": AnnotationKind.COMMENT,
    "comment": AnnotationKind.COMMENT,
    "comments": AnnotationKind.COMMENT,
}
TAG_FIELD_NAMES = ("mot-clé", "mots-clés", "étiquette", "étiquettes", "tag", "tags")
"""The fields that ask for a tag; the first is the word of the French interface."""
SHARER_MEANINGS: tuple[FieldMeaning, ...] = (
    KeywordField("author", lambda value: (value.lower(),)),
    TextWords((SearchedField("author_name", exact=True),), whole=True),
)
"""The login or the name of who shared an item, or made an annotation."""
_LANGUAGE_NAMES = {"francais": "fr", "french": "fr", "anglais": "en", "english": "en"}


_LOOSE_FIELD = re.compile(
    r"""
    "[^"]*(?:"|$) | “[^”]*(?:”|$) | «[^»]*(?:»|$)
    | (?<![\w'’]) (?<!\w-) (?P<name> mots?[- ]?cl[ée]s? | [ée]tiquettes? | tags? | auteur | author
      | (?:partag[ée]|annot[ée])[- ]?par | (?:shared|annotated)[- ]?by | groupes? | group ) \s{0,2}:\s{0,2} (?=[\w"“«(])
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""A quoted part; or the name of a field as the filters of pages write it, with spaces around its colon or in it."""


def joined_fields(query: str) -> str:
    """The query with fields such as `Mot-clé : agents` and `partagé par:claire` written as the parser reads them.

    Names that titles have before a colon too, such as `source` and `date`, stay as they are, and so do quoted parts.
    """

    def joined(match: re.Match[str]) -> str:
        name = match["name"]
        return match[0] if name is None else name.replace(" ", "-") + ":"

    return _LOOSE_FIELD.sub(joined, query)


def query_syntax_for(request: SearchRequest, groups: Sequence[Group]) -> Syntax:
    """The syntax of a request's words. `groups`: only those that the user may read."""
    return Syntax(
        bare=TextWords(
            words=(
                SearchedField("text"),
                SearchedField("exact", EXACT_WEIGHT, exact=True),
                SearchedField("page", PAGE_WEIGHT),
            ),
            exactly=(SearchedField("exact", exact=True), SearchedField("page_exact", PAGE_WEIGHT, exact=True)),
        ),
        fields={**_fields(request.date.value), **_group_field(groups)},
        languages=LANGUAGES,
        all_words=request.wants_all_words,
    )


@cache
def _fields(date_field: str) -> Mapping[str, tuple[FieldMeaning, ...]]:
    """The fields; the group field here matches no group."""
    author = (*SHARER_MEANINGS, TextWords((SearchedField("byline_words", exact=True),), whole=True))
    before, after, within = (
        (PeriodField(date_field, side, written_days),)
        for side in (DateBoundary.BEFORE, DateBoundary.AFTER, DateBoundary.WITHIN)
    )
    meanings: tuple[tuple[tuple[str, ...], tuple[FieldMeaning, ...]], ...] = (
        (TAG_FIELD_NAMES, (KeywordField("tag_folded", lambda value: (fold(value),)),)),
        (("auteur", "author"), author),
        (("partagé-par", "shared-by", "annoté-par", "annotated-by"), SHARER_MEANINGS),
        *((field.query_names, (TextWords((SearchedField(field.name, exact=field.exact),)),)) for field in TEXT_FIELDS),
        (("page",), (TextWords((SearchedField("page"),), (SearchedField("page_exact", exact=True),)),)),
        (("site",), (KeywordField("site", _site),)),
        (("langue", "lang", "language"), (KeywordField("language", _language),)),
        (("type", "kind", "annotation", "a", "has"), (KeywordField("kind", _kind),)),
        (("avant", "before"), before),
        (("après", "after", "depuis", "since"), after),
        (("date",), within),
    )
    named = {name: meaning for names, meaning in meanings for name in with_optional_hyphens(names)}
    return {**_group_field(()), **named}


def with_optional_hyphens(names: Iterable[str]) -> tuple[str, ...]:
    """The names, and those with a hyphen also without it."""
    return tuple(dict.fromkeys(form for name in names for form in (name, name.replace("-", ""))))


TAG_FIELDS = frozenset(map(fold, with_optional_hyphens(TAG_FIELD_NAMES)))
"""The fields that ask for a tag, folded."""


def _group_field(groups: Sequence[Group]) -> dict[str, tuple[FieldMeaning, ...]]:
    """The field of groups, whose values are a slug or a name."""

    def ids_of(value: str) -> tuple[str, ...]:
        folded = fold(value)
        return tuple(group.id for group in groups if folded == fold(group.name) or group.has_slug((folded,)))

    return dict.fromkeys(("groupe", "groupes", "group"), (KeywordField("group", ids_of),))


def _site(value: str) -> tuple[str, ...]:
    site = site_from_text(value)
    return () if site is None else (site,)


def _language(value: str) -> tuple[str, ...]:
    return (_LANGUAGE_NAMES.get(fold(value), value.lower()),)


def _kind(value: str) -> tuple[str, ...]:
    kind = _KINDS.get(fold(value))
    return () if kind is None else (kind.value,)


TEXT_FIELD_NAMES = frozenset(
    fold(name) for name, meanings in _fields(DateKind.CITED.value).items() if isinstance(meanings[-1], TextWords)
)
"""The folded names of the fields that hold words."""
