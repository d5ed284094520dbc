"""The records of an import file, before they are compared with the database. None means: not given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.model.bibliographic_record import BibliographicRecord
from kb.model.items.annotation import AnnotationKind
from kb.model.people.group import Visibility


@dataclass(frozen=True, slots=True)
class AuthorDraft:
    """A user as a file names them: by login, by name, or both."""

    login: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """A group as a file names it: by slug, or by name alone (the slug is then made from it)."""

    slug: str | None = None
    name: str | None = None
    description: str | None = None
    visible: Visibility | None = None


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    id: str | None = None
    author: AuthorDraft | None = None
    added: str | None = None
    body: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationDraft:
    kind: AnnotationKind
    id: str | None = None
    author: AuthorDraft | None = None
    added: str | None = None
    quote: str | None = None
    body: str | None = None
    prefix: str | None = None
    suffix: str | None = None
    color: str | None = None
    replies: tuple[ReplyDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class SharingDraft:
    """Another user who shared the page, and the date."""

    author: AuthorDraft | None = None
    added: str | None = None


@dataclass(frozen=True, slots=True)
class ItemDraft(BibliographicRecord):
    """One record of a file.

    `cut_title`: the source shortened the title, which then ends in "..." or "…". `read_from_comment`: source and
    published were read from a comment, so they never replace what a user gave. `line` is the line of the record in the
    file.
    """

    id: str | None = None
    group: GroupDraft | None = None
    cut_title: bool = False
    author: AuthorDraft | None = None
    tags: tuple[str, ...] | None = None
    added: str | None = None
    updated: str | None = None
    views: int | None = None
    sharers: tuple[SharingDraft, ...] = ()
    annotations: tuple[AnnotationDraft, ...] = ()
    read_from_comment: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark on a file for the user: a line number or an item's title, and the reason.

    `why` is the sentence in English; callers that translate use `message`, its gettext id, and `values`. `skipped`: the
    record was left out for this reason.
    """

    why: str
    line: int | None = None
    item: str | None = None
    skipped: bool = False
    message: str = ""
    values: Mapping[str, object] = field(default_factory=dict, hash=False)


def remark(
    message: str, line: int | None = None, item: str | None = None, *, skipped: bool = False, **values: object
) -> Remark:
    """A remark from an English sentence with `%(name)s` for values."""
    return Remark(message % values if values else message, line, item, skipped, message, values)
