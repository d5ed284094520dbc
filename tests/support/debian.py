"""Root folders of Debian, made from its packages."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from tempfile import gettempdir

AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_TOOLS = ("mmdebstrap", "unshare")
# The namespace of the mounts ends with the command, which has the process id of the script: a signal reaches it.
_COMMAND = """#!/bin/sh
export ROOT={root} COMMAND={command}
exec unshare --mount sh -euc '
for place in /proc /dev {shared}; do
  mount --rbind "$place" "$ROOT$place"
done
exec unshare --root="$ROOT" --wd="$PWD" "$COMMAND" "$@"' sh "$@"
"""


class NoDebian(Exception):
    """Debian cannot be made or run on this machine, for this reason."""


def make_debian(suite: str, target: Path, packages: str) -> None:
    """Write the files of a minimal Debian with these packages into a folder, or into an archive whose name ends in
    `.tar`. Raises NoDebian.
    """
    options = ("--variant=minbase", f"--include={packages}", '--aptopt=Acquire::Retries "5"', "--quiet")
    command: list[str | Path] = ["mmdebstrap", *options, suite, target, "http://deb.debian.org/debian"]
    made = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if made.returncode != 0:
        raise NoDebian(f"mmdebstrap cannot make {suite} here: {made.stderr.strip()[-300:]}")


class DebianRoot:
    """The root folder of a Debian with Python, pip and venv. Its commands share the network, the authorities, /proc,
    /dev and the folder of temporary files with this machine. Raises NoDebian.
    """

    def __init__(self, suite: str, root: Path) -> None:
        if missing := [name for name in _TOOLS if shutil.which(name) is None]:
            raise NoDebian(f"{' '.join(missing)} not installed")
        if os.getuid() != 0:
            raise NoDebian("only root may mount folders into the root of another Debian")
        make_debian(suite, root, "python3,python3-pip,python3-venv,ca-certificates")
        self._root = root
        shared = [
            Path(gettempdir()).resolve(),
            Path("/etc/resolv.conf"),
            *([AUTHORITIES] if AUTHORITIES.exists() else []),
        ]
        self._shared = " ".join(shlex.quote(str(place)) for place in shared)
        for place in shared:
            inside = root / place.relative_to("/")
            inside.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                inside.mkdir(exist_ok=True)
            else:
                inside.unlink(missing_ok=True)
                inside.touch()

    def add_command(self, path: Path, command: str) -> Path:
        """Write a script at `path` that runs a command of the root, in the current directory; return the path."""
        text = _COMMAND.format(root=shlex.quote(str(self._root)), command=shlex.quote(command), shared=self._shared)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path
