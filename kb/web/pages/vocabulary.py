"""The vocabulary of a group: what its words mean to its searches, by name; and the same as SKOS."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from starlette.responses import Response

from kb.catalogue.searching import label_order
from kb.errors import NotFound
from kb.exchange.skos import EXTENSIONS, MEDIA_TYPES, written
from kb.library.vocabularies import vocabulary_of
from kb.model.group import Group
from kb.model.search import MAX_VALUE, SearchRequest
from kb.model.vocabulary import Concept, Vocabulary
from kb.translating import Translator
from kb.web.conditions import tag_of
from kb.web.context import Context
from kb.web.pages.forms import SearchForm, search_form
from kb.web.pages.heads import VOCABULARY, GroupHead, head_of
from kb.web.pages.pieces import Link
from kb.web.places import Pairs, Place
from kb.web.render import render

MOST_LISTED = 1_000
_NAMES = {"ttl": "Turtle", "rdf": "RDF/XML", "jsonld": "JSON-LD"}


@dataclass(frozen=True, slots=True)
class ConceptBlock:
    """`label` leads to the items that it finds; `broader` and `narrower` to their places on this page."""

    anchor: str
    label: Link
    synonyms: str
    notes: tuple[str, ...]
    broader: tuple[Link, ...]
    narrower: tuple[Link, ...]
    related: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class VocabularyPage:
    """`letters` are (initial, concepts); `q` narrowed them, `left_out` says how many are not here.

    `command` begins a vocabulary, for whoever looks after the site.
    """

    title: str
    head: GroupHead
    form: SearchForm
    here: str
    hidden: Pairs
    q: str
    summary: str
    left_out: str
    letters: tuple[tuple[str, tuple[ConceptBlock, ...]], ...]
    files: tuple[Link, ...]
    command: str


def vocabulary_page(context: Context) -> Response:
    """Every concept of a group, or those that have a label with these letters."""
    group, held = vocabulary_of(context.library, context.actor, context.path_params["group"])
    words, carried = context.words, context.choice.carried
    q = next((value for name, value in context.params if name == "q"), "").strip()[:MAX_VALUE]
    chosen = _sorted([one for one in held.concepts if _bears(one, q)], words.language)
    left = max(0, len(chosen) - MOST_LISTED)
    maker = _Maker(context, group, held, held.narrower())
    letters = groupby(chosen[:MOST_LISTED], key=lambda one: label_order(one.label(words.language))[:1].upper())
    place = Place(group.slug)
    page = VocabularyPage(
        title=f"{words.say('Vocabulary')} – {group.name}",
        head=head_of(context, group, VOCABULARY),
        form=search_form(place.cleared(SearchRequest()), words, lang=carried, place=place, scope=group.name),
        here=f"{place.path}/{VOCABULARY}",
        hidden=(("lang", carried),) if carried else (),
        q=q,
        summary=words.plural("%(count)s concept", "%(count)s concepts", len(chosen)),
        left_out=words.plural("%(count)s more is not here", "%(count)s more are not here", left) if left else "",
        letters=tuple((letter, tuple(maker.block(one) for one in some)) for letter, some in letters),
        files=_files(place, held, words),
        command=f"kb vocabulary add --group {group.slug} télétravail --synonym 'travail à distance'\n"
        f"kb vocabulary import --group {group.slug} thesaurus.ttl",
    )
    return render(context, "vocabulary.html", page)


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
class _Maker:
    context: Context
    group: Group
    held: Vocabulary
    narrower: dict[str, tuple[str, ...]]

    def block(self, one: Concept) -> ConceptBlock:
        words = self.context.words
        label = one.label(words.language)
        search = self.context.addresses.listing(
            Place(self.group.slug), SearchRequest(q=label, group=(self.group.slug,))
        )
        others = [text.text for text in (*one.preferred, *one.alternative) if text.text != label]
        return ConceptBlock(
            anchor=_anchor(one),
            label=Link(label, search, ", ".join(text.text for text in one.notation)),
            synonyms=", ".join(dict.fromkeys(others)),
            notes=tuple(text.text for text in (*one.definition, *one.scope_note)),
            broader=self._near(one.broader),
            narrower=self._near(self.narrower.get(one.uri, ())),
            related=self._near(one.related),
        )

    def _near(self, uris: tuple[str, ...]) -> tuple[Link, ...]:
        language = self.context.words.language
        concepts = _sorted([one for uri in uris if (one := self.held.get(uri))], language)
        return tuple(Link(one.label(language), f"#{_anchor(one)}") for one in concepts)


def _sorted(concepts: list[Concept], language: str) -> list[Concept]:
    return sorted(concepts, key=lambda one: (label_order(one.label(language)), one.uri))


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
