"""Write a syntax tree as a text that parses to the same tree."""

from typing import assert_never

from index.query_parser.syntax_tree import (
    Both,
    Either,
    FuzzyWord,
    InField,
    Node,
    Pattern,
    Quote,
    Together,
    Without,
    Word,
)

# How tightly a node holds together; one inside another that is as tight or tighter needs brackets.
_TOGETHER, _EITHER, _BOTH, _SIGNED, _ONE = range(5)


def unparse(tree: Node | None) -> str:
    """The tree as a person could have typed it; operators in French. None, nothing typed, is the empty text."""
    return "" if tree is None else _written(tree)


def _written(node: Node) -> str:
    match node:
        case Word(text) | Pattern(text):
            return text
        case Quote(text):
            return f"«{text}»" if any(quote in text for quote in '"“”„') else f'"{text}"'
        case FuzzyWord(text, distance):
            return f"{text}~" if distance == 1 else f"{text}~{distance}"
        case InField(name, part):
            return f"{name}:{_bracketed(part, _ONE)}"
        case Without(part):
            return f"-{_excluded(part)}"
        case Both(parts):
            return " ET ".join(_bracketed(part, _SIGNED) for part in parts)
        case Either(parts):
            return " OU ".join(_bracketed(part, _BOTH) for part in parts)
        case Together(parts):
            return " ".join(_bracketed(part, _EITHER) for part in parts)
        case _:
            assert_never(node)


def _bracketed(node: Node, least: int) -> str:
    """The node, between brackets if it holds together less than that."""
    text = _written(node)
    return f"({text})" if _strength(node) < least else text


def _excluded(part: Node) -> str:
    text = _bracketed(part, _SIGNED)
    # Two dashes would be no sign at all.
    return f"({text})" if text.startswith("-") else text


def _strength(node: Node) -> int:
    match node:
        case Together():
            return _TOGETHER
        case Either():
            return _EITHER
        case Both():
            return _BOTH
        case InField() | Without():
            return _SIGNED
        case _:
            return _ONE
