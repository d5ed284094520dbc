"""Files in a bucket of S3-compatible storage, with obstore: `<prefix>/ab/cdef…` for the key `abcdef…`.

The keys are those of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`), as for other programs.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Bucket

from kb.errors import NotFound, Unavailable
from kb.files.file_store import BLOCK, FILE_GONE, StoredFile, content_key, is_key

if TYPE_CHECKING:
    # They exist for type checkers alone.
    from obstore import GetOptions
    from obstore.store import S3Config

_TIMEOUT = timedelta(seconds=60)
_CONNECT_TIMEOUT = timedelta(seconds=5)
_RETRIES = 3
_KEY_LENGTH = 64
_LONGEST_RETRIES = timedelta(seconds=30)


class S3Store:
    """Files as objects of a bucket: a `FileStore`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        values = {name: texts[-1] for name, texts in parse_qs(parts.query).items()}
        endpoint = values.get("endpoint", "")
        # The bucket stands in the path at an endpoint of one's own: such a server has no name for each bucket.
        config: S3Config = {"endpoint": endpoint, "virtual_hosted_style_request": False} if endpoint else {}
        config["region"] = values.get("region", "us-east-1")
        allow_http = endpoint.startswith("http:")
        self._store = Bucket(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,
            client_options={"timeout": _TIMEOUT, "connect_timeout": _CONNECT_TIMEOUT, "allow_http": allow_http},
            retry_config={"max_retries": _RETRIES, "retry_timeout": _LONGEST_RETRIES},
        )

    def put(self, content: bytes) -> str:
        key = content_key(content)
        self.put_file(BytesIO(content), key)
        return key

    def put_file(self, file: BinaryIO, key: str) -> None:
        """Send a file; one that is there is sent again, so that its time is that of the last put."""
        file.seek(0)
        with _errors_as_sentences():
            obstore.put(self._store, _name(key), file)

    def get(self, key: str) -> bytes:
        content = b"".join(self.read(key))
        if content_key(content) != key:
            raise NotFound(FILE_GONE)
        return content

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return
        options: GetOptions = {"range": (start, end) if end is not None else {"offset": start}}
        try:
            with _errors_as_sentences():
                answer = obstore.get(self._store, _name(key), options=options if start or end else None)
                for block in answer.stream(min_chunk_size=BLOCK):
                    yield bytes(block)
        except FileNotFoundError:
            raise NotFound(FILE_GONE) from None

    def holds(self, key: str) -> bool:
        try:
            with _errors_as_sentences():
                obstore.head(self._store, _name(key))
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        with suppress(FileNotFoundError), _errors_as_sentences():
            obstore.delete(self._store, _name(key))

    def files(self) -> Iterator[StoredFile]:
        with _errors_as_sentences():
            for batch in obstore.list(self._store, chunk_size=500):
                for facts in batch:
                    key = facts["path"].replace("/", "")[-_KEY_LENGTH:]
                    if is_key(key):
                        yield StoredFile(key, facts["size"], facts["last_modified"].timestamp())


def _name(key: str) -> str:
    if not is_key(key):
        raise ValueError(key)
    return f"{key[:2]}/{key[2:]}"


@contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """Convert errors of the client to a sentence; FileNotFoundError is that of an object which is not there."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise Unavailable("The storage of files does not answer: try again in a moment.") from error
