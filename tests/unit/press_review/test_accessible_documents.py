"""Press reviews for screen readers: a checker tests PDF files for PDF/UA-1; Word and OpenDocument files have the
structure that these programs need.
"""

import re
import unicodedata
import zipfile
from dataclasses import replace
from io import BytesIO

import page as pdf_checker
import pytest
import typst
from docx import Document
from docx.oxml.ns import qn
from lxml import etree
from PIL import Image
from pypdf import PdfReader

from kb.press_review import pdf_document
from kb.press_review.odt_document import write_review as write_odt_review
from kb.press_review.pdf_document import write_review as write_pdf_review
from kb.press_review.review import PressReview
from kb.press_review.word_document import write_review as write_word_review
from kb.translation import Translator
from tests.fixtures.hostile_texts import TEXTS
from tests.unit.press_review.test_documents import OPENDOCUMENT, a_review

TRANSLATOR = Translator("fr")
NAMESPACES = OPENDOCUMENT | {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
}
RARE = (
    "漢字 \U0001f9ff", "\ufeff\u200bcaché", "ก็ ไม่", "e\u0301\u20dd", "\U000e0001", "\ufffe\uffff", '"漢"`x`\\u{6f22}',
)  # fmt: skip
"""Characters that fonts lack, that PDF/UA forbids, or that the compiler writes differently in its errors."""


def with_logo(review: PressReview) -> PressReview:
    png = BytesIO()
    Image.new("RGB", (200, 80), "#0b5a45").save(png, "PNG")
    return replace(review, logo=png.getvalue())


def failures(data: bytes) -> set[str]:
    """The rules of PDF/UA-1 that a file breaks, as far as a program can check them, as veraPDF does."""
    return {failure.rule_id for failure in pdf_checker.validate_pdf_bytes(data, profile="ua1").failures}


@pytest.mark.parametrize("text", ["Les agents racontent", *RARE, *TEXTS])
def test_a_pdf_breaks_no_rule_of_pdf_ua(text: str) -> None:
    assert not failures(write_pdf_review(a_review(text), TRANSLATOR))


def test_a_pdf_with_a_logo_without_sections_of_several_pages_or_empty_breaks_none_either() -> None:
    review = a_review(items=30)
    for variant in (
        with_logo(review),
        replace(review, sections=(replace(review.sections[1]),)),
        replace(review, sections=()),
        replace(review, publisher="", dated="", introduction="", language="en"),
    ):
        assert not failures(write_pdf_review(variant, TRANSLATOR))


def test_the_checker_of_pdf_ua_finds_faults() -> None:
    """The same document, compiled without a PDF/UA standard, with a character that no font has."""
    source = '#set document(title: "x")\n= Un\n=== Trois \U0010fffd\n#image(bytes("<svg xmlns=\'http://www.w3.org/2000/svg\'/>"))'
    faults = failures(typst.compile(source.encode(), format="pdf"))
    assert {"PDFUA1-ID-PART-001", "PDFUA1-NOTDEF-GLYPH-001", "PDFUA1-VIEWER-PREFERENCES-001"} <= faults


@pytest.mark.parametrize(
    "text",
    ["中文 漢字 かな 한국어", "مرحبا بالعالم", "שלום", "हिन्दी", "ไทย", "አማርኛ", "Ελληνικά Русский", "🎉 👩‍💻 ☂️ 🇫🇷"],
)
def test_a_pdf_shows_other_scripts_and_emoji_by_the_fonts_of_the_machine(text: str) -> None:
    data = write_pdf_review(a_review(text), TRANSLATOR)
    pdf_text = "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    assert "\ufffd" not in pdf_text
    letters = [character for character in text if character.isalpha() or character in "🎉💻"]
    assert [letter for letter in letters if letter not in unicodedata.normalize("NFKC", pdf_text)] == []
    assert not failures(data)


def test_a_character_without_a_font_is_replaced_visibly_and_an_invisible_one_left_out() -> None:
    data = write_pdf_review(a_review("avant \U0010fffd après, e\U000e0041t"), TRANSLATOR)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)
    assert "avant \ufffd après, et" in text
    assert not failures(data)


def test_a_character_without_a_glyph_is_replaced_and_the_letters_around_it_stay() -> None:
    missing = pdf_document._missing_characters(
        'error: the text `"漢"` could not be displayed with\n error: the text `"e\\u{20dd}"` could not be displayed'
    )
    assert missing == {"漢", "\u20dd"}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_word_document_has_what_reading_programs_need(language: str) -> None:
    translator = Translator(language)
    document = Document(BytesIO(write_word_review(with_logo(replace(a_review(), language=language)), translator)))
    root = document.element
    assert document.core_properties.title == "Les agents racontent"
    (default,) = document.styles.element.xpath("./w:docDefaults//w:lang")
    assert default.get(qn("w:val")) == language
    # Text in another language is marked so.
    marked = {element.get(qn("w:val")) for element in root.xpath("//w:rPr/w:lang")}
    assert marked == {"en"}
    assert [element.get("descr") for element in root.xpath("//wp:docPr")] == ["Conseil départemental"]
    assert_descriptions([element.get(qn("w:tooltip")) for element in root.xpath("//w:hyperlink")], translator)
    assert not root.xpath("//w:tbl")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_opendocument_text_has_what_reading_programs_need(language: str) -> None:
    translator = Translator(language)
    with zipfile.ZipFile(
        BytesIO(write_odt_review(with_logo(replace(a_review(), language=language)), translator))
    ) as file:
        content, styles, meta = (etree.fromstring(file.read(f"{name}.xml")) for name in ("content", "styles", "meta"))

    def texts_at(tree: etree._Element, path: str) -> list[str]:
        return [str(result) for result in tree.xpath(path, namespaces=NAMESPACES)]

    assert set(texts_at(styles, "//style:default-style//@fo:language")) == {language}
    assert "FR" not in texts_at(styles, "//style:default-style//@fo:country")
    assert texts_at(meta, "//dc:language/text()") == [language]
    assert texts_at(meta, "//dc:title/text()") == ["Les agents racontent"]
    assert texts_at(content, "//draw:frame/svg:desc/text()") == ["Conseil départemental"]
    assert set(texts_at(content, "//style:style[@style:family='text']//@fo:language")) == {"en"}
    assert_descriptions(texts_at(content, "//text:a/@office:title"), translator)
    assert len(texts_at(content, "//text:a/@office:title")) == len(texts_at(content, "//text:a/@xlink:href"))
    assert not content.xpath("//*[local-name() = 'table']")


def assert_descriptions(links: list[str | None], translator: Translator) -> None:
    """In a list of links, each description says where the link leads: for a shortened address, the whole address."""
    label = re.escape(translator.gettext("permanent link"))
    assert links
    title = rf"({label}\W+)?Les agents racontent"
    assert all(link and re.fullmatch(rf"{title}|https://exemple\.fr/\S+", link) for link in links), links
    assert any(link and link.startswith(translator.gettext("permanent link")) for link in links)
