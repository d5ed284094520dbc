"""The syntax tree of a query text: words and operators only. The `Syntax` of a schema gives them a meaning later.

`Both`, `Either` and `Together` have two parts or more. `parse_tree` and `unparse` are inverses.
"""

from dataclasses import dataclass


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
