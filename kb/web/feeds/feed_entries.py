"""Build feed entries from hits: they hold the users' full texts, because a feed reader knows nothing of our pages.

No feed exceeds a megabyte: from the entry on that does not fit, entries are shortened.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape

from kb.feeds.feed import BEGINNING, FeedEntry
from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.language_tag import language_tag
from kb.model.people.user import User
from kb.model.truncation import truncate
from kb.model.web_pages.canonical_address import web_address
from kb.services.search.result_types import SearchHit
from kb.translation import Translator
from kb.web.http.urls.page_urls import Addresses
from kb.web.pages.annotations.annotation_view import Marks
from kb.web.ui.display_text import (
    Link,
    MarkedPieces,
    TagLink,
    date_label,
    joined_text,
    kind_label,
    title_or_url,
    web_host,
)
from kb.web.ui.rendering import render_fragment

MOST_ENTRY_ANNOTATIONS = 100
"""Annotations of one entry; a link leads to the others."""
LONGEST_SUMMARY = 300
LONGEST_ENTRY_TITLE = 120
MOST_BYTES = 600_000
"""Bytes of the full entries; later ones are shortened, to about 3 KB each."""
LONGEST_ADDRESS = 500
LONGEST_TITLE = 120
MOST_TAGS, LONGEST_TAG = 10, 40
LONGEST_BEGINNING = 2_000
"""Characters of the texts of a hit from which the summary of a shortened entry is made."""
_PART = 20
"""Characters that each annotation or reply counts for at least."""


TextLines = tuple[MarkedPieces, ...]
"""A text, line by line."""


@dataclass(frozen=True, slots=True)
class SignedText:
    """A text about a highlight or an item: `by` gives its kind, author and date."""

    by: str
    lines: TextLines


@dataclass(frozen=True, slots=True)
class EntryAnnotation:
    """One annotation: the highlight, then the text about it, then the replies."""

    quote: TextLines
    said: SignedText | None
    replies: tuple[SignedText, ...]


@dataclass(frozen=True, slots=True)
class EntryContent:
    """The content of one entry. `within` links a highlight to its item; addresses are absolute."""

    address: str
    description: TextLines
    blocks: tuple[EntryAnnotation, ...]
    more: Link | None
    within: Link | None
    source: MarkedPieces
    facts: tuple[str, ...]
    external_link: Link | None
    tags: tuple[TagLink, ...]


@dataclass(frozen=True, slots=True)
class EntryBuilder:
    """Builds the entries of one feed. `authority` and `base_url` are the beginnings of ids and addresses."""

    authority: str
    base_url: str
    translator: Translator
    many_groups: bool

    def entry(self, row: SearchHit) -> FeedEntry:
        """An item with all its annotations, or one highlight of it."""
        item, part = row.item, row.annotation
        page = self._page(row)
        text = "\n".join(line for line in self._text(page) if line)
        published = stored_instant(part.added if part else item.added)
        changed = stored_instant(item.changed_at) or stored_instant(item.updated) or published or BEGINNING
        own = truncate(" ".join((part.quote or part.body or "").split()), LONGEST_ENTRY_TITLE) if part else ""
        author = part.author if part else item.author
        return FeedEntry(
            id=f"tag:{self.authority},2026:" + (f"annotation/{part.id}" if part else f"item/{item.id}"),
            title=own or title_or_url(item),
            url=self._absolute(Addresses().annotation(item, part.id if part else None)),
            updated=max(changed, published or BEGINNING),
            html=render_fragment(self.translator.language, "feeds/feed_entry.html", page),
            text=text,
            summary=truncate(" ".join(text.split()), LONGEST_SUMMARY),
            external_url=web_address(item.url),
            published=published,
            author=author.name if author else None,
            tags=item.tags,
            language=language_tag(item.language),
        )

    def _page(self, row: SearchHit) -> EntryContent:
        item, marks, annotation = row.item, Marks(row.matches), row.annotation
        address = self._absolute(Addresses().item(item.id))
        annotations = (annotation,) if annotation else item.annotations[:MOST_ENTRY_ANNOTATIONS]
        remaining = 0 if annotation else item.annotations_in_all - len(annotations)
        label = self.translator.ngettext(
            "… %(count)s other annotation", "… %(count)s other annotations", max(remaining, 0)
        )
        outside, host = web_address(item.url), web_host(item.url)
        return EntryContent(
            address=address,
            description=() if annotation else _lines(marks.of("description", None, item.description or "")),
            blocks=tuple(self._block(annotation, marks) for annotation in annotations),
            more=Link(label, address) if remaining > 0 else None,
            within=Link(title_or_url(item), address) if annotation else None,
            source=marks.of("source", None, item.source or ""),
            facts=tuple(part for part in self._facts(row) if part),
            external_link=Link(self.translator.gettext("read on %(host)s", host=host), outside)
            if outside and host
            else None,
            tags=tuple(
                TagLink(marks.of("tag", None, tag), self._absolute(Addresses().tag(row.group.slug, tag)))
                for tag in item.tags
            ),
        )

    def _facts(self, row: SearchHit) -> tuple[str, ...]:
        author = row.item.author
        return (
            date_label(row.item, self.translator),
            self.translator.gettext("shared by %(name)s", name=author.shown_name) if author else "",
            row.group.name if self.many_groups else "",
        )

    def _block(self, annotation: Annotation, marks: Marks) -> EntryAnnotation:
        kind, translator = annotation.kind, self.translator
        body = _lines(marks.of(kind.value, annotation.id, annotation.body or ""))
        label = kind_label(AnnotationKind.NOTE if kind is AnnotationKind.HIGHLIGHT else kind, translator)
        return EntryAnnotation(
            _lines(marks.of(kind.value, annotation.id, annotation.quote or "")),
            SignedText(self._by(label, annotation.author, annotation.added), body) if body else None,
            tuple(self._reply(reply, annotation, marks) for reply in annotation.replies),
        )

    def _reply(self, reply: Reply, annotation: Annotation, marks: Marks) -> SignedText:
        body = _lines(marks.of("reply", annotation.id, reply.body))
        return SignedText(self._by(self.translator.gettext("Reply"), reply.author, reply.added), body)

    def _by(self, label: str, author: User | None, added: str | None) -> str:
        when = self.translator.instant(added) if added else ""
        return ", ".join(part for part in (label, author.shown_name if author else "", when) if part)

    def _text(self, page: EntryContent) -> Iterator[str]:
        """The same content as plain lines, without marks or links."""
        _ = self.translator.gettext
        colon = _(":")
        yield _plain_text(page.description)
        for block in page.blocks:
            if block.quote:
                yield _("“%(query)s”", query=_plain_text(block.quote))
            for signed_text in (*((block.said,) if block.said else ()), *block.replies):
                yield f"{signed_text.by}{colon} {_plain_text(signed_text.lines)}"
        yield page.more.label if page.more else ""
        yield page.within.label if page.within else ""
        yield " · ".join(part for part in (joined_text(page.source), *page.facts) if part)
        if page.tags:
            yield _("Tags") + colon + " " + ", ".join(joined_text(tag.pieces) for tag in page.tags)

    def _absolute(self, address: str) -> str:
        return self.base_url + address


def _lines(pieces: MarkedPieces) -> TextLines:
    """The lines of a text, each in pieces; blank ones are left out."""
    lines: list[list[tuple[str, bool]]] = [[]]
    for text, is_marked in pieces:
        first, *others = text.splitlines() if text else ("",)
        lines[-1].append((first, is_marked))
        lines.extend([(part, is_marked)] for part in others)
        if text.endswith(("\n", "\r")):
            lines.append([])
    return tuple(tuple(line) for line in lines if joined_text(tuple(line)).strip())


def _plain_text(lines: TextLines) -> str:
    return "\n".join(joined_text(line) for line in lines)


def within_budget(
    hits: Iterable[SearchHit], build_entry: Callable[[SearchHit], FeedEntry], most: int = MOST_BYTES
) -> Iterator[FeedEntry]:
    """The entries, shortened from the one on that does not fit in so many bytes; each leads to its whole page.

    An entry whose texts are too long for what is left is not rendered whole: that takes time in proportion to them.
    """
    remaining = most
    for hit in hits:
        entry = build_entry(hit) if 2 * text_length(hit) <= remaining else None
        remaining = remaining - weight_of(entry) if entry else -1
        yield entry if entry and remaining >= 0 else shortened(build_entry(beginning_of(hit)))


def text_length(hit: SearchHit) -> int:
    """Characters of the texts that an entry shows whole: each of them stands in its HTML and in its plain text."""
    annotations = (hit.annotation,) if hit.annotation else hit.item.annotations
    parts = sum(
        len(annotation.quote or "") + len(annotation.body or "") + sum(len(reply.body) for reply in annotation.replies)
        for annotation in annotations
    )
    return parts if hit.annotation else parts + len(hit.item.description or "")


def beginning_of(hit: SearchHit) -> SearchHit:
    """The hit, of whose texts the first LONGEST_BEGINNING characters are left."""
    cut = _Beginning()
    if hit.annotation:
        return replace(hit, annotation=cut.annotation(hit.annotation))
    description = cut.text(hit.item.description or "") or None
    annotations = tuple(cut.annotation(annotation) for annotation in hit.item.annotations if cut.left > 0)
    return replace(hit, item=replace(hit.item, description=description, annotations=annotations))


@dataclass(slots=True)
class _Beginning:
    """Cuts texts, one after the other, to the characters that are left."""

    left: int = LONGEST_BEGINNING

    def text(self, text: str) -> str:
        part = text[: max(self.left, 0)]
        self.left -= max(len(part), _PART)
        return part

    def annotation(self, annotation: Annotation) -> Annotation:
        quote, body = self.text(annotation.quote or "") or None, self.text(annotation.body or "") or None
        replies = tuple(replace(reply, body=self.text(reply.body)) for reply in annotation.replies if self.left > 0)
        return replace(annotation, quote=quote, body=body, replies=replies)


def weight_of(entry: FeedEntry) -> int:
    """The most bytes that an entry takes in any format; XML formats escape markup twice."""
    texts = (entry.title, entry.summary, entry.external_url or "", *entry.tags)
    return (
        len(escape(entry.html).encode())
        + len(entry.text.encode())
        + 2 * sum(len(escape(text).encode()) for text in texts)
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
