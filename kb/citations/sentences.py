"""Join the lines of a text, and end sentences with a full stop."""

from kb.model.text_rules import one_line


def nonblank_lines(text: str) -> tuple[str, ...]:
    """The lines of a text that are not empty, each on one line."""
    return tuple(line for line in map(one_line, text.splitlines()) if line)


def with_full_stop(text: str) -> str:
    """A sentence with a full stop, unless it ends with another mark."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
