"""A file that appears whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kb.cli.speaking import Misused, failure_of, file_name


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write beside a file, and take its place when the block ends well; what is no ordinary file is written directly.

    Raises Misused when it cannot be begun.
    """
    # A link stays a link: what it points to is replaced.
    target = path.resolve()
    if target.exists() and not target.is_file() and not target.is_dir():
        with target.open("wb") as device:
            yield device
        return
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
    with _begun(draft, target) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            draft.replace(target)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise


def _begun(draft: Path, target: Path) -> BinaryIO:
    try:
        if target.is_dir():
            raise Misused("%(name)s is a folder, not a file.", name=file_name(target))
        return draft.open("xb")
    except OSError as error:
        failure = failure_of(error)
        values = {**failure.values, "name": file_name(target.parent)}
        raise Misused(failure.message, **values) from error
