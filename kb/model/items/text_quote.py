"""The position of a passage in the text of its page (W3C TextQuoteSelector: the text before it and after it)."""

from dataclasses import replace

from kb.model.items.item_fields import AnnotationFields

_AROUND = 32
"""Characters that are kept on each side, as other annotating programs do."""


def with_text_quote(words: AnnotationFields, page: str) -> AnnotationFields:
    """A passage with what surrounds it in the text of its page, spaces and line ends apart; as it is where not found.

    Of several places it is the first. Surroundings that are given already stay.
    """
    wanted = " ".join(words.quote.split())
    if not wanted or words.prefix or words.suffix:
        return words
    text = " ".join(page.split())
    start = text.find(wanted)
    if start < 0:
        return words
    end = start + len(wanted)
    return replace(words, prefix=text[max(0, start - _AROUND) : start], suffix=text[end : end + _AROUND])
