"""Words, phrases, prefixes, patterns and proximity: what every engine finds in a text."""

import pytest

from index.analysis import analyze
from index.engine import Engine
from index.query import Fuzzy, Phrase, Prefix, Term, Wildcard
from tests.factories.index import a_document, fill, found_keys


def test_a_word_is_found_in_the_field_that_holds_it_and_in_no_other(engine: Engine) -> None:
    fill(engine, a_document("a", title="la réforme"), a_document("b", body="la réforme"))
    assert found_keys(engine, Term("title", "reforme")) == {"a"}
    assert found_keys(engine, Term("body", "reforme")) == {"b"}
    assert found_keys(engine, Term("exact", "reforme")) == set()


def test_a_term_is_compared_as_a_whole_and_as_the_index_holds_it(engine: Engine) -> None:
    fill(engine, a_document("a", title="numérique"))
    assert found_keys(engine, Term("title", "numerique")) == {"a"}
    for other in ("numeriqu", "numérique", "Numerique", "numeriques", "", " ", "\ud800", "\0"):
        assert found_keys(engine, Term("title", other)) == set()


def test_words_are_analysed_in_the_language_of_the_document(engine: Engine) -> None:
    fill(
        engine, a_document("fr", language="fr", title="les collectivités"), a_document("xx", title="les collectivités")
    )
    (stem,) = {token.term for token in analyze("collectivités", "fr")}
    assert stem != "collectivites"
    assert found_keys(engine, Term("title", stem)) == {"fr"}
    assert found_keys(engine, Term("title", "collectivites")) == {"xx"}


def test_an_exact_field_keeps_the_word_as_it_is(engine: Engine) -> None:
    fill(engine, a_document("a", language="fr", title="collectivités", exact="collectivités"))
    assert found_keys(engine, Term("exact", "collectivites")) == {"a"}
    assert found_keys(engine, Term("title", "collectivites")) == set()


def test_a_compound_is_found_by_its_parts_and_whole(engine: Engine) -> None:
    fill(engine, a_document("a", language="fr", exact="l'e-administration locale"))
    for term in ("e", "administration", "eadministration"):
        assert found_keys(engine, Term("exact", term)) == {"a"}


def test_every_piece_of_a_text_is_searched(engine: Engine) -> None:
    fill(engine, a_document("a", body=("un passage", "une note", "")))
    assert found_keys(engine, Term("body", "passage")) == {"a"}
    assert found_keys(engine, Term("body", "note")) == {"a"}


def a_phrase(text: str, *, slop: int = 0, field: str = "exact", language: str | None = None) -> Phrase:
    """The phrase of a text, with a gap for each word that the analysis drops."""
    tokens = analyze(text, language, exact=field == "exact")
    first = tokens[0].position
    return Phrase(field, tuple(token.term for token in tokens), tuple(token.position - first for token in tokens), slop)


def test_a_phrase_is_found_in_its_order_only(engine: Engine) -> None:
    fill(engine, a_document("a", exact="service public local"), a_document("b", exact="public service"))
    assert found_keys(engine, Phrase("exact", ("service", "public"), (0, 1))) == {"a"}
    assert found_keys(engine, Phrase("exact", ("public", "service"), (0, 1))) == {"b"}
    assert found_keys(engine, Phrase("exact", ("service", "local"), (0, 1))) == set()
    assert found_keys(engine, Phrase("exact", ("public",), (0,))) == {"a", "b"}
    assert found_keys(engine, Phrase("exact", (), ())) == set()


def test_a_phrase_is_of_one_field(engine: Engine) -> None:
    fill(engine, a_document("a", exact="service", title="public", body="service public"))
    assert found_keys(engine, Phrase("exact", ("service", "public"), (0, 1))) == set()
    assert found_keys(engine, Phrase("body", ("service", "public"), (0, 1))) == {"a"}


def test_offsets_keep_the_place_of_words_that_were_left_out(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", language="fr", title="agents de la ville"),
        a_document("b", language="fr", title="agents ville"),
        a_document("c", language="fr", title="agents jeune ville"),
    )
    assert found_keys(engine, a_phrase("agents de la ville", field="title", language="fr")) == {"a"}
    assert found_keys(engine, a_phrase("agents ville", field="title", language="fr")) == {"b"}


def test_slop_is_the_number_of_foreign_positions_in_all(engine: Engine) -> None:
    fill(engine, a_document("a", exact="un x deux x x trois"))
    for slop, expected in ((0, set()), (2, set()), (3, {"a"}), (4, {"a"}), (100, {"a"})):
        assert found_keys(engine, Phrase("exact", ("un", "deux", "trois"), (0, 1, 2), slop)) == expected
    assert found_keys(engine, Phrase("exact", ("deux", "un"), (0, 1), 100)) == set()


def test_slop_counts_from_the_gaps_that_were_asked(engine: Engine) -> None:
    fill(engine, a_document("a", exact="un x x deux trois"))
    assert found_keys(engine, Phrase("exact", ("un", "deux"), (0, 2), 1)) == {"a"}
    assert found_keys(engine, Phrase("exact", ("un", "deux"), (0, 2), 0)) == set()
    assert found_keys(engine, Phrase("exact", ("un", "deux"), (0, 4), 9)) == set(), "a step is never shorter than asked"
    assert found_keys(engine, Phrase("exact", ("un", "deux", "trois"), (0, 3, 4))) == {"a"}


def test_the_best_of_many_places_counts_for_slop(engine: Engine) -> None:
    fill(engine, a_document("a", exact="un x x x un x deux x deux trois un"))
    assert found_keys(engine, Phrase("exact", ("un", "deux"), (0, 1), 1)) == {"a"}
    assert found_keys(engine, Phrase("exact", ("un", "deux", "trois"), (0, 1, 2), 2)) == set()
    assert found_keys(engine, Phrase("exact", ("un", "deux", "trois"), (0, 1, 2), 3)) == {"a"}


def test_a_repeated_word_needs_as_many_places(engine: Engine) -> None:
    fill(engine, a_document("a", exact="nous nous aimons"), a_document("b", exact="nous aimons nous"))
    assert found_keys(engine, Phrase("exact", ("nous", "nous"), (0, 1))) == {"a"}
    assert found_keys(engine, Phrase("exact", ("nous", "nous"), (0, 1), 1)) == {"a", "b"}
    assert found_keys(engine, Phrase("exact", ("nous", "nous", "nous"), (0, 1, 2), 50)) == set()


def test_offsets_need_not_begin_at_zero(engine: Engine) -> None:
    fill(engine, a_document("a", exact="service public"))
    assert found_keys(engine, Phrase("exact", ("service", "public"), (7, 8))) == {"a"}


def test_terms_at_one_offset_share_a_position(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", language="fr", exact="l'e-administration locale"),
        a_document("b", language="fr", exact="l'administration locale"),
    )
    assert found_keys(engine, a_phrase("e-administration locale", language="fr")) == {"a"}
    assert found_keys(engine, a_phrase("administration locale", language="fr")) == {"a", "b"}


@pytest.mark.parametrize("slop", [0, 1, 100, 10_000, 10**12])
def test_no_phrase_crosses_two_pieces_whatever_its_slop(engine: Engine, slop: int) -> None:
    fill(engine, a_document("a", exact=("le service", "public local")), a_document("b", exact=("x", "service public")))
    assert found_keys(engine, Phrase("exact", ("service", "public"), (0, 1), slop)) == {"b"}


def test_no_phrase_crosses_two_pieces_whatever_its_gaps(engine: Engine) -> None:
    fill(engine, a_document("a", exact=("service", "public")))
    for gap in (1, 2, 10, 99, 100, 101, 999, 1000, 1001, 4096, 10_000, 65_536, 10**6, 10**12):
        assert found_keys(engine, Phrase("exact", ("service", "public"), (0, gap), 1000)) == set()


def test_a_long_phrase_is_found_in_a_long_text(engine: Engine) -> None:
    words = [f"mot{number % 97}" for number in range(3000)]
    fill(engine, a_document("a", exact=" ".join(words)))
    terms = tuple(words[1000:1500])
    assert found_keys(engine, Phrase("exact", terms, tuple(range(500)))) == {"a"}
    assert found_keys(engine, Phrase("exact", (*terms, "mot0"), tuple(range(501)))) == set()


def test_a_prefix_finds_the_words_that_start_with_it(engine: Engine) -> None:
    fill(
        engine, a_document("a", exact="numérisation"), a_document("b", exact="numéro"), a_document("c", exact="énuméré")
    )
    assert found_keys(engine, Prefix("exact", "numer")) == {"a", "b"}
    assert found_keys(engine, Prefix("exact", "numero")) == {"b"}
    assert found_keys(engine, Prefix("exact", "numeros")) == set()
    assert found_keys(engine, Prefix("exact", "")) == {"a", "b", "c"}
    assert found_keys(engine, Prefix("title", "")) == set()


def test_a_prefix_of_the_last_code_points_finds_its_words(engine: Engine) -> None:
    fill(engine, a_document("a", exact="zzz 漢字 \U0010ffff"), a_document("b", exact="za"))
    assert found_keys(engine, Prefix("exact", "z")) == {"a", "b"}
    assert found_keys(engine, Prefix("exact", "zz")) == {"a"}
    assert found_keys(engine, Prefix("exact", "漢")) == {"a"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("numer*", {"a", "b"}),
        ("*ration", set()),
        ("*isation", {"a"}),
        ("num*on", {"a"}),
        ("numer?", {"b"}),
        ("numero?", set()),
        ("numero*", {"b"}),
        ("?umero", {"b"}),
        ("*", {"a", "b", "c"}),
        ("*****", {"a", "b", "c"}),
        ("?", {"c"}),
        ("", set()),
        ("[nm]umero", set()),
        (".*", set()),
        ("numero", {"b"}),
    ],
)
def test_a_pattern_is_of_the_whole_word(engine: Engine, pattern: str, expected: set[str]) -> None:
    fill(engine, a_document("a", exact="numérisation"), a_document("b", exact="numéro"), a_document("c", exact="y"))
    assert found_keys(engine, Wildcard("exact", pattern)) == expected


@pytest.mark.timeout(20)
def test_no_pattern_takes_for_ever(engine: Engine) -> None:
    fill(engine, a_document("a", exact="a" * 200))
    assert found_keys(engine, Wildcard("exact", "*a" * 60 + "b")) == set()
    assert found_keys(engine, Wildcard("exact", "*a" * 60)) == {"a"}


@pytest.mark.parametrize(
    ("word", "distance", "expected"),
    [
        ("agent", 0, {"agent"}),
        ("agent", 1, {"agent", "agents", "gent", "argent", "agnet", "agant"}),
        ("agnet", 1, {"agent", "agnet"}),
        ("gaent", 1, {"agent", "gent"}),
        ("agent", 2, {"agent", "agents", "gent", "argent", "agnet", "agant", "argents"}),
        ("xyz", 1, set()),
        ("xyz", 3, {"ba"}),
        ("", 0, set()),
        ("", 2, {"ba"}),
        ("bca", 2, {"ba"}),
        ("ca", 2, {"ba"}),
        ("abc", 2, {"ba"}),
    ],
)
def test_neighbours_are_counted_in_edits_and_a_swap_is_one(
    engine: Engine, word: str, distance: int, expected: set[str]
) -> None:
    words = ("agent", "agents", "gent", "argent", "agnet", "agant", "argents", "ba")
    fill(engine, *(a_document(word, exact=word) for word in words))
    assert found_keys(engine, Fuzzy("exact", word, distance)) == expected


def test_no_character_is_edited_twice(engine: Engine) -> None:
    fill(engine, a_document("a", exact="abcx"))
    # "ca" to "abc" takes two edits if transposed letters may be edited again, and three if they may not.
    assert found_keys(engine, Fuzzy("exact", "cax", 2)) == set()
    assert found_keys(engine, Fuzzy("exact", "cax", 3)) == {"a"}


def test_prefixes_patterns_and_fuzzy_terms_find_keywords_too(engine: Engine) -> None:
    fill(
        engine,
        a_document("a", tag=("Énergie", "eau"), author="Claire"),
        a_document("b", tag="énergies", author="claire"),
    )
    assert found_keys(engine, Prefix("tag", "ÉNERG")) == {"a", "b"}
    assert found_keys(engine, Wildcard("tag", "É*S")) == {"b"}
    assert found_keys(engine, Fuzzy("tag", "ÉNERGIE", 1)) == {"a", "b"}
    assert found_keys(engine, Prefix("author", "Cl")) == {"a"}
    assert found_keys(engine, Wildcard("author", "c*")) == {"b"}
    assert found_keys(engine, Fuzzy("author", "Claire", 0)) == {"a"}


def test_the_pieces_of_a_pattern_do_not_share_letters(engine: Engine) -> None:
    fill(engine, a_document("1", exact="agag"), a_document("2", exact="agaag"))

    assert found_keys(engine, Wildcard("exact", "aga*ag")) == {"2"}


def test_a_word_of_the_same_letters_is_not_near_when_it_is_much_shorter(engine: Engine) -> None:
    fill(engine, a_document("1", exact="ag"), a_document("2", exact="agagagagagag"))

    assert found_keys(engine, Fuzzy("exact", "agagagagagaga", 1)) == {"2"}
