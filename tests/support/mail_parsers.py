"""E-mail messages as parsers of others read them: mailparser and postal-mime of npm, in the versions of
`tests/mail/package-lock.json`.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

_HERE = Path(__file__).resolve().parents[1] / "mail"


def read_mail(messages: Sequence[bytes]) -> list[dict[str, Any]]:
    """What each parser reads of each message, those of one message one after the other."""
    if not (_HERE / "node_modules" / "mailparser").is_dir():
        pytest.skip("The packages of tests/mail are not installed: scripts/prepare test.")
    with TemporaryDirectory() as folder:
        for number, message in enumerate(messages):
            (Path(folder) / f"{number:06}").write_bytes(message)
        command = ["node", str(_HERE / "check.mjs"), folder]
        found = json.loads(subprocess.run(command, check=True, timeout=120, capture_output=True).stdout)
    return [read for _, by_parser in sorted(found.items()) for _, read in sorted(by_parser.items())]
