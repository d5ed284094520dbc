"""Join the lines of a text, and end sentences with a full stop."""

from kb.model.text_rules import one_line


def nonblank_lines(text: str) -> tuple[str, ...]:
    """The lines of a text, each on one line, without the empty ones."""
    return tuple(line for line in map(one_line, text.splitlines()) if line)


def with_full_stop(text: str) -> str:
    """A sentence with its full stop, unless it ends with a mark of its own."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
