"""MHTML files of Chromium and of older browsers become one document."""

import base64

import pytest

from kb.extraction import mhtml
from kb.extraction.mhtml import NotAnArchive, html_of_mhtml, is_mhtml

PICTURE = b"\x89PNG fausse image"
DATA = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"


def an_archive(*parts: tuple[str, bytes], boundary: str = "----MultipartBoundary--x----") -> bytes:
    """An MHTML file; each part has its own headers, and its content in base64."""
    head = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://exemple.fr/a/page\r\n"
        "Subject: =?utf-8?Q?Un=20titre?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
        f'\ttype="text/html";\r\n\tboundary="{boundary}"\r\n\r\n'
    )
    pieces = [head.encode()]
    for headers, content in parts:
        pieces += [f"\r\n--{boundary}\r\n{headers}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()]
        pieces += [base64.encodebytes(content)]
    return b"".join([*pieces, f"\r\n--{boundary}--\r\n".encode()])


def a_page(text: str) -> tuple[str, bytes]:
    headers = "Content-Type: text/html; charset=utf-8\r\nContent-ID: <frame-1@mhtml.blink>\r\n"
    return f"{headers}Content-Location: https://exemple.fr/a/page", text.encode()


PARTS = (
    ("Content-Type: image/png\r\nContent-Location: https://exemple.fr/images/un.png", PICTURE),
    ("Content-Type: image/png\r\nContent-ID: <deux@x>", PICTURE),
    (
        "Content-Type: text/css\r\nContent-Location: cid:css-1@mhtml.blink",
        b'@charset "utf-8";@import "https://exemple.fr/b.css";p{background:url(/images/un.png)}',
    ),
    (
        "Content-Type: text/css\r\nContent-Location: https://exemple.fr/b.css",
        b"@import 'b.css';i{background:url( \"../images/un.png\" )}",
    ),
)


def test_pictures_and_styles_stand_in_the_page() -> None:
    page = """<html><head><link rel=stylesheet href="cid:css-1@mhtml.blink">
    <style>b{cursor:url('/images/un.png')}</style>
    </head><body><img src="../images/un.png#x" srcset="grand.png 2x"><img src="cid:deux@x">
    <p style="background:url(/images/un.png)">
    été<svg><image href="/images/un.png"/></svg><img src="https://ailleurs.example/x.png"></body></html>"""
    document = html_of_mhtml(an_archive(a_page(page), *PARTS))
    assert document.count(DATA) == 5
    assert "été" in document
    assert 'src="https://ailleurs.example/x.png"' in document
    assert "srcset" not in document
    sheet = base64.b64decode(document.partition('href="data:text/css;base64,')[2].partition('"')[0]).decode()
    assert f'p{{background:url("{DATA}")}}' in sheet
    inner = base64.b64decode(sheet.partition('@import "data:text/css;base64,')[2].partition('"')[0]).decode()
    # A style sheet that imports itself imports nothing.
    assert inner == f'@import "data:text/css,";i{{background:url("{DATA}")}}'


@pytest.mark.parametrize(
    ("body", "archive"),
    [
        (an_archive(a_page("<p>x")), True),
        (b"\r\n" + an_archive(a_page("<p>x")), True),
        (b"<!DOCTYPE html><p>Content-Type: multipart/related", False),
        (b"<html>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related", False),
        (b"Content-Type: text/html\r\n\r\n<p>x", False),
        (b"", False),
        (b"A:" * 100_000, False),
        (b"A: b\r\n " * 100_000, False),
    ],
)
def test_an_archive_is_known_by_its_headers(body: bytes, archive: bool) -> None:
    assert is_mhtml(body) is archive


@pytest.mark.parametrize(
    "body",
    [
        an_archive(),
        an_archive(("Content-Type: image/png", PICTURE)),
        an_archive(a_page("")),
        an_archive(a_page("<p>x")).partition(b"--\r\n")[0][:200],
        an_archive(("Content-Type: text/html; charset=rien; boundary", b"")),
    ],
)
def test_an_archive_without_a_page_is_refused(body: bytes) -> None:
    with pytest.raises(NotAnArchive):
        html_of_mhtml(body)


def test_a_truncated_archive_gives_what_is_left() -> None:
    whole = an_archive(a_page("<p>un<img src='/images/un.png'>"), *PARTS)
    assert "<p>un<img" in html_of_mhtml(whole[: whole.index(b"Content-ID: <deux")])


def test_a_part_that_is_used_often_does_not_make_the_document_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mhtml, "LARGEST_DOCUMENT", 10 * len(DATA))
    monkeypatch.setattr(mhtml._Inliner, "__init__", _limited(10 * len(DATA)))
    document = html_of_mhtml(an_archive(a_page("<img src='/images/un.png'>" * 1000), *PARTS))
    assert document.count(DATA) == 10


def test_sheets_that_import_each_other_a_thousand_times_cost_little() -> None:
    sheets = [
        (
            f"Content-Type: text/css\r\nContent-Location: https://exemple.fr/{number}.css",
            f"@import '{(number + 1) % 20}.css';".encode() * 1000,
        )
        for number in range(20)
    ]
    document = html_of_mhtml(an_archive(a_page("<link rel=stylesheet href=/0.css>"), *sheets))
    assert len(document) < 2 * mhtml.LARGEST_DOCUMENT


def _limited(room: int) -> object:
    def start(self: object, parts: object) -> None:
        for name, value in (("parts", parts), ("left", room), ("made", {})):
            setattr(self, name, value)

    return start
