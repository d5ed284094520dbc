"""Open the store of files that the settings name: a folder, or a bucket of S3-compatible storage."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kb.errors import Unavailable
from kb.files.file_store import FileStore, FolderStore


@lru_cache(maxsize=8)
def open_file_store(url: str, data: Path) -> FileStore:
    """The store at `file:///folder` or `s3://bucket/prefix?endpoint=…`; by default the folder `files` of the data.

    Nothing is read or sent yet. Raises Unavailable if the client for S3 is not installed.
    """
    if not url:
        return FolderStore(data / "files")
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderStore(Path(unquote(parts.path)))
    try:
        # The extra florilege[s3]: few sites need it.
        from kb.files.s3_store import S3Store  # noqa: PLC0415
    except ImportError as error:
        raise Unavailable("Install florilege[s3] to keep files in S3-compatible storage.") from error
    return S3Store(url)
