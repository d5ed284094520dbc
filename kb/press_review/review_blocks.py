"""A press review as a sequence of blocks, which the writers of documents lay out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from kb.model.storable_text import one_line, xml_safe_text
from kb.press_review.review import (
    PressReview,
    ReviewedItem,
    attributed_comment,
    origin_facts,
    printed_address,
    short_quote,
    split_paragraphs,
)
from kb.translation import Translator

_LONGEST_ABOUT = 200


class BlockKind(StrEnum):
    """What a block is; FACTS are small lines about the document or an item."""

    HEADING = "heading"
    FACTS = "facts"
    TEXT = "text"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `level` is that of a heading, from 1, and never skips one. `link` is the address of a heading's text;
    `printed_address`, that of the page of an item, follows the text for paper, and `permalink` as a link of its own, of
    which `about` names the item. `language` is empty for that of the review.
    """

    kind: BlockKind
    text: str
    level: int = 0
    link: str = ""
    permalink: str = ""
    language: str = ""
    about: str = ""
    printed_address: str = ""

    def permalink_description(self, translator: Translator) -> str:
        """What the permanent link leads to: programs for blind people list links without the text around them."""
        return f"{translator.gettext('permanent link')}{translator.gettext(':')} {self.about}"


def review_blocks(review: PressReview, translator: Translator) -> Iterator[Block]:
    """The whole review in reading order. Texts are on one line, without characters that XML does not allow."""
    yield _block(BlockKind.HEADING, review.title, level=1)
    for line in (review.publisher, review.dated):
        if line:
            yield _block(BlockKind.FACTS, line)
    yield from (_block(BlockKind.TEXT, line) for line in review.introduction_lines)
    for section in review.sections:
        if section.heading:
            yield _block(BlockKind.HEADING, section.heading, level=2)
        yield from _paragraphs(section.text)
        for entry in section.entries:
            yield from _entry(entry, 3 if section.heading else 2, translator)


def _entry(entry: ReviewedItem, level: int, translator: Translator) -> Iterator[Block]:
    language = entry.language
    yield _block(BlockKind.HEADING, entry.title, level=level, link=entry.address, language=language)
    facts = ", ".join(origin_facts(entry))
    if facts or entry.link or entry.address:
        block = _block(BlockKind.FACTS, facts, permalink=entry.link, about=entry.title)
        yield replace(block, printed_address=xml_safe_text(printed_address(entry.address)))
    yield from _paragraphs(entry.words)
    yield from _paragraphs(entry.description, language)
    for quote in entry.quotes:
        yield _block(BlockKind.QUOTE, translator.quotation(quote.text), language=language)
    for comment in entry.comments:
        yield _block(BlockKind.TEXT, attributed_comment(comment, translator))


def _paragraphs(text: str, language: str = "") -> Iterator[Block]:
    return (_block(BlockKind.TEXT, part, language=language) for part in split_paragraphs(text))


def _block(
    kind: BlockKind,
    text: str,
    *,
    level: int = 0,
    link: str = "",
    permalink: str = "",
    language: str = "",
    about: str = "",
) -> Block:
    about = short_quote(xml_safe_text(about), _LONGEST_ABOUT) if permalink else ""
    return Block(kind, xml_safe_text(one_line(text)), level, link, permalink, language, about)
