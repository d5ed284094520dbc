"""Files that are written while they are sent: a portion at a time, in the caller's turn, so that pages do not wait."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from time import perf_counter, sleep
from urllib.parse import quote

from anyio import fail_after
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from kb.errors import RateLimited, Unavailable
from kb.model.slugs import slug_of
from kb.slow_work_slots import Slots, SlotsTaken
from kb.web.http.authentication import RequestCredentials
from kb.web.http.limits.callers import caller_of
from kb.web.http.limits.fair_queue import Caller
from kb.web.http.limits.page_threads import WorkKind, run_in_turn

MOST_FILES, MOST_FILES_OF_ONE = 20, 2
"""Files that a worker sends at once, to all callers and to one of them."""
PORTION_BYTES, PORTION_SECONDS = 64 * 1024, 0.025
"""A portion ends at the first of both."""
_REST = 1.5
"""The thread rests for so many times the duration of each portion: two fifths of its time are left to all files."""
_LONGEST_REST = 0.2
"""Seconds, after a portion that had to wait for the database."""
_SLOWEST_PORTION = 60.0
"""Seconds in which a client takes a portion; one that takes longer holds a place for nothing."""
_RETRY_AFTER = 5.0
_LONGEST_NAME = 60


def file_slots() -> Slots:
    """The places of one worker."""
    return Slots(MOST_FILES, MOST_FILES_OF_ONE)


class StreamedAnswer(StreamingResponse):
    """An answer of any size, of pieces that are made while it is sent.

    Each portion is made in the thread for such files, in the caller's turn; then the thread rests, so that pages come
    first. Raises RateLimited or Unavailable, before anything is sent, if the caller or all callers
    together have too many files open.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        credentials: RequestCredentials,
        *,
        media_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(iter(()), headers=headers, media_type=media_type)
        self._pieces, self._credentials = pieces, credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await Response(headers=dict(self.headers)).__call__(scope, receive, send)
            return
        request = Request(scope)
        caller = caller_of(request, self._credentials)
        slots: Slots = request.app.state.file_slots

        async def send_in_time(message: Message) -> None:
            with fail_after(_SLOWEST_PORTION):
                await send(message)

        try:
            # Programs on this machine are the operator's: they share the places of all callers only.
            with slots.slot(caller.name or f"local {id(self)}"):
                self.body_iterator = self._portions(caller)
                await super().__call__(scope, receive, send_in_time)
        except SlotsTaken as taken:
            if taken.own:
                raise RateLimited(
                    "You are downloading %(count)s files already: wait until one of them is there.",
                    _RETRY_AFTER,
                    count=MOST_FILES_OF_ONE,
                ) from None
            raise Unavailable("Too many files are being downloaded at this moment: try again in a moment.") from None

    async def _portions(self, caller: Caller) -> AsyncIterator[bytes]:
        is_done = False
        while not is_done:
            data, is_done = await run_in_turn(WorkKind.FILE, caller, _next_portion, self._pieces)
            if data:
                yield data


class StreamedFile(StreamedAnswer):
    """A file to download, named after its title."""

    def __init__(
        self, pieces: Iterator[bytes], credentials: RequestCredentials, title: str, *, suffix: str, media_type: str
    ) -> None:
        super().__init__(pieces, credentials, media_type=media_type, headers=_headers(title, suffix))


def _next_portion(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """The next bytes, and whether they are the last; it takes the rest of the thread too."""
    began, parts, size, is_done = perf_counter(), list[bytes](), 0, True
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size >= PORTION_BYTES or perf_counter() - began >= PORTION_SECONDS:
            is_done = False
            break
    # In this thread, because it is the one of all files: each file on its own would rest while another is made.
    sleep(min(_LONGEST_REST, _REST * (perf_counter() - began)))
    return b"".join(parts), is_done


def attachment(title: str, ending: str, *, otherwise: str) -> str:
    """The header of an attachment (RFC 6266): old programs read the first name, all others the second (RFC 8187)."""
    plain = f"{slug_of(title)[:_LONGEST_NAME] or otherwise}{ending.replace(' ', '-')}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(title[:100] + ending, safe='')}"


def _headers(title: str, suffix: str) -> dict[str, str]:
    """The name of a file, from its title and the day; nobody keeps a copy of what the reader's rights have shown."""
    return {
        "Content-Disposition": attachment(title, f" {date.today().isoformat()}{suffix}", otherwise="export"),
        "Cache-Control": "private, no-store",
        "X-Robots-Tag": "noindex",
    }
