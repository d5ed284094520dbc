"""What a person asks of the library, as an address can carry it."""

from dataclasses import dataclass
from enum import StrEnum


class View(StrEnum):
    ITEMS = "items"
    PASSAGES = "passages"


class Sort(StrEnum):
    RELEVANCE = "relevance"
    RECENT = "recent"
    OLDEST = "oldest"
    UPDATED = "updated"
    POPULAR = "popular"
    TITLE = "title"


class DateKind(StrEnum):
    CITED = "cited"
    ADDED = "added"
    PUBLISHED = "published"


MATCH_ANY, MATCH_ALL = "any", "all"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search: the words, the values chosen, the order, the page. A page, a saved search and a feed share it.

    `match` and `sort` are None when the address does not say; `ordering` and `wants_all_words` give what then holds.
    """

    q: str = ""
    match: str | None = None
    group: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    not_tag: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    date_from: str | None = None
    date_to: str | None = None
    date: DateKind = DateKind.CITED
    view: View = View.ITEMS
    sort: Sort | None = None
    page: int = 1
    per_page: int = 20
    facet_limit: int = 50

    @property
    def ordering(self) -> Sort:
        """The order that holds: by relevance where there are words, else the most recent first."""
        return self.sort or (Sort.RELEVANCE if self.q.strip() else Sort.RECENT)

    @property
    def wants_all_words(self) -> bool:
        """Whether every word must be there: not when relevance sorts."""
        return (self.match or (MATCH_ANY if self.ordering is Sort.RELEVANCE else MATCH_ALL)) == MATCH_ALL
