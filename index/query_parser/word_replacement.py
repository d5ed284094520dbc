"""Read the plain words of a query text, and write the same text with other words."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import assert_never

from index.analysis import fold
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
    unparse,
)
from index.query_parser.tree_builder import parse_tree


def texts_in(tree: Node, names: Container[str], *, bare: bool = True) -> Iterator[str]:
    """The words and phrases in one of the fields named (folded), and, if `bare`, those without a field; in order.

    What is excluded is left out.
    """
    match tree:
        case Word(text) | Quote(text):
            yield from (text,) if bare else ()
        case InField(name, part):
            if name in names:
                yield from texts_in(part, names if bare else ())
        case Both(parts) | Either(parts) | Together(parts):
            for part in parts:
                yield from texts_in(part, names, bare=bare)
        case FuzzyWord() | Pattern() | Without():
            return
        case _:
            assert_never(tree)


def with_texts(tree: Node, names: Container[str], change: Callable[[str], str]) -> Node:
    """The tree with each of these words and phrases changed."""

    def inside(field: InField) -> Node:
        return InField(field.name, with_texts(field.part, names, change)) if field.name in names else field

    return _with_leaves(tree, lambda leaf: replace(leaf, text=change(leaf.text)), inside, excluded=False)


def with_values(tree: Node, names: Container[str], change: Callable[[str], str]) -> Node:
    """The tree with the words and phrases changed that stand in one of the fields named (folded).

    A value that cannot be written as query text does not change.
    """

    def inside(field: InField) -> Node:
        def changed(leaf: Word | Quote) -> Node:
            text = change(leaf.text)
            return leaf if text == leaf.text else _leaf(field.name, text) or leaf

        if field.name not in names:
            return field
        return InField(field.name, _with_leaves(field.part, changed, lambda nested: nested, excluded=True))

    return _with_leaves(tree, lambda leaf: leaf, inside, excluded=True)


def _with_leaves(
    tree: Node, leaf: Callable[[Word | Quote], Node], field: Callable[[InField], Node], *, excluded: bool
) -> Node:
    """The tree with its words, phrases and fields replaced; `excluded`: inside exclusions too."""
    match tree:
        case Word() | Quote():
            return leaf(tree)
        case InField():
            return field(tree)
        case Both(parts) | Either(parts) | Together(parts):
            return replace(tree, parts=tuple(_with_leaves(part, leaf, field, excluded=excluded) for part in parts))
        case Without(part):
            return Without(_with_leaves(part, leaf, field, excluded=excluded)) if excluded else tree
        case FuzzyWord() | Pattern():
            return tree
        case _:
            assert_never(tree)


def word_sequences(nodes: Iterable[Node]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The words that stand side by side in some nodes, without any operator, and the index of the first of them."""
    for is_word, group in groupby(enumerate(nodes), key=lambda pair: isinstance(pair[1], Word)):
        if is_word:
            run = list(group)
            yield run[0][0], tuple(node.text for _, node in run if isinstance(node, Word))


def field_query_text(name: str, value: str) -> str | None:
    """The query text for a value in a field, by its name: `source:Lagazette.fr`, `étiquette:"fonction publique"`.

    None for a value that cannot be written: the syntax cannot escape such characters.
    """
    leaf = _leaf(name, value)
    return None if leaf is None else unparse(InField(name, leaf))


def _leaf(name: str, value: str) -> Node | None:
    """The word or phrase node for a value in a field; None for a value that cannot be written."""
    read_as = fold(name)
    return next(
        (
            leaf
            for leaf in (Word(value), Quote(value))
            if parse_tree(unparse(InField(name, leaf)), {read_as}).tree == InField(read_as, leaf)
        ),
        None,
    )
