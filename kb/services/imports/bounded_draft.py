"""Fit an imported record into its bounds: texts are shortened, and what has no use when shortened is left out.
A warning says what happened to each kind of value. The rest of the record stays.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain
from typing import TypeVar

from kb.errors import counted, translatable
from kb.model.bibliographic_record import RECORD_FIELDS, RecordField, RecordFieldKind, with_record_values
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import (
    AnnotationDraft,
    AuthorDraft,
    ItemDraft,
    RecordWarning,
    ReplyDraft,
    draft_warning,
)
from kb.model.items.item_budget import (
    MEGABYTE,
    MOST_ITEM_BYTES,
    MOST_ITEM_PARTS,
    first_item_parts,
    item_size,
    left_out_message,
    part_size,
)
from kb.model.truncation import truncate_within
from kb.services.imports.record_bounds import FIELD_TOO_LONG, RECORD_BOUNDS, ImportBounds

Entry = TypeVar("Entry")

_TOO_LONG: Mapping[str, str] = {
    "url": translatable("The address is longer than %(limit)s characters: it is left out."),
    "title": translatable("The title is longer than %(limit)s characters: its beginning is kept."),
    "description": translatable("The description is longer than %(limit)s characters: its beginning is kept."),
    "byline": translatable("The author of the page is longer than %(limit)s characters: its beginning is kept."),
    "source": translatable("The source is longer than %(limit)s characters: its beginning is kept."),
    "published": translatable("The date of publication is longer than %(limit)s characters: it is left out."),
    "language": translatable("The language is longer than %(limit)s characters: it is left out."),
}
"""The warning on each field of a bibliographic record; FIELD_TOO_LONG for one without an entry."""
_KEPT_WHOLE = frozenset({RecordFieldKind.ADDRESS, RecordFieldKind.DATE, RecordFieldKind.LANGUAGE, RecordFieldKind.TYPE})
"""Kinds of values whose beginning has no use."""
_MESSAGES: Mapping[str, Callable[[int], str]] = {
    "parts": left_out_message,
    "names": lambda number: counted(
        "The name of %(count)s person is longer than %(limit)s characters: it is left out.",
        "The names of %(count)s persons are longer than %(limit)s characters: they are left out.",
        number,
    ),
    "long tags": lambda number: counted(
        "%(count)s tag is longer than %(limit)s characters: it is left out.",
        "%(count)s tags are longer than %(limit)s characters: they are left out.",
        number,
    ),
    "tags": lambda number: counted(
        "%(count)s tag is left out: at most %(limit)s are kept.",
        "%(count)s tags are left out: at most %(limit)s are kept.",
        number,
    ),
    "sharers": lambda number: counted(
        "%(count)s person who shared the page is left out: at most %(limit)s are kept.",
        "%(count)s persons who shared the page are left out: at most %(limit)s are kept.",
        number,
    ),
    "passages": lambda number: counted(
        "%(count)s passage is longer than %(limit)s characters: it is left out.",
        "%(count)s passages are longer than %(limit)s characters: they are left out.",
        number,
    ),
    "words": lambda number: counted(
        "%(count)s note or comment is longer than %(limit)s characters: its beginning is kept.",
        "%(count)s notes or comments are longer than %(limit)s characters: their beginnings are kept.",
        number,
    ),
    "texts": lambda number: counted(
        "%(count)s passage, comment or reply is left out: those of an item take at most %(limit)s MB.",
        "%(count)s passages, comments or replies are left out: those of an item take at most %(limit)s MB.",
        number,
    ),
}
"""The warning on so many values of a kind."""
_CONTEXT = translatable("The words around a passage, or its colour, are too long: what is too much is left out.")


def fit_draft(draft: ItemDraft, bounds: ImportBounds) -> tuple[ItemDraft, tuple[RecordWarning, ...]]:
    """The record within its bounds, and a warning on each kind of value that was shortened or left out.

    What names its group stays as it is: a shortened name would be that of another group.
    """
    fitting = _Fitting(bounds)
    values = {record.name: fitting.record_value(record, getattr(draft, record.name)) for record in RECORD_FIELDS}
    parts = replace(
        with_record_values(draft, values),
        author=fitting.author(draft.author),
        tags=fitting.tags(draft.tags),
        sharers=tuple(
            replace(sharing, author=author)
            for sharing in fitting.first(draft.sharers, bounds.sharers, "sharers")
            if (author := fitting.author(sharing.author)) or sharing.author is None
        ),
        annotations=tuple(
            annotation
            for annotation_draft in fitting.first_item_parts(draft)
            if (annotation := fitting.annotation(annotation_draft))
        ),
        files=tuple(replace(file, name=file.name[: bounds.line]) for file in draft.files),
    )
    fitted = replace(parts, annotations=fitting.within_bytes(parts))
    return fitted, tuple(fitting.warnings(draft))


@dataclass(slots=True)
class _Fitting:
    """What was shortened or left out of one record so far, by the message and its limit: values that a record has once,
    with the name of the field for a message that names none; others, by a key of _MESSAGES, with their number.
    """

    bounds: ImportBounds
    single: dict[tuple[str, str], int] = field(default_factory=dict)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)

    def warnings(self, draft: ItemDraft) -> Iterator[RecordWarning]:
        for (message, name), limit in self.single.items():
            values: dict[str, object] = {"field": name, "limit": limit} if name else {"limit": limit}
            yield draft_warning(draft, message, skipped=False, **values)
        for (kind, limit), number in self.counts.items():
            yield draft_warning(draft, _MESSAGES[kind](number), count=number, limit=limit)

    def record_value(self, record: RecordField, text: str | None) -> str | None:
        """A value of a bibliographic field: its beginning if it is too long, None if a beginning has no use."""
        limit: int = getattr(self.bounds, RECORD_BOUNDS[record.name])
        if text is None or len(text) <= limit:
            return text
        message = _TOO_LONG.get(record.name)
        self.single[(message, "") if message else (FIELD_TOO_LONG, record.name)] = limit
        return None if record.kind in _KEPT_WHOLE else truncate_within(text, limit)

    def author(self, author: AuthorDraft | None) -> AuthorDraft | None:
        """A person; None if they have a name or a login that is too long."""
        limit = self.bounds.name
        if author is None or (len(author.name or "") <= limit and len(author.login or "") <= limit):
            return author
        self.counts["names", limit] += 1
        return None

    def tags(self, tags: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if tags is None:
            return None
        short_tags = tuple(tag for tag in tags if len(tag) <= self.bounds.tag)
        if len(short_tags) < len(tags):
            self.counts["long tags", self.bounds.tag] += len(tags) - len(short_tags)
        return self.first(short_tags, self.bounds.tags, "tags")

    def first(self, entries: tuple[Entry, ...], most: int, kind: str) -> tuple[Entry, ...]:
        """As many entries of a list as it may have."""
        if len(entries) > most:
            self.counts[kind, most] += len(entries) - most
        return entries[:most]

    def first_item_parts(self, draft: ItemDraft) -> tuple[AnnotationDraft, ...]:
        """As many annotations and replies as an item may have besides its tags and those who shared it."""
        room = (
            MOST_ITEM_PARTS
            - min(len(draft.tags or ()), self.bounds.tags)
            - min(len(draft.sharers), self.bounds.sharers)
        )
        sizes = [[1] * (1 + len(annotation.replies)) for annotation in draft.annotations]
        return self._first_fitting(draft, sizes, room, ("parts", MOST_ITEM_PARTS))

    def within_bytes(self, draft: ItemDraft) -> tuple[AnnotationDraft, ...]:
        """The annotations and replies whose texts the budget of an item has room for."""
        room = max(MOST_ITEM_BYTES - item_size(replace(draft, annotations=())).bytes, 0)
        sizes = [
            [part_size(annotation), *(part_size(reply) for reply in annotation.replies)]
            for annotation in draft.annotations
        ]
        return self._first_fitting(draft, sizes, room, ("texts", MOST_ITEM_BYTES // MEGABYTE))

    def _first_fitting(
        self, draft: ItemDraft, sizes: list[list[int]], room: int, counted_as: tuple[str, int]
    ) -> tuple[AnnotationDraft, ...]:
        """The annotations and replies before the first one that there is no room for."""
        ends = list(accumulate(chain.from_iterable(sizes)))
        number = bisect_right(ends, room)
        if number == len(ends):
            return draft.annotations
        self.counts[counted_as] += len(ends) - number
        return first_item_parts(draft, number).annotations

    def annotation(self, annotation: AnnotationDraft) -> AnnotationDraft | None:
        """An annotation; without its passage if that is too long, and None if nothing else is left."""
        body = self._words(annotation.body)
        fitted = replace(
            annotation,
            author=self.author(annotation.author),
            body=body,
            tags=self.tags(annotation.tags),
            replies=tuple(map(self._reply, annotation.replies)),
        )
        if len(annotation.quote or "") <= self.bounds.words:
            return self._context(fitted)
        self.counts["passages", self.bounds.words] += 1
        if not body and not annotation.replies:
            return None
        return replace(
            fitted, kind=AnnotationKind.COMMENT, quote=None, prefix=None, suffix=None, color=None, selectors=None
        )

    def _context(self, annotation: AnnotationDraft) -> AnnotationDraft:
        prefix, suffix, color = annotation.prefix, annotation.suffix, annotation.color
        context, short = self.bounds.context, self.bounds.short
        if max(len(prefix or ""), len(suffix or "")) <= context and len(color or "") <= short:
            return annotation
        self.single[_CONTEXT, ""] = context
        return replace(
            annotation,
            prefix=prefix and prefix[-context:],
            suffix=suffix and suffix[:context],
            color=color if len(color or "") <= short else None,
        )

    def _reply(self, reply: ReplyDraft) -> ReplyDraft:
        body, author, tags = self._words(reply.body), self.author(reply.author), self.tags(reply.tags)
        return replace(reply, body=body or "", author=author, tags=tags)

    def _words(self, text: str | None) -> str | None:
        limit = self.bounds.words
        if text is None or len(text) <= limit:
            return text
        self.counts["words", limit] += 1
        return truncate_within(text, limit)
