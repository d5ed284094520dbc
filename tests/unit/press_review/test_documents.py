"""Press reviews as Word, OpenDocument and PDF files, read back by other parsers."""

import re
import shutil
import subprocess
import zipfile
from cProfile import Profile
from dataclasses import replace
from html import escape
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from lxml import etree
from markdown_it import MarkdownIt
from pypdf import PdfReader

from kb.press_review.html import write_html_review
from kb.press_review.markdown import write_markdown_review
from kb.press_review.odt_document import write_review as write_odt_review
from kb.press_review.pdf_document import write_review as write_pdf_review
from kb.press_review.plain_text import write_text_review
from kb.press_review.review import PressReview, ReviewedItem, ReviewedQuote, ReviewSection, printed_address
from kb.press_review.review_blocks import BlockKind, review_blocks
from kb.press_review.word_document import write_review as write_word_review
from kb.translation import Translator
from tests.fixtures.hostile_texts import TEXTS

TRANSLATOR = Translator("fr")
ITEM = "https://lectures.exemple.fr/items/1"
PAGE = "https://exemple.fr/a?b=1&c=(2)"
OPENDOCUMENT = {
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
}


def a_review(text: str = "Les agents racontent", *, items: int = 1) -> PressReview:
    """The items of its first section link to their pages; the item after them has none."""
    quote, comment = ReviewedQuote(text), ReviewedQuote(text, "Claire Aubert")
    entry = ReviewedItem(text, PAGE, text, text, "7 novembre 2014", text, (quote, quote), text, "en", (comment,))
    pageless = replace(entry, address="", link=ITEM)
    sections = (ReviewSection(text, text, (entry,) * items), ReviewSection(entries=(pageless,)))
    return PressReview(text, "25 novembre 2026", text, "fr", sections, "Conseil départemental")


def lines_of(review: PressReview) -> list[str]:
    """The text of each block, then the address of its page and its permanent link, the same in all formats."""
    blocks = review_blocks(review, TRANSLATOR)
    return [
        (" · " if block.kind is BlockKind.FACTS else " ").join(
            filter(None, (block.text, block.printed_address, block.permalink and "lien permanent"))
        )
        for block in blocks
    ]


LONG = f"https://www.journal.exemple.fr/2024/11/07/{'des-agents-racontent-' * 5}?utm=1"


@pytest.mark.parametrize(
    ("address", "printed"),
    [
        (PAGE, "exemple.fr/a?b=1&c=(2)"),
        ("http://www.exemple.fr/", "exemple.fr"),
        (LONG, f"journal.exemple.fr/2024/11/07/{'des-agents-racontent-' * 5}"[:79] + "…"),
        (f"https://exemple.fr/a?{'b=1&' * 30}#c", "exemple.fr/a…"),
        ("", ""),
    ],
)
def test_the_address_of_a_page_is_printed_shortened_and_linked_in_full(address: str, printed: str) -> None:
    entry = ReviewedItem("Titre", address, "Gazette")
    review = PressReview("Revue", "", "", "fr", (ReviewSection(entries=(entry,)),))
    assert printed_address(address) == printed
    word = Document(BytesIO(write_word_review(review, TRANSLATOR)))
    assert " · ".join(filter(None, ("Gazette", printed))) in [one.text for one in word.paragraphs]
    assert word.sections[0].footer._element.xpath("//w:fldSimple/@w:instr") == ["PAGE"]
    pdf = PdfReader(BytesIO(write_pdf_review(review, TRANSLATOR))).pages[0]
    text = re.sub(r"\s", "", pdf.extract_text())
    assert printed.replace(" ", "") in text
    with zipfile.ZipFile(BytesIO(write_odt_review(review, TRANSLATOR))) as archive:
        content = etree.fromstring(archive.read("content.xml"))
    assert printed in "".join(content.itertext())
    html = write_html_review(review, TRANSLATOR)
    markdown = "".join(token.content for token in MarkdownIt().parse(write_markdown_review(review, TRANSLATOR)))
    if address:
        assert html.count(f'href="{escape(address)}">Titre</a>') == html.count("href=") == 1
        assert markdown.count(f"](<{address}>)") == 1
        assert write_text_review(review, TRANSLATOR).splitlines()[-1:] == [address]
        assert [link.url for one in word.paragraphs for link in one.hyperlinks] == [address]


@pytest.mark.parametrize("text", ["Les agents racontent", *TEXTS])
def test_a_word_document_has_the_texts_in_order_headings_and_language(text: str) -> None:
    document = Document(BytesIO(write_word_review(a_review(text), TRANSLATOR)))
    assert [one.text.strip() for one in document.paragraphs] == [line.strip() for line in lines_of(a_review(text))]
    levels = [int(one.style.name[-1]) for one in document.paragraphs if (one.style.name or "").startswith("Heading")]
    assert levels == [1, 2, 3, 2]
    assert document.core_properties.language == "fr"
    assert [link.url for paragraph in document.paragraphs for link in paragraph.hyperlinks] == [PAGE, ITEM]


def test_a_word_document_is_of_today_on_a4_with_small_grey_facts() -> None:
    """The template of python-docx has US Letter paper, bold blue captions, and a date of 2013."""
    document = Document(BytesIO(write_word_review(a_review(), TRANSLATOR)))
    (section,) = document.sections
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)  # type: ignore[union-attr]
    facts = document.styles["Caption"]
    assert facts.font.bold is False  # type: ignore[attr-defined]
    assert str(facts.font.color.rgb) == "5A564C"  # type: ignore[attr-defined]
    assert facts.paragraph_format.keep_with_next  # type: ignore[attr-defined]
    assert document.core_properties.created
    assert document.core_properties.created.year > 2013


@pytest.mark.parametrize("text", ["Les agents racontent", *TEXTS])
def test_an_opendocument_text_has_the_texts_in_order_headings_and_language(text: str) -> None:
    with zipfile.ZipFile(BytesIO(write_odt_review(a_review(text), TRANSLATOR))) as archive:
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        content = etree.fromstring(archive.read("content.xml"))
        styles = etree.fromstring(archive.read("styles.xml"))
    for space in content.xpath("//text:s", namespaces=OPENDOCUMENT):
        space.text = " "
    blocks = content.xpath("//text:h | //text:p", namespaces=OPENDOCUMENT)
    said = [" ".join("".join(block.itertext()).split()) for block in blocks]
    assert said == [" ".join(line.split()) for line in lines_of(a_review(text))]
    levels = content.xpath("//text:h/@text:outline-level", namespaces=OPENDOCUMENT)
    assert levels == ["1", "2", "3", "2"]
    assert content.xpath("//text:a/@xlink:href", namespaces=OPENDOCUMENT) == [PAGE, ITEM]
    default = styles.xpath(
        "//style:default-style[@style:family='paragraph']/style:text-properties/@fo:language", namespaces=OPENDOCUMENT
    )
    assert default == ["fr"]


@pytest.mark.parametrize("text", ["Les agents racontent", *TEXTS])
def test_a_pdf_is_tagged_and_names_its_title_and_language(text: str) -> None:
    reader = PdfReader(BytesIO(write_pdf_review(a_review(text), TRANSLATOR)))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith("fr")
    assert reader.metadata is not None
    assert reader.metadata.title
    addresses = {
        str(annotation.get_object()["/A"]["/URI"])
        for page in reader.pages
        for annotation in page.get("/Annots", ())
        if "/A" in annotation.get_object()
    }
    assert addresses == {PAGE, ITEM}


def test_a_pdf_follows_the_standard_of_accessible_documents_when_the_fonts_allow() -> None:
    data = write_pdf_review(a_review(), TRANSLATOR)
    reader = PdfReader(BytesIO(data))
    assert reader.xmp_metadata is not None
    assert b"pdfuaid" in reader.xmp_metadata.stream.get_data()
    assert "Les agents racontent" in reader.pages[0].extract_text()
    # A character that no font has must not prevent the document.
    assert write_pdf_review(a_review("漢字 \U0001f9ff"), TRANSLATOR).startswith(b"%PDF-")


def test_no_page_of_a_pdf_ends_between_a_title_and_its_first_passage() -> None:
    items = tuple(
        ReviewedItem("Titre", PAGE, "", f"Source {number}", "2014", "", (ReviewedQuote("Passage " * number),))
        for number in range(1, 60)
    )
    review = PressReview("Revue", "", "", "fr", (ReviewSection(entries=items),), "")
    pages = PdfReader(BytesIO(write_pdf_review(review, TRANSLATOR))).pages
    last_lines = [page.extract_text().strip().splitlines()[-2] for page in pages]
    assert len(last_lines) > 8
    assert not [line for line in last_lines if line.startswith(("Titre", "Source"))]


def test_headings_never_skip_a_level() -> None:
    levels = [one.level for one in review_blocks(a_review(items=3), TRANSLATOR) if one.kind is BlockKind.HEADING]
    assert levels == [1, 2, 3, 3, 3, 2]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed.")
def test_pdftotext_reads_the_pdf(tmp_path: Path) -> None:
    path = tmp_path / "revue.pdf"
    path.write_bytes(write_pdf_review(a_review(), TRANSLATOR))
    said = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout
    assert said.count("Les agents racontent") > 10
    # The address of an item is printed, wherever its line ends.
    assert f"lienpermanent:{ITEM}" in re.sub(r"\s", "", said)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed.")
@pytest.mark.parametrize(("suffix", "write"), [("docx", write_word_review), ("odt", write_odt_review)])
def test_libreoffice_opens_the_documents(tmp_path: Path, suffix: str, write: object) -> None:
    path = tmp_path / f"revue.{suffix}"
    path.write_bytes(write(a_review(), TRANSLATOR))  # type: ignore[operator]
    profile = f"-env:UserInstallation=file://{tmp_path}/profil"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "txt:Text", "--outdir", tmp_path, path],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    said = (tmp_path / "revue.txt").read_text(encoding="utf-8-sig")
    assert said.count("Les agents racontent") > 10
    assert "lien permanent" in said


def test_a_word_document_takes_work_in_proportion_to_its_links() -> None:
    """The test counts function calls, not seconds: the same on any machine."""

    def calls(items: int) -> int:
        entries = tuple(ReviewedItem("Les crues", f"https://exemple.fr/page/{item}") for item in range(10 * items))
        review = PressReview("Revue", "", "", "fr", (ReviewSection(entries=entries),), "Florilège", b"")
        profile = Profile()
        profile.runcall(write_word_review, review, Translator("fr"))
        return sum(entry.callcount for entry in profile.getstats())

    calls(1)
    assert calls(100) < 2.5 * calls(50)
