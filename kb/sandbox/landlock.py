"""Landlock: Linux denies this process files and connections, whatever code runs in it.

`kb.sandbox.sandboxed_process` forbids the same in Python, which a fault in a C library could bypass. Where the kernel
has no Landlock (before 5.13, or in some containers), this module denies nothing. See
https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

_NO_NEW_PRIVILEGES = 38
# The same on all machines.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_BENEATH = 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights to files each version knows; later ones know as many as 5."""
_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


def restrict_file_access(readable: Iterable[Path]) -> bool:
    """Allow this thread, for good, to read only what lies in these places; return whether Linux enforces it.

    No file can be written, made, removed or executed. From version 4 on, TCP is denied as well, from version 6 on,
    signals to other processes.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long

    def call(number: int, *arguments: int | bytes | None) -> int:
        converted = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
        return int(libc.syscall(ctypes.c_long(number), *converted))

    version = call(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1 or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    attributes = _attributes(version)
    rules = call(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for place in readable:
            # Some do not exist on each machine.
            with suppress(OSError):
                _allow(call, rules, place)
        return call(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _attributes(version: int) -> bytes:
    """The rights that are denied unless a rule allows them: all that this version of Landlock knows."""
    files = (1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1
    network = struct.pack("=Q", _BIND_AND_CONNECT) if version >= 4 else b""
    scopes = struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS) if version >= 6 else b""
    return struct.pack("=Q", files) + network + scopes


def _allow(call: Callable[..., int], rules: int, place: Path) -> None:
    rights = _READ_FILE | (_READ_FOLDER if place.is_dir() else 0)
    handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        call(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)
