"""Parse and compile a query text."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, islice, takewhile

from index.analysis import fold, word_runs
from index.plan import DEFAULT_BOUNDS, Bounds
from index.query import Everything, Query
from index.query_parser.compiler import Compiler
from index.query_parser.ignored_parts import IgnoredPart, IgnoredReason
from index.query_parser.parser_configuration import FieldMeaning, PeriodField, Syntax
from index.query_parser.syntax_tree import InField, Node, Quote, Together, Word, leaves
from index.query_parser.text_queries import has_only_stop_words
from index.query_parser.tree_builder import parse_tree

_MOST_DATE_WORDS = 4
"""Words of the longest date: `ven. 7 nov. 2014`."""
_LOOKED_AT = 200
"""Words among which stop words are counted."""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A parsed query text.

    `tree` is the syntax tree (None: empty), `query` the compiled query: Everything if the text has no words, or only
    stop words. `left_out` are the parts that are not searched as typed, and why. `plain`: the text has only words,
    without any operator, so that the query may be expanded; operators are obeyed to the letter. `alternatives` are the
    alternative phrases in the query (`Syntax.otherwise`), where any word is enough.
    """

    tree: Node | None
    query: Query
    left_out: tuple[IgnoredPart, ...]
    plain: bool
    alternatives: tuple[Query, ...] = ()


def parse_query(text: str, syntax: Syntax, bounds: Bounds = DEFAULT_BOUNDS) -> ParsedQuery:
    """Parse a text. Never raises, whatever the text, and takes time in proportion to its length.

    `"..."`, `«...»` and curly quotes hold phrases. A dash, `NOT` or `SAUF` excludes; `AND`, `ET` bind more than `OR`,
    `OU`, and these more than mere sequence. Of words in a sequence any is enough, or all are required, as the syntax
    says; phrases, fields, exclusions and parts with an operator are always required, and beside a typed `ET` or `OU`
    words are too.

    Stop words are ignored: those of the first language, or of the one that the text has most of. A stop word of another
    language is searched, but never required.

    `unparse(parse(text).tree)` has the same meaning as the text.
    """
    fields = {fold(name): meanings for name, meanings in syntax.fields.items()}
    read = parse_tree(text, fields, bounds)
    if read.tree is None:
        left_out = read.ignored.all()
        return ParsedQuery(None, Everything(), left_out, plain=not left_out)
    tree = _with_whole_dates(read.tree, fields)
    compiler = Compiler(syntax, fields, _first_language(tree, syntax), bounds, read.ignored)
    query = compiler.query(tree)
    left_out = read.ignored.all()
    plain = _is_plain(tree) and all(part.why is IgnoredReason.WORDS for part in left_out)
    return ParsedQuery(tree, query or Everything(), left_out, plain, tuple(compiler.alternatives))


def _with_whole_dates(tree: Node, fields: Mapping[str, tuple[FieldMeaning, ...]]) -> Node:
    """The tree with each date of several words as the one value of its field: `avant:7 nov. 2014`."""
    if not isinstance(tree, Together):
        return tree
    parts, index = list[Node](), 0
    while index < len(tree.parts):
        date, words = _date_at(tree.parts[index : index + _MOST_DATE_WORDS], fields)
        parts.append(date)
        index += words
    return Together(tuple(parts)) if len(parts) > 1 else parts[0]


def _date_at(nodes: tuple[Node, ...], fields: Mapping[str, tuple[FieldMeaning, ...]]) -> tuple[Node, int]:
    """The first node, or the longest date that begins with it, and the number of nodes that it takes."""
    first = nodes[0]
    if isinstance(first, InField) and isinstance(first.part, Word):
        periods = [meaning for meaning in fields[first.name] if isinstance(meaning, PeriodField)]
        following = takewhile(lambda node: isinstance(node, Word), nodes[1:])
        words = [first.part.text, *(node.text for node in following if isinstance(node, Word))]
        for count in range(len(words) if periods else 1, 1, -1):
            text = " ".join(words[:count])
            if any(period.days(text) for period in periods):
                return InField(first.name, Quote(text)), count
    return first, 1


def _first_language(tree: Node, syntax: Syntax) -> str | None:
    """The first language of the syntax, unless another one has two more of its stop words in the text."""
    first, *others = syntax.languages or (None,)
    texts = (leaf.text for leaf in leaves(tree) if isinstance(leaf, Word | Quote))
    words = list(islice(chain.from_iterable(map(word_runs, texts)), _LOOKED_AT))

    def stop_words(language: str | None) -> int:
        return sum(has_only_stop_words(word, language) for word in words)

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
