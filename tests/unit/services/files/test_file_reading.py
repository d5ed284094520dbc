"""The text of an uploaded file, and refused files: by content, never by name."""

import json
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from docx import Document

from kb.errors import Invalid
from kb.extraction.file_facts import facts_of_file
from kb.files.received_file import received_file
from kb.model.items.item_file import FileKind, TextState
from kb.services.files.file_reading import FileReading, read_file, title_of_file_name
from tests.factories.documents import (
    CHAPTER,
    CONTAINER,
    a_docx,
    a_locked_pdf,
    a_pdf,
    a_scanned_pdf,
    a_slow_pdf,
    a_zip,
    an_epub,
    an_odt,
    with_parts,
)

WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
MACRO_TYPES = (
    '<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml" PartName="/word/a"/></Types>'
)
VBA = "application/vnd.ms-office.vbaProject"
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
BOMB = b"<x>" + b"a" * 30_000_000 + b"</x>"


def content_types(suffix: str, content_type: str) -> str:
    return f'<Types><Default Extension="{suffix}" ContentType="{content_type}"/></Types>'


def relationship(kind: str) -> str:
    return f'<Relationships><Relationship Id="a" Type="http://a.example/{kind}" Target="x.dat"/></Relationships>'


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process: the other one takes half a second to start."""

    def lines(_module: str, file: BinaryIO, **_limits: int) -> Iterator[bytes]:
        return (json.dumps(fact).encode() + b"\n" for fact in facts_of_file(file))

    monkeypatch.setattr("kb.extraction.extraction_process.lines_from_subprocess", lines)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., FileReading]:
    def read_content(content: bytes, name: str = "fichier.bin", **bounds: int) -> FileReading:
        with received_file(tmp_path, [content], 1 << 30) as received:
            return read_file(received, name, **bounds)

    return read_content


def test_each_kind_gives_its_text_and_what_it_says_of_itself(read: Callable[..., FileReading]) -> None:
    pdf = read(a_pdf())
    assert (pdf.kind, pdf.pages, pdf.state) == (FileKind.PDF, 1, TextState.READ)
    assert (pdf.record.title, pdf.record.byline, pdf.record.published) == (
        "Rapport sur les mouettes",
        "Marie",
        "2021-05-07",
    )
    assert pdf.text == "Les mouettes crient sur le quai."
    docx = read(a_docx())
    assert (docx.kind, docx.record.title, docx.record.byline) == (FileKind.DOCX, "Note de service", "Anne Durand")
    assert docx.text == "Un paragraphe sur les canards.\nDans une cellule"
    odt = read(an_odt())
    assert (odt.kind, odt.record.title, odt.text) == (
        FileKind.ODT,
        "Compte rendu",
        "Ordre du jour\nUn paragraphe sur les cygnes.",
    )
    book = read(an_epub())
    assert (book.kind, book.text) == (FileKind.EPUB, "L’été !\nUn gros héron gris\npasse.")
    assert (book.record.title, book.record.byline, book.record.source, book.record.published, book.record.language) == (
        "Le livre des oiseaux",
        "Zoé B. ; Yann C.",
        "Éditions du Quai",
        "2020-05-01",
        "fr",
    )


@pytest.mark.usefixtures("in_this_process")
def test_a_document_without_a_title_has_that_of_the_heading_with_which_it_begins(
    read: Callable[..., FileReading],
) -> None:
    document = Document()
    document.core_properties.author = "Jeanne Morel;Paul Legrand"
    document.add_heading("Compte rendu du 12 novembre", 0)
    document.add_paragraph("Présents : deux personnes.")
    document.save(file := BytesIO())
    written = read(file.getvalue(), "CR_v3.docx").record
    assert (written.title, written.byline) == ("Compte rendu du 12 novembre", "Jeanne Morel, Paul Legrand")
    document.paragraphs[0].insert_paragraph_before("Mairie de Valbrune")
    document.save(file := BytesIO())
    assert read(file.getvalue(), "CR_v3.docx").record.title == "CR v3"


def test_a_file_without_text_says_why(read: Callable[..., FileReading]) -> None:
    scanned = read(a_scanned_pdf(), "Délibération_du_7 mai.pdf")
    assert (scanned.state, scanned.pages, scanned.text) == (TextState.NONE, 2, "")
    assert scanned.record.title == "Délibération du 7 mai"
    assert read(a_locked_pdf()).state is TextState.LOCKED
    assert read(b"%PDF-1.7\n" + b"rien").state is TextState.UNREADABLE
    assert read(a_pdf()[:600]).state is not TextState.READ
    locked = with_parts(
        an_odt(), {"META-INF/manifest.xml": "<m><encryption-data/></m>", "content.xml": b"\x00\x01chiffr"}
    )
    assert read(locked).state is TextState.LOCKED


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00" + b"\x00" * 200,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        b"un simple texte",
        b"PK\x03\x04" + b"\x00" * 40,
        a_zip({"a.txt": "rien d’un document"}),
        a_zip({"mimetype": "application/vnd.oasis.opendocument.text-template", "content.xml": "<x/>"}),
        a_zip({"mimetype": "application/epub+zip", "autre": "x"}),
        an_epub()[:200],
        an_epub()[:-40],
    ],
)
def test_another_kind_is_refused_whatever_its_name_says(read: Callable[..., FileReading], content: bytes) -> None:
    with pytest.raises(Invalid, match="none of the files"):
        read(content, "rapport.pdf")


def test_a_file_kind_is_recognized_by_the_content_alone(read: Callable[..., FileReading]) -> None:
    assert read(a_pdf(), "facture.exe").kind is FileKind.PDF
    # A polyglot file has the type of its first bytes: the zip behind the PDF is never opened.
    assert read(a_pdf() + an_epub()).kind is FileKind.PDF


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    "content",
    [
        with_parts(a_docx(), {"word/vbaProject.bin": b"\x00"}),
        with_parts(a_docx(), {"[Content_Types].xml": MACRO_TYPES}),
        with_parts(an_odt(), {"Basic/Standard/Module1.xml": "<script/>"}),
        with_parts(an_odt(), {"Scripts/python/x.py": "import os"}),
        # Under another name: what the part is stands in the content types or in a relationship.
        with_parts(
            a_docx(),
            {"word/media/image1.png": b"\x00", "[Content_Types].xml": content_types("png", VBA)},
        ),
        with_parts(a_docx(), {"[Content_Types].xml": content_types("bin", "application/VND.ms-office.VbaProject")}),
        with_parts(
            a_docx(), {"[Content_Types].xml": content_types("bin", VBA.replace("v", "&#x76;")).encode("utf-16")}
        ),
        with_parts(a_docx(), {"word/_rels/document.xml.rels": relationship("2006/relationships/vbaProject")}),
        with_parts(a_docx(), {"word/_rels/footer1.xml.rels": relationship("2006/relationships/control")}),
        with_parts(a_docx(), {"word/embeddings/oleObject1.bin": COMPOUND_FILE + "_VBA_PROJECT".encode("utf-16-le")}),
        with_parts(
            a_docx(),
            {"word/theme.xml": COMPOUND_FILE + bytes((1 << 20) - 20) + "_VBA_PROJECT".encode("utf-16-le")},
        ),
        with_parts(an_odt(), {"Object 1\\Basic\\Standard\\Module1.xml": "<script/>"}),
        with_parts(an_odt(), {"META-INF/manifest.xml": '<m xmlns:m="urn:m"><e m:full-path="basic/a/b.xml"/></m>'}),
        with_parts(
            an_odt(),
            {"content.xml": '<d xmlns:o="http://openoffice.org/2004/office"><s><o:libraries/></s><body/></d>'},
        ),
    ],
)
def test_macros_are_refused(read: Callable[..., FileReading], content: bytes) -> None:
    with pytest.raises(Invalid, match="macros"):
        read(content)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize(
    "content",
    [
        # An equation of an older Word, and what every ODT of LibreOffice has.
        with_parts(a_docx(), {"word/embeddings/oleObject1.bin": COMPOUND_FILE + b"Equation Native"}),
        with_parts(a_docx(), {"word/_rels/document.xml.rels": relationship("relationships/oleObject")}),
        with_parts(an_odt(), {"Basic/script-lc.xml": "<l/>", "Basic/Standard/script-lb.xml": "<l/>"}),
        with_parts(an_odt(), {"Pictures/scripts.png": b"\x00"}),
    ],
)
def test_a_document_without_macros_is_kept(read: Callable[..., FileReading], content: bytes) -> None:
    assert read(content).state is TextState.READ


def test_a_document_that_ends_its_reader_before_it_is_checked_is_refused(read: Callable[..., FileReading]) -> None:
    types = "<Types>" + '<a b="1"/>' * 900_000 + "</Types>"
    with pytest.raises(Invalid, match="unpacks to far more"):
        read(with_parts(a_docx(), {"[Content_Types].xml": types}), memory=200 << 20)


def many_members() -> bytes:
    return with_parts(an_epub(), {f"x/{place}": "" for place in range(10_001)})


@pytest.mark.parametrize(
    "make",
    [
        lambda: with_parts(a_docx(), {"word/document.xml": BOMB}),
        lambda: with_parts(an_odt(), {"content.xml": BOMB}),
        lambda: an_epub({"OEBPS/un 1.xhtml": BOMB}),
        lambda: an_epub({"META-INF/container.xml": BOMB}),
        many_members,
    ],
)
def test_a_bomb_is_refused_before_it_is_unpacked(read: Callable[..., FileReading], make: Callable[[], bytes]) -> None:
    with pytest.raises(Invalid, match="unpacks to far more"):
        read(make())


def test_a_part_with_a_wrong_declared_size_is_refused(read: Callable[..., FileReading]) -> None:
    whole = bytearray(an_epub({"OEBPS/un 1.xhtml": BOMB}))
    with zipfile.ZipFile(BytesIO(bytes(whole))) as packed:
        packed.getinfo("OEBPS/un 1.xhtml")
    # The zip directory, which is read first, declares a hundred bytes.
    at = whole.rindex(b"OEBPS/un 1.xhtml") - 46
    whole[at + 24 : at + 28] = (100).to_bytes(4, "little")
    try:
        reading = read(bytes(whole))
    except Invalid:
        return
    assert len(reading.text) < 1000


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("entity", ["a" * 10, "&b;" * 20])
def test_entities_are_neither_expanded_nor_loaded(read: Callable[..., FileReading], entity: str) -> None:
    outside = '<!ENTITY f SYSTEM "file:///etc/hostname">'
    declared = f'<!DOCTYPE x [{outside}<!ENTITY b "boum"><!ENTITY a "{entity}">]>'
    text = declared + WORD % "<w:p><w:r><w:t>avant &f; &a;</w:t></w:r></w:p>"
    reading = read(with_parts(a_docx(), {"word/document.xml": text}))
    assert Path("/etc/hostname").read_text().strip() not in reading.text
    assert "boum" not in reading.text
    book = read(an_epub({"OEBPS/un 1.xhtml": declared + "<p>mot &f;</p>"}))
    assert Path("/etc/hostname").read_text().strip() not in book.text


@pytest.mark.usefixtures("in_this_process")
def test_damaged_xml_keeps_what_came_before_it(read: Callable[..., FileReading]) -> None:
    reading = read(with_parts(a_docx(), {"word/document.xml": WORD[:40] + "<<"}))
    assert (reading.record.title, reading.state) == ("Note de service", TextState.NONE)


@pytest.mark.usefixtures("in_this_process")
def test_words_of_codes_and_deleted_words_are_not_text(read: Callable[..., FileReading]) -> None:
    code, deleted = "<w:r><w:instrText>LIEN</w:instrText></w:r>", "<w:del><w:r><w:delText>ôté</w:delText></w:r></w:del>"
    runs = f"<w:p><w:r><w:t>gardé</w:t></w:r>{code}{deleted}</w:p>"
    assert read(with_parts(a_docx(), {"word/document.xml": WORD % runs})).text == "gardé"


def test_deep_and_long_documents_are_read_within_their_bounds(read: Callable[..., FileReading]) -> None:
    deep = "<w:p>" * 20_000 + "</w:p>" * 20_000
    assert read(with_parts(a_docx(), {"word/document.xml": WORD % deep})).state is not TextState.READ
    long = WORD % ("<w:p><w:r><w:t>mot long et varié</w:t></w:r></w:p>" * 100_000)
    assert 999_000 < len(read(with_parts(a_docx(), {"word/document.xml": long})).text) <= 1_000_000


def test_time_that_runs_out_keeps_the_facts_that_are_there(read: Callable[..., FileReading]) -> None:
    heavy = an_epub({"OEBPS/un 1.xhtml": "<p>" + "<b>x" * 400_000})
    assert read(heavy, seconds=1).record.title == "Le livre des oiseaux"


def test_a_pdf_that_takes_too_long_keeps_the_pages_read_before_and_says_so(read: Callable[..., FileReading]) -> None:
    read_pdf = read(a_slow_pdf(20), seconds=3)
    assert (read_pdf.text.strip(), read_pdf.pages) == ("Les mouettes crient sur le quai.", 21)
    assert read_pdf.state is TextState.BEGINNING


def test_a_book_reads_only_what_is_in_it(read: Callable[..., FileReading]) -> None:
    away = CONTAINER.replace("OEBPS/livre.opf", "../../../../etc/passwd")
    assert read(an_epub({"META-INF/container.xml": away})).text == ""
    chapter = CHAPTER.replace("passe.", '<img src="http://127.0.0.1:9/x"/><object data="file:///etc/passwd"/>')
    assert "root:" not in read(an_epub({"OEBPS/un 1.xhtml": chapter})).text


@pytest.mark.parametrize(
    ("name", "title"), [("", ""), ("a_b.pdf", "a b"), (".pdf", ".pdf"), ("x" * 900, "x" * 499 + "…")]
)
def test_a_name_gives_a_title(name: str, title: str) -> None:
    assert title_of_file_name(name) == title
