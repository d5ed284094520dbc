"""Import files for tests, read in pieces of any size."""

from collections.abc import Iterable, Iterator

from kb.formats.import_formats import IMPORT_FORMATS
from kb.model.items.import_draft import ItemDraft, RecordWarning


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(form: str, data: bytes, size: int = 7) -> list[ItemDraft | RecordWarning]:
    return list(IMPORT_FORMATS[form].read(pieces(data, size)))


def drafts(form: str, data: bytes, size: int = 7) -> list[ItemDraft]:
    return [entry for entry in read(form, data, size) if isinstance(entry, ItemDraft)]


def warnings(form: str, data: bytes, size: int = 7) -> list[str]:
    return [entry.why for entry in read(form, data, size) if isinstance(entry, RecordWarning)]


def without_format_warnings(entries: Iterable[ItemDraft | RecordWarning]) -> Iterator[ItemDraft | RecordWarning]:
    """The entries of a file without the warning on its format."""
    return (entry for entry in entries if isinstance(entry, ItemDraft) or not entry.of_format)


def count_entries(form: str, chunks: Iterable[bytes]) -> int:
    return sum(1 for _ in IMPORT_FORMATS[form].read(chunks))
