"""The facets beside the results: a click selects a value or removes it."""

from dataclasses import dataclass
from typing import assert_never

from kb.model.items.annotation import AnnotationKind
from kb.model.people.group import PERSONAL
from kb.model.people.user import marked_name
from kb.model.search_request import SearchRequest, View
from kb.search.facet_registry import COUNTED_FACETS, GROUP, TAG, FacetDefinition
from kb.services.search.result_types import FacetValue, SearchResults
from kb.translation import Translator
from kb.web.ui.display_text import Link, ListingContext

SHOWN_VALUES = 5
PAGE_LIMIT = 12
"""Values of a facet on the page: a link leads to the others, so that the page stays small."""
WHOLE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class FacetChoice:
    label: str
    count: str
    href: str
    selected: bool


@dataclass(frozen=True, slots=True)
class FacetBox:
    """`first` values are shown, `others` are in a collapsed section, `whole` links to the page with every value.

    `long`: there are enough values for a field that filters them. `is_first`: the values are shown without a click; the
    name of another facet opens them, and a selected value.
    """

    title: str
    first: tuple[FacetChoice, ...]
    others: tuple[FacetChoice, ...]
    whole: Link | None
    long: bool
    is_first: bool


def facet_boxes(results: SearchResults, listing: ListingContext) -> tuple[FacetBox, ...]:
    """The facets with useful values, in the usual order of filtering."""
    boxes = []
    for facet in COUNTED_FACETS:
        values = results.facets.get(facet.name, ())
        if values and not (facet is GROUP and (len(values) < 2 or listing.scope.group)):
            boxes.append(
                _box(
                    _title(facet, listing),
                    [_choice(facet.name, value, listing) for value in values],
                    listing,
                    is_first=facet in (GROUP, TAG),
                )
            )
    return tuple(boxes)


def _title(facet: FacetDefinition, listing: ListingContext) -> str:
    if facet is TAG and listing.scope.tag:
        return listing.translator.gettext("Tags of these items")
    return facet_label(facet, listing)


def facet_label(facet: FacetDefinition, listing: ListingContext) -> str:
    """The name of a facet or filter, in the view of the request: passages have other authors than their items."""
    passages = listing.request.view is View.PASSAGES
    return listing.translator.gettext((passages and facet.passage_label) or facet.label)


def value_label(name: str, value: FacetValue, translator: Translator) -> str:
    """The label of a value: languages and kinds in the reader's language, the others unchanged."""
    if not value.value:
        return translator.gettext("not known")
    match name:
        case "language":
            return translator.language_name(value.value)
        case "kind":
            return _kind_label(AnnotationKind(value.value), translator)
        case "group" if value.value.startswith(PERSONAL) and value.label != value.value:
            # Only its owner reads a user's own library: for others the slug has no name.
            return translator.gettext("My own library")
        case _:
            return marked_name(value.label) if value.imported else value.label


def _kind_label(kind: AnnotationKind, translator: Translator) -> str:
    _ = translator.gettext
    match kind:
        case AnnotationKind.HIGHLIGHT:
            return _("highlights")
        case AnnotationKind.NOTE:
            return _("notes")
        case AnnotationKind.COMMENT:
            return _("comments")
        case _:
            assert_never(kind)


def _choice(name: str, value: FacetValue, listing: ListingContext) -> FacetChoice:
    selected = value.selected
    href = (
        listing.link(_without(listing.request, name, value.value))
        if selected
        else listing.with_value(name, value.value)
    )
    return FacetChoice(
        value_label(name, value, listing.translator), listing.translator.number(value.count), href, selected
    )


def _without(request: SearchRequest, name: str, value: str) -> SearchRequest:
    """The request without a value, in any spelling: the index may give another case."""
    values: tuple[str, ...] = getattr(request, name)
    for spelling in values:
        request = request.without_value(name, spelling) if spelling.casefold() == value.casefold() else request
    return request


def _box(title: str, choices: list[FacetChoice], listing: ListingContext, *, is_first: bool) -> FacetBox:
    """Selected values come first, whatever their count."""
    ordered = tuple(sorted(choices, key=lambda choice: not choice.selected))
    size = max(SHOWN_VALUES, sum(choice.selected for choice in choices))
    # Show a single value: a collapsed section with it would take more space.
    size = size + 1 if len(ordered) == size + 1 else size
    whole = None
    if len(choices) >= PAGE_LIMIT and listing.request.facet_limit < WHOLE_LIMIT:
        every = listing.link(facet_limit=WHOLE_LIMIT)
        whole = Link(listing.translator.gettext("all the values"), every, title)
    return FacetBox(title, ordered[:size], ordered[size:], whole, len(ordered) >= PAGE_LIMIT, is_first)
