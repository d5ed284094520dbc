"""Items with a saved copy of their page."""

import gzip
from base64 import b64encode

from kb.files.file_store import content_key
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.package_data import static_dir
from kb.services.core.library import Library

PICTURE = "data:image/png;base64," + b64encode((static_dir() / "icon-192.png").read_bytes()).decode()
"""The address of a picture in a copy."""
KEPT_AT = "2026-03-02T09:00:00.000000Z"


def a_copy(item_id: str, content: bytes, added_by: str | None = None) -> ItemFile:
    """The row of a copy whose stored bytes are `content`."""
    return ItemFile(
        item_id=item_id,
        role=FileRole.COPY,
        sha256=content_key(content),
        size=len(content),
        media_type="text/html",
        name="",
        pages=None,
        text_state=TextState.READ,
        added_at=KEPT_AT,
        added_by=added_by,
    )


def compressed(document: str) -> bytes:
    """A document in its stored form."""
    return gzip.compress(document.encode(), mtime=0)


def add_copy(library: Library, item_id: str, document: str, added_by: str | None = None) -> None:
    """Give an item a copy without cleaning the document."""
    content = compressed(document)
    library.files.put(content)
    with library.store.write() as writing:
        writing.item_files.put(a_copy(item_id, content, added_by))
