"""Text brought onto one line, and between the quotation marks of a language."""

import re

from kb.translating import Translator

# Not `str.split`: the no-break spaces of French belong to the text.
_BREAKS = re.compile(r"[\t-\r\x1c-\x1f \x85\u2028\u2029]+")


def one_line(text: str) -> str:
    """The text with each run of ordinary spaces and line breaks as one space, none at its ends."""
    # Most texts are on one line already, which is seen far sooner than each space is looked at.
    return text.strip(" ") if text.isprintable() and "  " not in text else _BREAKS.sub(" ", text).strip(" ")


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a text, each on one line, without the empty ones."""
    return tuple(line for line in map(one_line, text.splitlines()) if line)


def ended(text: str) -> str:
    """A sentence with its full stop, unless it ends with a mark of its own."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def quoted(text: str, words: Translator) -> str:
    """The text between quotation marks; one that already stands whole between guillemets keeps its own."""
    if text.startswith("«") and text.endswith("»") and text.count("«") == 1:
        return text
    return words.say("“%(text)s”", text=text)
