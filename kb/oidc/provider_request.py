"""HTTP requests to an identity provider, with limits on time and size, and only to the addresses that it published."""

import json
import time
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

_READ_TIMEOUT = 8.0  # seconds for each read
_LONGEST = 15.0  # seconds for a whole answer
_LARGEST = 256 * 1024  # bytes
_PIECE = 16 * 1024


class OidcFailure(Enum):
    """The kind of a failure: what a user can do about it differs."""

    DOWN = "it does not answer, or not as a provider does"
    REFUSED = "it does not take the code that it gave, or not from us"
    UNTRUSTED = "what it says is not signed by it, or not meant for this sign-in"
    CLOCK = "what it says is of another time than ours"
    TOO_WEAK = "it is less sure of somebody than we ask"


class OidcError(Exception):
    """A failure of an identity provider. The text is for the log: it holds no secret and no name."""

    def __init__(self, kind: OidcFailure, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class _NoRedirects(HTTPRedirectHandler):
    """Follow no redirects: codes, secrets and tokens must go only to the address that was requested."""

    def redirect_request(self, *_given: Any) -> None:
        return None


_opener = build_opener(_NoRedirects)


@dataclass(frozen=True, slots=True)
class ProviderResponse:
    """The response of a provider. `kind` is its media type, in lower case."""

    status: int
    kind: str
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object of the response. Raises OidcError."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise OidcError(OidcFailure.DOWN, "an answer is no JSON object")
        return value


def request_provider(
    address: str, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> ProviderResponse:
    """The response of an https (or http) address, to a form if there are fields. Raises OidcError if it fails."""
    data = None if fields is None else urlencode(fields).encode("ascii")
    request = Request(address, data, {"Accept": "application/json, application/jwt", **(headers or {})})  # noqa: S310 - `kb.oidc.metadata` has looked at it
    until = time.monotonic() + _LONGEST
    try:
        try:
            answer = _opener.open(request, timeout=_READ_TIMEOUT)
        except HTTPError as error:
            answer = error
        with answer:
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
            return ProviderResponse(answer.status, kind, _read_body(answer, until))
    except (OSError, HTTPException, ValueError) as error:
        raise OidcError(OidcFailure.DOWN, type(error).__name__) from error


def _read_body(answer: Any, until: float) -> bytes:
    body = bytearray()
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > _LARGEST:
            raise OidcError(OidcFailure.DOWN, "an answer is too large")
        if time.monotonic() > until:
            raise OidcError(OidcFailure.DOWN, "an answer takes too long")
    return bytes(body)
