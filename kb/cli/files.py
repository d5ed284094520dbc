"""The files that commands read and write; - is standard input or output. A written file appears whole or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click

from kb.cli.console import CommandMisused, operating_system_error, printable_file_name
from kb.files.file_store import sync_folder
from kb.formats.temporary_folders import locked_temporary_folder
from kb.own_files import is_own_backup


def open_input(name: str) -> BinaryIO:
    """A file to read. Raises CommandMisused if it cannot be opened."""
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise misused_file_error(error) from error
    except ValueError as error:
        raise CommandMisused("%(name)s does not exist.", name=printable_file_name(name)) from error


def read_input(name: str, most: int) -> bytes:
    """The bytes of a file, at most `most` of them. Raises CommandMisused if it cannot be read."""
    try:
        with open_input(name) as opened:
            return opened.read(most)
    except OSError as error:
        raise misused_file_error(error) from error


def misused_file_error(error: OSError) -> CommandMisused:
    """The error for a file that the operating system refuses."""
    failure = operating_system_error(error)
    return CommandMisused(failure.message, **failure.values)


replace_option = click.option("--replace", is_flag=True, help="Write over a file that is there already.")
"""The option of a command with the option --output."""


@contextmanager
def open_output(name: str | None, *, replace: bool) -> Iterator[BinaryIO]:
    """Standard output, or a file as `write_whole_file` writes it.

    Raises CommandMisused, also for a file that holds something, unless `replace`.
    """
    if name is None or name == "-":
        yield sys.stdout.buffer
        return
    path = Path(name)
    if not replace and _holds_something(path):
        raise CommandMisused("%(name)s is there already: --replace writes over it.", name=printable_file_name(name))
    with write_whole_file(path) as file:
        yield file


def require_backup_or_nothing(path: Path) -> None:
    """Raise CommandMisused for a file that holds something other than a backup: that is not written over."""
    if _holds_something(path) and not is_own_backup(path):
        message = "%(name)s is not a backup of Florilège: it is not written over. Name another file."
        raise CommandMisused(message, name=printable_file_name(path))


def _holds_something(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except (OSError, ValueError):
        return False


@contextmanager
def write_whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write to a draft file that replaces `path` when the block ends well; a special file (a pipe) is written directly.

    The draft lies in a folder of its own, named in its `name`. Raises CommandMisused if it cannot be created.
    """
    # A link stays a link: its target is replaced.
    target = path.resolve()
    if target.exists() and not target.is_file() and not target.is_dir():
        with target.open("wb") as device:
            yield device
        return
    with ExitStack() as stack:
        file = _open_draft_file(target, stack)
        yield file
        file.flush()
        os.fsync(file.fileno())
        Path(file.name).replace(target)
        # The file is there; if the disk cannot guarantee its name, that is no reason to report a failure.
        with suppress(OSError):
            sync_folder(target.parent)


def _open_draft_file(target: Path, stack: ExitStack) -> BinaryIO:
    try:
        if target.is_dir():
            raise CommandMisused("%(name)s is a folder, not a file.", name=printable_file_name(target))
        folder = stack.enter_context(locked_temporary_folder(target.parent, target.name))
        file = stack.enter_context((folder / target.name).open("xb"))
    except OSError as error:
        failure = operating_system_error(error)
        values = {**failure.values, "name": printable_file_name(target.parent)}
        raise CommandMisused(failure.message, **values) from error
    # Only the owner may read its content, for every umask.
    os.fchmod(file.fileno(), 0o600)
    return file
