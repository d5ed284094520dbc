"""Limit what a press review passes on of an item to what its source allows, and say so."""

from dataclasses import replace

from kb.model.quotation_rule import QuotationRule
from kb.press_review.review import ReviewedItem, ReviewedQuote, short_quote
from kb.translation import Translator


def limited(entry: ReviewedItem, rule: QuotationRule, translator: Translator) -> ReviewedItem:
    """The item without what its source does not allow. A sentence says so, as a comment without an author: every format
    writes it. The words of readers stay.
    """
    most = rule.longest
    if most is None or not (entry.quotes or entry.description):
        return entry
    if most == 0:
        sentence = translator.gettext("Title and link only: this source does not allow quotations.")
        return replace(entry, description="", quotes=(), comments=(ReviewedQuote(sentence), *entry.comments))
    quotes = tuple(replace(quote, text=short_quote(quote.text, most)) for quote in entry.quotes)
    description = short_quote(entry.description, most) if entry.description else ""
    if (quotes, description) == (entry.quotes, entry.description):
        return entry
    sentence = translator.gettext("Quotations of at most %(count)s characters: this source allows no more.", count=most)
    return replace(entry, description=description, quotes=quotes, comments=(ReviewedQuote(sentence), *entry.comments))
