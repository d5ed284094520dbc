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

# How tightly a node binds; a node inside another one that binds as tightly or more needs brackets.
_TOGETHER, _EITHER, _BOTH, _SIGNED, _ONE = range(5)


def unparse(tree: Node | None) -> str:
    """The tree as query text; operators in French. None gives the empty text."""
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
    """The node, in brackets if it binds less than `least`."""
    text = _written(node)
    return f"({text})" if _strength(node) < least else text


def _excluded(part: Node) -> str:
    text = _bracketed(part, _SIGNED)
    # Two dashes would have no meaning.
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
