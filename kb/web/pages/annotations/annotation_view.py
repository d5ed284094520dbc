"""The view of annotations in full: on the page of their item, and in a group's library."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.item import Item
from kb.model.people.user import User
from kb.model.truncation import truncate
from kb.search.marks import MatchedText
from kb.translation import Translator
from kb.web.pages.annotations.annotation_buttons import AnnotationActions, AnnotationActionsOf
from kb.web.pages.annotations.annotation_forms import highlight_color_name
from kb.web.ui.display_text import Link, MarkedPieces, highlight_style, joined_text, kind_label, unmarked

_NO_ACTIONS = AnnotationActions()


@dataclass(frozen=True, slots=True)
class ReplyBlock:
    id: str
    by: str
    body: MarkedPieces
    actions: AnnotationActions = _NO_ACTIONS


@dataclass(frozen=True, slots=True)
class AnnotationBlock:
    """`by` gives author and date, empty if the sharer marked it without a date; `at` is the text of the link to its
    place.

    `actions` and `color_name`, the name of its colour, are for the item's page; `more` links to the replies left out.
    """

    id: str
    kind: str
    label: str
    style: str
    quote: MarkedPieces
    body: MarkedPieces
    by: str
    at: Link
    replies: tuple[ReplyBlock, ...]
    actions: AnnotationActions = _NO_ACTIONS
    more: Link | None = None
    color_name: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marked texts of an item."""

    matches: tuple[MatchedText, ...] = ()

    def of(self, field: str, annotation: str | None, text: str) -> MarkedPieces:
        """The text of a field, with marks if there is a marked version of all of it."""
        for match in self.matches:
            if match.field == field and match.annotation == annotation and joined_text(match.pieces) == text:
                return match.pieces
        return unmarked(text) if text else ()


@dataclass(frozen=True, slots=True)
class AnnotationBlockBuilder:
    """Builds the blocks of one item. `address` gives the address of an annotation on the item's page, by its id."""

    item: Item
    translator: Translator
    address: Callable[[str], str]
    marks: Marks = Marks()
    names_all: bool = False
    """Whether the highlights of the one who shared the item name their author too: where the page does not."""

    def block(self, annotation: Annotation, actions: AnnotationActionsOf) -> AnnotationBlock:
        """The block on the page of its item, with the user's `actions`."""
        block = self._block(annotation, actions)
        return replace(
            block,
            at=Link(self.translator.gettext("Permanent link"), block.at.href),
            color_name=highlight_color_name(annotation.color, self.translator),
            by=self._by_whole(block.by, annotation),
            replies=tuple(
                replace(shown, by=self._by_whole(shown.by, reply))
                for shown, reply in zip(block.replies, annotation.replies, strict=True)
            ),
        )

    def _by_whole(self, by: str, part: Annotation | Reply) -> str:
        """Author and date, with the date of the last change if it is on another day, and the tags of the text."""
        translator = self.translator
        changed = translator.instant(part.updated) if part.updated else ""
        is_later = changed and changed != (translator.instant(part.added) if part.added else "")
        edited = translator.gettext("edited on %(day)s", day=changed) if is_later else ""
        tags = translator.gettext("tags: %(tags)s", tags=", ".join(part.tags)) if part.tags else ""
        return ", ".join(filter(None, (by, edited, tags)))

    def _block(self, annotation: Annotation, actions: AnnotationActionsOf | None = None) -> AnnotationBlock:
        field, translator = annotation.kind.value, self.translator
        # The sharer's own highlights show no author where the page names the sharer.
        own = annotation.kind is AnnotationKind.HIGHLIGHT and annotation.author == self.item.author
        author = None if own and not self.names_all else annotation.author
        return AnnotationBlock(
            annotation.id,
            field,
            kind_label(annotation.kind, translator),
            highlight_style(annotation),
            self._marked(field, annotation, annotation.quote),
            self._marked(field, annotation, annotation.body),
            _by(author, annotation.added, translator),
            Link(translator.gettext("link"), self.address(annotation.id)),
            tuple(
                ReplyBlock(
                    reply.id,
                    _by(reply.author, reply.added, translator),
                    self._marked("reply", annotation, reply.body),
                    actions(reply.id, reply.author) if actions else _NO_ACTIONS,
                )
                for reply in annotation.replies
            ),
            actions(annotation.id, annotation.author) if actions else _NO_ACTIONS,
        )

    def listed(self, annotation: Annotation, longest: int, most_replies: int) -> AnnotationBlock:
        """The block in a list: texts of at most so many characters, so many replies, and dates where they matter."""
        block = self._block(annotation)
        own = annotation.kind is AnnotationKind.HIGHLIGHT and annotation.author == self.item.author
        quote, body = _truncate(block.quote, longest), _truncate(block.body, longest)
        whole = (quote, body) == (block.quote, block.body)
        remaining = len(block.replies) - most_replies
        label = self.translator.ngettext("… %(count)s other reply", "… %(count)s other replies", max(remaining, 0))
        if self.item.annotation_count is not None and annotation.id == self.item.annotations[-1].id:
            # The beginning of the item may end within these replies.
            label = self.translator.gettext("… other replies")
        return replace(
            block,
            quote=quote,
            body=body,
            by="" if own else block.by,
            at=block.at if whole else Link(self.translator.gettext("the rest"), block.at.href),
            replies=tuple(
                replace(reply, body=_truncate(reply.body, longest)) for reply in block.replies[:most_replies]
            ),
            more=Link(label, block.at.href) if remaining > 0 else None,
        )

    def _marked(self, field: str, annotation: Annotation, text: str | None) -> MarkedPieces:
        return self.marks.of(field, annotation.id, text or "")


def _truncate(pieces: MarkedPieces, longest: int) -> MarkedPieces:
    text = joined_text(pieces)
    return pieces if len(text) <= longest else unmarked(truncate(text, longest))


def _by(author: User | None, added: str | None, translator: Translator) -> str:
    parts = (author.shown_name if author else "", translator.instant(added) if added else "")
    return ", ".join(part for part in parts if part)
