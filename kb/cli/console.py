"""The output of the command: results on standard output, everything else on standard error, in one language."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kb.cli.progress import progress_bar
from kb.errors import FlorilegeError
from kb.settings import Settings
from kb.translation import Translator

if TYPE_CHECKING:
    from kb.services.core.library import Library

_Row = TypeVar("_Row")

_REASONS: Mapping[int, str] = {
    errno.ENOSPC: "There is no space left on the disk.",
    errno.EDQUOT: "There is no space left on the disk.",
    errno.EACCES: "%(name)s cannot be opened: its permissions do not allow it.",
    errno.EPERM: "%(name)s cannot be opened: its permissions do not allow it.",
    errno.EROFS: "%(name)s is on a read-only disk.",
    errno.ENOENT: "%(name)s does not exist.",
    errno.EISDIR: "%(name)s is a folder, not a file.",
    errno.ENOTDIR: "%(name)s is a file, not a folder.",
}


class CommandMisused(FlorilegeError):
    """The command line names something unusable; the message says what."""


@dataclass(frozen=True, slots=True)
class CommandSession:
    """One run of the command: its settings, and its language."""

    settings: Settings
    translator: Translator

    def report(self, message: str, **values: object) -> None:
        """Print one line on standard error, in the language of this run."""
        print_error(self.translator.gettext(message, **values))

    def create_data_folder(self) -> None:
        """Create the data folder and the database, if they are missing, and migrate an older database."""
        from kb.site import migrate  # noqa: PLC0415 - imports slowly

        self.settings.data.mkdir(parents=True, exist_ok=True)
        migrate(self.settings.store_url)

    @contextmanager
    def library(self) -> Iterator["Library"]:
        """The open library, closed at the end of the block."""
        from kb.site import open_library  # noqa: PLC0415 - imports slowly

        library = open_library(self.settings)
        try:
            yield library
        finally:
            library.close()

    def index_changes(self, library: "Library", is_helped: Callable[[], bool] = lambda: False) -> None:
        """Make all changes searchable, with a progress bar; `is_helped` as in `make_searchable`. Raises Unavailable."""
        from kb.indexer import index_state, make_searchable  # noqa: PLC0415 - imports slowly

        with progress_bar(self.translator.gettext("Indexing")) as progress:
            make_searchable(library, index_state(library).newest, progress, is_helped)

    def print_list(
        self,
        rows: Sequence[_Row],
        *,
        as_json: bool,
        shape: Callable[[_Row], Mapping[str, object]],
        columns: Callable[[_Row], Sequence[str]],
        empty: str = "",
    ) -> None:
        """Print a JSON list, or one line for each row with tabs between the columns.

        `empty` is the message on standard error for a list without rows.
        """
        if as_json:
            print_json([shape(row) for row in rows])
            return
        for row in rows:
            print_line("\t".join(columns(row)))
        if empty and not rows:
            self.report(empty)


def json_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option --json of a command that prints a list, a report or an answer."""
    return click.option("--json", "as_json", is_flag=True, help=f"Print {what} as JSON.")


def print_error(sentence: str) -> None:
    """Print one line on standard error, whatever characters the text holds."""
    click.echo(sentence.encode("utf-8", "backslashreplace"), err=True)


def print_line(text: str) -> None:
    """Print one line on standard output, in UTF-8 whatever the locale."""
    click.echo(text.encode("utf-8", "backslashreplace"))


def print_json(value: object) -> None:
    """Print a JSON value on standard output: indented on a terminal, on one line in a pipe."""
    print_line(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def printable_file_name(path: object) -> str:
    """A file name in printable form."""
    return click.format_filename(os.fspath(path) if isinstance(path, str | bytes | os.PathLike) else str(path))


def operating_system_error(error: OSError) -> FlorilegeError:
    """Convert an error of the operating system to one of ours."""
    name = printable_file_name(error.filename) if error.filename is not None else "?"
    if error.errno is not None and error.errno in _REASONS:
        return FlorilegeError(_REASONS[error.errno], name=name)
    return FlorilegeError("The operating system reports an error: %(why)s.", why=error.strerror or type(error).__name__)
