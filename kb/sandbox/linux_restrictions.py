"""Linux denies this process files, connections, new processes and sockets, whatever code runs in it.

`kb.sandbox.sandboxed_process` forbids the same in Python, which a fault in a C library could bypass. Where the kernel
has no Landlock (before 5.13, or in some containers), files and TCP are not denied. The seccomp filter covers the rest:
UDP, and processes that root may start in spite of its limits. A denied call fails with EPERM. See
https://docs.kernel.org/userspace-api/landlock.html and https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
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
        converted = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
        return int(libc.syscall(ctypes.c_long(number), *converted))

    version = call(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1 or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    attributes = _attributes(version)
    rules = call(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for position in readable:
            # Some do not exist on each machine.
            with suppress(OSError):
                _allow(call, rules, position)
        return call(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _attributes(version: int) -> bytes:
    """The rights that are denied unless a rule allows them: all that this version of Landlock knows."""
    files = (1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1
    network = struct.pack("=Q", _BIND_AND_CONNECT) if version >= 4 else b""
    scopes = struct.pack("=Q", _ABSTRACT_SOCKETS_AND_SIGNALS) if version >= 6 else b""
    return struct.pack("=Q", files) + network + scopes


def _allow(call: Callable[..., int], rules: int, position: Path) -> None:
    rights = _READ_FILE | (_READ_FOLDER if position.is_dir() else 0)
    handle = os.open(position, os.O_PATH | os.O_CLOEXEC)
    try:
        call(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _JUMP_IF_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_REFUSE = _FAIL | errno.EPERM
_OTHER_NUMBERS = 0x40000000
"""From here on x86-64 numbers the same calls once more (x32)."""
_CLONE3 = 435
_CLONE_THREAD = 0x10000


@dataclass(frozen=True, slots=True)
class SeccompMachine:
    """A kind of processor as Linux names it, and the numbers of the denied system calls there.

    `clone` begins a process or a thread. `refused`: socket, socketpair, fork, vfork, execve, execveat, ptrace,
    process_vm_writev, io_uring_setup.
    """

    audit_number: int
    clone: int
    refused: tuple[int, ...]


_MACHINES: Mapping[str, SeccompMachine] = {
    "x86_64": SeccompMachine(0xC000003E, 56, (41, 53, 57, 58, 59, 322, 101, 311, 425)),
    # It has neither fork nor vfork.
    "aarch64": SeccompMachine(0xC00000B7, 220, (198, 199, 221, 281, 117, 271, 425)),
}


def refuse_processes_and_sockets(*, allows_threads: bool = False) -> bool:
    """Deny new processes, sockets and, unless allowed, threads from now on; return whether Linux enforces it."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or struct.calcsize("P") != 8:
        return False
    program = _program(machine, allows_threads=allows_threads)
    array = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(array))
    libc = ctypes.CDLL(None)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, described, 0, 0) == 0)


def _program(machine: SeccompMachine, *, allows_threads: bool) -> bytes:
    """The filter in BPF instructions: (operation, steps to skip if true, steps to skip if false, operand)."""
    refused = machine.refused if allows_threads else (machine.clone, _CLONE3, *machine.refused)
    rules = [*_thread_rules(machine)] if allows_threads else []
    # A denied call jumps to the last instruction.
    last = 5 + len(rules) + len(refused)
    return b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (_LOAD, 0, 0, _MACHINE_AT),
            (_JUMP_IF_EQUAL, 0, last - 2, machine.audit_number),
            (_LOAD, 0, 0, _NUMBER_AT),
            (_JUMP_IF_AT_LEAST, last - 4, 0, _OTHER_NUMBERS),
            *rules,
            *((_JUMP_IF_EQUAL, len(refused) - position, 0, number) for position, number in enumerate(refused)),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _REFUSE),
        )
    )


def _thread_rules(machine: SeccompMachine) -> tuple[tuple[int, int, int, int], ...]:
    """Allow `clone` to begin threads. A filter cannot read the flags of `clone3`: without it, libraries use `clone`."""
    return (
        (_JUMP_IF_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _FAIL | errno.ENOSYS),
        (_JUMP_IF_EQUAL, 0, 4, machine.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_BITS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    )
