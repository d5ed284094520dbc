"""Decoding of bytes, whatever character set the server or the document declares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.extraction.charsets import decode_body

FRENCH = "L’œuvre coûte 1 200 € à Noël : « ça suffit », dit Élodie. " * 3
WEST = FRENCH.encode("cp1252")
NOW = FRENCH.encode()


def page(body: bytes, charset: str) -> bytes:
    return b'<html><head><meta charset="%s"></head><body>' % charset.encode() + body


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (NOW, ""),
        (NOW, "utf-8"),
        (NOW, "UTF8"),
        (NOW, "iso-8859-1"),
        (NOW, "windows-1252"),
        (NOW, "rien-de-tel"),
        (b"\xef\xbb\xbf" + NOW, "iso-8859-1"),
        (WEST, ""),
        (WEST, "utf-8"),
        (WEST, "iso-8859-1"),
        (WEST, "latin1"),
        (WEST, "windows-1252"),
        (WEST, "us-ascii"),
        (WEST, "zlib"),
        (WEST, "unicode_escape"),
        (WEST, "idna"),
        (WEST, "a" * 5000),
        (WEST, "\ud800"),
        (FRENCH.encode("iso8859-15", "ignore"), "iso-8859-15"),
        (FRENCH.encode("mac-roman", "ignore"), "macintosh"),
        (FRENCH.encode("utf-16"), ""),
        (FRENCH.encode("utf-16-le"), "utf-16"),
        (FRENCH.encode("utf-16-be"), "utf-16be"),
    ],
)
def test_french_is_read_whatever_its_server_says(body: bytes, charset: str) -> None:
    without = str.maketrans("", "", "’œ« »\u202f€")
    read = decode_body(body, charset)
    assert read == FRENCH or read.translate(without) == FRENCH.translate(without)


@pytest.mark.parametrize(
    ("body", "inside"),
    [(NOW, "utf-8"), (NOW, "iso-8859-1"), (WEST, "iso-8859-1"), (WEST, "utf-8"), (WEST, "windows-1252"), (WEST, "zip")],
)
def test_french_is_read_whatever_the_page_says(body: bytes, inside: str) -> None:
    assert decode_body(page(body, inside)).endswith(FRENCH)
    assert decode_body(
        b"<meta http-equiv='Content-Type' content='text/html; charset=%s'>" % inside.encode() + body
    ).endswith(FRENCH)


def test_the_charset_of_the_header_wins_over_that_of_the_page() -> None:
    russian = "Привет, читатели"
    assert decode_body(page(russian.encode("cp1251"), "iso-8859-1"), "windows-1251").endswith(russian)
    assert decode_body(page(russian.encode("koi8-r"), "koi8-r"), "").endswith(russian)


def test_a_text_that_is_cut_or_damaged_stays_what_it_is() -> None:
    assert decode_body(NOW[:-1] + "é".encode()[:1], "utf-8").startswith(FRENCH[:-1])
    assert decode_body(NOW + b"\xff" + NOW, "").startswith(FRENCH)
    assert decode_body(b"Plain English text, and one caf\xe9.", "") == "Plain English text, and one café."


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_are_a_text(body: bytes, charset: str) -> None:
    assert isinstance(decode_body(body, charset), str)
