"""Limits in bytes on the entries of a feed, so that no feed exceeds a megabyte, however long its texts are."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape

from kb.feeds.feed import FeedEntry
from kb.web.ui.fragments import truncate

MOST_BYTES = 600_000
"""Bytes of the entries that are whole; later ones are shortened, and take about 3 KB each."""
LONGEST_ADDRESS = 500
LONGEST_TITLE = 120
MOST_TAGS, LONGEST_TAG = 10, 40


def within_budget(entries: Iterable[FeedEntry], most: int = MOST_BYTES) -> Iterator[FeedEntry]:
    """The entries, shortened from the one on that does not fit in so many bytes; each leads to its whole page."""
    left = most
    for entry in entries:
        left -= weight_of(entry)
        yield entry if left >= 0 else shortened(entry)


def weight_of(entry: FeedEntry) -> int:
    """At most how many bytes an entry takes in any format; markup in XML is escaped, and once more."""
    texts = (entry.title, entry.summary, entry.external_url or "", *entry.tags)
    return (
        len(escape(entry.html).encode())
        + len(entry.text.encode())
        + 2 * sum(len(escape(one).encode()) for one in texts)
    )


def shortened(entry: FeedEntry) -> FeedEntry:
    """The entry with its summary for its content, and of its other texts as much as lists show."""
    has_short_address = len(entry.external_url or "") <= LONGEST_ADDRESS
    return replace(
        entry,
        title=truncate(entry.title, LONGEST_TITLE),
        html=f'<p>{escape(entry.summary)}</p><p><a href="{escape(entry.url)}">…</a></p>',
        text=entry.summary,
        external_url=entry.external_url if has_short_address else None,
        tags=tuple(tag for tag in entry.tags if len(tag) <= LONGEST_TAG)[:MOST_TAGS],
    )
