"""Show progress, only on a terminal: output to a pipe has no progress lines."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

Progress = Callable[[int, int], None]
"""A function called with the number done, and the total."""
_Value = TypeVar("_Value")


def _has_no_terminal() -> bool:
    return sys.stderr is None or not sys.stderr.isatty()


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """A bar on standard error for the duration of the block."""
    bar: ProgressBar[int]
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=_has_no_terminal()) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield progress


class FileProgress:
    """A file that shows in a bar how much of it was read. The bar shows `items` too."""

    def __init__(self, file: BinaryIO, bar: "ProgressBar[int]") -> None:
        self._file, self._bar = file, bar
        self.items = 0

    def read(self, size: int = -1) -> bytes:
        """Read as from any file."""
        data = self._file.read(size)
        self._bar.update(len(data), self.items)
        return data

    def seekable(self) -> bool:
        """Whether it is a file, and no pipe."""
        return self._file.seekable()

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place in it; the bar shows what is read."""
        return self._file.seek(place, whence)

    def tell(self) -> int:
        """The place in it."""
        return self._file.tell()


@contextmanager
def file_progress_bar(label: str, file: BinaryIO) -> Iterator[FileProgress]:
    """A file that is read with a bar."""
    try:
        size = os.fstat(file.fileno()).st_size
    except OSError:
        size = 0
    bar: ProgressBar[int]
    with click.progressbar(
        None if size else count(),  # a pipe has no size: neither has its bar
        length=size or None,
        label=label,
        file=sys.stderr,
        item_show_func=lambda items: str(items or ""),
        hidden=_has_no_terminal(),
    ) as bar:
        yield FileProgress(file, bar)


def count_on_terminal(label: str, values: Iterable[_Value]) -> Iterator[_Value]:
    """The same values, counted on standard error as they pass, on a terminal."""
    with click.progressbar(values, label=label, file=sys.stderr, show_pos=True, hidden=_has_no_terminal()) as bar:
        yield from bar
