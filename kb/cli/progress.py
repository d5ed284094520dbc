"""Show progress, only on a terminal: output to a pipe has no progress lines."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

Progress = Callable[[int, int], None]
"""Told how much is done, and how much there is in all."""


def is_error_terminal() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def progress_bar(label: str) -> Iterator[Progress | None]:
    """A bar on standard error for the duration of the block; None if that is no terminal."""
    if not is_error_terminal():
        yield None
        return
    shown: ProgressBar[int]
    with click.progressbar(length=1, label=label, file=sys.stderr) as shown:

        def progress(done: int, total: int) -> None:
            shown.length = max(total, 1)
            shown.update(done - shown.pos)

        yield progress


class FileProgress:
    """The values of the progress bar of a file: bytes read, and items stored."""

    def __init__(self, shown: "ProgressBar[int]") -> None:
        self._shown = shown
        self.items = 0

    def read(self, number: int) -> None:
        """Count this many more bytes as read."""
        self._shown.update(number, self.items)


@contextmanager
def file_progress_bar(label: str, size: int) -> Iterator[FileProgress | None]:
    """A bar for a file of so many bytes, 0 if unknown; None without a terminal."""
    if not is_error_terminal():
        yield None
        return
    shown: ProgressBar[int]
    with click.progressbar(
        length=size or None, label=label, file=sys.stderr, item_show_func=lambda items: str(items or "")
    ) as shown:
        yield FileProgress(shown)


class CountingReader:
    """A file that reports how many bytes were read."""

    def __init__(self, file: BinaryIO, read: Callable[[int], None]) -> None:
        self._file = file
        self._told = read

    def read(self, size: int = -1) -> bytes:
        """Read as from any file."""
        data = self._file.read(size)
        self._told(len(data))
        return data


_Thing = TypeVar("_Thing")


def count_on_terminal(label: str, things: Iterable[_Thing]) -> Iterator[_Thing]:
    """The same things, counted on standard error as they pass, on a terminal."""
    if not is_error_terminal():
        yield from things
        return
    with click.progressbar(things, label=label, file=sys.stderr, show_pos=True) as shown:
        yield from shown
