"""From what a person typed to a query tree, and back. Knows words and operators; which fields exist, `Syntax` says."""

from index.parser.syntax import Keyword, Period, Searched, Side, Syntax, Words

__all__ = ["Keyword", "Period", "Searched", "Side", "Syntax", "Words"]
