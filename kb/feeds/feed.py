"""A feed as a value, before it is Atom, RSS or JSON."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""The date if none is known: feed formats need one, and the clock would change it at each reading."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry. `id` never changes; `url` is our own page, `external_url` the page that the entry is about.

    `html` is the whole content, `text` the same as plain text, `summary` its beginning. Times are in UTC.
    """

    id: str
    title: str
    url: str
    updated: datetime
    html: str
    text: str
    summary: str
    external_url: str | None = None
    published: datetime | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class FeedPaging:
    """Addresses of other pages of the same feed (RFC 5005, section 3)."""

    first: str | None = None
    previous: str | None = None
    next: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of a feed. `author` is used for entries without author; `since` dates a feed without entries.

    `hub_url` is the WebSub hub that is told when the feed changes. `notice` tells a person who reads the file as text
    what it is. `style_url` is the style sheet of browsers. An
    archive has neither.
    """

    id: str
    title: str
    page_url: str
    self_url: str
    author: str
    language: str
    entries: tuple[FeedEntry, ...]
    subtitle: str = ""
    paging: FeedPaging = field(default_factory=FeedPaging)
    since: datetime = BEGINNING
    hub_url: str = ""
    notice: str = ""
    style_url: str = ""

    @property
    def updated(self) -> datetime:
        """When an entry last changed."""
        return max((entry.updated for entry in self.entries), default=self.since)
