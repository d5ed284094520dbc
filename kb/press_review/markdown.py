"""A press review in Markdown (CommonMark 0.31): texts of users are escaped, so that none becomes markup."""

from kb.press_review.markdown_escaping import escape_markdown, escape_markdown_line, markdown_address
from kb.press_review.review import (
    PressReview,
    ReviewedItem,
    attributed_comment,
    origin_facts,
    split_paragraphs,
)
from kb.translation import Translator


def write_markdown_review(review: PressReview, translator: Translator) -> str:
    """The whole text."""
    blocks = [f"# {escape_markdown(review.title)}"]
    blocks += (f"*{escape_markdown(line)}*" for line in (review.publisher, review.dated) if line)
    blocks += map(escape_markdown_line, review.introduction_lines)
    for section in review.sections:
        if section.heading:
            blocks.append(f"## {escape_markdown(section.heading)}")
        blocks += map(escape_markdown_line, split_paragraphs(section.text))
        for entry in section.entries:
            blocks += _entry(entry, 3 if section.heading else 2, translator)
    return "\n\n".join(blocks) + "\n"


def _entry(item: ReviewedItem, level: int, translator: Translator) -> list[str]:
    title, marks = escape_markdown(item.title), "#" * level
    blocks = [f"{marks} [{title}](<{markdown_address(item.address)}>)" if item.address else f"{marks} {title}"]
    facts = escape_markdown(", ".join(origin_facts(item)))
    permalink = f"[{translator.gettext('permanent link')}](<{markdown_address(item.link)}>)" if item.link else ""
    if facts or permalink:
        blocks.append(" · ".join(filter(None, (f"*{facts}*" if facts else "", permalink))))
    blocks += map(escape_markdown_line, split_paragraphs(item.words))
    blocks += map(escape_markdown_line, split_paragraphs(item.description))
    blocks += (f"> {escape_markdown_line(translator.quotation(quote.text))}" for quote in item.quotes)
    blocks += (escape_markdown_line(attributed_comment(comment, translator)) for comment in item.comments)
    return blocks
