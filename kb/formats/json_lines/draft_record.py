"""Read a JSON record as a draft: every field is checked, nothing is guessed, and each fault has a message."""

import re
from dataclasses import fields
from functools import lru_cache
from typing import Any, assert_never

from kb.model.bibliographic_record import RECORD_FIELDS, RecordField, RecordFieldKind
from kb.model.dates import days_of, instant_of
from kb.model.document_type import DocumentType
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import (
    AnnotationDraft,
    AuthorDraft,
    FileDraft,
    GroupDraft,
    ItemDraft,
    ReplyDraft,
    SharingDraft,
)
from kb.model.items.item_file import FileRole
from kb.model.items.selectors import LONGEST_SELECTORS, MOST_SELECTORS, selectors_text
from kb.model.people.group import Visibility

_NOT_IN_RECORDS = frozenset({"truncated_title", "read_from_comment", "line", "private", "piece"})
_ITEM = frozenset(field.name for field in fields(ItemDraft)) - _NOT_IN_RECORDS
_ANNOTATION = frozenset(field.name for field in fields(AnnotationDraft))
_REPLY = frozenset(field.name for field in fields(ReplyDraft))
_SHARING = frozenset(field.name for field in fields(SharingDraft))
_FILE = frozenset({"role", "name", "media_type", "size", "sha256"})
_SHA256 = re.compile("[0-9a-f]{64}")
_AUTHOR = frozenset({"login", "name"})
_GROUP = frozenset({"slug", "name", "description", "visible"})
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*+")
_KINDS = {kind.value: kind for kind in AnnotationKind}
_MOST_VIEWS = 2**53
"""The largest count that every reader of JSON reads exactly."""


class InvalidRecord(Exception):
    """An invalid record, and the reason: a sentence with `%(name)s` for values."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.values = values


def draft_from_record(value: object, line: int | None = None) -> tuple[ItemDraft, tuple[str, ...]]:
    """The draft of a record, and the names of its unknown fields. Raises InvalidRecord."""
    record = _Record(value, _ITEM, "")
    draft = ItemDraft(
        id=record.text("id"),
        group=_group(record),
        author=_author(record),
        tags=record.texts("tags"),
        added=record.instant("added"),
        updated=record.instant("updated"),
        views=record.count("views"),
        sharers=tuple(
            SharingDraft(_author(sharer), sharer.instant("added")) for sharer in record.records("sharers", _SHARING)
        ),
        annotations=tuple(_annotation(annotation) for annotation in record.records("annotations", _ANNOTATION)),
        files=_files(record),
        line=line,
        # Last, because the first fault of a record is the one that is reported.
        **record.record_values(),
    )
    return draft, tuple(record.unknown)


class _Record:
    """One object of a record, read field by field. `path` is its position, for messages."""

    def __init__(self, value: object, known: frozenset[str], path: str, unknown: list[str] | None = None) -> None:
        if not isinstance(value, dict):
            what = path.rstrip(".") or "the record"
            raise InvalidRecord("“%(field)s” should be an object.", field=what)
        self.fields: dict[str, object] = value
        self.path = path
        self.unknown: list[str] = [] if unknown is None else unknown
        if not known.issuperset(value):
            self.unknown.extend(f"{path}{name}" for name in value if name not in known)

    def text(self, name: str) -> str | None:
        value = self.fields.get(name)
        if value is None or isinstance(value, str):
            return value
        raise InvalidRecord("“%(field)s” should be a text.", field=self.path + name)

    def record_values(self) -> dict[str, Any]:
        """The bibliographic fields by name, as arguments of a draft."""
        return {record_field.name: self.record_value(record_field) for record_field in RECORD_FIELDS}

    def record_value(self, field: RecordField) -> str | None:
        match field.kind:
            case RecordFieldKind.ADDRESS | RecordFieldKind.LINE | RecordFieldKind.TEXT:
                return self.text(field.name)
            case RecordFieldKind.DATE:
                return self.partial_date(field.name)
            case RecordFieldKind.LANGUAGE:
                return self.language(field.name)
            case RecordFieldKind.TYPE:
                return self.document_type(field.name)
        assert_never(field.kind)

    def texts(self, name: str) -> tuple[str, ...] | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(element, str) for element in value):
            return tuple(value)
        raise InvalidRecord("“%(field)s” should be a list of texts.", field=self.path + name)

    def count(self, name: str) -> int | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_VIEWS:
            return value
        raise InvalidRecord("“%(field)s” should be a whole number, 0 or more.", field=self.path + name)

    def instant(self, name: str) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            if _INSTANT.fullmatch(value):
                instant_of(value)
                return value
        except ValueError:
            pass
        raise InvalidRecord("“%(field)s” should be a time as 2014-11-07T09:12:00Z, or a date.", field=self.path + name)

    def partial_date(self, name: str) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            days_of(value)
        except ValueError as error:
            field = self.path + name
            raise InvalidRecord("“%(field)s” should be a date as 2014, 2014-11 or 2014-11-07.", field=field) from error
        return value

    def language(self, name: str) -> str | None:
        value = self.text(name)
        if value is None or _LANGUAGE.fullmatch(value):
            return value
        raise InvalidRecord("“%(field)s” should be a language tag, as fr or en.", field=self.path + name)

    def document_type(self, name: str) -> str | None:
        value = self.text(name)
        if value is None or DocumentType.of(value):
            return value
        known = ", ".join(DocumentType)
        raise InvalidRecord("“%(field)s” should be one of %(known)s.", field=self.path + name, known=known)

    def records(self, name: str, known: frozenset[str]) -> list["_Record"]:
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise InvalidRecord("“%(field)s” should be a list.", field=self.path + name)
        return [
            _Record(element, known, f"{self.path}{name}[{index}].", self.unknown) for index, element in enumerate(value)
        ]

    def record(self, name: str, known: frozenset[str]) -> "_Record":
        return _Record(self.fields.get(name), known, f"{self.path}{name}.", self.unknown)


def _group(record: _Record) -> GroupDraft | None:
    value = record.fields.get("group")
    if value is None:
        return None
    if isinstance(value, str):
        return GroupDraft(slug=value)
    group = record.record("group", _GROUP)
    visible = group.text("visible")
    if visible is not None and visible not in set(Visibility):
        raise InvalidRecord(
            "“%(field)s” should be one of %(values)s.", field="group.visible", values=", ".join(Visibility)
        )
    return GroupDraft(
        slug=group.text("slug"),
        name=group.text("name"),
        description=group.text("description"),
        visible=Visibility(visible) if visible is not None else None,
    )


def _author(record: _Record) -> AuthorDraft | None:
    value = record.fields.get("author")
    if isinstance(value, str):
        return _author_draft(None, value) if value.strip() else None
    if value is None:
        return None
    author = record.record("author", _AUTHOR)
    login, name = author.text("login"), author.text("name")
    return _author_draft(login, name) if (login or "").strip() or (name or "").strip() else None


@lru_cache(maxsize=1024)
def _author_draft(login: str | None, name: str | None) -> AuthorDraft:
    """An author. A few of them stand on every line: to compare them with themselves takes no time."""
    return AuthorDraft(login, name)


def _annotation(record: _Record) -> AnnotationDraft:
    quote, body = record.text("quote"), record.text("body")
    return AnnotationDraft(
        kind=_kind(record, quote, body),
        id=record.text("id"),
        author=_author(record),
        added=record.instant("added"),
        quote=quote,
        body=body,
        prefix=record.text("prefix"),
        suffix=record.text("suffix"),
        color=record.text("color"),
        replies=tuple(_reply(reply) for reply in record.records("replies", _REPLY)),
        updated=record.instant("updated"),
        tags=record.texts("tags"),
        selectors=_selectors(record),
    )


def _kind(record: _Record, quote: str | None, body: str | None) -> AnnotationKind:
    """The kind given; if there is none, the one that follows from the texts."""
    kind = record.text("kind")
    if kind is None:
        return AnnotationKind.of(quote, body)
    if kind not in _KINDS:
        raise InvalidRecord(
            "“%(field)s” should be one of %(values)s.", field=f"{record.path}kind", values=", ".join(_KINDS)
        )
    return _KINDS[kind]


def _reply(record: _Record) -> ReplyDraft:
    return ReplyDraft(
        id=record.text("id"),
        author=_author(record),
        added=record.instant("added"),
        body=record.text("body") or "",
        reply_to=record.text("reply_to"),
        updated=record.instant("updated"),
        tags=record.texts("tags"),
    )


def _files(record: _Record) -> tuple[FileDraft, ...]:
    """The files that a record describes: at most one of each role."""
    files = {}
    for file in record.records("files", _FILE):
        role, sha256 = file.text("role"), file.text("sha256")
        if role not in set(FileRole) or sha256 is None or not _SHA256.fullmatch(sha256):
            raise InvalidRecord("“%(field)s” should be a role, file or copy, and a SHA-256.", field=file.path[:-1])
        files[role] = FileDraft(FileRole(role), sha256, file.text("name") or "")
    return tuple(files.values())


def _selectors(record: _Record) -> str | None:
    value = record.fields.get("selectors")
    try:
        if value is None or isinstance(value, list):
            return selectors_text(value or ())
    except ValueError:
        pass
    raise InvalidRecord(
        "“%(field)s” should be a list of at most %(limit)s W3C selectors, of at most %(longest)s characters.",
        field=record.path + "selectors",
        limit=MOST_SELECTORS,
        longest=LONGEST_SELECTORS,
    )
