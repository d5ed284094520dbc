"""Texts that are shortened with an ellipsis."""

from collections.abc import Iterable, Iterator

ELLIPSIS = "\u00a0…"
"""Marks omitted words; no line break separates it from the words beside it."""


def truncate(text: str, longest: int) -> str:
    """At most `longest` characters of a text, cut between words, and an ellipsis if something is omitted."""
    if len(text) <= longest:
        return text
    head, _, _ = text[: longest + 1].rpartition(" ")
    return (head.rstrip() or text[:longest]) + ELLIPSIS


def truncate_marked_text(pieces: Iterable[tuple[str, bool]], longest: int) -> Iterator[tuple[str, bool]]:
    """As `truncate`, for a text in pieces, each with whether it is marked."""
    left = longest
    for text, is_marked in pieces:
        yield truncate(text, left), is_marked
        left -= len(text)
        if left < 0:
            return


def truncate_within(text: str, longest: int) -> str:
    """At most `longest` characters, of which the last is an ellipsis if something is omitted."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
