"""What the words of our query language mean: field names in French and in English, accents optional."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from index import Keyword, Meaning, Period, Searched, Side, Syntax, Words, folded
from kb.model.items.annotation import AnnotationKind
from kb.model.people.group import Group
from kb.model.search_request import DateKind, SearchRequest
from kb.search.documents import site_of

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


def syntax_of(request: SearchRequest, groups: Sequence[Group]) -> Syntax:
    """How the words of a request are to be read. `groups`: those that the asker may read, and no other."""
    return Syntax(
        bare=Words(
            words=(
                Searched("text"),
                Searched("exact", _EXACT_WEIGHT, exact=True),
                Searched("page", PAGE_WEIGHT),
            ),
            exactly=(Searched("exact", exact=True), Searched("page_exact", PAGE_WEIGHT, exact=True)),
        ),
        fields={**_fields(request.date.value), **_of_groups(groups)},
        languages=LANGUAGES,
        all_words=request.wants_all_words,
    )


@cache
def _fields(date_field: str) -> Mapping[str, tuple[Meaning, ...]]:
    """The fields, that of groups as of who reads none."""
    author = (Keyword("author", _login), Words((Searched("author_name", exact=True),)))
    kind = (Keyword("kind", _kind),)
    before, after, within = ((Period(date_field, side),) for side in (Side.BEFORE, Side.AFTER, Side.WITHIN))
    return {
        **_named(("étiquette", "tag"), (Keyword("tag_folded", _folded),)),
        **_named(("auteur", "author"), author),
        **_of_groups(()),
        **_named(("titre", "title"), _text("title")),
        **_named(("description",), _text("description")),
        **_named(("surlignage", "highlight"), _text("highlight")),
        **_named(("note",), _text("note")),
        **_named(("commentaire", "comment"), _text("comment")),
        **_named(("réponse", "reply"), _text("reply")),
        **_named(("source",), _text("source_words")),
        **_named(("page",), (Words((Searched("page"),), (Searched("page_exact", exact=True),)),)),
        **_named(("site",), (Keyword("site", _site),)),
        **_named(("langue", "lang", "language"), (Keyword("language", _language),)),
        **_named(("type", "kind", "a", "has"), kind),
        **_named(("avant", "before"), before),
        **_named(("après", "after"), after),
        **_named(("date",), within),
    }


def _of_groups(groups: Sequence[Group]) -> dict[str, tuple[Meaning, ...]]:
    return _named(("groupe", "group"), (Keyword("group", _group_reader(groups)),))


def _named(names: tuple[str, ...], meanings: tuple[Meaning, ...]) -> dict[str, tuple[Meaning, ...]]:
    return dict.fromkeys(names, meanings)


def _text(field: str) -> tuple[Meaning, ...]:
    return (Words((Searched(field),)),)


def _folded(value: str) -> tuple[str, ...]:
    return (folded(value),)


def _login(value: str) -> tuple[str, ...]:
    return (value.lower(),)


def _site(value: str) -> tuple[str, ...]:
    site = site_of(value)
    return () if site is None else (site,)


def _language(value: str) -> tuple[str, ...]:
    return (_LANGUAGE_NAMES.get(folded(value), value.lower()),)


def _kind(value: str) -> tuple[str, ...]:
    kind = _KINDS.get(folded(value))
    return () if kind is None else (kind.value,)


def _group_reader(groups: Sequence[Group]) -> Callable[[str], tuple[str, ...]]:
    """What a typed group stands for: ids of the groups that bear it as slug or as name."""

    def ids_of(value: str) -> tuple[str, ...]:
        wanted = folded(value)
        return tuple(group.id for group in groups if wanted in (group.slug, folded(group.name)))

    return ids_of


WORD_NAMES = frozenset(
    folded(name) for name, meanings in _fields(DateKind.CITED.value).items() if isinstance(meanings[-1], Words)
)
"""The folded names of the fields that hold words."""
