"""A typed text, read and compiled."""

from dataclasses import dataclass

from index.analysis import folded, runs
from index.parser.compiling import Compiler
from index.parser.reading import parse_tree
from index.parser.syntax import Syntax
from index.parser.terms import says_nothing
from index.parser.tree import Node, Together, Word
from index.query import Everything, Query

_LOOKED_AT = 1000
"""Characters in which stop words are counted."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A typed text, understood.

    `query` is Everything when the text says nothing: no words, or only stop words. `left_out` are the parts that could
    not be understood, as typed; those that have words were searched as words. `plain`: only words were typed, without
    any sign or operator, so that the query may be widened; what a person asks with signs is obeyed to the letter.
    """

    query: Query
    left_out: tuple[str, ...]
    plain: bool


def parse(text: str, syntax: Syntax) -> Parsed:
    """What a text asks for. Never raises, whatever the text, and takes time in proportion to its length.

    How it is read. `"..."`, `«...»` and curly quotes hold phrases. A dash, `NOT` or `SAUF` excludes; `AND`, `ET` bind
    more than `OR`, `OU`, and these more than mere succession. Of words that merely follow each other any is enough, or
    all are needed, as the syntax says; phrases, fields, exclusions and whatever has an operator are always needed, and
    beside a typed `ET` or `OU` words are too.

    Stop words say nothing: those of the first language, or of the one that the text has most of. A stop word of
    another language is searched, but never needed.
    """
    fields = {folded(name): meanings for name, meanings in syntax.fields.items()}
    read = parse_tree(text, fields)
    if read.tree is None:
        return Parsed(Everything(), read.left_out, plain=not read.left_out)
    compiler = Compiler(syntax, fields, _first_language(text, syntax))
    query = compiler.query(read.tree)
    left_out = tuple(dict.fromkeys((*read.left_out, *compiler.left_out)))
    return Parsed(query or Everything(), left_out, plain=_is_plain(read.tree) and not left_out)


def _first_language(text: str, syntax: Syntax) -> str | None:
    """The language of the base, unless another one has two more of its stop words in the text."""
    first, *others = syntax.languages or (None,)
    words = list(runs(text[:_LOOKED_AT]))

    def stop_words(language: str | None) -> int:
        return sum(says_nothing(word, language) for word in words)

    most = max(others, key=stop_words, default=first)
    return most if stop_words(most) >= stop_words(first) + 2 else first


def _is_plain(tree: Node) -> bool:
    match tree:
        case Word():
            return True
        case Together(parts):
            return all(isinstance(part, Word) for part in parts)
        case _:
            return False
