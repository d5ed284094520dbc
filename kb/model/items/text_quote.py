"""The position of a passage in the text of its page (W3C TextQuoteSelector: the text before it and after it)."""

from dataclasses import replace

from kb.model.items.item_fields import AnnotationFields

_AROUND = 32
"""Characters stored on each side, as other annotation programs do."""


def with_text_quote(words: AnnotationFields, page: str) -> AnnotationFields:
    """Add to a passage the text around it in its page, ignoring spaces and line ends; unchanged if it is not found.

    If it occurs several times, the first place counts. Given surroundings stay.
    """
    quote = " ".join(words.quote.split())
    if not quote or words.prefix or words.suffix:
        return words
    text = " ".join(page.split())
    start = text.find(quote)
    if start < 0:
        return words
    end = start + len(quote)
    return replace(words, prefix=text[max(0, start - _AROUND) : start], suffix=text[end : end + _AROUND])
