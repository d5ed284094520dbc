"""Parts common to the pages and the feeds of Diigo: links to people, and a highlight with its comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import unquote

from kb.formats.comment_source_and_date import source_and_date
from kb.formats.diigo.html_text import HtmlText
from kb.formats.diigo.tags import tags_of_links
from kb.formats.shared.field_values import is_web_address
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import (
    AnnotationDraft,
    AuthorDraft,
    GroupDraft,
    ItemDraft,
    RecordWarning,
    ReplyDraft,
    warning_of,
)
from kb.model.items.import_source import DiigoFile
from kb.model.storable_text import one_line

_PERSON = re.compile(r"(?:https?://[^/?#]*+)?/(?:user|profile)/([^/?#]++)")
_LONGEST_ADDRESS = 8_000
_ELLIPSES = ("...", "…")
MOST_PARTS = 20_001
"""Annotations of an item that are read, and comments of each: one more than an import accepts, which then says so."""


def person_of_address(address: str) -> str | None:
    """The login in the address of a person's page; None for another address."""
    match = _PERSON.match(address.strip()) if len(address) <= _LONGEST_ADDRESS else None
    return unquote(match[1], errors="replace") if match else None


def linked_author(login: str, name: str) -> AuthorDraft | None:
    """The person to whom a link leads; None without a name and a login."""
    login, name = one_line(login), one_line(name)
    return AuthorDraft(login=login or None, name=name or login) if login or name else None


@dataclass(slots=True)
class LinkedText:
    """A text that may begin with a link to its author."""

    text: HtmlText = field(default_factory=HtmlText)
    author: AuthorDraft | None = None


@dataclass(slots=True)
class AnnotationBlock:
    """A highlight with the comments on it. Without a quote, the comments are on the item."""

    quote: HtmlText = field(default_factory=HtmlText)
    comments: list[LinkedText] = field(default_factory=list)

    def annotations(self, sharer: AuthorDraft | None) -> Iterator[AnnotationDraft]:
        """The highlight, or the comments; none without words."""
        quote = self.quote.text()
        comments = [(comment.author, body) for comment in self.comments if (body := comment.text.text())]
        if quote:
            replies = tuple(ReplyDraft(author=author, body=body) for author, body in comments)
            yield AnnotationDraft(AnnotationKind.HIGHLIGHT, author=sharer, quote=quote, replies=replies)
        else:
            yield from (AnnotationDraft(AnnotationKind.COMMENT, author=author, body=body) for author, body in comments)


def with_source_of_comments(draft: ItemDraft) -> ItemDraft:
    """The record with the source and the date of publication that its first comment of the usual form gives."""
    comments = (part.body for part in draft.annotations if part.kind is AnnotationKind.COMMENT and part.body)
    origin = next(filter(None, map(source_and_date, comments)), None)
    return replace(draft, source=origin.source, published=origin.published, read_from_comment=True) if origin else draft


@dataclass(slots=True)
class DiigoItem:
    """An item that is being read. `whole_title` is an attribute that may have the whole of a shortened title; `rest` is
    the text beside its parts; `tags` are None if the item lists none.
    """

    url: str = ""
    title: HtmlText = field(default_factory=HtmlText)
    whole_title: str = ""
    author: AuthorDraft | None = None
    tags: list[HtmlText] | None = None
    description: HtmlText = field(default_factory=HtmlText)
    blocks: list[AnnotationBlock] = field(default_factory=list)
    rest: HtmlText = field(default_factory=HtmlText)

    def draft(
        self, group: GroupDraft | None, file: DiigoFile, *, added: str | None, views: int | None = None
    ) -> ItemDraft | RecordWarning:
        """The record, or why there is none."""
        address = self.url.strip()
        url = address if is_web_address(address) and not address.startswith(("/", "#")) else ""
        title = _whole_title(one_line(self.title.text()), one_line(self.whole_title))
        if not url and not title:
            return warning_of("This record has neither a title nor an address.", skipped=True)
        annotations = tuple(
            islice((annotation for block in self.blocks for annotation in block.annotations(self.author)), MOST_PARTS)
        )
        return with_source_of_comments(
            ItemDraft(
                url=url or None,
                title=title or None,
                truncated_title=title.endswith(_ELLIPSES),
                description=self.description.text() or None,
                group=group,
                author=self.author,
                tags=tags_of_links(tag.text() for tag in self.tags or ()),
                added=added,
                views=views,
                annotations=annotations,
                diigo_file=file,
            )
        )


def _whole_title(title: str, attribute: str) -> str:
    """The title, or the attribute that has the whole of a shortened one."""
    stem = title.rstrip(".…").rstrip()
    return attribute if title.endswith(_ELLIPSES) and stem and attribute.startswith(stem) else title
