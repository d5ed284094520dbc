"""The annotations of Hypothesis, as its API answers a search: `{"total": 2, "rows": [...]}`, or the list alone.

Source: https://h.readthedocs.io/en/latest/api-reference/v1/: `id, created, user, uri, text, tags, document: {title:
[...]}, target: [{selector: [{type: "TextQuoteSelector", exact, prefix, suffix}]}], permissions: {read: [...]},
user_info: {display_name}, references: [ids of the annotations above, the first of the thread first]`. Each annotation
is a record of its page: the import joins the records of a page. A reply belongs to the thread of its first reference
and answers the last one.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from kb.errors import counted
from kb.formats.readers.field_values import instant_value, is_web_address, tag_values
from kb.formats.readers.json_records import (
    Record,
    first_keys,
    json_records,
    record_field,
    records_field,
    text_field,
    texts_field,
)
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, Remark, ReplyDraft, remark
from kb.model.slugs import is_login
from kb.model.storable_text import one_line

_MOST_KEPT = 50_000_000
"""Characters of annotations and replies that are kept until the end of a file."""
_WEIGHT = 500
"""An annotation counts as so many characters more."""
_MOST_ABOVE = 20
"""References of a reply that are kept: the last ones."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ACCOUNT = re.compile(r"acct:([^@]{1,200})@")


def is_hypothesis(head: bytes) -> bool:
    """Whether a file that begins with these bytes holds annotations of Hypothesis."""
    return first_keys(head) >= {"uri", "target", "user"}


def read_hypothesis(chunks: Iterable[bytes]) -> Iterator[ItemDraft | Remark]:
    """A record for each annotation, in order, with the replies to it that stand before; replies that stand after their
    annotation come with it once more, at the end.

    One annotation is in memory at a time, and with them what threads need, up to _MOST_KEPT characters.
    """
    threads = _Threads()
    for entry in json_records(chunks, with_replies=True):
        if isinstance(entry, Remark):
            yield entry
            continue
        number, record = entry
        draft = _draft(record)
        if record.get("hidden") is True:
            yield remark("Moderators of Hypothesis hid this annotation.", item=str(number), skipped=True)
        elif draft is None:
            yield remark("This annotation has no page, or no text.", item=str(number), skipped=True)
        elif draft.private or not (references := texts_field(record, "references")):
            yield threads.with_replies(draft)
        elif not threads.keep_reply(references[0], _Reply(draft, references[1:][-_MOST_ABOVE:])):
            yield draft
    yield from threads.rest()


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply, and the ids of the replies above it in its thread, the nearest last."""

    draft: ItemDraft
    above: tuple[str, ...]

    def answered(self, known: Collection[str | None]) -> str | None:
        """The reply that it answers; that of an earlier file if none of this one is known."""
        return next((one for one in reversed(self.above) if one in known), self.above[-1] if self.above else None)


class _Threads:
    """The replies whose annotation has not come yet, and the annotations to which replies may come."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[_Reply]] = {}
        self.roots: dict[str, ItemDraft] = {}
        self.size = 0
        self.left = 0

    def keep_reply(self, root: str, reply: "_Reply") -> bool:
        """Keep a reply for the end of the file; False if there are too many."""
        if not self._has_room(reply.draft, sum(map(len, reply.above))):
            self.left += 1
            return False
        self.waiting.setdefault(root, []).append(reply)
        return True

    def with_replies(self, draft: ItemDraft) -> ItemDraft:
        """The annotation with the replies that have come, those of the whole thread in their order."""
        (annotation,) = draft.annotations
        if not draft.private and annotation.id:
            if annotation.id in self.waiting:
                draft = _joined(draft, self.waiting.pop(annotation.id))
            if self._has_room(draft):
                self.roots[annotation.id] = draft
        return draft

    def rest(self) -> Iterator[ItemDraft | Remark]:
        """The replies that came after their annotation, and those without one, which are comments."""
        for root, replies in self.waiting.items():
            if root in self.roots:
                yield _joined(self.roots[root], replies)
            else:
                yield from (one.draft for one in replies)
        if self.left:
            message = counted(
                "%(count)s reply became a comment: this file has too many of them.",
                "%(count)s replies became comments: this file has too many of them.",
                self.left,
            )
            yield remark(message, count=self.left)

    def _has_room(self, draft: ItemDraft, more: int = 0) -> bool:
        (one,) = draft.annotations
        self.size += _WEIGHT + more + len(one.quote or "") + len(one.body or "")
        return self.size <= _MOST_KEPT


def _joined(draft: ItemDraft, replies: list[_Reply]) -> ItemDraft:
    """An annotation with replies, the oldest first; a reply to one that is missing answers the nearest one above."""
    (annotation,) = draft.annotations
    held = annotation.replies
    known = {one.id for one in held} | {one.id for reply in replies for one in reply.draft.annotations}
    made = [
        ReplyDraft(one.id, one.author, one.added, one.body or one.quote or "", reply.answered(known))
        for reply in replies
        for one in reply.draft.annotations
    ]
    ordered = sorted((*held, *made), key=lambda one: one.added or "")
    tags = tag_values(*(draft.tags or ()), *(tag for one in replies for tag in one.draft.tags or ()))
    return replace(draft, tags=tags, annotations=(replace(annotation, replies=tuple(ordered)),))


def _draft(record: Record) -> ItemDraft | None:
    """The page with the annotation; None without an address or words."""
    url, annotation = text_field(record, "uri").strip(), _annotation(record)
    if not is_web_address(url) or annotation is None:
        return None
    readers = texts_field(record_field(record, "permissions"), "read")
    return ItemDraft(
        url=url,
        title=one_line(next(iter(texts_field(record_field(record, "document"), "title")), "")) or None,
        author=annotation.author,
        tags=tag_values(*texts_field(record, "tags")),
        added=annotation.added,
        annotations=(annotation,),
        private=bool(readers) and not any(one.startswith("group:") for one in readers),
    )


def _annotation(record: Record) -> AnnotationDraft | None:
    """The annotation; None if it has no words."""
    selectors = (one for target in records_field(record, "target") for one in records_field(target, "selector"))
    selector = next((one for one in selectors if one.get("type") == "TextQuoteSelector"), {})
    quote, body, id_ = text_field(selector, "exact"), text_field(record, "text"), text_field(record, "id")
    if not quote and not body:
        return None
    kind = AnnotationKind.COMMENT if not quote else AnnotationKind.NOTE if body else AnnotationKind.HIGHLIGHT
    return AnnotationDraft(
        kind,
        id=id_ if _ID.fullmatch(id_) else None,
        author=_author(record),
        added=instant_value(text_field(record, "created")),
        quote=quote or None,
        body=body or None,
        prefix=text_field(selector, "prefix") or None if quote else None,
        suffix=text_field(selector, "suffix") or None if quote else None,
    )


def _author(record: Record) -> AuthorDraft | None:
    account = _ACCOUNT.match(text_field(record, "user"))
    login = account[1] if account else ""
    name = one_line(text_field(record_field(record, "user_info"), "display_name")) or login
    return AuthorDraft(login if is_login(login) else None, name) if name else None
