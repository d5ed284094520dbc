"""Users' SKOS files are read in the sandbox, with limits of time and memory."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Thread

import pytest

from kb.errors import Invalid, Unavailable
from kb.formats.skos.rdf_parser import read_statements
from kb.formats.skos.reader import read_skos
from kb.formats.skos.sandbox import _SLOTS, LARGEST_UPLOADED_SKOS, read_skos_in_subprocess
from kb.formats.skos.writer import SKOS_FORMATS, write_skos
from kb.slow_work_slots import SMALL_FILE
from tests.factories.vocabulary import a_vocabulary

PREFIX = b"@prefix s: <http://www.w3.org/2004/02/skos/core#> .\n"


@contextmanager
def a_listener() -> Iterator[tuple[str, list[object]]]:
    """An address of this machine, and the requests that it received."""
    received: list[object] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        finished: list[bool] = []

        def listen() -> None:
            while not finished:
                try:
                    received.append(server.accept()[1])
                except TimeoutError:
                    continue

        thread = Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/context", received
        finished.append(True)
        thread.join()


@pytest.mark.parametrize("form", SKOS_FORMATS)
def test_a_file_is_read_as_any_other(form: str) -> None:
    data = write_skos(a_vocabulary(), form)
    assert read_skos_in_subprocess(data, "claire") == read_skos(data)


def test_warnings_come_along() -> None:
    data = PREFIX + b'<a:b> a s:Concept; s:prefLabel "x"@fr, "y"@fr; s:example "z" .'
    file = read_skos_in_subprocess(data, "claire")
    assert file == read_skos(data)
    assert len(file.warnings) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PREFIX + b"\n<a:b> a s:Concept ;\n  s:prefLabel .", "line 4"),
        (PREFIX + b"\nzz:a a s:Concept .", "line 3"),
        (b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n<a></rdf:RDF>", "line 2"),
        (b'{"@context": {},\n "@graph": [}', "line 2"),
        (b"<a:b> <c:d> " + b"[ <e:f> " * 100_000, "too deep"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"<a:b> <c:d> <e:f> .", "no concept"),
        (b"x" * (LARGEST_UPLOADED_SKOS + 1), "at most 5 MB"),
    ],
)
def test_an_unreadable_file_is_refused_with_the_line_of_the_error(data: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        read_skos_in_subprocess(data, "claire")


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (level + 1, b"&l%d;" % level * 10) for level in range(9))


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE x [<!ENTITY l0 "ha">' + LAUGHS + b"]><x>&l9;</x>",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
    ],
)
def test_a_file_that_declares_entities_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="DOCTYPE"):
        read_skos_in_subprocess(data, "claire")


FAR = {
    "named": '{"@context": "ADDRESS", "@id": "a:b"}',
    "in a list": '{"@context": [{}, "ADDRESS"], "@id": "a:b"}',
    "in a list of lists": '{"@context": [[["ADDRESS"]]], "@id": "a:b"}',
    "imported": '{"@context": {"@version": 1.1, "@import": "ADDRESS"}, "@id": "a:b"}',
    "of one term": '{"@context": {"t": {"@id": "a:t", "@context": "ADDRESS"}}, "@id": "a:b", "t": {"t": 1}}',
    "escaped": '{"\\u0040context": "ADDRESS", "@id": "a:b"}',
}


@pytest.mark.parametrize("text", FAR.values(), ids=FAR.keys())
@pytest.mark.parametrize(
    "reads",
    [lambda data: read_skos_in_subprocess(data, "claire"), lambda data: list(read_statements(data, "json-ld"))],
    ids=["apart", "here"],
)
def test_a_remote_context_is_never_fetched(text: str, reads: object) -> None:
    with a_listener() as (address, received):
        with pytest.raises(Invalid, match="nothing is fetched"):
            reads(text.replace("ADDRESS", address).encode())  # type: ignore[operator]
        assert received == []


def test_a_reader_that_takes_too_long_is_stopped() -> None:
    data = PREFIX + b"".join(
        b'<a:%d> a s:Concept; s:prefLabel "terme %d"@fr .\n' % (number, number) for number in range(60_000)
    )
    with pytest.raises(Invalid, match="too much time or memory"):
        read_skos_in_subprocess(data, "claire", seconds=1)


def test_a_reader_that_takes_too_much_memory_is_stopped() -> None:
    data = PREFIX + b"".join(
        b'<a:%d> a s:Concept; s:prefLabel "terme %d"@fr .\n' % (number, number) for number in range(40_000)
    )
    with pytest.raises(Invalid, match="too much time or memory"):
        read_skos_in_subprocess(data, "claire", memory=100 << 20)


def test_45_files_are_refused_at_once_while_three_are_read() -> None:
    # None of them waits: this thread would block for half a minute each.
    with _SLOTS.slot("luc"), _SLOTS.slot("anne"), _SLOTS.slot("paul", is_small=True):
        for number in range(45):
            with pytest.raises(Unavailable, match="Another file is being read"):
                read_skos_in_subprocess(PREFIX, f"user {number}")
    assert read_skos_in_subprocess(write_skos(a_vocabulary(), "turtle"), "claire").concepts


def test_a_small_file_is_read_while_two_large_ones_are() -> None:
    with _SLOTS.slot("luc"), _SLOTS.slot("anne"):
        assert read_skos_in_subprocess(write_skos(a_vocabulary(), "turtle"), "claire").concepts
        with pytest.raises(Unavailable, match="Another file is being read"):
            read_skos_in_subprocess(PREFIX + b" " * SMALL_FILE, "claire")


def test_only_one_file_of_a_user_is_read_at_a_time() -> None:
    with _SLOTS.slot("claire"):
        with pytest.raises(Unavailable, match="A file of yours"):
            read_skos_in_subprocess(PREFIX, "claire")
        assert read_skos_in_subprocess(write_skos(a_vocabulary(), "turtle"), "luc").concepts
