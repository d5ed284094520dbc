"""The syntax tree of a query text: words and operators only. The `Syntax` of a schema gives them a meaning later.

`Both`, `Either` and `Together` have two parts or more. `parse_tree` and `unparse` are inverses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class Word:
    """One or more words without a space between them: `agents`, `l'agent`, `agents/élus`."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """`"phrase exacte"`, without its quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """`préfixe*`, `num?rique`: `*` any letters, `?` one."""

    text: str


@dataclass(frozen=True, slots=True)
class FuzzyWord:
    """`mot~` (distance 1), `mot~2`: words that differ by so many letters."""

    text: str
    distance: int = 1


@dataclass(frozen=True, slots=True)
class InField:
    """`titre:mot`, `titre:(un deux)`. `name` is folded."""

    name: str
    part: "Node"


@dataclass(frozen=True, slots=True)
class Without:
    """`-mot`, `SAUF mot`."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """`un ET deux`."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """`un OU deux`; binds less than `ET`."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Together:
    """A plain sequence; binds least of all."""

    parts: "tuple[Node, ...]"


Leaf = Word | Quote | Pattern | FuzzyWord
Node = Leaf | InField | Without | Both | Either | Together


def leaves(tree: Node) -> Iterator[Leaf]:
    """The leaves of a tree, in order, those of fields and exclusions included."""
    match tree:
        case InField(_, part) | Without(part):
            yield from leaves(part)
        case Both(parts) | Either(parts) | Together(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield tree


# How tightly a node binds; a node inside another one that binds as tightly or more needs brackets.
_TOGETHER, _EITHER, _BOTH, _SIGNED, _ONE = range(5)


def unparse(tree: Node | None) -> str:
    """The tree as query text; operators in French. None gives the empty text."""
    return "" if tree is None else _leaf_text(tree)


def _leaf_text(node: Node) -> str:
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
            text = _bracketed(part, _SIGNED)
            # Two dashes would have no meaning.
            return f"-({text})" if text.startswith("-") else f"-{text}"
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
    text = _leaf_text(node)
    return f"({text})" if _strength(node) < least else text


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
