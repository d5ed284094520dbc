"""The records of an import file, before they are compared with the database. None means: not given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kb.model.bibliographic_record import BibliographicRecord
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_source import DiigoFile
from kb.model.items.item_file import FileRole
from kb.model.people.group import Visibility

_LONGEST_TITLE = 200
"""Characters of a title that a warning shows to name its record."""


class PrivateRecords(StrEnum):
    """What becomes of the records that are private in their file, in a group that not only its members read."""

    SKIP = "skip"
    OWN = "own"
    """They go to a library of their owner."""
    SHARE = "share"
    """They are imported with the others."""


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
    reply_to: str | None = None
    updated: str | None = None
    tags: tuple[str, ...] | None = None


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
    updated: str | None = None
    tags: tuple[str, ...] | None = None
    selectors: str | None = None


@dataclass(frozen=True, slots=True)
class SharingDraft:
    """Another user who shared the page, and the date."""

    author: AuthorDraft | None = None
    added: str | None = None


@dataclass(frozen=True, slots=True)
class FileDraft:
    """A file of an item, known by its content, and the name that it has."""

    role: FileRole
    sha256: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ItemDraft(BibliographicRecord):
    """One record of a file.

    `truncated_title`: the source shortened the title, which then ends in "..." or "…". `read_from_comment`: source and
    published were read from a comment, so they never replace what a user gave. `line` is the line of the record in the
    file. `private`: only its owner read it where it comes from.

    `diigo_file`: the file is one of several that hold the same library, each a part of its facts.
    """

    id: str | None = None
    group: GroupDraft | None = None
    truncated_title: bool = False
    author: AuthorDraft | None = None
    tags: tuple[str, ...] | None = None
    added: str | None = None
    updated: str | None = None
    views: int | None = None
    sharers: tuple[SharingDraft, ...] = ()
    annotations: tuple[AnnotationDraft, ...] = ()
    files: tuple[FileDraft, ...] = ()
    read_from_comment: bool = False
    diigo_file: DiigoFile | None = None
    line: int | None = None
    private: bool = False

    @property
    def parts(self) -> Iterator[AnnotationDraft | ReplyDraft]:
        """The annotations, each before its replies."""
        for annotation in self.annotations:
            yield annotation
            yield from annotation.replies

    @property
    def authors(self) -> Iterator[AuthorDraft]:
        """The users that it names, some of them several times: who shared the page, and who wrote its parts."""
        named = (self.author, *(sharer.author for sharer in self.sharers), *(part.author for part in self.parts))
        return (author for author in named if author is not None)


@dataclass(frozen=True, slots=True)
class RecordWarning:
    """A warning on a file for the user: a line number or an item's title, and the reason.

    `why` is the sentence in English; callers that translate use `message`, its gettext id, and `values`. `skipped`: the
    record was left out for this reason. `of_format`: it says what no file of the format carries. `removal` is the id of
    the removal, if the record was left out because its item is in the trash.
    """

    why: str
    line: int | None = None
    item: str | None = None
    skipped: bool = False
    message: str = ""
    values: Mapping[str, object] = field(default_factory=dict, hash=False)
    of_format: bool = False
    removal: str = ""


def warning_of(
    message: str, line: int | None = None, item: str | None = None, *, skipped: bool = False, **values: object
) -> RecordWarning:
    """A warning from an English sentence with `%(name)s` for values."""
    return RecordWarning(message % values if values else message, line, item, skipped, message, values)


def draft_warning(draft: ItemDraft, message: str, *, skipped: bool = False, **values: object) -> RecordWarning:
    """A warning on a draft, with its line, or its title or address if it has no line."""
    name = draft.title or draft.url
    item = name[:_LONGEST_TITLE] if draft.line is None and name else None
    return warning_of(message, draft.line, item, skipped=skipped, **values)
