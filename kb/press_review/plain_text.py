"""A review in plain text, to be pasted into a letter."""

from kb.press_review.review import Review, Reviewed, origin, paragraphs
from kb.translation import Translator


def write(review: Review, words: Translator) -> str:
    """The whole text."""
    blocks = [review.title.upper() if review.title.isascii() else review.title]
    blocks += [review.dated] if review.dated else []
    blocks += paragraphs(review.introduction)
    for section in review.sections:
        if section.heading:
            blocks.append(f"{section.heading}\n{'-' * min(len(section.heading), 72)}")
        blocks += paragraphs(section.text)
        blocks += (_entry(one, words) for one in section.entries)
    return "\n\n".join(blocks) + "\n"


def _entry(one: Reviewed, words: Translator) -> str:
    lines = [
        one.title,
        ", ".join(origin(one)),
        *paragraphs(one.words),
        *paragraphs(one.description),
        *(words.quoted(quote) for quote in one.quotes),
        one.address,
    ]
    return "\n".join(line for line in lines if line)
