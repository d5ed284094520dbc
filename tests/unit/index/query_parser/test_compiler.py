"""The query that a typed text compiles to."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.query import And, AnyOf, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Range, Term, Wildcard
from index.query_parser.ignored_parts import IgnoredPart, IgnoredReason
from index.query_parser.parser import ParsedQuery, parse_query
from index.query_parser.parser_configuration import (
    DateBoundary,
    KeywordField,
    PeriodField,
    SearchedField,
    Syntax,
    TextWords,
)
from tests.factories.index import iso_days
from tests.support.cpu_time import cpu_seconds_at_most

TEXT = TextWords(
    words=(SearchedField("text"), SearchedField("exact", 0.2, exact=True)),
    exactly=(SearchedField("exact", exact=True),),
)
KINDS = {"surlignage": ("highlight",), "note": ("note",)}
FIELDS: dict[str, Any] = {
    "titre": (TextWords((SearchedField("title"),)),),
    "étiquette": (KeywordField("tag"),),
    "auteur": (KeywordField("author"), TextWords((SearchedField("name", exact=True),))),
    "type": (KeywordField("kind", lambda value: KINDS.get(value, ())),),
    "avant": (PeriodField("cited", DateBoundary.BEFORE, iso_days),),
    "après": (PeriodField("cited", DateBoundary.AFTER, iso_days),),
    "date": (PeriodField("cited", DateBoundary.WITHIN, iso_days),),
}


def asked(text: str, *, all_words: bool = False, languages: tuple[str | None, ...] = ("fr",)) -> ParsedQuery:
    return parse_query(text, Syntax(TEXT, FIELDS, languages, all_words))


def query(text: str, **options: Any) -> Query:
    return asked(text, **options).query


def word(stem: str, exact: str) -> Query:
    return Or((Term("text", stem), Term("exact", exact, 0.2)))


AGENTS, ELUS, BUDGET = word("agent", "agents"), word("elu", "elus"), word("budget", "budget")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("agents", AGENTS),
        ("l’agents", AGENTS),
        ("Agents élus", Or((AGENTS, ELUS))),
        ("agents agents", AGENTS),
        ("les agents de la", AGENTS),
        ("agents ET élus", And((AGENTS, ELUS))),
        ("agents OU élus", Or((AGENTS, ELUS))),
        ("agents -élus", And((AGENTS, Not(ELUS)))),
        ("agents SAUF élus", And((AGENTS, Not(ELUS)))),
        ("-élus", Not(ELUS)),
        ("budget agents -élus", And((Or((BUDGET, AGENTS)), Not(ELUS)))),
        ("budget agents ET élus", And((BUDGET, And((AGENTS, ELUS))))),
        ("budget (agents OU élus)", And((BUDGET, Or((AGENTS, ELUS))))),
        ("agents OU -élus", Or((AGENTS, Not(ELUS)))),
        ("-les agents", AGENTS),
        ("les OU agents", AGENTS),
        ("agents/élus", Or((AGENTS.parts[0], ELUS.parts[0], AGENTS.parts[1], ELUS.parts[1]))),  # type: ignore[union-attr]
    ],
)
def test_words_and_operators(text: str, expected: Query) -> None:
    assert query(text) == expected


def test_all_words_may_be_needed() -> None:
    assert query("agents élus", all_words=True) == And((AGENTS, ELUS))
    assert query("agents (élus budget)", all_words=True) == And((AGENTS, And((ELUS, BUDGET))))
    assert query("les agents", all_words=True) == AGENTS


def test_phrases_are_exact_and_needed() -> None:
    phrase = Phrase("exact", ("chefs", "service"), (0, 2))

    assert query('"chefs de service"') == phrase
    assert query("« les chefs de service »") == phrase
    assert query('"chefs de service" agents') == And((AGENTS, phrase))
    assert query('"Agents"') == Term("exact", "agents")


def test_a_phrase_holds_the_parts_of_compounds() -> None:
    assert query('"un porte-parole"') == Phrase("exact", ("porte", "parole"), (0, 1))


def test_compounds_are_found_in_one_word_and_in_parts() -> None:
    loose = query("e-administration")
    needed = query("-e-administration")

    assert loose == Or(
        (
            Term("text", "eadminist"),
            Term("text", "administ"),
            Term("exact", "eadministration", 0.2),
            Term("exact", "administration", 0.2),
        )
    )
    assert needed == Not(
        Or(
            (
                Term("text", "eadminist"),
                Phrase("text", ("e", "administ"), (0, 1)),
                Term("exact", "eadministration", 0.2),
                Phrase("exact", ("e", "administration"), (0, 1), weight=0.2),
            )
        )
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Numéri*", Prefix("exact", "numeri")),
        ("l'admin*", Prefix("exact", "admin")),
        ("e-admin*", Prefix("exact", "eadmin")),
        ("des*", Prefix("exact", "des")),
        ("num*que", Wildcard("exact", "num*que")),
        ("*ément", Wildcard("exact", "*ement")),
        ("m?t", Wildcard("exact", "m?t")),
        ("Agnét~", Fuzzy("exact", "agnet")),
        ("agnets~2", Fuzzy("exact", "agnets", 2)),
        ("*", Everything()),
        ("titre:admin*", Or((Prefix("title", "admin"), Term("title", "admin")))),
    ],
)
def test_patterns(text: str, expected: Query) -> None:
    assert query(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("titre:agents", Term("title", "agent")),
        ("TITRE:(agents élus)", Or((Term("title", "agent"), Term("title", "elu")))),
        ('titre:"agents élus"', Phrase("title", ("agent", "elu"), (0, 1))),
        ("titre:(agents ET -élus)", And((Term("title", "agent"), Not(Term("title", "elu"))))),
        ("etiquette:C++", AnyOf("tag", ("C++",))),
        ('étiquette:" ressources humaines "', AnyOf("tag", ("ressources humaines",))),
        ("étiquette:num*", Prefix("tag", "num")),
        ("étiquette:n*m", Wildcard("tag", "n*m")),
        ("étiquette:numm~", Fuzzy("tag", "numm")),
        ("étiquette:(a OU b)", Or((AnyOf("tag", ("a",)), AnyOf("tag", ("b",))))),
        ("auteur:point", Or((AnyOf("author", ("point",)), Term("name", "point")))),
        ("type:surlignage", AnyOf("kind", ("highlight",))),
        ("avant:2014-11-07", Range("cited", None, 16380)),
        ("apres:2014-11-07", Range("cited", 16381, None)),
        ("date:2014-11", Range("cited", 16375, 16404)),
        ("date:2014", Range("cited", 16071, 16435)),
        ("titre:les agents", AGENTS),
        ("étiquette:a agents", And((AGENTS, AnyOf("tag", ("a",))))),
        ("étiquette:les", AnyOf("tag", ("les",))),
    ],
)
def test_fields(text: str, expected: Query) -> None:
    assert query(text) == expected
    assert asked(text).left_out == ()


@pytest.mark.parametrize(
    "text",
    ["date:hier", "date:2014-13", "date:0000", "date:99999", "avant:2014*", "type:image", "sujet:agents", "a/b*"],
)
def test_invalid_syntax_is_searched_as_words_and_reported(text: str) -> None:
    parsed = asked(text)

    assert parsed.left_out == (IgnoredPart(IgnoredReason.SENSE, text),)
    assert parsed.query == query(text.replace(":", "/").replace("*", ""))
    assert not parsed.plain


@pytest.mark.parametrize(
    "text", ["", "  ", "les", "de la", '"les"', "-les", "titre:les", "??", "()", "les ET des", "à"]
)
def test_an_empty_query_finds_everything(text: str) -> None:
    assert query(text) == Everything()
    assert query(text, all_words=True) == Everything()
    assert asked(text).left_out == ()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("agents élus", True),
        ("l'agent, élus ?", True),
        ("", True),
        ("agents -élus", False),
        ('"agents"', False),
        ("a OU", False),
    ],
)
def test_plain_is_words_only(text: str, plain: bool) -> None:
    assert asked(text).plain is plain


def test_words_are_searched_as_each_language_has_them() -> None:
    assert query("running agents", languages=("fr", "en")) == Or(
        (
            Or((Term("text", "runing"), Term("text", "run"), Term("exact", "running", 0.2))),
            AGENTS,
        )
    )


def test_a_stop_word_of_the_first_language_says_nothing_in_any() -> None:
    assert query("les agents", languages=("fr", "en")) == AGENTS
    assert query("les", languages=("fr", "en")) == Everything()


def test_a_stop_word_of_another_language_is_never_needed() -> None:
    assert query("but agents", languages=("fr", "en"), all_words=True) == AGENTS
    assert query("but", languages=("fr", "en"), all_words=True) != Everything()


def test_a_text_full_of_english_stop_words_is_english() -> None:
    assert query("the agents of the", languages=("fr", "en")) == AGENTS


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from("agents les - ( ) \" « » ET OU SAUF titre: date: date:x type:x * ~ e-a l' ?".split())
        | st.text(max_size=3)
    ),
    st.booleans(),
    st.sampled_from([("fr",), ("fr", "en"), (None,), ()]),
)
def test_any_text_gives_a_query(pieces: list[str], all_words: bool, languages: tuple[str | None, ...]) -> None:
    for text in ("".join(pieces), " ".join(pieces)):
        assert asked(text, all_words=all_words, languages=languages).query is not None


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "é/" * 100_000,
        "a-" * 100_000,
        "mot " * 50_000,
        "x" * 300_000,
        "a*" * 100_000,
        "m?" * 50_000 + "t",
    ],
)
def test_hostile_texts_are_compiled_at_once(text: str) -> None:
    with cpu_seconds_at_most(3):
        parsed = asked(text, languages=("fr", "en"))
    assert len(repr(parsed.query)) < 1_000_000
