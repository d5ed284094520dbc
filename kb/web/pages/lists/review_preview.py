"""The part of a press review that one page has room for."""

from dataclasses import replace

from kb.model.truncation import truncate
from kb.press_review.review import PressReview, ReviewedItem, ReviewSection
from kb.web.pages.listing.result_rows import LONGEST_MARKED_TITLE
from kb.web.ui.page_weight import SHORT, PageBudget

_LONGEST_SHORT_ADDRESS = 1_000
"""Characters of an address to which a shortened entry still links."""


def preview_of_review(review: PressReview) -> PressReview:
    """The first parts of a review that fit in a page."""
    budget = PageBudget()
    sections = list[ReviewSection]()
    for section in review.sections:
        review_section = _preview_of_section(section, budget)
        if review_section is None:
            break
        sections.append(review_section)
        if len(review_section.entries) < len(section.entries):
            break
    return replace(review, sections=tuple(sections))


def _preview_of_section(section: ReviewSection, budget: PageBudget) -> ReviewSection | None:
    """The first entries of a section; None where the page has no room for its heading."""
    heading = truncate(section.heading, LONGEST_MARKED_TITLE)
    if not budget.reserve(heading):
        return None
    review_section = ReviewSection(heading, budget.fitting_text(section.text))
    entries = list[ReviewedItem]()
    for entry in section.entries:
        short = _shortened_entry(entry)
        if budget.reserve(*entry.texts):
            entries.append(entry)
        elif budget.reserve(*short.texts):
            entries.append(short)
        else:
            break
    return replace(review_section, entries=tuple(entries))


def _shortened_entry(entry: ReviewedItem) -> ReviewedItem:
    """An entry with the beginnings of its texts; an address that is too long is no link."""
    return replace(
        entry,
        title=truncate(entry.title, LONGEST_MARKED_TITLE),
        address=entry.address if len(entry.address) <= _LONGEST_SHORT_ADDRESS else "",
        source=truncate(entry.source, SHORT),
        byline=truncate(entry.byline, SHORT),
        description=truncate(entry.description, SHORT),
        quotes=tuple(replace(quote, text=truncate(quote.text, SHORT)) for quote in entry.quotes),
        comments=tuple(replace(comment, text=truncate(comment.text, SHORT)) for comment in entry.comments),
        words=truncate(entry.words, SHORT),
    )
