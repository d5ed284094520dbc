"""The vocabulary of a group: its concepts by name, and its export as SKOS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import NotFound, Unavailable
from kb.formats.skos.writer import SKOS_FORMATS, SkosFormat
from kb.model.items.annotation_address import BYTES_AROUND_ANNOTATION, LONGEST_ESCAPE
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import Concept, Vocabulary
from kb.search.index_search import label_sort_key
from kb.services.groups.group_views import allowed_actions, readable_group, require_group_permission
from kb.services.tags.tags import TagCount, tags_outside_vocabulary
from kb.services.vocabulary.vocabularies import group_vocabulary, vocabulary_version
from kb.web.http.conditional_requests import weak_etag
from kb.web.http.context import RequestContext
from kb.web.http.files.streamed_files import StreamedAnswer
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import VOCABULARY, GroupHeader, header_of_group, list_filter
from kb.web.ui.page_weight import page_ranges
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

CONCEPTS_PER_PAGE = 100
MOST_LINKS = 200
"""Broader, narrower or related concepts that one concept names: the first by their labels."""
MOST_PROPOSED = 20
"""Tags suggested as terms."""


@dataclass(frozen=True, slots=True)
class ConceptBlock:
    """`search` is the address of the items that its label finds; `broader`, `narrower` and `related` link to their
    entries in the vocabulary.
    """

    concept: Concept
    anchor: str
    label: str
    search: str
    synonyms: str
    broader: tuple[Link, ...]
    narrower: tuple[Link, ...]
    related: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class LetterBlock:
    """An initial, and its concepts on this page."""

    letter: str
    anchor: str
    concepts: tuple[ConceptBlock, ...]


@dataclass(frozen=True, slots=True)
class VocabularyPage:
    """`total` concepts contain the letters of the filter `q`; `initials` link to their pages, if there are several.

    `suggested_tags` are tags outside the vocabulary, for users who may edit it.
    """

    head: GroupHeader
    slug: str
    path: str
    q: str
    total: int
    initials: tuple[Link, ...]
    letters: tuple[LetterBlock, ...]
    pager: Pager
    files: tuple[SkosFormat, ...]
    may_edit: bool
    suggested_tags: tuple[TagCount, ...]


def vocabulary_page(context: RequestContext) -> Response:
    """The concepts of a group, or those with a label that contains the typed letters, a page at a time."""
    group, vocabulary = group_vocabulary(context.library, context.actor, context.path_params["group"])
    translator, q, slug = context.translator, list_filter(context), group.slug
    every = _sorted(vocabulary.concepts, translator.language)
    typed = label_sort_key(q)
    found = (
        [concept for concept in every if any(typed in label_sort_key(text.text) for text in concept.labels)]
        if typed
        else every
    )
    narrower = vocabulary.narrower()
    pages = _page_numbers(every, narrower)
    found_pages = _page_numbers(found, narrower) if typed else pages
    page_number, last = requested_page(context.param("page")), max(found_pages.values(), default=1)
    concepts = [concept for concept in found if found_pages[concept.uri] == min(page_number, last)]
    may_edit = Action.EDIT_VOCABULARY in allowed_actions(context.actor, group)
    shown = {concept.uri for concept in concepts}
    builder = _ConceptBlockBuilder(context, slug, vocabulary, narrower, pages, shown)
    page = VocabularyPage(
        head=header_of_group(context, group, VOCABULARY),
        slug=slug,
        path=f"{ListingScope(slug).path}/{VOCABULARY}",
        q=q,
        total=len(found),
        initials=_initials(context, slug, found, found_pages, q) if last > 1 else (),
        letters=tuple(
            LetterBlock(letter, _letter_anchor(letter), tuple(map(builder.block, some)))
            for letter, some in groupby(concepts, key=lambda concept: _initial(concept, translator.language))
        ),
        pager=list_pager(page_number, last, lambda number: _page_address(context, slug, number, q), translator),
        files=tuple(SKOS_FORMATS.values()) if vocabulary.concepts else (),
        may_edit=may_edit,
        suggested_tags=_suggested_tags(context, group, vocabulary) if may_edit and not q and page_number == 1 else (),
    )
    return render(context, "vocabulary/vocabulary.html", page)


def concept_address(context: RequestContext, slug: str, page: str = "term", **params: str) -> str:
    """The page that edits one concept, or another page that changes the vocabulary."""
    return context.addresses.group(slug, f"{VOCABULARY}/{page}", tuple(params.items()))


def label_address(context: RequestContext, slug: str, label: str) -> str:
    """The part of a vocabulary with a label."""
    return context.addresses.group(slug, VOCABULARY, (("q", label),))


def check_vocabulary_editor(context: RequestContext) -> None:
    """Raise NotFound, LoginNeeded or Forbidden unless the user may change the vocabulary of the group of the
    address.
    """
    require_group_permission(context.library, context.actor, Action.EDIT_VOCABULARY, context.path_params["group"])


def vocabulary_file(context: RequestContext) -> Response:
    """The vocabulary in the format that ends the address, or 304 if the client has it."""
    suffix = context.path_params["form"]
    name = next((name for name, skos_format in SKOS_FORMATS.items() if skos_format.suffix == suffix), None)
    if name is None:
        raise NotFound("There is nothing at this address.")
    group = readable_group(context.library, context.actor, context.path_params["group"])
    version = vocabulary_version(context.library, group)
    headers = {"Cache-Control": "private, no-cache", "ETag": weak_etag(f"{version} {suffix}".encode())}
    if context.conditions.holds(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{group.slug}.{suffix}"'
    _, vocabulary = group_vocabulary(context.library, context.actor, group.slug)
    pieces, media_type = map(str.encode, SKOS_FORMATS[name].parts(vocabulary)), SKOS_FORMATS[name].media_type
    return StreamedAnswer(pieces, context.credentials, headers=headers, media_type=f"{media_type}; charset=utf-8")


@dataclass(frozen=True, slots=True)
class _ConceptBlockBuilder:
    """Builds blocks; `pages` are those of all concepts in the whole vocabulary, `shown` the concepts of this page."""

    context: RequestContext
    slug: str
    vocabulary: Vocabulary
    narrower: dict[str, tuple[str, ...]]
    pages: dict[str, int]
    shown: set[str]

    def block(self, concept: Concept) -> ConceptBlock:
        context, slug, label = self.context, self.slug, concept.label(self.context.translator.language)
        search = context.addresses.listing(ListingScope(slug), SearchRequest(q=label, group=(slug,)))
        others = [text.text for text in (*concept.preferred, *concept.alternative) if text.text != label]
        return ConceptBlock(
            concept,
            _anchor(concept),
            label,
            search,
            synonyms=", ".join(dict.fromkeys(others)),
            broader=self._links(concept.broader),
            narrower=self._links(self.narrower.get(concept.uri, ())),
            related=self._links(concept.related),
        )

    def _links(self, uris: tuple[str, ...]) -> tuple[Link, ...]:
        language = self.context.translator.language
        concepts = _sorted([concept for uri in uris if (concept := self.vocabulary.get(uri))], language)[:MOST_LINKS]
        return tuple(Link(concept.label(language), f"{self._page(concept)}#{_anchor(concept)}") for concept in concepts)

    def _page(self, concept: Concept) -> str:
        return "" if concept.uri in self.shown else _page_address(self.context, self.slug, self.pages[concept.uri])


def _page_address(context: RequestContext, slug: str, number: int, q: str = "") -> str:
    pairs = (("q", q), ("page", str(number) if number > 1 else ""))
    return context.addresses.group(slug, VOCABULARY, tuple(pair for pair in pairs if pair[1]))


def _page_numbers(concepts: Sequence[Concept], narrower: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The page of each concept, by URI."""
    ranges = page_ranges(
        [_weight(concept, narrower.get(concept.uri, ())) for concept in concepts], per_page=CONCEPTS_PER_PAGE
    )
    return {concepts[at].uri: number for number, positions in enumerate(ranges, 1) for at in positions}


def _weight(concept: Concept, narrower: Sequence[str]) -> int:
    """The most bytes of a concept in a page, with links of usual length."""
    links = sum(min(len(uris), MOST_LINKS) for uris in (concept.broader, concept.related, narrower))
    texts = (*concept.preferred, *concept.alternative, *concept.definition, *concept.scope_note, *concept.notation)
    return BYTES_AROUND_ANNOTATION * (1 + links // 4) + LONGEST_ESCAPE * sum(len(text.text) for text in texts)


def _initials(
    context: RequestContext, slug: str, concepts: Sequence[Concept], pages: Mapping[str, int], q: str
) -> tuple[Link, ...]:
    """Each initial, with its first page."""
    first: dict[str, int] = {}
    for concept in concepts:
        first.setdefault(_initial(concept, context.translator.language), pages[concept.uri])
    return tuple(
        Link(letter, f"{_page_address(context, slug, page, q)}#{_letter_anchor(letter)}")
        for letter, page in first.items()
    )


def _suggested_tags(context: RequestContext, group: Group, vocabulary: Vocabulary) -> tuple[TagCount, ...]:
    """Tags outside the vocabulary; none while the index, which counts them, is not ready."""
    try:
        return tags_outside_vocabulary(context.library, context.actor, group.slug, vocabulary, MOST_PROPOSED)
    except Unavailable:
        return ()


def _sorted(concepts: Sequence[Concept], language: str) -> list[Concept]:
    return sorted(concepts, key=lambda concept: (label_sort_key(concept.label(language)), concept.uri))


def _initial(concept: Concept, language: str) -> str:
    return label_sort_key(concept.label(language))[:1].upper() or "–"


def _letter_anchor(letter: str) -> str:
    return f"l-{letter.encode().hex()}"


def _anchor(concept: Concept) -> str:
    return "c-" + sha256(concept.uri.encode()).hexdigest()[:12]
