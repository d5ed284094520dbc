"""The vocabulary of a group: its concepts by name, and its export as SKOS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import NotFound, Unavailable
from kb.formats.skos.writer import SKOS_FORMATS
from kb.model.items.annotation_address import BYTES_AROUND_ANNOTATION, LONGEST_ESCAPE
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import Concept, Vocabulary
from kb.search.index_search import label_sort_key
from kb.services.groups.group_views import allowed_actions, readable_group, require_group_permission
from kb.services.tags.tags import tags_outside_vocabulary
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
    """`label` links to the items that it finds; `broader` and `narrower` to their places in the vocabulary; `edit`, for
    a user with the right, to the form that edits the concept.
    """

    anchor: str
    label: Link
    synonyms: str
    notes: tuple[str, ...]
    broader: tuple[Link, ...]
    narrower: tuple[Link, ...]
    related: tuple[Link, ...]
    edit: Link | None


@dataclass(frozen=True, slots=True)
class LetterBlock:
    """An initial, and its concepts on this page."""

    letter: str
    anchor: str
    concepts: tuple[ConceptBlock, ...]


@dataclass(frozen=True, slots=True)
class VocabularyPage:
    """`initials` link to their pages, if there are several.

    `actions` change the vocabulary and `suggested_tags` are tags outside it, each with the action to add it: both for
    users with the right.
    """

    head: GroupHeader
    q: str
    summary: str
    initials: tuple[Link, ...]
    letters: tuple[LetterBlock, ...]
    pager: Pager
    files: tuple[Link, ...]
    actions: tuple[Link, ...]
    suggested_tags: tuple[Link, ...]


def vocabulary_page(context: RequestContext) -> Response:
    """The concepts of a group, or those with a label that contains the typed letters, a page at a time."""
    group, vocabulary = group_vocabulary(context.library, context.actor, context.path_params["group"])
    translator, q, slug = context.translator, list_filter(context), group.slug
    _ = translator.gettext
    every = _sorted(vocabulary.concepts, translator.language)
    typed = label_sort_key(q)
    chosen = (
        [concept for concept in every if any(typed in label_sort_key(text.text) for text in concept.labels)]
        if typed
        else every
    )
    narrower = vocabulary.narrower()
    pages = _page_numbers(every, narrower)
    chosen_pages = _page_numbers(chosen, narrower) if typed else pages
    page_number, last = requested_page(context.param("page")), max(chosen_pages.values(), default=1)
    concepts = [concept for concept in chosen if chosen_pages[concept.uri] == min(page_number, last)]
    edits = Action.EDIT_VOCABULARY in allowed_actions(context.actor, group)
    builder = _ConceptBlockBuilder(
        context, slug, vocabulary, narrower, pages, {concept.uri for concept in concepts}, edits=edits
    )
    page = VocabularyPage(
        head=header_of_group(context, group, VOCABULARY),
        q=q,
        summary=translator.ngettext("%(count)s concept", "%(count)s concepts", len(chosen)),
        initials=_initials(context, slug, chosen, chosen_pages, q) if last > 1 else (),
        letters=tuple(
            LetterBlock(letter, _letter_anchor(letter), tuple(map(builder.block, some)))
            for letter, some in groupby(concepts, key=lambda concept: _initial(concept, translator.language))
        ),
        pager=list_pager(page_number, last, lambda number: _page_address(context, slug, number, q), translator),
        files=tuple(
            Link(skos_format.label, f"{ListingScope(slug).path}/{VOCABULARY}.{skos_format.suffix}", _("SKOS file"))
            for skos_format in SKOS_FORMATS.values()
            if vocabulary.concepts
        ),
        actions=(
            Link(_("Add a term"), concept_address(context, slug)),
            Link(_("Import a thesaurus"), concept_address(context, slug, "import")),
        )
        if edits
        else (),
        suggested_tags=_suggested_tags(context, group, vocabulary) if edits and not q and page_number == 1 else (),
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
    edits: bool

    def block(self, concept: Concept) -> ConceptBlock:
        context, slug, label = self.context, self.slug, concept.label(self.context.translator.language)
        search = context.addresses.listing(ListingScope(slug), SearchRequest(q=label, group=(slug,)))
        others = [text.text for text in (*concept.preferred, *concept.alternative) if text.text != label]
        edit = Link(context.translator.gettext("change"), concept_address(context, slug, id=concept.uri), label)
        return ConceptBlock(
            anchor=_anchor(concept),
            label=Link(label, search, ", ".join(text.text for text in concept.notation)),
            synonyms=", ".join(dict.fromkeys(others)),
            notes=tuple(text.text for text in (*concept.definition, *concept.scope_note)),
            broader=self._links(concept.broader),
            narrower=self._links(self.narrower.get(concept.uri, ())),
            related=self._links(concept.related),
            edit=edit if self.edits else None,
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
    return {concepts[place].uri: number for number, places in enumerate(ranges, 1) for place in places}


def _weight(concept: Concept, narrower: Sequence[str]) -> int:
    """The most bytes of a concept in a page, with links of usual length."""
    links = sum(min(len(uris), MOST_LINKS) for uris in (concept.broader, concept.related, narrower))
    texts = (*concept.preferred, *concept.alternative, *concept.definition, *concept.scope_note, *concept.notation)
    return BYTES_AROUND_ANNOTATION * (1 + links // 4) + LONGEST_ESCAPE * sum(len(text.text) for text in texts)


def _initials(
    context: RequestContext, slug: str, chosen: Sequence[Concept], pages: Mapping[str, int], q: str
) -> tuple[Link, ...]:
    """Each initial, with its first page."""
    first: dict[str, int] = {}
    for concept in chosen:
        first.setdefault(_initial(concept, context.translator.language), pages[concept.uri])
    return tuple(
        Link(letter, f"{_page_address(context, slug, page, q)}#{_letter_anchor(letter)}")
        for letter, page in first.items()
    )


def _suggested_tags(context: RequestContext, group: Group, vocabulary: Vocabulary) -> tuple[Link, ...]:
    """Tags outside the vocabulary; none while the index, which counts them, is not ready."""
    try:
        counts = tags_outside_vocabulary(context.library, context.actor, group.slug, vocabulary, MOST_PROPOSED)
    except Unavailable:
        return ()
    translator = context.translator
    return tuple(
        Link(count.label, concept_address(context, group.slug, label=count.label), translator.number(count.count))
        for count in counts
    )


def _sorted(concepts: Sequence[Concept], language: str) -> list[Concept]:
    return sorted(concepts, key=lambda concept: (label_sort_key(concept.label(language)), concept.uri))


def _initial(concept: Concept, language: str) -> str:
    return label_sort_key(concept.label(language))[:1].upper() or "–"


def _letter_anchor(letter: str) -> str:
    return f"l-{letter.encode().hex()}"


def _anchor(concept: Concept) -> str:
    return "c-" + sha256(concept.uri.encode()).hexdigest()[:12]
