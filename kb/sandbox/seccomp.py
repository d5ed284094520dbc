"""A seccomp filter: Linux denies this process new processes and sockets, whatever code runs in it.

Landlock (`kb.sandbox.landlock`) covers files and TCP. The filter covers the rest: UDP, and processes that root may
start in spite of its limits. A denied call fails with EPERM. See
https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_OTHER_NUMBERS = 0x40000000
"""From here on x86-64 numbers the same calls once more (x32)."""


@dataclass(frozen=True, slots=True)
class SeccompMachine:
    """A kind of processor as Linux names it, and the numbers of the denied system calls there.

    socket, socketpair, clone, fork, vfork, clone3, execve, execveat, ptrace, process_vm_writev, io_uring_setup.
    """

    audit_number: int
    refused: tuple[int, ...]


_MACHINES: Mapping[str, SeccompMachine] = {
    "x86_64": SeccompMachine(0xC000003E, (41, 53, 56, 57, 58, 435, 59, 322, 101, 311, 425)),
    # It has neither fork nor vfork.
    "aarch64": SeccompMachine(0xC00000B7, (198, 199, 220, 435, 221, 281, 117, 271, 425)),
}


def refuse_processes_and_sockets() -> bool:
    """Deny new processes, threads and sockets from now on; return whether Linux enforces it."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or struct.calcsize("P") != 8:
        return False
    program = _program(machine)
    held = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, described, 0, 0) == 0)


def _program(machine: SeccompMachine) -> bytes:
    """The filter in BPF instructions: (operation, steps to skip if true, steps to skip if false, operand)."""
    # A denied call jumps to the last instruction.
    last = 5 + len(machine.refused)
    return b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (_LOAD, 0, 0, _MACHINE_AT),
            (_JUMP_IF_EQUAL, 0, last - 2, machine.audit_number),
            (_LOAD, 0, 0, _NUMBER_AT),
            (_JUMP_IF_AT_LEAST, last - 4, 0, _OTHER_NUMBERS),
            *((_JUMP_IF_EQUAL, last - 5 - place, 0, number) for place, number in enumerate(machine.refused)),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _REFUSE),
        )
    )
