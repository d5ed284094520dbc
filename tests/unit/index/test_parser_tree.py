"""What a typed text looks like as a tree, and the way back."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.parser import parse_tree, unparse
from index.parser.reading import DEEPEST, MOST_LEAVES
from index.parser.tree import Both, Either, In, Near, Node, Pattern, Quote, Together, Without, Word

NAMES = frozenset({"titre", "tag", "etiquette", "avant", "a"})

AGENTS, ELUS, BUDGET = Word("agents"), Word("élus"), Word("budget")


def tree(text: str) -> Node | None:
    return parse_tree(text, NAMES).tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("agents", AGENTS),
        ("agents élus", Together((AGENTS, ELUS))),
        ('"chef de service"', Quote("chef de service")),
        ("« chef de service »", Quote(" chef de service ")),
        ("“chef de service”", Quote("chef de service")),
        ("”chef de service”", Quote("chef de service")),
        ("«\u00a0l’agent\u202f»", Quote("\u00a0l’agent\u202f")),
        ("agents AND élus", Both((AGENTS, ELUS))),
        ("agents ET élus ET budget", Both((AGENTS, ELUS, BUDGET))),
        ("agents OR élus", Either((AGENTS, ELUS))),
        ("agents ET élus OU budget", Either((Both((AGENTS, ELUS)), BUDGET))),
        ("agents ET (élus OU budget)", Both((AGENTS, Either((ELUS, BUDGET))))),
        ("agents élus OU budget", Together((AGENTS, Either((ELUS, BUDGET))))),
        ("agents SAUF élus", Together((AGENTS, Without(ELUS)))),
        ("agents NOT élus", Together((AGENTS, Without(ELUS)))),
        ("agents -élus", Together((AGENTS, Without(ELUS)))),
        ("agents ET NOT élus", Both((AGENTS, Without(ELUS)))),
        ('agents -"élus locaux"', Together((AGENTS, Without(Quote("élus locaux"))))),
        ("-(agents élus)", Without(Together((AGENTS, ELUS)))),
        ("NOT NOT agents", AGENTS),
        ("administr*", Pattern("administr*")),
        ("num?rique", Pattern("num?rique")),
        ("agnet~", Near("agnet")),
        ("agnet~2,", Near("agnet", 2)),
        ("étiquette:agents", In("etiquette", AGENTS)),
        ("ÉTIQUETTE:agents", In("etiquette", AGENTS)),
        ("e\u0301tiquette:agents", In("etiquette", AGENTS)),
        ('tag:"ressources humaines"', In("tag", Quote("ressources humaines"))),
        ("titre:(agents élus)", In("titre", Together((AGENTS, ELUS)))),
        ("-tag:agents", Without(In("tag", AGENTS))),
        ("avant:2014-11-07", In("avant", Word("2014-11-07"))),
        ("a:surlignage", In("a", Word("surlignage"))),
        ("tag:a:b", In("tag", Word("a:b"))),
        ("tag:-5", In("tag", Word("-5"))),
        ("e-administration", Word("e-administration")),
        ("agents\x00élus\r\n\tbudget", Together((AGENTS, ELUS, BUDGET))),
        ("agents?", Word("agents?")),
        ("et ou sauf and", Together((Word("et"), Word("ou"), Word("sauf"), Word("and")))),
        ("(agents)(élus)", Together((AGENTS, ELUS))),
        ("((agents))", AGENTS),
        ("", None),
        (" \t ", None),
        ("? ! …", None),
        ('""', None),
        ("()", None),
        ('-"" agents', AGENTS),
        ("-() agents", AGENTS),
        ("agents ET ??? élus", Together((AGENTS, ELUS))),
    ],
)
def test_reads(text: str, expected: Node | None) -> None:
    read = parse_tree(text, NAMES)

    assert read.tree == expected
    assert read.left_out == ()


@pytest.mark.parametrize(
    ("text", "expected", "left_out"),
    [
        ('"agents', AGENTS, ('"',)),
        ("« agents", AGENTS, ("«",)),
        ("(agents", AGENTS, ("(",)),
        ("agents)", AGENTS, (")",)),
        ("ET agents", Together((Word("et"), AGENTS)), ("ET",)),
        ("agents OU", Together((AGENTS, Word("ou"))), ("OU",)),
        ("agents ET OU élus", Together((Both((AGENTS, Word("ou"))), ELUS)), ("OU",)),
        ("SAUF", Word("sauf"), ("SAUF",)),
        ("agents OU SAUF", Together((AGENTS, Word("ou"), Word("sauf"))), ("OU", "SAUF")),
        ("sujet:agents", Word("sujet:agents"), ("sujet:agents",)),
        ("https://www.example.fr/", Word("https://www.example.fr/"), ()),
        ("12:30", Word("12:30"), ()),
        ("tag: agents", Together((Word("tag:"), AGENTS)), ()),
        ("☂ agents", AGENTS, ("☂",)),
        ("--agents", Word("--agents"), ()),
    ],
)
def test_what_is_not_understood_is_searched_as_words(text: str, expected: Node, left_out: tuple[str, ...]) -> None:
    read = parse_tree(text, NAMES)

    assert read.tree == expected
    assert read.left_out == left_out


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("agents AND élus OR NOT budget", "agents ET élus OU -budget"),
        ("«un “deux” trois»", "«un “deux” trois»"),
        ("(agents élus) budget", "(agents élus) budget"),
        ("(agents OU élus) OU budget", "(agents OU élus) OU budget"),
        ("-(-agents)", "-(-agents)"),
        ("titre:(a:surlignage)", "titre:(a:surlignage)"),
    ],
)
def test_writes(typed: str, written: str) -> None:
    assert unparse(tree(typed)) == written


TYPED = st.lists(
    st.sampled_from(
        "agents élus l'agent ET OU SAUF AND OR NOT - -- ( ) \" « » “ ” „ * ? ~ ~2 : tag: titre: étiquette: x:y m?t "
        '\u00a0 e\u0301 -( tag:( -" tag:" tag:- http://a.fr/(b) 2014-11 …'.split(" ")
    )
    | st.text(max_size=4),
    max_size=14,
)


@settings(deadline=None)
@given(TYPED, st.sampled_from(["", " "]))
def test_any_text_is_read_and_written_back_the_same(pieces: list[str], between: str) -> None:
    text = between.join(pieces)

    first = tree(text)

    assert tree(unparse(first)) == first


WORDS = st.from_regex(r"[a-zéèœ]{2,6}", fullmatch=True)
LEAVES = st.one_of(
    WORDS.map(Word),
    st.lists(WORDS, min_size=1, max_size=3).map(" ".join).map(Quote),
    WORDS.map(lambda word: Pattern(f"{word}*")),
    st.builds(Near, WORDS, st.sampled_from([1, 2])),
)


def _nested(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(nodes, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(Both),
        several.map(Either),
        several.map(Together),
        nodes.map(Without),
        st.builds(In, st.sampled_from(sorted(NAMES)), nodes),
    )


@settings(deadline=None)
@given(st.recursive(LEAVES, _nested, max_leaves=12))
def test_any_tree_is_written_and_read_back_the_same(node: Node) -> None:
    assert tree(unparse(node)) == node


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 100_000 + "agents" + ")" * 100_000,
        "-(" * 100_000,
        "titre:(" * 50_000,
        "NOT " * 100_000,
        '"' * 100_001,
        "« " * 100_000,
        "“" * 100_001 + "«" * 100_000,
        "a ET " * 100_000,
        "agents " * 100_000,
        "?" * 200_000 + "=",
        "a" + "?" * 200_000 + "=",
        "a*" * 100_000,
        "a~" * 100_000,
        "a" * 300_000,
        "a-" * 100_000,
        ":" * 100_000,
        "tag:" * 100_000,
        "\x00" * 100_000,
        "(a OU " * 100_000,
    ],
)
def test_hostile_texts_are_read_at_once(text: str) -> None:
    start = time.process_time()

    read = parse_tree(text, NAMES)

    assert time.process_time() - start < 3
    assert tree(unparse(read.tree)) == read.tree
    assert len(read.left_out) <= 10


def test_brackets_and_words_are_bounded() -> None:
    deep = "-(" * (DEEPEST + 5) + "agents" + ")" * (DEEPEST + 5)
    many = " ".join(f"mot{number}" for number in range(MOST_LEAVES + 5))

    assert parse_tree(deep, NAMES).left_out == ("(",)
    assert parse_tree(many, NAMES).left_out == tuple(f"mot{MOST_LEAVES + extra}" for extra in range(5))
    assert unparse(tree(many)).count("mot") == MOST_LEAVES
