"""Texts that are shortened with an ellipsis."""

ELLIPSIS = "\u00a0…"
"""Marks omitted words; no line break separates it from the words beside it."""


def truncate(text: str, longest: int) -> str:
    """At most `longest` characters of a text, cut between words, and an ellipsis if something is omitted."""
    if len(text) <= longest:
        return text
    head, _, _ = text[: longest + 1].rpartition(" ")
    return (head.rstrip() or text[:longest]) + ELLIPSIS


def truncate_within(text: str, longest: int) -> str:
    """At most `longest` characters, of which the last is an ellipsis if something is omitted."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
