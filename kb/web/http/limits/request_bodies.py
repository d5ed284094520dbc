"""Limits on requests: receive bodies before a deadline; large bodies go into a file on disk, and only a few at once."""

from asyncio import get_running_loop, timeout
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import IO, Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from kb.errors import Unavailable

E = TypeVar("E", bound=Callable[..., Any])

LONGEST_PAGE_ADDRESS = 32_000
"""Bytes: 2,000 characters of a query, each of which may take 12, and room for the rest."""
LONGEST_API_ADDRESS = 200_000
"""The same for `/api/`, whose programs send more than browsers do: some hundred values of 100 characters and more."""
MOST_HEADERS = 200
"""Headers of a request: a browser sends twenty, and each one is read several times."""
LARGEST_BODY = 64 * 1024
"""Bytes of a form that a user has typed. A route for files has its own `largest_body`. Without a known user or
token, no route accepts more.
"""
LARGEST_FILE_SETTING = 2_000 * 10**6
"""Bytes of the largest file that a setting can allow."""
LONGEST_WAIT = 30.0
"""Seconds that any body may take, and that its sender may pause: a form is sent at once."""
SLOWEST_BODY = 32 * 1024
"""The minimum rate in bytes a second for a longer body: 20 MiB have 11 minutes."""
MOST_LARGE = 8
"""Bodies above LARGEST_BODY that one worker handles at the same time."""
MOST_LARGE_OF_ONE = 2
"""The same for one sender, so that one user cannot take all places."""
IN_MEMORY = 1 << 20
"""Bytes of a body in memory; a larger one goes into a file without a name, in the data folder."""
_PIECE = 256 * 1024
"""Bytes written at once, in a thread."""
_clock = monotonic
_NAME = "largest_body"
_BUSY = "Several large files are being sent to this site at this moment: please send this again in a minute."
DISK_FULL = "The disk is full: nothing was written. Make room, then try again."


def with_body_limit(endpoint: E, largest: int) -> E:
    """The endpoint with a limit on the bytes of its request bodies."""
    endpoint.__dict__[_NAME] = largest
    return endpoint


def body_limit_of(endpoint: object) -> int:
    """The limit on the bytes of an endpoint's request bodies."""
    return getattr(endpoint, _NAME, LARGEST_BODY)


class LargeBodies:
    """Counts the large bodies that a worker handles. Only the event loop uses it, so it needs no lock."""

    def __init__(self) -> None:
        self._bodies_by_sender: Counter[str] = Counter()

    @contextmanager
    def slot(self, sender: str) -> Iterator[None]:
        """Hold one of the places. Raises Unavailable if all of them, or all of this sender, are taken."""
        if self._bodies_by_sender.total() >= MOST_LARGE or self._bodies_by_sender[sender] >= MOST_LARGE_OF_ONE:
            raise Unavailable(_BUSY)
        self._bodies_by_sender[sender] += 1
        try:
            yield
        finally:
            self._bodies_by_sender[sender] -= 1
            self._bodies_by_sender += Counter()  # drops senders that hold none


def spooled_file(folder: Path) -> SpooledTemporaryFile[bytes]:
    """An empty file, in memory until it is larger than IN_MEMORY, then in a folder; closing it deletes it."""
    return SpooledTemporaryFile(IN_MEMORY, dir=str(folder))


@asynccontextmanager
async def received_body(
    request: Request, sender: str, limit: int, refusal: Exception, folder: Path
) -> AsyncIterator[IO[bytes]]:
    """The whole body of a request, at most `limit` bytes, whatever its declared length.

    Raises `refusal` for more; Unavailable if too many large bodies are being handled, or the disk is full;
    HTTPException: 408 if it is too slow, 400 if it is incomplete.
    """
    announced = int(request.headers.get("content-length", "0")[:20])
    if announced > limit:
        raise refusal
    with ExitStack() as stack:
        large: LargeBodies = request.app.state.large_bodies
        file = stack.enter_context(spooled_file(folder))
        receiver = _Receiver(file, limit, refusal, lambda: stack.enter_context(large.slot(sender)))
        if announced > LARGEST_BODY:
            receiver.become_large()
        await _receive(request, receiver)
        yield file


@dataclass(slots=True)
class _Receiver:
    """Writes the chunks of a body to a file. `take_slot` is called once, as soon as the body is large."""

    file: IO[bytes]
    limit: int
    refusal: Exception
    take_slot: Callable[[], None]
    received: int = 0
    is_large: bool = False
    pending: bytearray = field(default_factory=bytearray)

    def become_large(self) -> None:
        if not self.is_large:
            self.take_slot()
            self.is_large = True

    async def add(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.received > self.limit:
            raise self.refusal
        if self.received > LARGEST_BODY:
            self.become_large()
        self.pending += chunk
        if len(self.pending) >= _PIECE:
            await self.flush()

    async def flush(self) -> None:
        """Write the pending chunks: in a thread if that may reach the disk."""
        piece = bytes(self.pending)
        self.pending.clear()
        try:
            if self.is_large:
                await run_in_threadpool(self.file.write, piece)
            else:
                self.file.write(piece)
        except OSError:
            raise Unavailable(DISK_FULL) from None


async def _receive(request: Request, receiver: _Receiver) -> None:
    """Read a body to its end. Raises HTTPException if it pauses too long, or is slower than SLOWEST_BODY."""
    started = _clock()
    try:
        async with timeout(LONGEST_WAIT) as pause:
            async for chunk in request.stream():
                await receiver.add(chunk)
                remaining = started + LONGEST_WAIT + receiver.received / SLOWEST_BODY - _clock()
                if remaining <= 0:
                    raise TimeoutError  # noqa: TRY301 - as a pause that is too long
                pause.reschedule(get_running_loop().time() + min(remaining, LONGEST_WAIT))
        await receiver.flush()
        receiver.file.seek(0)
    except ClientDisconnect:
        raise HTTPException(400) from None
    except TimeoutError:
        raise HTTPException(408, headers={"Connection": "close"}) from None
