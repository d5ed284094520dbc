"""Have a file scanned for viruses by a command of the operator, before anything of it is kept.

The command reads the file as its standard input. Its exit code is that of clamdscan: 0 if there is nothing in the file,
1 if there is a virus; any other says that the scanner failed.
"""

import os
import shlex
import subprocess
from typing import Any, BinaryIO

from kb.errors import Invalid, Unavailable

_SECONDS = 300.0
_SECRET_PREFIXES = ("KB_", "AWS_")
"""Variables that the scanner does not get: they hold passwords of the site."""
_FAILED = "The virus scanner does not work at this moment, and no file is kept unscanned: tell the administrator."


def scan_for_viruses(command: str, content: BinaryIO | bytes) -> None:
    """Scan a file that has a descriptor, or bytes, if there is a command.

    Raises Invalid for a virus, Unavailable if the scanner fails.
    """
    if not command:
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET_PREFIXES)}
    sent: dict[str, Any] = {"input": content}
    if not isinstance(content, bytes):
        content.seek(0)
        sent = {"stdin": content}
    try:
        status = subprocess.run(  # noqa: S603 - the operator's command
            shlex.split(command),
            **sent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_SECONDS,
            check=False,
        ).returncode
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise Unavailable(_FAILED) from error
    if status == 1:
        raise Invalid("The virus scanner found something in this file: it is not kept.")
    if status != 0:
        raise Unavailable(_FAILED)
