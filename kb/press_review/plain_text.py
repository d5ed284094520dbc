"""A press review in plain text, to paste into an e-mail message."""

from kb.press_review.review import (
    PressReview,
    ReviewedItem,
    attributed_comment,
    origin_facts,
    split_paragraphs,
)
from kb.translation import Translator


def write_text_review(review: PressReview, translator: Translator) -> str:
    """The whole text."""
    blocks = [f"{review.title}\n{'=' * min(len(review.title), 72)}"]
    blocks += [line for line in (review.publisher, review.dated) if line]
    blocks += review.introduction_lines
    for section in review.sections:
        if section.heading:
            blocks.append(f"{section.heading}\n{'-' * min(len(section.heading), 72)}")
        blocks += split_paragraphs(section.text)
        blocks += (_entry(entry, translator) for entry in section.entries)
    return "\n\n".join(blocks) + "\n"


def _entry(item: ReviewedItem, translator: Translator) -> str:
    lines = [
        item.title,
        ", ".join(origin_facts(item)),
        *split_paragraphs(item.words),
        *split_paragraphs(item.description),
        *(translator.quotation(quote.text) for quote in item.quotes),
        *(attributed_comment(comment, translator) for comment in item.comments),
        item.address,
        item.link,
    ]
    return "\n".join(line for line in lines if line)
