"""Listing scope: the part of a search that the path of a listing fixes. The rest is in the parameters of its
address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from kb.feeds.feed_formats import FEED_FORMATS
from kb.model.saved_search import SavedSearch
from kb.model.search_request import Fusion, SearchRequest, VocabularyMode

Pairs = tuple[tuple[str, str], ...]

MAX_PARAMETERS = 400
"""The most parameters of an address that are read."""

PAGE_FORMAT = "html"
_PAGING: Mapping[str, Any] = {"page": 1, "per_page": 20, "facet_limit": 50}
"""Parameters that say how much of a listing is shown, not which results."""
_NOTHING: Mapping[str, Any] = {}

_SHOWN = frozenset((*_PAGING, "since"))
"""Parameters of the page of a saved search."""


@dataclass(frozen=True, slots=True)
class ListingScope:
    """The search page (nothing fixed), a group's library, one tag of it, or a saved search."""

    group: str | None = None
    tag: str | None = None
    saved: SavedSearch | None = None

    def request_of(self, params: Pairs) -> SearchRequest:
        """The search that an address in this scope means. Raises Invalid.

        Parameters cannot change what the path fixes; for a saved search they only give the page, the page size, and the
        last days, in which the newest results come first.
        """
        if self.saved:
            request = SearchRequest.from_params((name, value) for name, value in params if name in _SHOWN)
            values: dict[str, Any] = {
                name: value for name in _PAGING if (value := getattr(request, name)) != _PAGING[name]
            }
            # To the letter; so are selected filters, reviews, exports and actions on its results.
            search_request = self.saved.request.newest(request.since) if request.since else self.saved.request
            return replace(search_request, **values).verbatim()
        request = SearchRequest.from_params(pair for pair in params if pair[0] != "group" or not self.group)
        group = (self.group,) if self.group else request.group
        tag = (self.tag, *(other for other in request.tag if other != self.tag)) if self.tag else request.tag
        return replace(request, group=group, tag=tag)

    def address_of(self, request: SearchRequest, changes: Mapping[str, Any] = _NOTHING) -> tuple[str, Pairs]:
        """Path and parameters of a search, with other values of some fields, in the narrowest scope around this one.

        A search outside this scope goes to the scope around it: the group of a tag, then the search page. The request
        of the changes is not made, where the path does not depend on them: a page has twenty such links.
        """
        if changes and (self.saved or "group" in changes or "tag" in changes):
            return self.address_of(replace(request, **changes))
        pairs = request.to_params(changes)
        if self.saved and _finds_the_same(request, self.saved.request):
            return self.path, tuple(pair for pair in pairs if pair[0] in _PAGING and pair not in self._own_pairs)
        if self.saved and request.since and _finds_the_same(request, self.saved.request.newest(request.since)):
            return self.path, tuple(pair for pair in pairs if pair[0] in _SHOWN and pair not in self._own_pairs)
        if self.group and request.group == (self.group,):
            others = tuple(pair for pair in pairs if pair[0] != "group")
            if self.tag and self.tag in request.tag and not _has_dot_segment(self.tag):
                return self.path, tuple(pair for pair in others if pair != ("tag", self.tag)) + self._page
            return ListingScope(self.group).path, others
        return "/search", pairs

    def fixes(self, name: str, value: str) -> bool:
        """Whether the path itself selects a value."""
        return bool(value) and ((name == "group" and value == self.group) or (name == "tag" and value == self.tag))

    def cleared(self, request: SearchRequest) -> SearchRequest:
        """The same words, view and order, with no filter but those that the path fixes."""
        others: dict[str, Any] = {name: (value,) for name in ("group", "tag") if (value := getattr(self, name))}
        return replace(request.cleared(), **others)

    def feed_of(self, request: SearchRequest, form: str) -> tuple[str, Pairs]:
        """Path and parameters of the feed, in one of FEEDS, of the results on a request's page.

        A feed is sorted by date, without a limit of days, and then requires all words, unless a parameter says that the
        page does not. No vocabulary and no meaning change it, whatever the page does.
        """
        words = request.q.split()
        selected = replace(
            request,
            **_PAGING,
            sort=None,
            since=None,
            vocabulary=VocabularyMode.ON,
            fusion=Fusion.ON,
            match=request.match if request.match or len(words) < 2 or request.wants_all_words else "any",
        )
        return self.feed_page(replace(self.saved.request, **_PAGING) if self.saved else selected, form)

    def feed_page(self, request: SearchRequest, form: str) -> tuple[str, Pairs]:
        """Path and parameters of the page of a feed for exactly this request."""
        path, pairs = self.address_of(request)
        plain = tuple(pair for pair in pairs if pair[0] != "format")
        return (path, (*plain, ("format", form))) if len(plain) < len(pairs) else (f"{path}.{form}", plain)

    @property
    def path(self) -> str:
        """The path of the page, percent-encoded."""
        if self.saved:
            return f"/saved/{quote(self.saved.id, safe='')}"
        if self.group and self.tag:
            return f"/g/{quote(self.group, safe='~')}/tag/{quote(self.tag, safe='/')}"
        return f"/g/{quote(self.group, safe='~')}" if self.group else "/search"

    @property
    def _page(self) -> Pairs:
        """The parameter that distinguishes the page of a tag from the feed of another one: a tag may end in `.rss`."""
        return (
            (("format", PAGE_FORMAT),)
            if self.tag and self.tag.endswith(tuple(f".{form}" for form in FEED_FORMATS))
            else ()
        )

    @property
    def _own_pairs(self) -> Pairs:
        return self.saved.request.to_params() if self.saved else ()


SEARCH_SCOPE = ListingScope()


def _finds_the_same(request: SearchRequest, other: SearchRequest) -> bool:
    """Whether two requests have the same results, whatever is shown of them. A saved search is not expanded."""
    return replace(request, **_PAGING, vocabulary=VocabularyMode.ON, fusion=Fusion.ON) == replace(other, **_PAGING)


def _has_dot_segment(tag: str) -> bool:
    """Whether browsers would read a part of a tag as a parent folder (`..`), encoded or not: such a tag is a
    parameter.
    """
    return any(part in (".", "..") for part in tag.split("/"))


def tag_and_format(path: str, params: Pairs) -> tuple[str, str]:
    """The tag at the end of an address, and the wanted format: PAGE or one of FEEDS.

    `agents.rss` is the feed of `agents`; a tag that itself ends so needs the parameter `format`.
    """
    format_name = next((value for name, value in params if name == "format"), "")
    if format_name in (*FEED_FORMATS, PAGE_FORMAT):
        return path, format_name
    tag, dot, form = path.rpartition(".")
    return (tag, form) if dot and tag and form in FEED_FORMATS else (path, PAGE_FORMAT)
