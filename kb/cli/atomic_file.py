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
    # Few may read its content, whatever the umask.
    os.fchmod(file.fileno(), 0o600)
    return file


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
