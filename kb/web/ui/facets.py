"""The facets beside the results: a click selects a value or removes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kb.model.fast_dataclass import fast_dataclass
from kb.model.items.annotation import AnnotationKind
from kb.model.search_request import SearchRequest
from kb.services.search.results import FacetValue, SearchResults
from kb.translation import Translator
from kb.web.ui.fragments import Link, ListingContext

SHOWN_VALUES = 8
PAGE_LIMIT = 16
"""Values of a facet that the page asks for: those beyond are one link away, so that the page stays light."""
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
    """`first` are shown, `others` unfold, `whole` leads to the page with every value of the facets.

    `long`: there are enough values for a field that narrows them.
    """

    name: str
    title: str
    first: tuple[FacetChoice, ...]
    others: tuple[FacetChoice, ...]
    whole: Link | None
    long: bool


def facet_boxes(results: SearchResults, asked: ListingContext) -> tuple[FacetBox, ...]:
    """The facets that have something to say, in the order in which people narrow."""
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
    """What a value is called on the page: languages and kinds in the reader's own, the others as they are."""
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
    """The request without a value, however it was spelled there: the index may show another case."""
    held: tuple[str, ...] = getattr(request, name)
    for one in held:
        request = request.without_value(name, one) if one.casefold() == value.casefold() else request
    return request


def _box(name: str, title: str, choices: tuple[FacetChoice, ...], asked: ListingContext) -> FacetBox:
    """Chosen values come first, wherever their count puts them."""
    ordered = tuple(sorted(choices, key=lambda choice: not choice.selected))
    cut = len(choices) >= PAGE_LIMIT and asked.request.facet_limit < WHOLE_LIMIT
    whole = Link(asked.words.say("all the values"), asked.link(replace(asked.request, facet_limit=WHOLE_LIMIT)), title)
    size = max(SHOWN_VALUES, sum(choice.selected for choice in choices))
    # A fold that hides one single value would cost more than it saves.
    size = size + 1 if len(ordered) == size + 1 else size
    return FacetBox(name, title, ordered[:size], ordered[size:], whole if cut else None, len(ordered) > 12)
