"""Show progress, only on a terminal: output to a pipe has no progress lines."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

Progress = Callable[[int, int], None]
"""A function called with the number done, and the total."""


def is_error_terminal() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def progress_bar(label: str) -> Iterator[Progress | None]:
    """A bar on standard error for the duration of the block; None if that is no terminal."""
    if not is_error_terminal():
        yield None
        return
    bar: ProgressBar[int]
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield progress


class FileProgress:
    """The values of the progress bar of a file: bytes read, and items stored."""

    def __init__(self, bar: "ProgressBar[int]") -> None:
        self._bar = bar
        self.items = 0

    def read(self, number: int) -> None:
        """Count this many more bytes as read."""
        self._bar.update(number, self.items)


@contextmanager
def file_progress_bar(label: str, size: int) -> Iterator[FileProgress | None]:
    """A bar for a file of so many bytes, 0 if unknown; None without a terminal."""
    if not is_error_terminal():
        yield None
        return
    bar: ProgressBar[int]
    with click.progressbar(
        length=size or None, label=label, file=sys.stderr, item_show_func=lambda items: str(items or "")
    ) as bar:
        yield FileProgress(bar)


class CountingReader:
    """A file that reports how many bytes were read."""

    def __init__(self, file: BinaryIO, read: Callable[[int], None]) -> None:
        self._file = file
        self._progress = read

    def read(self, size: int = -1) -> bytes:
        """Read as from any file."""
        data = self._file.read(size)
        self._progress(len(data))
        return data


_Value = TypeVar("_Value")


def count_on_terminal(label: str, values: Iterable[_Value]) -> Iterator[_Value]:
    """The same values, counted on standard error as they pass, on a terminal."""
    if not is_error_terminal():
        yield from values
        return
    with click.progressbar(values, label=label, file=sys.stderr, show_pos=True) as bar:
        yield from bar
