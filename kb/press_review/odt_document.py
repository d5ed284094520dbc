"""A press review as an OpenDocument text: headings, quotations and links are styles, for screen readers."""

from dataclasses import replace
from io import BytesIO

from odfdo import Document, Element, Frame, Header, Link, Paragraph, Span, Style

from kb.model.items.language_tag import language_code
from kb.model.storable_text import xml_safe_text
from kb.press_review.review import PressReview
from kb.press_review.review_blocks import Block, BlockKind, review_blocks
from kb.translation import Translator

_LOGO_HEIGHT = 1.3
"""Centimetres."""
_STYLES = {BlockKind.FACTS: "Facts", BlockKind.TEXT: "Text_20_body", BlockKind.QUOTE: "Quotations"}


def write_review(review: PressReview, translator: Translator) -> bytes:
    """The whole document."""
    document = Document("text")
    document.meta.title = xml_safe_text(review.title)
    document.language = review.language
    # The template of odfdo is in French.
    for defaults in document.styles.root.get_elements("//style:default-style/style:text-properties"):
        defaults.set_attribute("fo:language", review.language)
        defaults.set_attribute("fo:country", "none")
    if review.publisher:
        document.meta.creator = xml_safe_text(review.publisher)
    blocks = tuple(
        replace(block, language=language_code(block.language) or "") for block in review_blocks(review, translator)
    )
    document.insert_style(
        Style("paragraph", name="Facts", parent_style="Text_20_body", area="text", size="9pt", color="#5a564c")
    )
    document.insert_style(
        Style("paragraph", name="Quotations", parent_style="Text_20_body", area="paragraph", margin_left="1cm")
    )
    for language in {block.language for block in blocks} - {""}:
        document.insert_style(Style("text", name=_language_style(language), language=language), automatic=True)
    body = document.body
    body.clear()
    if review.logo:
        body.append(_logo_paragraph(document, review))
    for block in blocks:
        body.append(_element(block, translator))
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def _logo_paragraph(document: Document, review: PressReview) -> Paragraph:
    """The logo in its proportions, with the name of the publisher as its description."""
    # The size in the header of a PNG (https://www.w3.org/TR/png-3/#11IHDR).
    width, height = (int.from_bytes(review.logo[position : position + 4]) for position in (16, 20))
    size = (f"{_LOGO_HEIGHT * width / max(1, height):.2f}cm", f"{_LOGO_HEIGHT}cm")
    frame = Frame.image_frame(document.add_file(BytesIO(review.logo)), size=size, anchor_type="as-char")
    frame.append(Element.from_tag("svg:desc"))
    description = frame.get_element("svg:desc")
    if description is not None:
        description.text = xml_safe_text(review.publisher)
    paragraph = Paragraph(style="Text_20_body")
    paragraph.append(frame)
    return paragraph


def _element(block: Block, translator: Translator) -> Header | Paragraph:
    element = Header(block.level) if block.kind is BlockKind.HEADING else Paragraph(style=_STYLES[block.kind])
    parent: Element = element
    if block.link:
        parent = Link(block.link, title=block.text)
        element.append(parent)
    if block.language:
        span = Span(style=_language_style(block.language))
        parent.append(span)
        parent = span
    parent.append(block.text)
    if block.printed_address:
        element.append_plain_text(f" · {block.printed_address}" if block.text else block.printed_address)
    if block.permalink:
        if block.text or block.printed_address:
            element.append_plain_text(" · ")
        element.append(
            Link(
                block.permalink,
                text=translator.gettext("permanent link"),
                title=block.permalink_description(translator),
            )
        )
    return element


def _language_style(language: str) -> str:
    return f"lang-{language}"
