"""A press review as a Word document (Office Open XML): headings and quotations are styles, for screen readers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.rel import Relationships
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from kb.model.storable_text import xml_safe_text
from kb.press_review.review import PressReview
from kb.press_review.review_blocks import Block, BlockKind, review_blocks
from kb.translation import Translator

_LONGEST_PROPERTY = 255
_LOGO_HEIGHT = Cm(1.3)
_A4 = Cm(21), Cm(29.7)
_MARGIN = Cm(2.2)
_STYLES = {BlockKind.FACTS: "Caption", BlockKind.TEXT: "Normal", BlockKind.QUOTE: "Quote"}
_STYLE_NAMES = (*_STYLES.values(), *(f"Heading {level}" for level in range(1, 5)))


@dataclass(frozen=True, slots=True)
class _Links:
    """The ids of the addresses of a document. python-docx compares a new address with all others, one by one."""

    relationships: Relationships
    known: dict[str, str]

    def id_of(self, address: str) -> str:
        if address not in self.known:
            link_id = f"link{len(self.known) + 1}"
            self.relationships.add_relationship(RELATIONSHIP_TYPE.HYPERLINK, address, link_id, is_external=True)
            self.known[address] = link_id
        return self.known[address]


def write_review(review: PressReview, translator: Translator) -> bytes:
    """The whole document."""
    document = Document()
    properties = document.core_properties
    properties.title, properties.author = (
        xml_safe_text(text)[:_LONGEST_PROPERTY] for text in (review.title, review.publisher)
    )
    properties.language, properties.comments = review.language, ""
    # The template of python-docx is of 2013, on US Letter paper.
    properties.created = properties.modified = datetime.now(UTC)
    _set_layout(document)
    defaults = document.styles.element.find(f".//{qn('w:lang')}")
    if defaults is not None:
        defaults.set(qn("w:val"), review.language)
    if review.logo:
        picture = document.add_paragraph().add_run().add_picture(BytesIO(review.logo), height=_LOGO_HEIGHT)
        picture._inline.docPr.set("descr", xml_safe_text(review.publisher))
    links = _Links(document.part.rels, {})
    styles = {name: document.styles[name].style_id for name in _STYLE_NAMES}
    for block in review_blocks(review, translator):
        paragraph = document.add_paragraph()
        # python-docx searches the default of all styles whenever it sets one.
        paragraph._p.style = styles[
            f"Heading {block.level}" if block.kind is BlockKind.HEADING else _STYLES[block.kind]
        ]
        _add_block(paragraph, block, translator, links)
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def _set_layout(document: DocumentObject) -> None:
    """A4 paper, page numbers, and the facts of an item small and grey, on one page with what follows, as in the PDF."""
    for section in document.sections:
        section.page_width, section.page_height = _A4
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    number = OxmlElement("w:fldSimple")
    number.set(qn("w:instr"), "PAGE")
    footer = document.sections[0].footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer._p.append(number)
    facts = document.styles[_STYLES[BlockKind.FACTS]]
    facts.font.bold, facts.font.size, facts.font.color.rgb = False, Pt(9), RGBColor(0x5A, 0x56, 0x4C)
    facts.paragraph_format.keep_with_next = True


def _add_block(paragraph: Paragraph, block: Block, translator: Translator, links: _Links) -> None:
    run = _add_link(paragraph, links.id_of(block.link), block.text, block.text) if block.link else None
    if run is None:
        run = _add_run(paragraph, block.text)
    if block.language:
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), block.language)
        run._element.get_or_add_rPr().append(language)
    if block.printed_address:
        _add_run(paragraph, f" · {block.printed_address}" if block.text else block.printed_address)
    if block.permalink:
        if block.text or block.printed_address:
            _add_run(paragraph, " · ")
        _add_link(
            paragraph,
            links.id_of(block.permalink),
            translator.gettext("permanent link"),
            block.permalink_description(translator),
        )


def _add_run(paragraph: Paragraph, text: str) -> Run:
    """A line of text. python-docx reads a text that it adds by itself one character after the other."""
    run = paragraph.add_run()
    run._element.add_t(text)
    return run


def _add_link(paragraph: Paragraph, link_id: str, text: str, description: str) -> Run:
    """python-docx reads links but has no method that adds one. `description` is what a list of links says of it."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), link_id)
    link.set(qn("w:tooltip"), description[:_LONGEST_PROPERTY])
    run = _add_run(paragraph, text)
    run.font.underline = True
    link.append(run._element)
    paragraph._element.append(link)
    return run
