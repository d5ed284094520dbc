"""The format of a file is detected from its first bytes; an unknown file is refused at once, with a message."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, cast

import pytest

from kb.errors import Invalid
from kb.formats.import_formats import IMPORT_FORMATS, read_drafts
from kb.model.items.import_draft import ItemDraft, RecordWarning
from tests.factories.exports import WHOLE, exported
from tests.support.cpu_time import cpu_seconds_at_most

PAGE = "Home/ Quais/ Group items tagged vélo\n\nLise\n\nLes quais - 0 views\n\n  • Sans voiture.\n".encode()
LINE = b'{"title": "Les quais", "group": "quais"}\n'


class Endless:
    """An endless stream that counts the requested bytes."""

    def __init__(self, start: bytes, filling: bytes = b"\x00") -> None:
        self.start, self.filling, self.given = start, filling, 0

    def read(self, size: int) -> bytes:
        piece, self.start = (self.start + self.filling * size)[:size], self.start[size:]
        self.given += size
        return piece


def titles(data: bytes, format: str = "auto") -> list[str | None]:  # noqa: A002
    return [draft.title for draft in read_drafts(io.BytesIO(data), format) if isinstance(draft, ItemDraft)]


def refusal(data: bytes, format: str = "auto") -> str:  # noqa: A002
    with pytest.raises(Invalid) as caught:
        list(read_drafts(io.BytesIO(data), format))
    return str(caught.value)


@pytest.mark.parametrize(
    "data", [PAGE, LINE, b"\xef\xbb\xbf" + LINE, b"\xef\xbb\xbf" + PAGE, b"\n\n \n" + LINE, b"bonjour\n" + LINE]
)
def test_the_format_is_detected_by_the_content(data: bytes) -> None:
    assert titles(data) == ["Les quais"]


def test_a_format_may_be_named() -> None:
    assert titles(PAGE, "saved-page") == titles(LINE, "jsonl") == ["Les quais"]
    assert {"saved-page", "jsonl"} <= set(IMPORT_FORMATS)


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_holds_nothing(data: bytes) -> None:
    assert list(read_drafts(io.BytesIO(data))) == []


def a_zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("page.txt", b"0" * 50_000_000)
    return packed.getvalue()


@pytest.mark.parametrize("format", ["auto", *IMPORT_FORMATS])
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (a_zip_bomb(), "archive"),
        (gzip.compress(LINE, mtime=0), "archive"),
        (b"<!DOCTYPE html><html><body>Les quais - 0 views</body></html>", "HTML"),
        ("\ufeff\n <html>".encode(), "HTML"),
        ("<!DOCTYPE html><html><body>Les quais - 0 views</body></html>".encode("utf-16"), "HTML"),
    ],
)
def test_an_unreadable_file_is_refused_in_a_sentence(data: bytes, says: str, format: str) -> None:  # noqa: A002
    with cpu_seconds_at_most(1):
        assert says in refusal(data, format)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"SQLite format 3\x00", "a backup of a browser"),
        (b'{\n   "checksum": "ab", "roots": {"bookmark_bar": {}}}', "a backup of a browser"),
        (b'<?xml version="1.0"?>\n<rdf:RDF xmlns:skos="http://www.w3.org/2004/02/skos/core#">', "vocabulary (SKOS)"),
        (b'<?xml version="1.0"?>\n<en-export>', "an export of Evernote"),
        (b'<?xml version="1.0"?>\n<xml><records><record>', "export it as RIS"),
        (b'<?xml version="1.0"?>\n<livre>', "a file of XML"),
        (b"<!DOCTYPE html><p>Les quais", "a web page (HTML)"),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "an office suite"),
        (b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.text", "an office suite"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"{\\rtf1\\ansi", "an office suite"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office suite"),
        (b"\0\0\0\x20ftypmp42", "a film"),
        (b"bplist00\xd1", "a file of a program"),
        (b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://a.fr\r\n", "MHTML"),
        (b"BEGIN:VCALENDAR\r\n", "a calendar"),
        (b"id;sujet\n1;Les quais\n", "a table (CSV)"),
        (b"bonjour", "We do not recognise this file"),
        (b"\x00" * 10_000, "We do not recognise this file"),
        (b"7", "We do not recognise this file"),
        (b"null", "We do not recognise this file"),
    ],
)
def test_a_refusal_says_what_the_file_seems_to_be_in_plain_words(data: bytes, says: str) -> None:
    sentence = refusal(data)
    assert says in sentence
    assert "jsonl" not in sentence
    assert "saved-page" not in sentence


@pytest.mark.parametrize("data", [b"[" * 100_000, b'[{"title": "Les quais"}]', b'[\n{"title": "Les quais"}\n]'])
def test_a_list_is_not_json_lines(data: bytes) -> None:
    assert "JSON list" in refusal(data)


@pytest.mark.parametrize("form", ["netscape", "jsonl", "addresses"])
@pytest.mark.parametrize("data", [b'<?xml version="1.0"?>\n<rss version="2.0">', b'<?xml version="1.0"?>\n<opml>'])
def test_a_feed_that_was_declared_as_something_else_says_what_it_is(data: bytes, form: str) -> None:
    assert "a feed or a list of feeds" in refusal(data, form)


def test_an_unknown_format_is_refused_with_those_that_there_are() -> None:
    formats = ", ".join(IMPORT_FORMATS)
    assert refusal(LINE, "docx") == f"“docx” is no known format: choose auto or one of {formats}."


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"<html>", b"bonjour"])
def test_a_refusal_does_not_read_on(start: bytes) -> None:
    stream = Endless(start)
    with pytest.raises(Invalid):
        next(read_drafts(cast(BinaryIO, stream)))
    assert stream.given < 200_000


def test_an_endless_line_is_not_stored_in_memory() -> None:
    stream = Endless(LINE + b'{"title": "', b"x" * 1024)
    entries: Iterator[ItemDraft | RecordWarning] = read_drafts(cast(BinaryIO, stream))
    assert cast(ItemDraft, next(entries)).title == "Les quais"


def test_a_pipe_that_gives_few_bytes_at_a_time_is_read_whole() -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 7, 7))

    drafts = [draft for draft in read_drafts(Dripping(LINE * 3)) if isinstance(draft, ItemDraft)]
    assert [draft.title for draft in drafts] == ["Les quais"] * 3


SAMPLES = {
    "netscape": exported("netscape", WHOLE),
    "diigo-csv": exported("diigo-csv", WHOLE),
    "diigo-json": b'[{"title": "a", "url": "https://a.fr", "desc": "", "tags": "b", "shared": "yes"}]',
    "pinboard": b'[{"href": "https://a.fr", "description": "a", "time": "2014-11-07T09:12:00Z", "tags": ""}]',
    "hypothesis": b'{"total": 1, "rows": [{"id": "a", "uri": "https://a.fr", "target": [], "user": "acct:a@h"}]}',
    "annotations": exported("annotations", WHOLE),
    "wallabag": b'[{"is_archived": 0, "title": "a", "url": "https://a.fr"}]',
    "jsonl": exported("jsonl", WHOLE),
    "saved-page": PAGE,
    "csl": exported("csl", WHOLE),
    "ris": exported("ris", WHOLE),
    "bibtex": exported("bibtex", WHOLE),
    "zotero-rdf": b'<rdf:RDF xmlns:rdf="r" xmlns:z="http://www.zotero.org/namespaces/export#"></rdf:RDF>',
    "raindrop": b"id,title,note,excerpt,url,folder,tags,created\n1,a,,,https://a.fr,,,2014-11-07\n",
    "readwise": b"Highlight,Book Title,Book Author\na,b,c\n",
    "csv": b"titre;adresse\na;https://a.fr\n",
    "addresses": b"https://a.fr un titre\n",
    "opml": b'<opml version="2.0"><body><outline text="a" url="https://a.fr"/></body></opml>',
    "feed": exported("atom", WHOLE),
}
"""The first bytes of a file in each format."""


@pytest.mark.parametrize("form", SAMPLES)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_each_format_is_detected_by_its_content_alone(form: str, start: bytes) -> None:
    names: list[str] = []
    if form in {"netscape", "ris", "bibtex", "feed", "opml", "zotero-rdf"} or not start.endswith(b"\n"):
        list(read_drafts(io.BytesIO(start + SAMPLES[form]), "auto", names.append))
        assert names == [form]


def test_the_tests_have_a_sample_of_each_format() -> None:
    assert set(IMPORT_FORMATS) - set(SAMPLES) <= {"diigo-rss", "diigo-html", "diigo-page"}
