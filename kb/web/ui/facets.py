"""The facets beside the results: a click selects a value or removes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kb.model.fast_dataclass import fast_dataclass
from kb.model.items.annotation import AnnotationKind
from kb.model.search_request import SearchRequest
from kb.services.search.results import FacetValue, SearchResults
from kb.translation import Translator
from kb.web.ui.display_text import Link, ListingContext

SHOWN_VALUES = 8
PAGE_LIMIT = 16
"""Values of a facet on the page: a link leads to the others, so that the page stays small."""
WHOLE_LIMIT = 1000


@fast_dataclass
@dataclass(frozen=True, slots=True)
class FacetChoice:
    label: str
    count: str
    href: str
    selected: bool


@dataclass(frozen=True, slots=True)
class FacetBox:
    """`first` values are shown, `others` are in a collapsed section, `whole` links to the page with every value.

    `long`: there are enough values for a field that filters them.
    """

    name: str
    title: str
    first: tuple[FacetChoice, ...]
    others: tuple[FacetChoice, ...]
    whole: Link | None
    long: bool


def facet_boxes(results: SearchResults, asked: ListingContext) -> tuple[FacetBox, ...]:
    """The facets with useful values, in the usual order of filtering."""
    request, words = asked.request, asked.words
    titles = (
        ("group", words.say("Group")),
        ("tag", words.say("Tags of these items") if asked.place.tag else words.say("Tag")),
        ("author", words.say("Shared by") if request.view == "items" else words.say("Author")),
        ("source", words.say("Source")),
        ("language", words.say("Language")),
        ("kind", words.say("Annotation")),
    )
    labels = label_maker(words)
    boxes = []
    for name, title in titles:
        values = results.facets.get(name, ())
        if not values or (name == "group" and (len(values) < 2 or asked.place.group)):
            continue
        choices = tuple(_choice(name, value, asked, labels) for value in values)
        boxes.append(_box(name, title, choices, asked))
    return tuple(boxes)


def label_maker(words: Translator) -> Callable[[str, FacetValue], str]:
    """A function that gives the label of a value: languages and kinds in the reader's language, the others
    unchanged.
    """
    kinds = {
        AnnotationKind.HIGHLIGHT: words.say("highlights"),
        AnnotationKind.NOTE: words.say("notes"),
        AnnotationKind.COMMENT: words.say("comments"),
    }

    def label(name: str, value: FacetValue) -> str:
        if not value.value:
            return words.say("not known")
        if name == "language":
            return words.language_name(value.value)
        if name == "kind":
            return kinds.get(AnnotationKind(value.value), value.label)
        return value.label

    return label


def _choice(
    name: str, value: FacetValue, asked: ListingContext, label: Callable[[str, FacetValue], str]
) -> FacetChoice:
    chosen = value.selected
    href = asked.link(_without(asked.request, name, value.value)) if chosen else asked.with_value(name, value.value)
    return FacetChoice(label(name, value), asked.words.number(value.count), href, chosen)


def _without(request: SearchRequest, name: str, value: str) -> SearchRequest:
    """The request without a value, in any spelling: the index may give another case."""
    held: tuple[str, ...] = getattr(request, name)
    for one in held:
        request = request.without_value(name, one) if one.casefold() == value.casefold() else request
    return request


def _box(name: str, title: str, choices: tuple[FacetChoice, ...], asked: ListingContext) -> FacetBox:
    """Selected values come first, whatever their count."""
    ordered = tuple(sorted(choices, key=lambda choice: not choice.selected))
    cut = len(choices) >= PAGE_LIMIT and asked.request.facet_limit < WHOLE_LIMIT
    whole = Link(asked.words.say("all the values"), asked.link(replace(asked.request, facet_limit=WHOLE_LIMIT)), title)
    size = max(SHOWN_VALUES, sum(choice.selected for choice in choices))
    # Show a single value: a collapsed section with it would take more space.
    size = size + 1 if len(ordered) == size + 1 else size
    return FacetBox(name, title, ordered[:size], ordered[size:], whole if cut else None, len(ordered) > 12)
