"""A service with OpenAI's interface for embeddings, `POST /v1/embeddings`: Albert, Ollama, Text Embeddings Inference,
Infinity and others.

The operator gives its address, so that it may be on this machine or in the own network; redirects are not followed,
because texts and key are for this address only. A request has one limit of time, whatever part of it is slow, and its
answer one of size.
"""

import base64
import binascii
import json
import math
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR, socket
from ssl import SSLCertVerificationError
from threading import Lock, Timer
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kb import __version__
from kb.features.meaning.embedding_service import (
    MOST_DIMENSIONS,
    EmbeddingFailure,
    ModelName,
    TextKind,
    Vector,
    unit_vectors,
)
from kb.features.meaning.settings import EmbeddingSettings

BATCH = 64
"""Texts of a request: the most that Albert takes."""
_BYTES_OF_NUMBER = 32
"""Bytes of a component in an answer, at most; JSON writes about 22."""
_LARGEST_FRAME = 64 * 1024
"""Bytes of an answer beside its vectors."""
_PIECE = 64 * 1024
_SECONDS = 60.0
_LONGEST_WAIT = 600.0
_VERSION_PATHS = ("/v1", "/v1beta", "/v2", "/v3")
_REFUSED_TEXTS = frozenset({400, 413, 422})
_REFUSED_KEY = frozenset({401, 403})


class OpenAiService:
    """The service at an address. It keeps one connection open for the next request."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        self._settings = settings
        address = urlsplit(settings.embeddings_url)
        self._is_secure, self._host = address.scheme == "https", address.hostname or ""
        self._port = address.port or (443 if self._is_secure else 80)
        path = address.path.rstrip("/").removesuffix("/embeddings")
        self._path = f"{path if path.endswith(_VERSION_PATHS) else f'{path}/v1'}/embeddings"
        name = settings.embeddings_model or settings.embeddings_url
        self.model = ModelName(name, settings.embeddings_dimensions, settings.embeddings_passage_prefix).digest
        self.batch, self.seconds = BATCH, _SECONDS
        self._idle: list[HTTPConnection] = []
        self._guard = Lock()

    def embed(self, texts: Sequence[str], kind: TextKind, seconds: float) -> list[Vector]:
        """The vector of each text. Raises EmbeddingFailure."""
        own = self._settings
        prefix = own.embeddings_query_prefix if kind is TextKind.QUESTION else own.embeddings_passage_prefix
        request: dict[str, object] = {"input": [prefix + text for text in texts], "encoding_format": "float"}
        if own.embeddings_model:
            request["model"] = own.embeddings_model
        if own.embeddings_dimensions:
            request["dimensions"] = own.embeddings_dimensions
        dimensions = own.embeddings_dimensions or MOST_DIMENSIONS
        most = _LARGEST_FRAME + len(texts) * (dimensions * _BYTES_OF_NUMBER + 1024)
        answer = self._request(json.dumps(request).encode(), seconds, most)
        return unit_vectors(_vectors_in(answer), len(texts), own.embeddings_dimensions)

    def prepare(self) -> None:
        """The service runs already."""

    def close(self) -> None:
        """Close the idle connections."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _request(self, body: bytes, seconds: float, most: int) -> bytes:
        """The body of the answer. A connection that the service has closed meanwhile is replaced once."""
        with self._guard:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                return self._request_on(connection, body, seconds, most)
            except (OSError, HTTPException):
                connection.close()
        connection = self._new_connection(seconds)
        try:
            return self._request_on(connection, body, seconds, most)
        except SSLCertVerificationError:
            raise EmbeddingFailure("The certificate of the embedding service is not valid here.") from None
        except TimeoutError:
            raise EmbeddingFailure(_TOO_SLOW, seconds=seconds) from None
        except (OSError, HTTPException, ValueError) as error:
            raise EmbeddingFailure(
                "The embedding service cannot be reached (%(error)s).", error=_kind_of(error)
            ) from None

    def _new_connection(self, seconds: float) -> HTTPConnection:
        kind = HTTPSConnection if self._is_secure else HTTPConnection
        proxy = urlsplit(getproxies().get("https", "")) if self._is_secure and not proxy_bypass(self._host) else None
        if proxy is not None and proxy.hostname:
            connection = kind(proxy.hostname, proxy.port or 3128, timeout=seconds)
            connection.set_tunnel(self._host, self._port)
            return connection
        return kind(self._host, self._port, timeout=seconds)

    def _request_on(self, connection: HTTPConnection, body: bytes, seconds: float, most: int) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers["User-Agent"] = f"Florilege/{__version__}"
        if self._settings.embeddings_key:
            headers["Authorization"] = f"Bearer {self._settings.embeddings_key}"
        try:
            with _time_limit(connection, seconds):
                connection.request("POST", self._path, body, headers)
                with connection.getresponse() as response:
                    _check_status(response)
                    answer = _read(response, most)
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            with self._guard:
                self._idle.append(connection)
        return answer


_TOO_SLOW = "The embedding service takes more than %(seconds)s seconds to answer."


@contextmanager
def _time_limit(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """End a request after so many seconds in all, even if a byte comes now and then. Raises EmbeddingFailure."""
    late: list[bool] = []
    opened: list[socket] = []

    def end() -> None:
        late.append(True)
        for used in (*opened, connection.sock):
            with suppress(OSError, AttributeError):
                used.shutdown(SHUT_RDWR)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        if connection.sock is None:
            connection.connect()
        # The answer takes it over from a connection that ends with it.
        opened.append(connection.sock)
        yield
    except (OSError, HTTPException, ValueError):
        if late:
            raise EmbeddingFailure(_TOO_SLOW, seconds=seconds) from None
        raise
    finally:
        timer.cancel()
    if late:
        raise EmbeddingFailure(_TOO_SLOW, seconds=seconds)


def _check_status(response: HTTPResponse) -> None:
    """Raise EmbeddingFailure for an answer that is not 200. Its text is not read: it may repeat the request."""
    status = response.status
    if status == 200:
        return
    if status in _REFUSED_KEY:
        raise EmbeddingFailure(
            "The embedding service refuses the key (KB_EMBEDDINGS_KEY): status %(status)s.", status=status
        )
    if status == 404:
        raise EmbeddingFailure(
            "The embedding service knows no such address or model (KB_EMBEDDINGS_URL, KB_EMBEDDINGS_MODEL): status"
            " %(status)s.",
            status=status,
        )
    if status == 429:
        raise EmbeddingFailure(
            "The embedding service gets too many requests and asks to wait.", wait=_wait_of(response)
        )
    if 300 <= status < 400:
        raise EmbeddingFailure(
            "The embedding service sends us to another address (status %(status)s): set its final address in"
            " KB_EMBEDDINGS_URL.",
            status=status,
        )
    raise EmbeddingFailure(
        "The embedding service fails with status %(status)s.",
        is_about_texts=status in _REFUSED_TEXTS,
        wait=_wait_of(response),
        status=status,
    )


def _wait_of(response: HTTPResponse) -> float:
    """The seconds of `Retry-After`; its other form, a date, is left out."""
    with suppress(ValueError):
        seconds = float(response.headers.get("Retry-After", ""))
        return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else 0.0
    return 0.0


def _read(response: HTTPResponse, most: int) -> bytes:
    body = bytearray()
    while piece := response.read1(_PIECE):
        body += piece
        if len(body) > most:
            raise EmbeddingFailure("The embedding service sends an answer that is too long.")
    return bytes(body)


def _vectors_in(answer: bytes) -> list[object]:
    """The vectors of an answer in the order of the texts, as JSON numbers or as base64. Raises EmbeddingFailure."""
    try:
        entries = json.loads(answer)["data"]
        by_number = {entry.get("index", place): entry["embedding"] for place, entry in enumerate(entries)}
        return [_numbers_of(by_number[number]) for number in range(len(entries))]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error, struct.error):
        raise EmbeddingFailure(
            "The embedding service answers with something else than embeddings: is KB_EMBEDDINGS_URL its address?"
        ) from None


def _numbers_of(embedding: object) -> object:
    """A vector; in base64 it is of little-endian float32."""
    if not isinstance(embedding, str):
        return embedding
    return [number for (number,) in struct.iter_unpack("<f", base64.b64decode(embedding, validate=True))]


def _kind_of(error: Exception) -> str:
    """What went wrong, without texts of the service."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
