"""The files of an item: the file that a user uploaded, and the kept copy of its page."""

from dataclasses import dataclass
from enum import StrEnum


class FileRole(StrEnum):
    """What a file is to its item: the file itself, or the copy of the page as its reader saw it. An item has at most
    one of each.
    """

    FILE = "file"
    COPY = "copy"


class FileKind(StrEnum):
    """The kinds of files that members upload, told by their content."""

    PDF = "pdf"
    DOCX = "docx"
    ODT = "odt"
    EPUB = "epub"
    HTML = "html"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]

    @property
    def suffix(self) -> str:
        return f".{self.value}"


_MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.ODT: "application/vnd.oasis.opendocument.text",
    FileKind.EPUB: "application/epub+zip",
    FileKind.HTML: "text/html",
}


class TextState(StrEnum):
    """What was read in a file: its text, the beginning of a text that takes too long to read, nothing because it holds
    none (scanned pages), nothing because a password protects it, or nothing because it is damaged.
    """

    READ = "read"
    BEGINNING = "beginning"
    NONE = "none"
    LOCKED = "locked"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A file of an item. `sha256` names its content in the store of files, `size` is in bytes.

    `name` is the name that the file had on the machine of its sender, `pages` their number where the file has pages.
    `added_at` is RFC 3339; `added_by` is the id of the user who sent it, None if that user was erased.
    """

    item_id: str
    role: FileRole
    sha256: str
    size: int
    media_type: str
    name: str
    pages: int | None
    text_state: TextState
    added_at: str
    added_by: str | None = None
