"""From a typed text to a tree, without recursion: brackets open and close on a stack of bounded height."""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import assert_never

from index.parser.lexing import Lexeme, Name, Operator, Sign, Unknown, lexemes
from index.parser.tree import Both, Either, In, Leaf, Near, Node, Pattern, Quote, Together, Without, Word

DEEPEST = 40
"""Brackets inside brackets, at most; deeper ones are left out."""
MOST_LEAVES = 300
"""Words, phrases and patterns, at most; later ones are left out."""
_MOST_LEFT_OUT = 10


@dataclass(frozen=True, slots=True)
class Read:
    """`tree` is None when nothing was typed that says anything. `left_out`: what was not understood, as typed."""

    tree: Node | None
    left_out: tuple[str, ...]


def parse_tree(text: str, names: Container[str]) -> Read:
    """The tree of a text. `names` are the folded names of the fields there are. Never raises, whatever the text."""
    reader = _Reader()
    for lexeme in lexemes(text, names):
        reader.take(lexeme)
    return reader.end()


@dataclass(slots=True)
class _Group:
    """What was read since a bracket opened: things that follow each other, the last of them not yet complete.

    `both` are the parts joined by ET so far, `either` those joined by OU before them; `operator` waits for its second
    part, `negation` for what it excludes.
    """

    together: list[Node] = field(default_factory=list)
    either: list[Node] = field(default_factory=list)
    both: list[Node] = field(default_factory=list)
    operator: Operator | None = None
    negation: Operator | None = None
    pending_name: str | None = None
    pending_not: bool = False

    def add(self, node: Node) -> None:
        if self.pending_name is not None:
            node = In(self.pending_name, node)
        if self.pending_not:
            node = Without(node)
        if self.operator is None:
            self.close_row()
        elif self.operator.sign is Sign.OR:
            self.close_both()
        self.both.append(node)
        self.forget()

    def forget(self) -> None:
        """Nothing waits any more."""
        self.operator = self.negation = self.pending_name = None
        self.pending_not = False

    def close_both(self) -> None:
        if self.both:
            self.either.append(self.both[0] if len(self.both) == 1 else Both(tuple(self.both)))
            self.both = []

    def close_row(self) -> None:
        self.close_both()
        if self.either:
            self.together.append(self.either[0] if len(self.either) == 1 else Either(tuple(self.either)))
            self.either = []

    def node(self) -> Node | None:
        self.close_row()
        if len(self.together) > 1:
            return Together(tuple(self.together))
        return self.together[0] if self.together else None


@dataclass(slots=True)
class _Reader:
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    too_deep: int = 0
    leaves: int = 0
    left_out: list[str] = field(default_factory=list)

    def take(self, lexeme: Lexeme) -> None:
        group = self.groups[-1]
        match lexeme:
            case Operator():
                self.take_operator(lexeme)
            case Name(name):
                group.pending_name = name
            case Sign.MINUS:
                group.pending_not = not group.pending_not
            case Sign.OPEN:
                self.open()
            case Sign.CLOSE:
                self.close()
            case Unknown(text):
                self.leave_out(text)
                group.forget()
            case Word() | Quote() | Pattern() | Near():
                self.take_leaf(lexeme, group)
            case Sign():
                raise AssertionError(lexeme)
            case _:
                assert_never(lexeme)

    def take_leaf(self, leaf: Leaf, group: _Group) -> None:
        self.leaves += 1
        if self.leaves > MOST_LEAVES:
            self.leave_out(leaf.text)
            group.forget()
        else:
            if isinstance(leaf, Word) and group.pending_name is None and _looks_like_a_field(leaf.text):
                self.leave_out(leaf.text)
            group.add(leaf)

    def take_operator(self, operator: Operator) -> None:
        group = self.groups[-1]
        if operator.sign is Sign.NOT:
            group.negation = operator
            group.pending_not = not group.pending_not
        elif group.both and group.operator is None and group.negation is None:
            group.operator = operator
        else:
            self.take_as_word(operator, group)

    def take_as_word(self, operator: Operator, group: _Group) -> None:
        """An operator without its parts, searched as the word that it also is."""
        self.leave_out(operator.text)
        self.take_leaf(Word(operator.text.lower()), group)

    def open(self) -> None:
        if len(self.groups) > DEEPEST:
            self.too_deep += 1
            self.leave_out("(")
            return
        self.groups.append(_Group())

    def close(self) -> None:
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.groups) == 1:
            self.leave_out(")")
            self.groups[0].forget()
        else:
            self.close_group()

    def close_group(self) -> None:
        node = self.finished(self.groups.pop())
        if node is None:
            self.groups[-1].forget()
        else:
            self.groups[-1].add(node)

    def finished(self, group: _Group) -> Node | None:
        """What a group comes to; operators that still wait in it are words."""
        for waiting in (group.operator, group.negation):
            if waiting is not None:
                group.forget()
                self.take_as_word(waiting, group)
        return group.node()

    def end(self) -> Read:
        if len(self.groups) > 1:
            self.leave_out("(")
        while len(self.groups) > 1:
            self.close_group()
        return Read(self.finished(self.groups[0]), tuple(self.left_out))

    def leave_out(self, text: str) -> None:
        if text and text not in self.left_out and len(self.left_out) < _MOST_LEFT_OUT:
            self.left_out.append(text)


def _looks_like_a_field(text: str) -> bool:
    """Whether somebody may have meant a field that there is not: `sujet:agents`, but not an address or an hour."""
    name, colon, value = text.partition(":")
    return bool(colon and value) and name.isalpha() and not value.startswith("/")
