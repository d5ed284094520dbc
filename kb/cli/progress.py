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
    """A bar that shows how much of a file was read, by this process or by another with the same open file."""

    def __init__(self, file: BinaryIO, bar: "ProgressBar[int]") -> None:
        self._file, self._bar = file, bar

    def show(self, items: int) -> None:
        """Show the place in the file, unless it is a pipe, and the items that were read."""
        try:
            position = os.lseek(self._file.fileno(), 0, os.SEEK_CUR)
        except OSError:
            position = self._bar.pos
        # An archive is read back and forth.
        self._bar.update(max(0, position - self._bar.pos), items)


@contextmanager
def file_progress_bar(label: str, file: BinaryIO) -> Iterator[FileProgress]:
    """A bar on standard error for the time in which a file is read."""
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
