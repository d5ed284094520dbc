"""The kind of a file, by its first bytes: its name says nothing of what is in it."""

from kb.model.items.item_file import FileKind

HEAD_BYTES = 4096
_ZIP = b"PK\x03\x04"
_FIRST_MEMBER = b"mimetype"
_HTML = (b"<!doctype html", b"<html", b"<head", b"<!-- ")
_SPACE = b"\xef\xbb\xbf \t\r\n"


def file_kind_of(head: bytes) -> FileKind | None:
    """The kind that a file with these first bytes (HEAD_BYTES) seems to be; None for a kind that is not kept.

    A zip without a first member `mimetype` may be DOCX: only its members tell (`kb.extraction.file_facts`).
    """
    # Programs write up to a kilobyte before it, and readers accept that.
    if b"%PDF-" in head[:1024]:
        return FileKind.PDF
    if head.startswith(_ZIP):
        return _kind_of_zip(head)
    return FileKind.HTML if head.lstrip(_SPACE)[:32].lower().startswith(_HTML) else None


def _kind_of_zip(head: bytes) -> FileKind | None:
    """EPUB and OpenDocument say what they are in a first member without compression (OCF 3.2, ODF 1.3 part 2)."""
    name_size, extra_size = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
    if head[30 : 30 + name_size] != _FIRST_MEMBER:
        return FileKind.DOCX
    content = head[30 + name_size + extra_size :][:80]
    for kind in (FileKind.EPUB, FileKind.ODT):
        # Without an end the name would begin longer ones, as that of templates.
        if content.startswith(kind.media_type.encode()) and content[len(kind.media_type) :][:1] != b"-":
            return kind
    return None
