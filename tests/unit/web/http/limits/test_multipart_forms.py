"""Multipart forms: requests of browsers are read exactly, and other requests are refused."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.web.http.forms import form_requests
from kb.web.http.limits import multipart_forms
from kb.web.http.limits.multipart_forms import LONGEST_FIELDS, MOST_PARTS
from kb.web.http.urls.listing_scope import Pairs

Files = list[tuple[str, str, bytes]]
TYPE = "multipart/form-data; boundary=limite"


def form_of(content_type: str, body: bytes) -> tuple[Pairs, Files]:
    """The fields of a form, and its files as (field, name, content)."""
    fields, files = form_requests.parse_form(content_type, BytesIO(body), BytesIO())
    return fields, [(file.field, file.name, file.content) for file in files]


def part(head: str, content: bytes) -> bytes:
    return b"--limite\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content + b"\r\n"


END = b"--limite--\r\n"


@given(st.binary(max_size=2_000).filter(lambda data: b"--limite" not in data))
def test_a_file_comes_to_the_byte(content: bytes) -> None:
    body = part('name="file"; filename="thésaurus.ttl"', content) + END
    assert form_of(TYPE, body) == ((), [("file", "thésaurus.ttl", content)])


def test_fields_and_files_keep_their_order_and_their_letters() -> None:
    body = (
        part('name="act"', b"preview")
        + part('name="file"; filename=""\r\nContent-Type: application/octet-stream', b"")
        + part('name="nom"', "l\u2019été\r\n2".encode())
        + END
    )
    fields, files = form_of(TYPE, body)
    assert fields == (("act", "preview"), ("nom", "l\u2019été\n2"))
    assert files == [("file", "", b"")]


def test_a_boundary_like_line_inside_a_file_is_content() -> None:
    content = b"\r\n--limit\r\n--\r\n\r\n--limiteX"[:14]
    body = part('name="file"; filename="x"', content) + END
    assert form_of(TYPE, body)[1][0][2] == content


@pytest.mark.parametrize("size", [1, 65_000, 65_536, 65_537, 300_000])
def test_a_boundary_may_stand_wherever_a_piece_ends(size: int) -> None:
    content = (b"\r\n--limit\r\n-" * (size // 12 + 1))[:size]
    body = part('name="un"; filename="1"', content) + part('name="deux"; filename="2"', content[::-1]) + END
    assert form_of(TYPE, body) == ((), [("un", "1", content), ("deux", "2", content[::-1])])


def test_uploads_are_written_to_the_given_file() -> None:
    content = BytesIO()
    body = part('name="a"', b"x") + part('name="f"; filename="f"', b"content " * 100_000) + END
    _, (upload,) = multipart_forms.parse_multipart(TYPE, BytesIO(body), content)
    assert content.getvalue() == b"content " * 100_000
    assert max(map(len, upload.chunks())) < 100_000


WRONG = {
    "no limit": ("multipart/form-data", part('name="a"', b"x") + END),
    "an empty limit": ("multipart/form-data; boundary=", part('name="a"', b"x") + END),
    "a long limit": (f"multipart/form-data; boundary={'x' * 5_000}", b"x"),
    "without an end": (TYPE, part('name="a"', b"x")),
    "empty": (TYPE, b""),
    "something else": (TYPE, b"a=b&c=d"),
    "not UTF-8": (TYPE, part('name="a"', b"\xff") + END),
    "too many parts": (TYPE, part('name="a"', b"x") * (MOST_PARTS + 1) + END),
    "too long fields": (TYPE, part('name="a"', b"x" * (LONGEST_FIELDS + 1)) + END),
    "too many headers": (TYPE, b"--limite\r\n" + b"A: b\r\n" * 100_000 + b"\r\n" + END),
    "a long header": (TYPE, b"--limite\r\nA: " + b"b" * 1_000_000 + b"\r\n\r\n" + END),
}


@pytest.mark.parametrize(("content_type", "body"), WRONG.values(), ids=WRONG.keys())
def test_an_invalid_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(Invalid, match="not a form of this site"):
        form_of(content_type, body)


@given(st.text(st.characters(max_codepoint=255), max_size=200), st.binary(max_size=500))
def test_rubbish_is_read_or_refused(content_type: str, body: bytes) -> None:
    for header in (f"multipart/form-data; boundary={content_type}", TYPE):
        try:
            form_of(header, body)
        except Invalid:
            continue
