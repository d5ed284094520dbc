"""Parsing and unparsing are inverse: random texts and random trees, in several alphabets.

2,000 of each are tried; PARSER_EXAMPLES in the environment sets another number.
"""

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from index.plan import Bounds
from index.query import Everything
from index.query_parser.parser import parse_query
from index.query_parser.parser_configuration import (
    DateBoundary,
    KeywordField,
    PeriodField,
    SearchedField,
    Syntax,
    TextWords,
)
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
    unparse,
)
from index.query_parser.tree_builder import parse_tree
from tests.factories.index import iso_days

thorough = settings(max_examples=int(os.environ.get("PARSER_EXAMPLES", "2000")), deadline=None)

SYNTAX = Syntax(
    bare=TextWords(
        (SearchedField("text"), SearchedField("exact", 0.2, exact=True)), (SearchedField("exact", exact=True),)
    ),
    fields={
        "titre": (TextWords((SearchedField("title"),)),),
        "étiquette": (KeywordField("tag"),),
        "auteur": (KeywordField("author"), TextWords((SearchedField("name", exact=True),))),
        "a": (KeywordField("kind", lambda value: (value,) if value == "note" else ()),),
        "avant": (PeriodField("cited", DateBoundary.BEFORE, iso_days),),
    },
    languages=("fr", "en"),
)
NAMES = frozenset({"titre", "etiquette", "auteur", "a", "avant"})
SMALL = Bounds(words=16, multi_terms=2, leading_wildcards=1, depth=2)

ALPHABETS = (
    "aeéœz\u0301",
    "абвйѐ",
    "αβγώς",
    "ابتةىـ",
    "אבגםש",
    "中文学习のカ",
    "\U0001f600\u200d\ufe0f☂",
    "019",
    "\x00\n\t\u00a0\u202f\u3000\u200f\ud800\udfff",
)
SIGNS = (
    "ET OU SAUF AND OR NOT - -- ( ) \" « » “ ” „ * ? ~ ~2 ~3 : titre: étiquette: A: avant: sujet: l' ’ . / … , ! + # _ "
    '-( titre:( -" a:" titre:- http://a.fr/(b) 2014-11 les of e-a C++ m?t *m* préf* mot~ data.gouv'
).split(" ")
letters = st.sampled_from(ALPHABETS).flatmap(st.text)
typed = st.lists(st.one_of(st.sampled_from(SIGNS), st.sampled_from(SIGNS), letters, st.text(max_size=4)), max_size=14)


def read(text: str, bounds: Bounds) -> Node | None:
    return parse_tree(text, NAMES, bounds).tree


@thorough
@given(typed, st.sampled_from(["", " "]), st.sampled_from([Bounds(), SMALL]))
def test_any_text_is_read_and_written_back_the_same(pieces: list[str], between: str, bounds: Bounds) -> None:
    first = read(between.join(pieces), bounds)

    assert read(unparse(first), bounds) == first


@thorough
@given(typed, st.sampled_from(["", " "]), st.sampled_from([Bounds(), SMALL]))
def test_an_unparsed_query_parses_to_the_same_query(pieces: list[str], between: str, bounds: Bounds) -> None:
    first = parse_query(between.join(pieces), SYNTAX, bounds)

    again = parse_query(unparse(first.tree), SYNTAX, bounds)

    assert again.query == first.query
    assert (first.tree is None) <= (first.query == Everything())


def as_read(leaf: Leaf) -> bool:
    """Whether parsing a text can return this leaf alone."""
    return read(unparse(leaf), Bounds()) == leaf


words = st.sampled_from(ALPHABETS).flatmap(lambda alphabet: st.text(alphabet + "'-.", min_size=1, max_size=6))
quoted = st.one_of(words, st.lists(words, max_size=4).map(" ".join), st.text('ab" “”„«*~(:ET', max_size=8))
leaves = st.one_of(
    words.map(Word),
    quoted.filter(lambda text: text.strip() and "»" not in text).map(Quote),
    st.text("abé中*?", min_size=1, max_size=6).map(Pattern),
    st.builds(FuzzyWord, words, st.sampled_from([1, 2])),
).filter(as_read)


def nested(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(nodes, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(Both),
        several.map(Either),
        several.map(Together),
        nodes.map(Without),
        st.builds(InField, st.sampled_from(sorted(NAMES)), nodes),
    )


@thorough
@given(st.recursive(leaves, nested, max_leaves=12))
def test_any_tree_is_written_and_read_back_the_same(node: Node) -> None:
    assert read(unparse(node), Bounds()) == node
