"""Conditional requests (RFC 9110, 13): a client that already has the newest answer gets 304 without a body."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.errors import Conflict

_ETAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)|\s*,|\s+$')
_LONGEST_DATE = 64
_LONGEST_RANGE = 200
UNCOMPRESSED = "identity"
"""The value of Content-Encoding by which an answer says that it must not be compressed; no client receives it."""
COMPRESSED_SUFFIX = "-gzip"
"""The suffix of a strong ETag for a compressed answer."""


class PreconditionFailed(Conflict):
    """The resource is not the version that the client has read; `tag` is its present ETag."""

    def __init__(self, tag: str) -> None:
        super().__init__("This is no longer as you have read it: read it again, then change it.")
        self.tag = tag


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a request: the versions that the client has.

    `tags` are opaque parts of ETags, `any_tag` is the wildcard; None without the header. `since` is in UTC, None
    without a valid date. `match` are those of `If-Match`, `any_match` is its wildcard.
    `range` and `if_range` are the headers of a request for a part of a file, as they were sent.
    """

    tags: frozenset[str] | None = None
    any_tag: bool = False
    since: datetime | None = None
    match: frozenset[str] | None = None
    any_match: bool = False
    range: str = ""
    if_range: str = ""

    @classmethod
    def of(cls, headers: Headers) -> "Conditions":
        """The conditions of a request. An invalid header is ignored."""
        dates = headers.getlist("if-modified-since")
        tags, any_tag = _parse_etag_header(headers.getlist("if-none-match"), weak=True)
        match, any_match = _parse_etag_header(headers.getlist("if-match"), weak=False)
        since = _parse_http_date(dates[0]) if len(dates) == 1 else None
        part, if_part = (headers.get(name, "")[:_LONGEST_RANGE] for name in ("range", "if-range"))
        return cls(tags, any_tag, since, match, any_match, part, if_part)

    def holds(self, tag: str) -> bool:
        """Whether the client has the answer with this ETag. Weak comparison: `W/` makes no difference."""
        return self.any_tag or (self.tags is not None and tag.removeprefix("W/").strip('"') in self.tags)

    def tag_of_state(self, state: str) -> str:
        """The tag of the client that was made by `state_etag` for this state; empty without one, and for no state."""
        return state and next((tag for tag in self.tags or () if tag.startswith(f"{state}.")), "")

    def holds_content(self, tag: str) -> bool:
        """As `holds`, for a tag of `state_etag`: a client that has the same content made for another state has it."""
        content = tag.strip('"').rpartition(".")[2]
        return self.any_tag or any(known.rpartition(".")[2] == content for known in self.tags or ())

    def require(self, tag: str) -> None:
        """Raise PreconditionFailed unless the request allows a change of the resource with this ETag.

        Of tags that `strong_etag` makes, only the state counts: parts that the user cannot change make no difference.
        """
        state = _state_and_hash(tag.strip('"'))
        matches = self.match is None or self.any_match or state in {_state_and_hash(etag) for etag in self.match}
        if not matches or self.holds(tag):
            raise PreconditionFailed(tag)

    def is_unchanged(self, changed_at: datetime | None, now: datetime) -> bool:
        """Whether the client's date alone proves that nothing has changed since; a date in the future proves
        nothing.
        """
        if self.tags is not None or self.since is None or changed_at is None:
            return False
        return _next_second(changed_at) <= self.since <= now


class StrongEtagMiddleware:
    """Changes the strong ETag of an answer that the middleware after it has compressed (RFC 9110, 8.8.3.3).

    A weak ETag is the same for both forms of an answer; a strong one, which `If-Match` requires, must differ.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                tag = headers.get("etag", "")
                of_compressed = f'{tag[:-1]}{COMPRESSED_SUFFIX}"'
                compressed = headers.get("content-encoding") == "gzip"
                if headers.get("content-encoding") == UNCOMPRESSED:
                    del headers["content-encoding"]
                known = message["status"] == 304 and of_compressed in Headers(scope=scope).get("if-none-match", "")
                if tag.startswith('"') and (compressed or known):
                    headers["etag"] = of_compressed
            await send(message)

        await self.app(scope, receive, tagged if scope["type"] == "http" else send)


def last_modified(changed_at: datetime, now: datetime) -> datetime:
    """The Last-Modified date of an answer made now: the first whole second after all changes.

    Another change may follow in the same second: then the second before is used, which `is_unchanged` never accepts, so
    that the client gets the whole answer next time.
    """
    return min(_next_second(changed_at), now.replace(microsecond=0))


def weak_etag(body: bytes) -> str:
    """The ETag of an answer: weak, because it may be sent compressed or not."""
    return f'W/"{short_hash(body)}"'


def state_etag(state: str, body: bytes) -> str:
    """The ETag of an answer that only changes with some state, which is cheap to know: weak, made from both."""
    return f'W/"{state}.{short_hash(body)}"'


def strong_etag(state: str, body: bytes) -> str:
    """The ETag of a changeable resource: strong, made from its changeable state and from the whole answer.

    `StrongEtagMiddleware` changes it for compressed answers.
    """
    return f'"{state}.{short_hash(body)}"'


def short_hash(body: bytes) -> str:
    """A hash that identifies a text."""
    return blake2b(body, digest_size=15).hexdigest()


def _state_and_hash(tag: str) -> tuple[str, str]:
    state, point, _ = tag.partition(".")
    return state, point


def _parse_etag_header(header_values: Sequence[str], *, weak: bool) -> tuple[frozenset[str] | None, bool]:
    """The tags of a header, None without the header; and whether it is the wildcard."""
    text = ",".join(header_values)
    if text.strip() == "*":
        return frozenset(), True
    return (_parse_etags(text, weak=weak) if header_values else None), False


def _next_second(instant: datetime) -> datetime:
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + timedelta(seconds=1)


def _parse_etags(text: str, *, weak: bool) -> frozenset[str]:
    """The opaque parts of a list of ETags, with or without weak ones; empty if the list is invalid."""
    tags, place = set(), 0
    while place < len(text):
        match = _ETAG.match(text, place)
        if match is None:
            return frozenset()
        if match[2] is not None and (weak or match[1] is None):
            tags.add(match[2].removesuffix(COMPRESSED_SUFFIX))
        place = match.end()
    return frozenset(tags)


def _parse_http_date(text: str) -> datetime | None:
    """The time of an HTTP date, in any of its three forms."""
    if len(text) > _LONGEST_DATE:
        return None
    try:
        instant = parsedate_to_datetime(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
