"""The facets: every value by which a search is narrowed, declared once.

Documents, plans, results, answers of the API, pages and options of the command read this list. To add a facet, add an
entry here and a field of the same name to `kb.model.search_request.SearchRequest` (docs/tour.md has the whole recipe).
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from kb.model.bibliographic_record import LONGEST_ADDRESS
from kb.model.byline_names import names_in_byline
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import is_host_within_bounds

FacetTexts = Iterable[str | None]

_ORIGIN = re.compile(r"https?://[\w.-]{1,253}(?::\d+)?(?=[/?#]|\Z)", re.ASCII)
"""An ordinary beginning of a web address, which alone says its site."""


@dataclass(frozen=True, slots=True)
class FacetDefinition:
    """One facet, or a filter that is chosen in the same way.

    `name`: the parameter of addresses, the field of SearchRequest and of the index, and the key of results. `label`:
    the English title, which catalogues translate. `item_values`: the values of an item's document; None for a filter on
    the field of another facet. `passage_values`: those of the document of an annotation, if they are not the item's;
    `passage_label`: the title of these.

    `folded`: values that differ by case only are equal. `narrowing`: an item must have all chosen values; otherwise one
    of them, and the facet is counted without its own choice. `named`: labels come from the database, so all values are
    counted before labels order them. `counted`: false for a filter whose values are not counted.
    """

    name: str
    label: str
    item_values: Callable[[Item], FacetTexts] | None
    passage_values: Callable[[Annotation], FacetTexts] | None = None
    passage_label: str | None = None
    folded: bool = False
    narrowing: bool = False
    named: bool = False
    counted: bool = True


GROUP = FacetDefinition("group", "Group", lambda item: (item.group_id,), named=True)
TAG = FacetDefinition("tag", "Tag", lambda item: item.tags, folded=True, narrowing=True)
NOT_TAG = FacetDefinition("not_tag", "Without the tag", None, counted=False)
SITE = FacetDefinition("site", "Site", lambda item: site_and_parent_domains(item.url), counted=False)

BYLINE = FacetDefinition(
    "byline", "Author", lambda item: (name.natural for name in names_in_byline(item.byline)), folded=True
)

FACETS = (
    GROUP,
    TAG,
    NOT_TAG,
    BYLINE,
    FacetDefinition(
        "author",
        "Shared by",
        lambda item: (user.login for user in sharers_of(item)),
        lambda annotation: (annotation.author.login if annotation.author else None,),
        passage_label="Annotated by",
        named=True,
    ),
    FacetDefinition("source", "Source", lambda item: (item.source,), folded=True),
    FacetDefinition("language", "Language", lambda item: (item.language,)),
    FacetDefinition(
        "kind",
        "Annotation",
        lambda item: dict.fromkeys(annotation.kind.value for annotation in item.annotations),
        lambda annotation: (annotation.kind.value,),
    ),
    SITE,
)
"""In the order of pages."""

COUNTED_FACETS = tuple(facet for facet in FACETS if facet.counted)


def sharers_of(item: Item) -> tuple[User, ...]:
    """All users who shared an item: a search for any of them finds it."""
    return (*((item.author,) if item.author else ()), *(sharer.user for sharer in item.sharers))


def site_from_text(text: str) -> str | None:
    """The host of an address or of a typed site: lower case, in Unicode rather than Punycode, without `www.`.

    None if there is none, or if the address or its host is longer than an address may be.
    """
    if len(text) > LONGEST_ADDRESS:
        return None
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return None
    if not is_host_within_bounds(host):
        return None
    if "xn--" in host:
        with suppress(UnicodeError):
            host = host.encode("ascii").decode("idna")
    return host.rstrip(".").removeprefix("www.") or None


def site_and_parent_domains(url: str | None) -> tuple[str, ...]:
    """An address's host and each of its parent domains: the filter `exemple.fr` finds `blog.exemple.fr` too."""
    if not url or "//" not in url or len(url) > LONGEST_ADDRESS:
        return ()
    origin = _ORIGIN.match(url)
    return _domains_of(origin[0] if origin else url)


# An import has many addresses of few sites.
@lru_cache(maxsize=1024)
def _domains_of(address: str) -> tuple[str, ...]:
    host = site_from_text(address)
    if host is None:
        return ()
    if ":" in host or host.replace(".", "").isdigit():
        return (host,)
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))
