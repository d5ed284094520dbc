"""The words of our query language: field names in French and in English, accents optional."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from index import DateBoundary, FieldMeaning, KeywordField, PeriodField, SearchedField, Syntax, TextWords, fold
from kb.model.items.annotation import AnnotationKind
from kb.model.people.group import Group
from kb.model.search_request import DateKind, SearchRequest
from kb.search.facet_registry import site_from_text

LANGUAGES = ("fr", "en")
"""Languages that words are analysed in: those that documents are recognised in."""

_EXACT_WEIGHT = 0.2
"""How much the words as written add to their stems; measured on French questions."""

PAGE_WEIGHT = 0.1
"""How much words of the text of pages count, beside those that people wrote or chose."""

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
_LANGUAGE_NAMES = {"francais": "fr", "french": "fr", "anglais": "en", "english": "en"}


def query_syntax_for(request: SearchRequest, groups: Sequence[Group]) -> Syntax:
    """The syntax of a request's words. `groups`: only those that the user may read."""
    return Syntax(
        bare=TextWords(
            words=(
                SearchedField("text"),
                SearchedField("exact", _EXACT_WEIGHT, exact=True),
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
    author = (KeywordField("author", _login), TextWords((SearchedField("author_name", exact=True),)))
    kind = (KeywordField("kind", _kind),)
    before, after, within = (
        (PeriodField(date_field, side),) for side in (DateBoundary.BEFORE, DateBoundary.AFTER, DateBoundary.WITHIN)
    )
    return {
        **_fields_named(("étiquette", "tag"), (KeywordField("tag_folded", _folded),)),
        **_fields_named(("auteur", "author"), author),
        **_group_field(()),
        **_fields_named(("titre", "title"), _text_field("title")),
        **_fields_named(("description",), _text_field("description")),
        **_fields_named(("surlignage", "highlight"), _text_field("highlight")),
        **_fields_named(("note",), _text_field("note")),
        **_fields_named(("commentaire", "comment"), _text_field("comment")),
        **_fields_named(("réponse", "reply"), _text_field("reply")),
        **_fields_named(("source",), _text_field("source_words")),
        **_fields_named(("page",), (TextWords((SearchedField("page"),), (SearchedField("page_exact", exact=True),)),)),
        **_fields_named(("site",), (KeywordField("site", _site),)),
        **_fields_named(("langue", "lang", "language"), (KeywordField("language", _language),)),
        **_fields_named(("type", "kind", "a", "has"), kind),
        **_fields_named(("avant", "before"), before),
        **_fields_named(("après", "after"), after),
        **_fields_named(("date",), within),
    }


def _group_field(groups: Sequence[Group]) -> dict[str, tuple[FieldMeaning, ...]]:
    return _fields_named(("groupe", "group"), (KeywordField("group", _group_reader(groups)),))


def _fields_named(names: tuple[str, ...], meanings: tuple[FieldMeaning, ...]) -> dict[str, tuple[FieldMeaning, ...]]:
    return dict.fromkeys(names, meanings)


def _text_field(field: str) -> tuple[FieldMeaning, ...]:
    return (TextWords((SearchedField(field),)),)


def _folded(value: str) -> tuple[str, ...]:
    return (fold(value),)


def _login(value: str) -> tuple[str, ...]:
    return (value.lower(),)


def _site(value: str) -> tuple[str, ...]:
    site = site_from_text(value)
    return () if site is None else (site,)


def _language(value: str) -> tuple[str, ...]:
    return (_LANGUAGE_NAMES.get(fold(value), value.lower()),)


def _kind(value: str) -> tuple[str, ...]:
    kind = _KINDS.get(fold(value))
    return () if kind is None else (kind.value,)


def _group_reader(groups: Sequence[Group]) -> Callable[[str], tuple[str, ...]]:
    """A function from a typed group to the ids of the groups with this slug or name."""

    def ids_of(value: str) -> tuple[str, ...]:
        wanted = fold(value)
        return tuple(group.id for group in groups if wanted in (group.slug, fold(group.name)))

    return ids_of


TEXT_FIELD_NAMES = frozenset(
    fold(name) for name, meanings in _fields(DateKind.CITED.value).items() if isinstance(meanings[-1], TextWords)
)
"""The folded names of the fields that hold words."""
