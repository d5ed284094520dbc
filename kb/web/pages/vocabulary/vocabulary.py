"""The vocabulary of a group: what its words mean to its searches, by name; and the same as SKOS."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from urllib.parse import urlencode

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import NotFound, Unavailable
from kb.formats.skos_writer import EXTENSIONS, MEDIA_TYPES, written
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import Concept, Vocabulary
from kb.search.index_search import label_order
from kb.services.groups.groups import allowed_in, require_in_group
from kb.services.tags.tags import tags_beside
from kb.services.vocabulary.vocabularies import vocabulary_of
from kb.translation import Translator
from kb.web.http.conditional_requests import tag_of
from kb.web.http.context import Context
from kb.web.http.listing_scope import Place
from kb.web.ui.fragments import Link
from kb.web.ui.group_header import VOCABULARY, ListTop, top_of
from kb.web.ui.pager import Pager, pages_of
from kb.web.ui.rendering import render

PER_PAGE = 100
MOST_PROPOSED = 20
"""Tags that are proposed as terms."""
_NAMES = {"ttl": "Turtle", "rdf": "RDF/XML", "jsonld": "JSON-LD"}


@dataclass(frozen=True, slots=True)
class ConceptBlock:
    """`label` leads to the items that it finds; `broader` and `narrower` to their places in the vocabulary; `edit`, for
    who may, to the form that changes it.
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
    """An initial, and the concepts of this page that have it."""

    letter: str
    anchor: str
    concepts: tuple[ConceptBlock, ...]


@dataclass(frozen=True, slots=True)
class VocabularyPage:
    """`initials` lead to their pages, where there are several.

    `deeds` change the vocabulary and `proposed` are tags that it does not know, each with what adds it: both for who
    may. `command` begins a vocabulary, for whoever looks after the site.
    """

    title: str
    top: ListTop
    summary: str
    initials: tuple[Link, ...]
    letters: tuple[LetterBlock, ...]
    pager: Pager
    files: tuple[Link, ...]
    deeds: tuple[Link, ...]
    proposed: tuple[Link, ...]
    command: str


def vocabulary_page(context: Context) -> Response:
    """The concepts of a group, or those that have a label with these letters, a page at a time."""
    group, held = vocabulary_of(context.library, context.actor, context.path_params["group"])
    words, top = context.words, top_of(context, group, VOCABULARY)
    every = _sorted(held.concepts, words.language)
    chosen = [one for one in every if _bears(one, top.q)] if top.q else every
    asked, last = _asked_page(context), max(1, -(-len(chosen) // PER_PAGE))
    start = (min(asked, last) - 1) * PER_PAGE
    shown, edits = chosen[start : start + PER_PAGE], Action.MODERATE in allowed_in(context.actor, group)
    addresses = _Addresses(context, group, top.q)
    maker = _Maker(addresses, held, held.narrower(), _pages(every), {one.uri for one in shown}, edits=edits)
    letters = groupby(shown, key=lambda one: _initial(one, words.language))
    page = VocabularyPage(
        title=top.title,
        top=top,
        summary=words.plural("%(count)s concept", "%(count)s concepts", len(chosen)),
        initials=_initials(chosen, addresses) if last > 1 else (),
        letters=tuple(
            LetterBlock(letter, _letter_anchor(letter), tuple(maker.block(one) for one in some))
            for letter, some in letters
        ),
        pager=pages_of(asked, last, addresses.page, words),
        files=_files(Place(group.slug), held, words),
        deeds=_deeds(context, group) if edits else (),
        proposed=_proposed(context, group, held) if edits and not top.q and asked == 1 else (),
        command=f"kb vocabulary add --group {group.slug} télétravail --synonym 'travail à distance'\n"
        f"kb vocabulary import --group {group.slug} thesaurus.ttl",
    )
    return render(context, "vocabulary/vocabulary.html", page)


def term_address(context: Context, slug: str, page: str = "term", **given: str) -> str:
    """The page of one term for who may change it, or another page that changes the vocabulary."""
    address = context.addresses.group(slug, f"{VOCABULARY}/{page}")
    return address + ("&" if "?" in address else "?") + urlencode(given) if given else address


def found_address(context: Context, slug: str, label: str) -> str:
    """The part of a vocabulary where a label is."""
    address = context.addresses.group(slug, VOCABULARY)
    return address + ("&" if "?" in address else "?") + urlencode({"q": label})


def check_editor(context: Context) -> None:
    """Raise NotFound, SignInNeeded or Refused unless the user may change the vocabulary of the group of the address."""
    require_in_group(context.library, context.actor, Action.MODERATE, context.path_params["group"])


def vocabulary_file(context: Context) -> Response:
    """The vocabulary in the format that ends the address, or 304 to who has it."""
    form = EXTENSIONS.get(context.path_params["form"])
    if form is None:
        raise NotFound("There is nothing at this address.")
    group, held = vocabulary_of(context.library, context.actor, context.path_params["group"])
    content = written(held, form)
    headers = {"Cache-Control": "private, no-cache", "ETag": tag_of(content)}
    if context.conditions.holds(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{group.slug}.{context.path_params["form"]}"'
    return Response(content, headers={**headers, "Content-Type": f"{MEDIA_TYPES[form]}; charset=utf-8"})


@dataclass(frozen=True, slots=True)
class _Addresses:
    """Where the parts of one list are; `q` are the letters that narrow it."""

    context: Context
    group: Group
    q: str

    def page(self, number: int) -> str:
        """A page of the list that is shown."""
        return self._page(number, self.q)

    def whole(self, number: int) -> str:
        """A page of the whole vocabulary."""
        return self._page(number, "")

    def _page(self, number: int, q: str) -> str:
        pairs = (("q", q), ("page", str(number) if number > 1 else ""))
        path, _, carried = self.context.addresses.group(self.group.slug, VOCABULARY).partition("?")
        query = "&".join(part for part in (urlencode([pair for pair in pairs if pair[1]]), carried) if part)
        return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes blocks; `pages` are those of all concepts in the whole vocabulary, `shown` the concepts of this page."""

    addresses: _Addresses
    held: Vocabulary
    narrower: dict[str, tuple[str, ...]]
    pages: dict[str, int]
    shown: set[str]
    edits: bool

    def block(self, one: Concept) -> ConceptBlock:
        context, slug = self.addresses.context, self.addresses.group.slug
        words = context.words
        label = one.label(words.language)
        search = context.addresses.listing(Place(slug), SearchRequest(q=label, group=(slug,)))
        others = [text.text for text in (*one.preferred, *one.alternative) if text.text != label]
        edit = Link(words.say("change"), term_address(context, slug, id=one.uri), label)
        return ConceptBlock(
            anchor=_anchor(one),
            label=Link(label, search, ", ".join(text.text for text in one.notation)),
            synonyms=", ".join(dict.fromkeys(others)),
            notes=tuple(text.text for text in (*one.definition, *one.scope_note)),
            broader=self._near(one.broader),
            narrower=self._near(self.narrower.get(one.uri, ())),
            related=self._near(one.related),
            edit=edit if self.edits else None,
        )

    def _near(self, uris: tuple[str, ...]) -> tuple[Link, ...]:
        language = self.addresses.context.words.language
        concepts = _sorted([one for uri in uris if (one := self.held.get(uri))], language)
        return tuple(Link(one.label(language), f"{self._page(one)}#{_anchor(one)}") for one in concepts)

    def _page(self, one: Concept) -> str:
        return "" if one.uri in self.shown else self.addresses.whole(self.pages[one.uri])


def _asked_page(context: Context) -> int:
    text = context.param("page")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _pages(every: Sequence[Concept]) -> dict[str, int]:
    return {one.uri: place // PER_PAGE + 1 for place, one in enumerate(every)}


def _initials(chosen: Sequence[Concept], addresses: _Addresses) -> tuple[Link, ...]:
    """Each initial, with the first page that has it."""
    first: dict[str, int] = {}
    for place, one in enumerate(chosen):
        first.setdefault(_initial(one, addresses.context.words.language), place // PER_PAGE + 1)
    return tuple(Link(letter, f"{addresses.page(page)}#{_letter_anchor(letter)}") for letter, page in first.items())


def _deeds(context: Context, group: Group) -> tuple[Link, ...]:
    words = context.words
    return (
        Link(words.say("Add a term"), term_address(context, group.slug)),
        Link(words.say("Import a thesaurus"), term_address(context, group.slug, "import")),
    )


def _proposed(context: Context, group: Group, held: Vocabulary) -> tuple[Link, ...]:
    """Tags that are no terms yet; none while the index, which counts them, is not ready."""
    try:
        found = tags_beside(context.library, context.actor, group.slug, held, MOST_PROPOSED)
    except Unavailable:
        return ()
    words = context.words
    return tuple(
        Link(one.label, term_address(context, group.slug, label=one.label), words.number(one.count)) for one in found
    )


def _sorted(concepts: Sequence[Concept], language: str) -> list[Concept]:
    return sorted(concepts, key=lambda one: (label_order(one.label(language)), one.uri))


def _initial(one: Concept, language: str) -> str:
    return label_order(one.label(language))[:1].upper() or "–"


def _letter_anchor(letter: str) -> str:
    return f"l-{letter.encode().hex()}"


def _bears(one: Concept, letters: str) -> bool:
    wanted = label_order(letters)
    return not wanted or any(wanted in label_order(text.text) for text in one.labels)


def _anchor(one: Concept) -> str:
    return "c-" + sha256(one.uri.encode()).hexdigest()[:12]


def _files(place: Place, held: Vocabulary, words: Translator) -> tuple[Link, ...]:
    if not held.concepts:
        return ()
    hint = words.say("SKOS file")
    return tuple(Link(name, f"{place.path}/{VOCABULARY}.{form}", hint) for form, name in _NAMES.items())
