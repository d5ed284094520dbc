"""What sandboxed subprocesses have answered, for tests that let them read the same bytes again.

Starting such a process takes as long as many pages. The tests of the sandbox itself are in `tests/unit`, which always
starts one.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import BinaryIO
from unittest.mock import patch

from kb.extraction import extraction_process
from kb.formats import import_subprocess
from kb.formats.skos import sandbox as skos_sandbox
from kb.sandbox.sandboxed_process import lines_from_subprocess, run_in_sandbox

LARGEST = 1 << 20
"""Bytes of a file whose answer is remembered."""

_outputs = dict[tuple[object, ...], tuple[int | None, bytes]]()
_written = dict[tuple[object, ...], list[bytes]]()


@contextmanager
def remembered_reading() -> Iterator[None]:
    """Start a subprocess only for bytes that were not read before by the same module, program and limits.

    Only answers of processes that ended well are remembered.
    """

    def run(module: str, data: bytes, *, seconds: int, memory: int) -> tuple[int | None, bytes]:
        key = (sys.executable, module, hashlib.sha256(data).digest(), seconds, memory)
        if key not in _outputs:
            output = run_in_sandbox(module, data, seconds=seconds, memory=memory)
            if output[0] is None or len(data) > LARGEST:
                return output
            _outputs[key] = output
        return _outputs[key]

    def lines(
        module: str, source: BinaryIO, arguments: Sequence[str] = (), *, seconds: int, memory: int
    ) -> Generator[bytes, None, None]:
        status = os.fstat(source.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            yield from lines_from_subprocess(module, source, arguments, seconds=seconds, memory=memory)
            return
        place = os.lseek(source.fileno(), 0, os.SEEK_CUR)
        digest = hashlib.sha256(os.pread(source.fileno(), LARGEST, place)).digest()
        key = (sys.executable, module, digest, *arguments, seconds, memory)
        if key in _written:
            # The process would have read all.
            os.lseek(source.fileno(), 0, os.SEEK_END)
            yield from _written[key]
            return
        answer = list[bytes]()
        for line in lines_from_subprocess(module, source, arguments, seconds=seconds, memory=memory):
            answer.append(line)
            yield line
        _written[key] = answer

    with ExitStack() as patches:
        for reader in (extraction_process, skos_sandbox):
            patches.enter_context(patch.object(reader, "run_in_sandbox", run))
        for reader in (extraction_process, import_subprocess):
            patches.enter_context(patch.object(reader, "lines_from_subprocess", lines))
        yield
