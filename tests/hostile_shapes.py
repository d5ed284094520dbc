"""Texts that cost a careless function more than they are long: runs, alternations, and near misses of an expression.

Each shape is a function from a length to a text of about that length.
"""

import re
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

from re import _constants as codes  # isort: skip
from re import _parser as parser  # isort: skip

Shape = Callable[[int], str]

SPACES = " \t\n\r\x0b\x0c\x1c\x85\xa0\u2009\u202f\u2028\u3000"
SIGNS = "()[]{}<>\"'’«»“”-–—_.,;:/\\@#&%=?*+~`|!$^•…"
LETTERS = "a", "A", "é", "ß", "İ", "中", "あ", "\U0001f600", "0", "1", "²", "٣"
MARKS = "\u0301", "\u0315\u0300", "\xad", "\u200b", "\u200d", "\ufeff", "\u1161", "\x00", "\ud800", "\ufffe"
ALTERNATED = " ", "\xa0", "\n", "-", ".", ",", '"', "'", "(", "/", "a", "1", "\u0301"
PIECES = (
    "a b ",
    "- 1 ",
    "et , ",
    "//",
    "https://a.fr/ ",
    "a.b/amp/",
    "%41",
    "&amp;",
    "](",
    "**a",
    "[a](",
    "> ",
    "a:b ",
    "a-b-",
    "a'b'",
    "1 mai 2014, ",
    "@a ",
    '"a" ',
    "a@b.",
    "NOT ",
    "(a OR ",
    "\\u0041",
    "%E9",
    "xn--a.",
    "=?utf-8?q?a?=",
    ";q=0,",
    'W/"a", ',
    "<a>",
    "<!--",
    "&#",
    "a* ",
    "?a?",
    "a~2 ",
)
ENDS = "", "x", "\x00", " !", "\n", ")"


def run_of(piece: str, start: str = "", end: str = "") -> Shape:
    """The piece again and again, between a start and an end."""

    def shape(length: int) -> str:
        return start + piece * max(1, (length - len(start) - len(end)) // len(piece)) + end

    return shape


def general_shapes() -> dict[str, Shape]:
    """Runs of each kind of character, alternations of them, and pieces of what people and programs write."""
    shapes: dict[str, Shape] = {}
    for piece in (*SPACES, *SIGNS, *LETTERS, *MARKS, *PIECES):
        for end in ("", "x!") if piece in SPACES else ("",):
            shapes[f"{piece!a}... {end}"] = run_of(piece, "x" if end else "", end)
    for one, other in permutations(ALTERNATED, 2):
        shapes[f"{one + other!a}..."] = run_of(one + other)
    return shapes


def near_misses(pattern: str | bytes, flags: int) -> dict[str, Shape]:
    """Texts that an expression reads for long and then refuses: what stands before a repetition, then much of it."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    tree = parser.parse(text, flags & ~re.UNICODE if isinstance(pattern, bytes) else flags)
    shapes: dict[str, Shape] = {}
    for choice in range(3):
        for start, inner in _repetitions(list(tree), choice, ""):
            for end in ENDS:
                name = f"{start[-20:]!a} {inner[:20]!a}... {end!a}"
                shapes[name] = run_of(inner, start[:200], end)
    return shapes


def _repetitions(nodes: list[tuple[object, object]], choice: int, start: str) -> Iterator[tuple[str, str]]:
    """Each repetition without an end, as what stands before it and what it repeats."""
    for code, given in nodes:
        parts = _parts_of(code, given)
        if code in _REPEATS:
            least, most, _ = given  # type: ignore[misc]
            if most is codes.MAXREPEAT or most > 100:
                yield from ((start, repeated) for other in range(4) if (repeated := _example(parts[0], other)))
        for inside in parts:
            yield from _repetitions(inside, choice, start)
        if code in _REPEATS:
            start += _example(parts[0], choice) * max(1, least)
        elif code not in (codes.ASSERT, codes.ASSERT_NOT):
            start += _example([(code, given)], choice)


_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def _parts_of(code: object, given: Any) -> list[list[tuple[object, object]]]:
    """The sequences that a part of an expression holds."""
    match code:
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT | codes.SUBPATTERN:
            return [list(given[-1])]
        case codes.BRANCH:
            return [list(branch) for branch in given[1]]
        case codes.ATOMIC_GROUP:
            return [list(given)]
        case codes.ASSERT | codes.ASSERT_NOT:
            return [list(given[1])]
        case _:
            return []


def _example(nodes: list[tuple[object, object]], choice: int) -> str:
    """A text that these parts of an expression match, about."""
    return "".join(_part(code, given, choice) for code, given in nodes)


def _part(code: object, given: object, choice: int) -> str:
    match code:
        case codes.LITERAL:
            return chr(given)  # type: ignore[arg-type]
        case codes.NOT_LITERAL | codes.ANY:
            return "a -\xa0"[choice]
        case codes.IN:
            return _member(list(given), choice)  # type: ignore[call-overload]
        case codes.BRANCH:
            branches = given[1]  # type: ignore[index]
            return _example(list(branches[choice % len(branches)]), choice)
        case codes.SUBPATTERN:
            return _example(list(given[-1]), choice)  # type: ignore[index]
        case codes.ATOMIC_GROUP:
            return _example(list(given), choice)  # type: ignore[call-overload]
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            least, most, inner = given  # type: ignore[misc]
            return _example(list(inner), choice) * max(least, 1 if most else 0)
        case _:
            return ""


_CATEGORIES = {
    codes.CATEGORY_DIGIT: "1234",
    codes.CATEGORY_NOT_DIGIT: "a -\xa0",
    codes.CATEGORY_SPACE: " \xa0\t\n",
    codes.CATEGORY_NOT_SPACE: "a-.1",
    codes.CATEGORY_WORD: "a1_é",
    codes.CATEGORY_NOT_WORD: " -.\xa0",
}


def _member(members: list[tuple[object, object]], choice: int) -> str:
    """A character of a class."""
    held: list[str] = []
    for code, given in members:
        match code:
            case codes.LITERAL:
                held.append(chr(given))  # type: ignore[arg-type]
            case codes.RANGE:
                held.append(chr(given[0]))  # type: ignore[index]
            case codes.CATEGORY:
                held.append(_CATEGORIES[given][choice])  # type: ignore[index]
    if members[0][0] is codes.NEGATE:
        return next((one for one in ("a -\xa0"[choice], *"a1 -.\xa0\u4e00") if one not in held), "\u4e01")
    return held[choice * (len(held) - 1) // 3] if held else ""
