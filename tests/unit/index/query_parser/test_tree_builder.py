"""The syntax tree of a typed text, and the text of a tree."""

import pytest

from index.plan import MULTI_TERM_WORDS, Bounds
from index.query_parser.ignored_parts import IgnoredPart, IgnoredReason
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
from tests.support.cpu_time import cpu_seconds_at_most

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
        ("agnet~", FuzzyWord("agnet")),
        ("agnet~2,", FuzzyWord("agnet", 2)),
        ("~1", Word("~1")),
        (":~1", Word(":~1")),
        ("étiquette:agents", InField("etiquette", AGENTS)),
        ("ÉTIQUETTE:agents", InField("etiquette", AGENTS)),
        ("e\u0301tiquette:agents", InField("etiquette", AGENTS)),
        ('tag:"ressources humaines"', InField("tag", Quote("ressources humaines"))),
        ("titre:(agents élus)", InField("titre", Together((AGENTS, ELUS)))),
        ("-tag:agents", Without(InField("tag", AGENTS))),
        ("avant:2014-11-07", InField("avant", Word("2014-11-07"))),
        ("a:surlignage", InField("a", Word("surlignage"))),
        ("tag:a:b", InField("tag", Word("a:b"))),
        ("tag:-5", InField("tag", Word("-5"))),
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
    assert read.ignored.all() == ()


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
def test_syntax_that_is_not_understood_is_searched_as_words(
    text: str, expected: Node, left_out: tuple[str, ...]
) -> None:
    read = parse_tree(text, NAMES)

    assert read.tree == expected
    assert read.ignored.all() == tuple(IgnoredPart(IgnoredReason.SENSE, part) for part in left_out)


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
    with cpu_seconds_at_most(3):
        read = parse_tree(text, NAMES)
    assert tree(unparse(read.tree)) == read.tree
    assert len(read.ignored.all()) <= 20


def test_brackets_beyond_the_bound_are_as_if_they_were_not_there() -> None:
    bounds = Bounds(depth=2)

    read = parse_tree("-(-(-(agents élus) budget) vin)", NAMES, bounds)

    assert read.ignored.all() == (IgnoredPart(IgnoredReason.DEPTH, "("),)
    assert unparse(read.tree) == "-(-(-agents élus budget) vin)"


@pytest.mark.parametrize(
    ("text", "expected", "left_out"),
    [
        ("un deux trois", "un deux trois", ()),
        ("un deux trois quatre -cinq", "un deux trois", ("quatre", "cinq")),
        ("un deux ET (trois quatre) OU cinq", "un deux ET trois", ("quatre", "cinq")),
        ('un "deux trois quatre cinq"', 'un "deux trois"', ("quatre cinq",)),
        ('un "deux trois !"', 'un "deux trois !"', ()),
        ("* * un* deux", "* *", ("un*", "deux")),
        ("un/deux/trois/quatre six", "un/deux/trois", ("/quatre", "six")),
        ("中文学习 中", "中文学", ("习", "中")),
        ("un a*b~c/d", "un", ("a*b~c/d",)),
        ("un deux ET/trois/quatre", "un deux", ("ET/trois/quatre",)),
        ("titre:(un deux trois quatre)", "titre:(un deux trois)", ("quatre",)),
        ("☂ ! un deux trois", "un deux trois", ()),
    ],
)
def test_words_beyond_the_bound_are_not_read(text: str, expected: str, left_out: tuple[str, ...]) -> None:
    read = parse_tree(text, NAMES, Bounds(words=3))

    assert unparse(read.tree) == expected
    assert tuple(part.text for part in read.ignored.all() if part.why is IgnoredReason.WORDS) == left_out


def test_a_wildcard_counts_for_several_words() -> None:
    read = parse_tree("un* deux~ tr?is quatre", NAMES, Bounds(words=2 * MULTI_TERM_WORDS + 5))

    assert unparse(read.tree) == "un* deux~"
    assert read.ignored.all() == (
        IgnoredPart(IgnoredReason.WORDS, "tr?is"),
        IgnoredPart(IgnoredReason.WORDS, "quatre"),
    )


def test_a_wildcard_that_just_fits_is_read() -> None:
    read = parse_tree("un* deux~", NAMES, Bounds(words=2 * MULTI_TERM_WORDS))

    assert unparse(read.tree) == "un* deux~"
    assert read.ignored.all() == ()


def test_the_words_of_a_phrase_count_as_many_as_there_are() -> None:
    phrase = " ".join(f"mot{number}" for number in range(MULTI_TERM_WORDS + 2))

    read = parse_tree(f'"{phrase}" un', NAMES, Bounds(words=MULTI_TERM_WORDS + 2))

    assert unparse(read.tree) == f'"{phrase}"'
    assert read.ignored.all() == (IgnoredPart(IgnoredReason.WORDS, "un"),)


def test_named_parts_that_repeat_leave_room_for_new_ones() -> None:
    again = parse_tree("☂ " * 12 + "☀", NAMES)
    other = parse_tree(" ".join(f"{chr(0x2600 + sign)}" for sign in range(12)) + " un deux", NAMES, Bounds(words=1))
    just = parse_tree("un " + "b" * 100, NAMES, Bounds(words=1))

    assert again.ignored.all() == (IgnoredPart(IgnoredReason.SENSE, "☂"), IgnoredPart(IgnoredReason.SENSE, "☀"))
    assert [part.why for part in other.ignored.all()] == [IgnoredReason.SENSE] * 10 + [IgnoredReason.WORDS]
    assert just.ignored.all() == (IgnoredPart(IgnoredReason.WORDS, "b" * 100),)


def test_the_first_ignored_parts_of_a_reason_are_named_once_and_long_parts_are_truncated() -> None:
    many = parse_tree(" ".join(f"mot{number}" for number in range(50)), NAMES, Bounds(words=5))
    long = parse_tree("a" * 500 + " " + "b" * 500, NAMES, Bounds(words=1))
    same = parse_tree("agents ☂ ☂ ☂", NAMES)

    assert [part.text for part in many.ignored.all()] == [f"mot{number}" for number in range(5, 15)]
    assert [part.text for part in long.ignored.all()] == ["b" * 100 + "…"]
    assert same.ignored.all() == (IgnoredPart(IgnoredReason.SENSE, "☂"),)
