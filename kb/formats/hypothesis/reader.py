"""The annotations of Hypothesis, as its API answers a search: `{"total": 2, "rows": [...]}`, or the list alone.

Source: https://h.readthedocs.io/en/latest/api-reference/v1/: `id, created, updated, user, uri, text, tags, document:
{title: [...]}, target: [{selector: [{type: "TextQuoteSelector", exact, prefix, suffix}, {type: "RangeSelector", ...
}]}], permissions: {read: [...]}, user_info: {display_name}, references: [ids of the annotations above, the first of
the thread first]`. Each annotation is a record of its page: the import joins the records of a page. A reply belongs to
the thread of its first reference and answers the last one. An annotation without words gives its page its tags.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from kb.errors import counted, translatable
from kb.formats.shared.field_values import instant_value, is_web_address, tag_values
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import (
    Record,
    has_keys,
    json_records,
    record_field,
    records_field,
    text_field,
    texts_field,
)
from kb.formats.shared.record_warnings import left_out_warning
from kb.model.ids import is_id
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, RecordWarning, ReplyDraft, warning_of
from kb.model.items.selectors import selectors_text
from kb.model.slugs import is_login
from kb.model.storable_text import one_line

_MOST_KEPT = 50_000_000
"""Characters of annotations and replies that are kept until the end of a file."""
_WEIGHT = 500
"""An annotation counts as so many characters more."""
_MOST_ABOVE = 20
"""References of a reply that are kept: the last ones."""
_FIELDS = frozenset(
    "id created updated user uri text tags group permissions target document links hidden flagged references user_info"
    " moderation".split()
)
"""Fields that are read, or left out for a reason (docs/exchange.md); the report names any other."""
_MOST_NAMED, _LONGEST_NAME = 40, 40
_ACCOUNT = re.compile(r"acct:([^@]{1,200})@")


def read_hypothesis(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """A record for each annotation, in order, with the replies to it that stand before; replies that stand after their
    annotation come with it once more, at the end.

    One annotation is in memory at a time, and with them what threads need, up to _MOST_KEPT characters.
    """
    threads = _Threads()
    left_out = set[str]()
    for entry in json_records(chunks, with_replies=True):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, record = entry
        if len(left_out) < _MOST_NAMED:
            left_out |= {name[:_LONGEST_NAME] for name in record.keys() - _FIELDS}
        draft, has_long_place = _draft(record)
        if record.get("hidden") is True:
            yield warning_of("Moderators of Hypothesis hid this annotation.", item=str(number), skipped=True)
        elif draft is None:
            yield warning_of("This annotation has no page, or no text.", item=str(number), skipped=True)
        elif not draft.annotations:
            yield warning_of("This annotation has no text: its page has its tags.", item=str(number))
            yield draft
        elif draft.private or not (references := texts_field(record, "references")):
            yield threads.with_replies(draft)
        elif not threads.keep_reply(references[0], _Reply(draft, references[1:][-_MOST_ABOVE:])):
            yield draft
        if has_long_place:
            yield warning_of("The place of this passage in its page was left out: it is too long.", item=str(number))
    yield from threads.rest()
    yield from left_out_warning(left_out)


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply, and the ids of the replies above it in its thread, the nearest last."""

    draft: ItemDraft
    above: tuple[str, ...]

    def answered(self, known: Collection[str | None]) -> str | None:
        """The reply that it answers; that of an earlier file if none of this one is known."""
        return next(
            (reply_id for reply_id in reversed(self.above) if reply_id in known), self.above[-1] if self.above else None
        )


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
                draft = _with_replies(draft, self.waiting.pop(annotation.id))
            if self._has_room(draft):
                self.roots[annotation.id] = draft
        return draft

    def rest(self) -> Iterator[ItemDraft | RecordWarning]:
        """The replies that came after their annotation, and those without one, which are comments."""
        for root, replies in self.waiting.items():
            if root in self.roots:
                yield _with_replies(self.roots[root], replies)
            else:
                yield from (reply.draft for reply in replies)
        if self.left:
            message = counted(
                "%(count)s reply became a comment: this file has too many of them.",
                "%(count)s replies became comments: this file has too many of them.",
                self.left,
            )
            yield warning_of(message, count=self.left)

    def _has_room(self, draft: ItemDraft, more: int = 0) -> bool:
        (part,) = draft.annotations
        self.size += _WEIGHT + more + sum(map(len, (part.quote or "", part.body or "", part.selectors or "")))
        return self.size <= _MOST_KEPT


def _with_replies(draft: ItemDraft, replies: list[_Reply]) -> ItemDraft:
    """An annotation with replies, the oldest first; a reply to one that is missing answers the nearest one above."""
    (annotation,) = draft.annotations
    existing = annotation.replies
    known = {reply.id for reply in existing} | {
        annotation.id for reply in replies for annotation in reply.draft.annotations
    }
    made = [
        ReplyDraft(
            annotation.id,
            annotation.author,
            annotation.added,
            annotation.body or annotation.quote or "",
            reply.answered(known),
            annotation.updated,
            annotation.tags,
        )
        for reply in replies
        for annotation in reply.draft.annotations
    ]
    ordered = sorted((*existing, *made), key=lambda reply: reply.added or "")
    tags = tag_values(*(draft.tags or ()), *(tag for reply in replies for tag in reply.draft.tags or ()))
    return replace(draft, tags=tags, annotations=(replace(annotation, replies=tuple(ordered)),))


def _draft(record: Record) -> tuple[ItemDraft | None, bool]:
    """The page with the annotation, or with the tags alone if it has no words, and whether its place is left out; None
    without an address, or without any of them.
    """
    url, tags = text_field(record, "uri").strip(), tag_values(*texts_field(record, "tags"))
    annotation, has_long_place = _annotation(record)
    if not is_web_address(url) or (annotation is None and (tags is None or texts_field(record, "references"))):
        return None, False
    readers = texts_field(record_field(record, "permissions"), "read")
    draft = ItemDraft(
        url=url,
        title=one_line(next(iter(texts_field(record_field(record, "document"), "title")), "")) or None,
        author=_author(record),
        tags=tags,
        added=_instant(record, "created"),
        annotations=(annotation,) if annotation is not None else (),
        private=bool(readers) and not any(reader.startswith("group:") for reader in readers),
    )
    return draft, has_long_place


def _annotation(record: Record) -> tuple[AnnotationDraft | None, bool]:
    """The annotation, and whether its place is left out; None if it has no words."""
    selectors = [
        selector for target in records_field(record, "target") for selector in records_field(target, "selector")
    ]
    selector = next((selector for selector in selectors if selector.get("type") == "TextQuoteSelector"), {})
    quote, body, id_ = text_field(selector, "exact"), text_field(record, "text"), text_field(record, "id")
    if not quote and not body:
        return None, False
    try:
        others, has_long_place = selectors_text([other for other in selectors if other is not selector]), False
    except ValueError:
        others, has_long_place = None, True
    added, updated = _instant(record, "created"), _instant(record, "updated")
    kind = AnnotationKind.of(quote, body)
    annotation = AnnotationDraft(
        kind,
        id=id_ if is_id(id_) else None,
        author=_author(record),
        added=added,
        quote=quote or None,
        body=body or None,
        prefix=text_field(selector, "prefix") or None if quote else None,
        suffix=text_field(selector, "suffix") or None if quote else None,
        updated=None if updated == added else updated,
        tags=tag_values(*texts_field(record, "tags")) or (),
        selectors=others,
    )
    return annotation, has_long_place


def _instant(record: Record, name: str) -> str | None:
    return instant_value(text_field(record, name), is_exact=True)


def _author(record: Record) -> AuthorDraft | None:
    account = _ACCOUNT.match(text_field(record, "user"))
    login = account[1] if account else ""
    name = one_line(text_field(record_field(record, "user_info"), "display_name")) or login
    return AuthorDraft(login if is_login(login) else None, name) if name else None


HYPOTHESIS_IMPORT = ImportFormat(
    "hypothesis",
    translatable("Annotations of Hypothesis (JSON)"),
    (".json", "application/json"),
    has_keys("uri", "target", "user"),
    read_hypothesis,
    lacks=translatable(
        "Of annotations of Hypothesis, these are left out because this site has its own: their groups, who may read"
        " them, their links, and what was reported or hidden. A page has one title and one address."
    ),
)
