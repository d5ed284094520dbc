"""Documents that users upload: valid ones made by libraries, and broken ones made by hand."""

import zipfile
from collections.abc import Mapping
from functools import cache
from io import BytesIO

import typst
from docx import Document
from odfdo import Document as OpenDocument
from odfdo import Header, Paragraph
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

WORD_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


@cache
def a_pdf(text: str = "Les mouettes crient sur le quai.", title: str = "Rapport sur les mouettes") -> bytes:
    facts = f'title: "{title}", author: "Marie", date: datetime(year: 2021, month: 5, day: 7)'
    content: bytes = typst.compile(f"#set document({facts})\n{text}".encode())
    return content


@cache
def a_scanned_pdf(pages: int = 2) -> bytes:
    """Pages without any text."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 300)
    return _pdf_bytes(writer)


@cache
def a_slow_pdf(pages: int) -> bytes:
    """A page of text, then pages of 200,000 operations, each of which takes a reader seconds."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(a_pdf())))
    content = DecodedStreamObject()
    content.set_data(b"BT " + b"1 0 0 1 0 0 Tm () Tj " * 200_000 + b"ET")
    contents = writer._add_object(content.flate_encode())
    for _ in range(pages):
        page = writer.add_blank_page(200, 300)
        page[NameObject("/Resources")] = writer.pages[0]["/Resources"].clone(writer)
        page[NameObject("/Contents")] = contents
    return _pdf_bytes(writer)


@cache
def a_locked_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(a_pdf())))
    writer.encrypt("secret", algorithm="RC4-128")
    return _pdf_bytes(writer)


def _pdf_bytes(writer: PdfWriter) -> bytes:
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


@cache
def a_docx(text: str = "Un paragraphe\tsur les canards.", title: str = "Note de service") -> bytes:
    document = Document()
    document.core_properties.title, document.core_properties.author = title, "Anne Durand"
    document.add_paragraph(text)
    document.add_table(1, 1).cell(0, 0).text = "Dans une cellule"
    file = BytesIO()
    document.save(file)
    return file.getvalue()


@cache
def an_odt(text: str = "Un paragraphe   sur les cygnes.", title: str = "Compte rendu") -> bytes:
    document = OpenDocument("text")
    document.body.clear()
    document.body.append(Header(1, "Ordre du jour"))
    document.body.append(Paragraph(text))
    document.meta.title = title
    file = BytesIO()
    document.save(file)
    return file.getvalue()


CONTAINER = (
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/livre.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0"><metadata>'
    "<dc:title>Le livre des oiseaux</dc:title><dc:creator>Zoé B.</dc:creator><dc:creator>Yann C.</dc:creator>"
    "<dc:date>2020-05-01</dc:date><dc:language>fr</dc:language><dc:publisher>Éditions du Quai</dc:publisher></metadata>"
    '<manifest><item id="c1" href="un%201.xhtml" media-type="application/xhtml+xml"/></manifest>'
    '<spine><itemref idref="c1"/></spine></package>'
)
CHAPTER = (
    '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
    "<head><title>T</title><style>p { color: red }</style></head><body><h1>L’été&nbsp;!</h1>"
    "<p>Un <b>gros</b> héron<!-- caché --> gris<br/>passe.</p><script>mechant()</script></body></html>"
)


def an_epub(more: Mapping[str, str | bytes] | None = None) -> bytes:
    """A book of one chapter; `more` adds parts, or replaces its own."""
    parts = {"META-INF/container.xml": CONTAINER, "OEBPS/livre.opf": PACKAGE, "OEBPS/un 1.xhtml": CHAPTER}
    return a_zip({"mimetype": "application/epub+zip", **parts, **(more or {})})


def a_zip(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip of parts in their order, without times; `mimetype` is not compressed, as the formats require."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in parts.items():
            packing = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            packed.writestr(zipfile.ZipInfo(name), content, packing)
    return file.getvalue()


def with_parts(document: bytes, more: Mapping[str, str | bytes]) -> bytes:
    """The document with parts added or replaced."""
    with zipfile.ZipFile(BytesIO(document)) as packed:
        return a_zip({name: packed.read(name) for name in packed.namelist()} | dict(more))
