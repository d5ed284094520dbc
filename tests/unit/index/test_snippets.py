"""Marks of found words in texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.analysis import analyze, fold
from index.hits import Snippet
from index.query import And, AnyOf, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Range, Term, Wildcard
from index.schema import Field, Kind, Schema
from index.snippets import analysis_cache as snippet_chunks
from index.snippets import marker as snippet_marker
from index.snippets.analysis_cache import AnalyzedChunks
from index.snippets.marker import Marker
from tests.support.cpu_time import cpu_seconds_at_most

SCHEMA = Schema(
    "id",
    (
        Field("id", Kind.KEYWORD),
        Field("tag", Kind.KEYWORD, folded=True),
        Field("text", Kind.TEXT),
        Field("exact", Kind.TEXT, exact=True),
        Field("title", Kind.TEXT),
    ),
)
BOTH = ("text", "exact")


def snippet_of(
    marker: Marker, fields: tuple[str, ...], text: str, language: str | None, size: int = 240
) -> Snippet | None:
    return marker.snippets(((fields, text, language, size),))[0]


def marked_snippet(
    query: Query, text: str, *, fields: tuple[str, ...] = BOTH, language: str | None = "fr", size: int = 200
) -> str | None:
    snippet = snippet_of(Marker(query, SCHEMA), fields, text, language, size)
    return None if snippet is None else with_brackets(snippet.pieces)


def with_brackets(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(f"[{text}]" if is_marked else text for text, is_marked in pieces)


def stem(word: str, field: str = "text") -> Term:
    return Term(field, analyze(word, "fr")[0].term)


def exact(word: str) -> Term:
    return Term("exact", fold(word))


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        (stem("administrations"), "L’administration des lieux", "L’[administration] des lieux"),
        (stem("agents"), "À l'agent, aux AGENTS.", "À l'[agent], aux [AGENTS]."),
        (stem("numerique"), "Le nume\u0301rique", "Le [nume\u0301rique]"),
        (stem("élu"), "😀 les é\u00adlus", "😀 les [é\u00adlus]"),
        (exact("agents"), "agent, agents", "agent, [agents]"),
        (stem("travail"), "Les travaux", "Les [travaux]"),
        (Or((stem("agents"), stem("élus"))), "agents et élus", "[agents] et [élus]"),
        (And((stem("agents"), Not(stem("élus")))), "agents et élus", "[agents] et élus"),
        (Prefix("exact", "num"), "numérique, anumérique", "[numérique], anumérique"),
        (Wildcard("exact", "n*que"), "numérique numériques", "[numérique] numériques"),
        (Wildcard("exact", "agen?s"), "agents agens agent", "[agents] agens agent"),
        (Fuzzy("exact", "agnet"), "agent, argent", "[agent], argent"),
        (Fuzzy("exact", "agents", 2), "agens, gens, gants", "[agens], [gens], [gants]"),
        (stem("administration"), "e-administration", "e-[administration]"),
        (stem("eadministration"), "l'e-administration", "l'[e-administration]"),
        (exact("dgs"), "La D.G.S. écrit", "La [D.G.S.] écrit"),
        (exact("c++"), "En C++, donc", "En [C++], donc"),
        (
            Phrase("exact", ("chef", "service"), (0, 2)),
            "chef de\nservice, service, chef",
            "[chef de\nservice], service, chef",
        ),
        (Phrase("exact", ("porte", "parole"), (0, 1)), "un porte-parole", "un [porte-parole]"),
        (Phrase("exact", ("a1", "a1"), (0, 1)), "a1 a1 a1 a1 a1", "[a1 a1] [a1 a1] a1"),
        (Phrase("exact", ("mot", "fin"), (0, 1), slop=1), "mot du fin mot un deux fin", "[mot du fin] mot un deux fin"),
    ],
)
def test_words_found_are_marked_whole(query: Query, text: str, expected: str) -> None:
    assert marked_snippet(query, text) == expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (stem("agents"), "Rien ici"),
        (stem("agents"), ""),
        (stem("agents", "title"), "Les agents"),
        (Not(stem("agents")), "Les agents"),
        (Not(Not(stem("agents"))), "Les agents"),
        (Everything(), "Les agents"),
        (AnyOf("tag", ("agents",)), "agents"),
        (Term("tag", "agents"), "agents"),
        (Range("date", 1, 2), "agents"),
        (Phrase("exact", ("chef", "service"), (0, 2)), "service du chef, chef et un service"),
        (Phrase("exact", (), ()), "agents"),
        (Or(()), "agents"),
    ],
)
def test_unmatched_words_are_not_marked(query: Query, text: str) -> None:
    assert marked_snippet(query, text) is None


def test_only_the_fields_that_hold_the_text_count() -> None:
    query = Or((stem("agents", "title"), stem("élus")))

    assert marked_snippet(query, "agents élus", fields=("text", "title")) == "[agents] [élus]"
    assert marked_snippet(query, "agents élus", fields=("title", "tag")) == "[agents] élus"


def test_words_are_read_in_the_language_of_the_text() -> None:
    assert marked_snippet(Term("text", "run"), "Running", language="en") == "[Running]"
    assert marked_snippet(Term("text", "run"), "Running", language=None) is None


def test_the_window_shows_most_of_the_different_words() -> None:
    text = "agents " * 50 + "Ici rien. " * 60 + "Les agents et les élus du budget. " + "Et la suite. " * 60

    snippet = snippet_of(Marker(Or((stem("agents"), stem("élus"), stem("budget"))), SCHEMA), BOTH, text, "fr", 120)

    assert snippet is not None
    assert "Les [agents] et les [élus] du [budget]." in with_brackets(snippet.pieces)
    assert "".join(piece for piece, _ in snippet.pieces) == text[snippet.start : snippet.end]


def test_the_window_is_cut_between_words() -> None:
    text = "mots " * 100 + "agents " + "mots " * 100

    snippet = snippet_of(Marker(stem("agents"), SCHEMA), BOTH, text, "fr", 83)

    assert snippet is not None
    assert snippet.end - snippet.start <= 83
    assert set("".join(piece for piece, _ in snippet.pieces).split()) == {"mots", "agents"}


def test_a_short_text_is_shown_whole() -> None:
    assert marked_snippet(stem("agents"), "x " * 90 + "agents", size=500) == "x " * 90 + "[agents]"


def test_a_whole_text_is_marked_from_end_to_end() -> None:
    text = "Rien. " * 200 + "Les agents."
    marker = Marker(stem("agents"), SCHEMA)

    whole = snippet_of(marker, BOTH, text, "fr", len(text))

    assert whole is not None
    assert with_brackets(whole.pieces) == text.replace("agents", "[agents]")
    assert snippet_of(marker, BOTH, "Rien", "fr") is None
    assert snippet_of(marker, BOTH, "", "fr") is None


WORDS = st.sampled_from(
    "agents élus l'agent e-administration adminis\u00adtration ne\u0301s D.G.S. 😀 𠀀字 mot. C++ le".split()
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join), st.integers(1, 120), st.sampled_from(["fr", "en", None]))
def test_a_snippet_is_a_part_of_the_text_in_its_order(text: str, size: int, language: str | None) -> None:
    query = Or(
        (stem("agents"), Prefix("exact", "e"), Wildcard("exact", "d?s"), Phrase("exact", ("elus", "agent"), (0, 1)))
    )

    snippet = snippet_of(Marker(query, SCHEMA), BOTH, text, language, size)

    if snippet is not None:
        assert_is_part(snippet, text)
        longest = max(len(piece) for piece, is_marked in snippet.pieces if is_marked)
        assert len(text) <= size or snippet.end - snippet.start <= max(size, longest)


def assert_is_part(snippet: Snippet, text: str) -> None:
    assert "".join(piece for piece, _ in snippet.pieces) == text[snippet.start : snippet.end]
    assert any(is_marked for _, is_marked in snippet.pieces)
    assert all(piece for piece, _ in snippet.pieces)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (stem("agents"), "agents " * 60_000),
        (Phrase("exact", ("agents", "fin"), (0, 1)), "agents " * 60_000 + "x fin"),
        (Phrase("exact", ("a1",) * 500, tuple(range(500))), "a1 " * 60_000),
        (Wildcard("exact", "*a" * 40 + "b"), "a" * 90 + " " + "a" * 5_000),
        (Fuzzy("exact", "a" * 99, 2), " ".join("a" * 90 + str(number) for number in range(2_000))),
        (stem("agents"), "x" * 500_000 + " agents " + "y" * 500_000),
    ],
)
def test_hostile_texts_are_marked_at_once(query: Query, text: str) -> None:
    with cpu_seconds_at_most(4):
        snippet_of(Marker(query, SCHEMA), BOTH, text, "fr", 200)


def test_a_page_is_marked_quickly() -> None:
    """20 hits of 12 passages of 40 words take 5 ms on an idle machine; the limit here is ten times that."""
    words = (
        "les agents territoriaux de la commune ont présenté leurs travaux aux élus lors du conseil municipal".split()
    )
    passages = [" ".join(words[(number + place) % len(words)] for place in range(40)) for number in range(240)]
    query = Or((stem("budget"), stem("conseil"), exact("elus")))
    snippet_of(Marker(query, SCHEMA), BOTH, " ".join(passages), "fr")
    # About 10 ms for all of them, five times.
    with cpu_seconds_at_most(0.25):
        for _ in range(5):
            marker = Marker(query, SCHEMA)
            assert all(snippet_of(marker, BOTH, passage, "fr") for passage in passages)


def test_a_word_is_marked_where_it_stands_alone_and_not_inside_another() -> None:
    assert (
        marked_snippet(stem("agents"), "réagents agents\u202f! agentsois agents")
        == "réagents [agents]\u202f! agentsois [agents]"
    )
    words = [f"agent{place}" for place in range(9)]
    every = " ".join(f"[{word}]" for word in words)
    assert marked_snippet(Prefix("exact", "agent"), f"réagent {' '.join(words)}") == f"réagent {every}"


def test_the_cache_of_analyzed_chunks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snippet_chunks, "MOST_REMEMBERED", 100_000)
    chunks = AnalyzedChunks("fr")
    for place in range(3000):
        chunks.of({f"mot{place}", "de"})
    assert 0 < len(chunks.old.terms) <= 300
    assert 0 < len(chunks.young.terms) <= 300
    memory = chunks.of({"l'agent,", "agents", "de"})
    assert (memory.terms["l'agent,"], memory.terms["de"]) == (("agent",), ())
    assert set(memory.chunks_with(["agent"])) == {"l'agent,", "agents"}


def test_all_chunks_of_a_text_are_known_however_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snippet_chunks, "MOST_REMEMBERED", 1_000)
    words = [f"mot{place}" for place in range(500)]
    assert AnalyzedChunks("fr").of(set(words)).terms.keys() == set(words)
    assert marked_snippet(stem("mot499"), " ".join(words)).endswith(" [mot499]")


def test_texts_looked_through_together_are_marked_as_each_would_be_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        "Les agents",
        "l'agent territorial",
        "",
        "a\u0301gent e\u0301te\u0301 agents",
        "services publics",
        "publics",
    ]
    words = tuple(token.term for token in analyze("services publics", "fr"))
    query = Or((stem("agents"), Phrase("text", words, (0, 1)), Prefix("exact", "territ")))
    sought = [(text, language) for text in texts for language in ("fr", "en", "fr")]
    alone = [snippet_of(Marker(query, SCHEMA), BOTH, text, language) for text, language in sought]
    assert sum(mark is not None for mark in alone) == 12
    for characters in (60_000, 20, 0):
        monkeypatch.setattr(snippet_marker, "_TOGETHER", characters)
        together = Marker(query, SCHEMA).snippets([(BOTH, text, language, 240) for text, language in sought])
        assert together == alone
