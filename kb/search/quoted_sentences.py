"""Sentences with quoted parts, as titles that were pasted: they are searched without their quotation marks."""

from dataclasses import dataclass

from index import Both, Node, Quote, Together, Word, unparse

_FEWEST_WORDS = 2
"""Plain words of a sentence beside its quoted parts. A query of quoted parts with one word is obeyed to the letter."""


@dataclass(frozen=True, slots=True)
class QuotedSentence:
    """A sentence without its quotation marks, a query for its quoted parts alone, and these parts."""

    query: str
    literal: str
    quotes: tuple[str, ...]


def quoted_sentence(tree: Node | None) -> QuotedSentence | None:
    """The sentence of a query; None for a query without quoted parts, with too few words, or with any other sign."""
    parts = tree.parts if isinstance(tree, Together) else ()
    texts = [part for part in parts if isinstance(part, Word | Quote)]
    quotes = tuple(part for part in texts if isinstance(part, Quote))
    if not quotes or len(texts) < len(parts) or len(texts) - len(quotes) < _FEWEST_WORDS:
        return None
    literal = unparse(Both(quotes) if len(quotes) > 1 else quotes[0])
    return QuotedSentence(" ".join(part.text for part in texts), literal, tuple(part.text for part in quotes))
