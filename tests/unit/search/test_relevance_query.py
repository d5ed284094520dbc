"""The expansion of plain words with terms of the accessible documents."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from index import Document, Engine, Everything, Or, Phrase, Plan, Query, Term, TermInFields, WeightedField
from kb.search.index_fields import SCHEMA
from kb.search.known_words import KnownWords
from kb.search.ranking_weights import PAGE_WEIGHT, QUOTE_WEIGHT
from kb.search.relevance_query import ExpandedQuery, expand_query
from tests.reference_engine import ReferenceEngine

FRENCH = (
    "Les agents du conseil municipal",
    "La formation des agents",
    "Le train de nuit, la nuit",
    "Un port, des parts",
)
ENGLISH = ("The agents of the agency", "Training for running trains")


def an_index(*texts: tuple[str, str]) -> Engine:
    engine = ReferenceEngine(SCHEMA)
    with engine.write() as writer:
        for number, (language, text) in enumerate(texts):
            values = {"language": (language,), "text": (text,), "exact": (text,)}
            writer.put(Document(f"i/{number}", values, language))
    return engine


@pytest.fixture
def french() -> Iterator[KnownWords]:
    engine = an_index(*(("fr", text) for text in FRENCH))
    yield KnownWords(engine, Everything())
    engine.close()


@pytest.fixture
def mixed() -> Iterator[KnownWords]:
    engine = an_index(*(("fr", text) for text in FRENCH), *(("en", text) for text in ENGLISH))
    yield KnownWords(engine, Everything())
    engine.close()


def wide(known_words: KnownWords, *texts: str) -> ExpandedQuery:
    expanded = expand_query(texts, known_words)
    assert expanded is not None
    return expanded


def weights(query: Query) -> dict[tuple[str, str], float]:
    assert isinstance(query, Or)
    return {(part.field, part.value): round(part.weight, 3) for part in query.parts if isinstance(part, Term)}


def test_words_as_written_count_a_fifth_of_their_stems(french: KnownWords) -> None:
    assert weights(wide(french, "nuits").query) == {("text", "nuit"): 1.0, ("exact", "nuits"): 0.2}


def test_where_there_are_several_languages_they_count_half(mixed: KnownWords) -> None:
    assert weights(wide(mixed, "nuits").query)[("exact", "nuits")] == 0.5


def test_a_word_is_no_rarer_in_the_language_that_seldom_has_it() -> None:
    texts = [("fr", f"L’accueil du public, lieu {number}") for number in range(6)]
    engine = an_index(*texts, ("en", "A desk, that is an accueil"), ("en", "A desk"))
    query = wide(KnownWords(engine, Everything()), "accueil").query
    assert weights(query).keys() == {("text", "acueil"), ("text", "accueil"), ("exact", "accueil")}
    assert isinstance(query, Or)
    within = Everything()
    (first, *_, last) = engine.search(Plan(query, within, by_score=True)).page
    # All spellings of the word count as equally rare: the scores only differ by the length of the text.
    assert last.score / first.score > 0.8
    alike = [hit.score for hit in engine.search(Plan(Or(tuple(map(unweighted, query.parts))), within)).page]
    assert alike[-1] / alike[0] < 0.5
    engine.close()


def unweighted(query: Query) -> Query:
    return replace(query, weight=1.0) if isinstance(query, Term) and query.field == "text" else query


@pytest.mark.parametrize(
    ("q", "languages"),
    [
        ("formation", ("fr",)),
        ("training", ("en",)),
        ("formation des agents", ("fr", "en")),
        ("the agents of the agency", ("fr", "en")),
        ("zzz", ("fr", "en")),
    ],
)
def test_a_question_is_asked_in_each_language_that_knows_a_word_of_it(
    mixed: KnownWords, french: KnownWords, q: str, languages: tuple[str, ...]
) -> None:
    assert mixed.languages_knowing(q.split(), mixed.languages()) == languages
    assert french.languages_knowing(q.split(), french.languages()) == ("fr",)


def test_without_document_languages_all_supported_languages_are_tried() -> None:
    engine = an_index()
    assert KnownWords(engine, Everything()).languages() == ("fr", "en")
    engine.close()


def test_neighbours_weigh_one_word_together_and_the_first_one_most(french: KnownWords) -> None:
    expanded = wide(french, "pert")
    assert expanded.corrections == {"pert": ("port",)}
    assert weights(expanded.query)[("text", "port")] == 1.0
    several = wide(french, "parst")
    assert several.corrections == {"parst": ("parts",)}
    two = wide(french, "pors")
    assert two.corrections == {"pors": ("port",)}
    assert wide(french, "agens traim nuti formatoin").corrections == {
        "agens": ("agents",),
        "traim": ("train",),
        "nuti": ("nuit",),
    }


def test_shares_are_of_the_sum_of_one_a_half_and_a_third() -> None:
    engine = an_index(("fr", "le loge"), ("fr", "le loge"), ("fr", "le lige"), ("fr", "le logo"))
    expanded = wide(KnownWords(engine, Everything()), "loga")
    assert expanded.corrections == {"loga": ("loge", "logo")}
    weight_of = weights(expanded.query)
    assert (weight_of[("exact", "loge")], weight_of[("exact", "logo")]) == (round(0.2 * 2 / 3, 3), round(0.2 / 3, 3))
    engine.close()


def test_a_neighbour_that_stands_with_other_words_of_the_question_comes_first() -> None:
    engine = an_index(("fr", "la loge"), ("fr", "une loge"), ("fr", "le logo du musée"), ("fr", "un musée"))
    known_words = KnownWords(engine, Everything())
    assert wide(known_words, "loga").corrections == {"loga": ("loge", "logo")}
    assert wide(known_words, "loga musées").corrections == {"loga": ("logo", "loge")}
    engine.close()


def test_a_short_word_is_taken_only_for_what_stands_with_the_others() -> None:
    engine = an_index(("fr", "le cap nord"), ("fr", "la mer"), ("fr", "un cas"))
    known_words = KnownWords(engine, Everything())
    assert wide(known_words, "cax").corrections == {}
    assert wide(known_words, "cax nord").corrections == {"cax": ("cap",)}
    assert wide(known_words, "cax mer").corrections == {}
    engine.close()


def test_pairs_are_of_words_that_follow_each_other_with_room_for_one_between(french: KnownWords) -> None:
    pairs = wide(french, "formation des agents municipal").pairs
    assert [(pair.offsets, pair.slop, pair.weight) for pair in pairs if isinstance(pair, Phrase)] == [
        ((0, 1), 1, 0.1),
        ((0, 1), 1, 0.1),
    ]


def test_words_that_only_ask_stay_when_they_are_all_there_is(french: KnownWords) -> None:
    assert ("exact", "combien") not in weights(wide(french, "combien", "d'agents").query)
    assert ("exact", "combien") in weights(wide(french, "combien").query)
    assert not wide(french, "combiin agents").corrections


@pytest.mark.parametrize(("inverted", "plain"), [("ont-ils", "ont"), ("forme-t-on", "forme"), ("Est-ce", "est")])
def test_the_verb_of_an_inverted_question_is_no_compound(french: KnownWords, inverted: str, plain: str) -> None:
    expanded = wide(french, f"{inverted} des agents")
    assert expanded.query == wide(french, f"{plain} des agents").query
    assert expanded.corrections == {}


def test_stop_words_alone_are_not_expanded(french: KnownWords) -> None:
    assert expand_query(("le", "de"), french) is None


def test_a_question_of_many_words_has_few_pairs_and_few_unknown_words(french: KnownWords) -> None:
    many = " ".join(f"agents{letter}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
    expanded = wide(french, many)
    assert len(expanded.pairs) == 12
    assert len(expanded.corrections) <= 3


def test_quoted_parts_of_a_sentence_count_more_where_they_stand_as_written(french: KnownWords) -> None:
    expanded = expand_query(["la formation des agents"], french, quotes=["formation des agents"])
    assert expanded is not None
    quote = ("formation", "agents"), (0, 2)
    assert Phrase("exact", *quote, weight=QUOTE_WEIGHT) in expanded.pairs
    assert Phrase("page_exact", *quote, weight=QUOTE_WEIGHT * PAGE_WEIGHT) in expanded.pairs
    plain = expand_query(["la formation des agents"], french)
    assert plain is not None
    assert plain.query == expanded.query


def test_words_of_page_texts_are_words_of_one_text_and_have_windows() -> None:
    engine = ReferenceEngine(SCHEMA)
    with engine.write() as writer:
        writer.put(Document("i/0", {"language": ("fr",), "text": ("La formation",), "exact": ("La formation",)}, "fr"))
        page = ("Une charte des agents",)
        writer.put(Document("i/1", {"language": ("fr",), "page": page, "page_exact": page}, "fr"))
    known = KnownWords(engine, Everything())
    assert wide(known, "formation").windows == ()
    assert weights(wide(known, "formation").query) == {("text", "form"): 1.0, ("exact", "formation"): 0.2}
    expanded = wide(known, "formation chartes")
    stems, as_written = (
        (WeightedField("text"), WeightedField("page", PAGE_WEIGHT)),
        (WeightedField("exact"), WeightedField("page_exact", PAGE_WEIGHT)),
    )
    assert isinstance(expanded.query, Or)
    assert set(expanded.query.parts) == {
        Term("text", "form"),
        TermInFields(as_written, "formation", 0.2),
        TermInFields(stems, "chart"),
        TermInFields(as_written, "chartes", 0.2),
    }
    (windows,) = expanded.windows
    assert [field.name for field in windows.fields] == ["page", "page_exact"]
    assert windows.fields[0].terms == (TermInFields(stems, "form"), TermInFields(stems, "chart"))
    engine.close()


@pytest.mark.parametrize("q", ["que faire des agents", "peut-on former les agents", "que puis-je faire, agents"])
def test_verbs_that_only_ask_are_dropped(french: KnownWords, q: str) -> None:
    exact = {value for field, value in weights(wide(french, q).query) if field == "exact"}
    assert "agents" in exact
    assert exact.isdisjoint({"faire", "peut", "puis"})


def test_verbs_that_ask_are_searched_if_there_are_no_others(french: KnownWords) -> None:
    assert ("exact", "faire") in weights(wide(french, "que faire").query)


def test_a_word_of_page_texts_replaces_an_unknown_one_if_users_have_none_that_is_similar(french: KnownWords) -> None:
    with french.engine.write() as writer:
        page = ("Un rapport sur les trains et les ornithorynques",)
        writer.put(Document("i/page", {"language": ("fr",), "page": page, "page_exact": page}, "fr"))
    assert wide(french, "ornithorynqes").corrections == {"ornithorynqes": ("ornithorynques",)}
    assert wide(french, "traim").corrections == {"traim": ("train",)}
