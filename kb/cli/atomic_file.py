"""Write a file atomically: it appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kb.cli.console import CommandMisused, operating_system_error, printable_file_name
from kb.formats.temporary_folders import locked_temporary_folder


@contextmanager
def write_whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write beside a file, and take its place when the block ends well; what is no ordinary file is written directly.

    The draft lies in a folder of its own, named in its `name`. Raises Misused when it cannot be begun.
    """
    # A link stays a link: what it points to is replaced.
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
        # The file is there; a disk that cannot promise to keep its name is no reason to say that it is not.
        with suppress(OSError):
            _sync_folder(target.parent)


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
    # It holds what few may read, whatever the umask.
    os.fchmod(file.fileno(), 0o600)
    return file


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
