"""Cut a query text into operators and words. Every text can be cut, in one pass from its start to its end."""

import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import Enum

from index.analysis import fold
from index.query_parser.syntax_tree import FuzzyWord, Leaf, Pattern, Quote, Word


class Sign(Enum):
    OPEN = "("
    CLOSE = ")"
    MINUS = "-"
    """Directly before the part that it excludes."""
    AND = "and"
    OR = "or"
    NOT = "not"


_OPERATORS = {"AND": Sign.AND, "ET": Sign.AND, "OR": Sign.OR, "OU": Sign.OR, "NOT": Sign.NOT, "SAUF": Sign.NOT}


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator, and how it was written."""

    sign: Sign
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A field's name and its colon, directly before what follows: `titre:`. `name` is folded."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A part without meaning; `text` is empty if it need not be reported (`""`, `!`)."""

    text: str


Lexeme = Sign | Operator | Name | Leaf | Unknown

_DOUBLE_QUOTES = '"“”„'
_TOKEN = re.compile(
    r"""
    (?P<space>\s+) | (?P<open>\() | (?P<close>\))
    | (?P<double>["“”„]) | (?P<french>«)
    | (?P<chunk>[^\s()"“”„«]+)
    """,
    re.VERBOSE,
)
_CLOSING = {"double": re.compile('["“”„]'), "french": re.compile("»")}
_INNER_WILDCARD = re.compile(r"\?\w")
_DISTANCES = {"": 1, "1": 1, "2": 2}
_END_MARKS = ",;.:!?…"


def lexemes(text: str, names: Container[str]) -> Iterator[Lexeme]:
    """The operators and words of a text. `names` are the folded names of the existing fields."""
    text = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    # A closing quote that was not found once is not searched again: the pass stays linear.
    missing: set[str] = set()
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        kind = match.lastgroup or ""
        if kind == "open":
            yield Sign.OPEN
        elif kind == "close":
            yield Sign.CLOSE
        elif kind == "chunk":
            yield from _chunk(match[0], names, text[position : position + 1])
        elif kind != "space":
            closing = None if kind in missing else _CLOSING[kind].search(text, position)
            if closing is None:
                missing.add(kind)
                yield Unknown(match[0])
            else:
                quoted = text[position : closing.start()]
                yield Quote(quoted) if quoted.strip() else Unknown("")
                position = closing.end()


def _chunk(chunk: str, names: Container[str], after: str) -> Iterator[Lexeme]:
    """The text between two spaces, quotes or brackets; `after` is the next character, if any."""
    if chunk in _OPERATORS:
        yield Operator(_OPERATORS[chunk], chunk)
        return
    glued = after != "" and (after in _DOUBLE_QUOTES or after in "«(")
    if chunk[0] == "-" and chunk[1:2] != "-" and (len(chunk) > 1 or glued):
        yield Sign.MINUS
        chunk = chunk[1:]
    name, colon, value = chunk.partition(":")
    if colon and (value or glued) and fold(name) in names:
        yield Name(fold(name))
        if value:
            yield _leaf(value)
        return
    if any(char.isalnum() or char == "*" for char in chunk):
        yield _leaf(chunk)
    elif chunk:
        # Punctuation is ignored without a report; other signs (☂) are reported: the user may expect something of them.
        yield Unknown(chunk if any(unicodedata.category(char) == "So" for char in chunk) else "")


def _leaf(chunk: str) -> Leaf:
    bare = chunk.rstrip(_END_MARKS)
    if not any(char.isalnum() for char in bare):
        return Pattern("*") if bare == "*" else Word(chunk)
    word, near, distance = bare.rpartition("~")
    has_word = any(char.isalnum() for char in word) and not any(sign in word for sign in "~*?")
    if near and has_word and distance in _DISTANCES:
        return FuzzyWord(word, _DISTANCES[distance])
    # A question mark at the end of a word is punctuation.
    if "~" not in bare and ("*" in bare or _INNER_WILDCARD.search(bare)):
        return Pattern(bare)
    return Word(chunk)
