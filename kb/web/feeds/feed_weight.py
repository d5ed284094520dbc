"""Limits in bytes on the entries of a feed, so that no feed exceeds a megabyte, however long its texts are."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape

from kb.feeds.feed import FeedEntry
from kb.model.items.annotation import Annotation
from kb.services.search.results import SearchHit
from kb.web.ui.display_text import truncate

MOST_BYTES = 600_000
"""Bytes of the full entries; later ones are shortened, to about 3 KB each."""
LONGEST_ADDRESS = 500
LONGEST_TITLE = 120
MOST_TAGS, LONGEST_TAG = 10, 40
LONGEST_BEGINNING = 2_000
"""Characters of the texts of a hit from which the summary of a shortened entry is made."""
_PART = 20
"""Characters that each annotation or reply counts for at least."""


def within_budget(
    hits: Iterable[SearchHit], build_entry: Callable[[SearchHit], FeedEntry], most: int = MOST_BYTES
) -> Iterator[FeedEntry]:
    """The entries, shortened from the one on that does not fit in so many bytes; each leads to its whole page.

    An entry whose texts are too long for what is left is not rendered whole: that takes time in proportion to them.
    """
    left = most
    for hit in hits:
        entry = build_entry(hit) if 2 * text_length(hit) <= left else None
        left = left - weight_of(entry) if entry else -1
        yield entry if entry and left >= 0 else shortened(build_entry(beginning_of(hit)))


def text_length(hit: SearchHit) -> int:
    """Characters of the texts that an entry shows whole: each of them stands in its HTML and in its plain text."""
    annotations = (hit.annotation,) if hit.annotation else hit.item.annotations
    parts = sum(
        len(one.quote or "") + len(one.body or "") + sum(len(reply.body) for reply in one.replies)
        for one in annotations
    )
    return parts if hit.annotation else parts + len(hit.item.description or "")


def beginning_of(hit: SearchHit) -> SearchHit:
    """The hit, of whose texts the first LONGEST_BEGINNING characters are left."""
    cut = _Beginning()
    if hit.annotation:
        return replace(hit, annotation=cut.annotation(hit.annotation))
    description = cut.text(hit.item.description or "") or None
    annotations = tuple(cut.annotation(one) for one in hit.item.annotations if cut.left > 0)
    return replace(hit, item=replace(hit.item, description=description, annotations=annotations))


@dataclass(slots=True)
class _Beginning:
    """Cuts texts, one after the other, to the characters that are left."""

    left: int = LONGEST_BEGINNING

    def text(self, text: str) -> str:
        kept = text[: max(self.left, 0)]
        self.left -= max(len(kept), _PART)
        return kept

    def annotation(self, one: Annotation) -> Annotation:
        quote, body = self.text(one.quote or "") or None, self.text(one.body or "") or None
        replies = tuple(replace(reply, body=self.text(reply.body)) for reply in one.replies if self.left > 0)
        return replace(one, quote=quote, body=body, replies=replies)


def weight_of(entry: FeedEntry) -> int:
    """The most bytes that an entry takes in any format; XML formats escape markup twice."""
    texts = (entry.title, entry.summary, entry.external_url or "", *entry.tags)
    return (
        len(escape(entry.html).encode())
        + len(entry.text.encode())
        + 2 * sum(len(escape(one).encode()) for one in texts)
    )


def shortened(entry: FeedEntry) -> FeedEntry:
    """The entry with its summary as content, and with its other texts truncated as in lists."""
    has_short_address = len(entry.external_url or "") <= LONGEST_ADDRESS
    return replace(
        entry,
        title=truncate(entry.title, LONGEST_TITLE),
        html=f'<p>{escape(entry.summary)}</p><p><a href="{escape(entry.url)}">…</a></p>',
        text=entry.summary,
        external_url=entry.external_url if has_short_address else None,
        tags=tuple(tag for tag in entry.tags if len(tag) <= LONGEST_TAG)[:MOST_TAGS],
    )
