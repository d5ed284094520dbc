"""Build the syntax tree of a query text without recursion: brackets open and close on a stack of bounded height."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import assert_never

from index.analysis import analyze
from index.plan import DEFAULT_BOUNDS, MULTI_TERM_WORDS, Bounds
from index.query_parser.ignored_parts import IgnoredPartList, IgnoredReason
from index.query_parser.lexer import Lexeme, Name, Operator, Sign, Unknown, lexemes
from index.query_parser.syntax_tree import (
    Both,
    Either,
    FuzzyWord,
    InField,
    Leaf,
    Node,
    Pattern,
    Quote,
    Together,
    Without,
    Word,
)


@dataclass(frozen=True, slots=True)
class ReadTree:
    """`tree` is None if the text has no meaning. `ignored`: the ignored parts."""

    tree: Node | None
    ignored: IgnoredPartList


def parse_tree(text: str, names: Container[str], bounds: Bounds = DEFAULT_BOUNDS) -> ReadTree:
    """The tree of a text. `names` are the folded names of the existing fields. Never raises, whatever the text."""
    reader = _Reader(names, bounds)
    for lexeme in lexemes(text, names):
        reader.take(lexeme)
    return reader.end()


@dataclass(slots=True)
class _Group:
    """The parts since a bracket opened; the last of them is not yet complete.

    `both` are the parts joined by ET so far, `either` those joined by OU before them; `operator` waits for its second
    part, `negation` for the part that it excludes.
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
            node = InField(self.pending_name, node)
        if self.pending_not:
            node = Without(node)
        if self.operator is None:
            self.close_row()
        elif self.operator.sign is Sign.OR:
            self.close_both()
        self.both.append(node)
        self.forget()

    def forget(self) -> None:
        """Drop the waiting operator and negation."""
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
    """`words` counts the words read, `too_deep` the open brackets beyond the depth limit."""

    names: Container[str]
    bounds: Bounds
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    too_deep: int = 0
    words: int = 0
    ignored: IgnoredPartList = field(default_factory=IgnoredPartList)

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
                self.ignored.add(IgnoredReason.SENSE, text)
                group.forget()
            case Word() | Quote() | Pattern() | FuzzyWord():
                self.take_leaf(lexeme, group)
            case Sign():
                raise AssertionError(lexeme)
            case _:
                assert_never(lexeme)

    def take_leaf(self, leaf: Leaf, group: _Group) -> None:
        within = self.bounded(leaf)
        if within is None:
            group.forget()
        else:
            if isinstance(within, Word) and group.pending_name is None and _looks_like_a_field(within.text):
                self.ignored.add(IgnoredReason.SENSE, within.text)
            group.add(within)

    def bounded(self, leaf: Leaf) -> Leaf | None:
        """The leaf, with as many of its words as the limit allows; None if it allows none."""
        room = self.bounds.words - self.words
        ends = _ends_of_words(leaf)
        weight = MULTI_TERM_WORDS if isinstance(leaf, Pattern | FuzzyWord) and leaf != Pattern("*") else len(ends)
        self.words += weight
        if weight <= room:
            return leaf
        if isinstance(leaf, Pattern | FuzzyWord):
            room = 0
        first = replace(leaf, text=leaf.text[: max(ends[: max(room, 0)], default=0)])
        # The start of a word may be another sign by itself (`a*b~c`): it is then dropped with the rest.
        fits = first.text and (not isinstance(leaf, Word) or [*lexemes(first.text, self.names)] == [first])
        self.ignored.add(IgnoredReason.WORDS, leaf.text[len(first.text) if fits else 0 :].strip())
        return first if fits else None

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
        """Search an operator without its parts as the word that it also is."""
        self.ignored.add(IgnoredReason.SENSE, operator.text)
        self.take_leaf(Word(operator.text.lower()), group)

    def open(self) -> None:
        if len(self.groups) > self.bounds.depth:
            self.too_deep += 1
            self.ignored.add(IgnoredReason.DEPTH, "(")
            return
        self.groups.append(_Group())

    def close(self) -> None:
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.groups) == 1:
            self.ignored.add(IgnoredReason.SENSE, ")")
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
        """The node of a group; its waiting operators become words."""
        for waiting in (group.operator, group.negation):
            if waiting is not None:
                group.forget()
                self.take_as_word(waiting, group)
        return group.node()

    def end(self) -> ReadTree:
        if len(self.groups) > 1:
            self.ignored.add(IgnoredReason.SENSE, "(")
        while len(self.groups) > 1:
            self.close_group()
        return ReadTree(self.finished(self.groups[0]), self.ignored)


def _ends_of_words(leaf: Leaf) -> list[int]:
    """The end of each word of a leaf; a wildcard is one word."""
    if isinstance(leaf, Pattern | FuzzyWord):
        return [len(leaf.text)]
    return [token.end for token in analyze(leaf.text, None, exact=True)] or [len(leaf.text)]


def _looks_like_a_field(text: str) -> bool:
    """Whether the user may have meant a field that does not exist: `sujet:agents`, but not an address or a time."""
    name, colon, value = text.partition(":")
    return bool(colon and value) and name.isalpha() and not value.startswith("/")
