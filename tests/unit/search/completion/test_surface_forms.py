"""The surface form of a folded word, and the words of a text."""

import pytest

from kb.search.completion.surface_forms import has_folded_prefix, has_typed_words, surface_form
from tests.factories.items import a_reply, an_annotation, an_item
from tests.support.cpu_time import cpu_seconds_at_most


@pytest.mark.parametrize(
    ("texts", "word", "expected"),
    [
        (["Le télétravail."], "teletravail", "télétravail"),
        (["Télétravail : le guide", "Du télétravail"], "teletravail", "télétravail"),
        (["Télétravail : le guide"], "teletravail", "Télétravail"),
        (["Rennes et Brest", "À Rennes"], "rennes", "Rennes"),
        (["RENNES", "De Rennes", "de Rennes"], "rennes", "Rennes"),
        (["L'INSEE dit"], "insee", "INSEE"),
        (["ENERGIE ET ÉNERGIE", "Pour l'énergie"], "energie", "énergie"),
        (["l'energie", "l'énergie"], "energie", "énergie"),
        (["l'energie", "d'energie", "l'énergie"], "energie", "energie"),
        (["Fini. Agents et agents", "les Agents"], "agents", "agents"),
        (["« Agents » et « Agents »"], "agents", "Agents"),
        (["l'e-administration"], "eadministration", "e-administration"),
        (["Aujourd’hui, aujourd’hui"], "aujourdhui", "aujourd’hui"),
        (["Le cœur"], "coeur", "cœur"),
        (["agents"], "agent", None),
        ([], "agents", None),
    ],
)
def test_a_word_is_written_as_it_is_most_often(texts: list[str], word: str, expected: str | None) -> None:
    assert surface_form(word, [an_item(text, language="fr") for text in texts]) == expected


def test_a_word_is_looked_for_wherever_an_item_has_words() -> None:
    item = an_item(
        "titre",
        description="Une Désc",
        tags=["Étiqu"],
        source="Sourcé",
        language="fr",
        annotations=[
            an_annotation("Un Pâssage", replies=[a_reply("Une Répons")]),
            an_annotation(None, body="Un Commènt"),
        ],
    )
    for word, form in (("desc", "Désc"), ("etiqu", "Étiqu"), ("source", "Sourcé"), ("passage", "Pâssage")):
        assert surface_form(word, [item]) == form
    assert [surface_form(word, [item]) for word in ("repons", "comment", "titre")] == ["Répons", "Commènt", "titre"]


def test_an_elided_article_is_not_joined_to_its_word() -> None:
    # A text of unknown language keeps its articles.
    assert surface_form("lenergie", [an_item("L'énergie")]) is None
    assert surface_form("energie", [an_item("L'énergie")]) == "énergie"


def test_a_title_begins_with_what_is_typed_or_has_its_words() -> None:
    title = "Ce que les agents attendent  du Numérique"
    assert has_folded_prefix(title, "ce QUE les")
    assert not has_folded_prefix(title, "agents")
    assert has_typed_words(title, "num")
    assert has_typed_words(title, "numérique des agents att")
    assert has_typed_words(title, "l'age")
    assert not has_typed_words(title, "agent num")
    assert not has_typed_words(title, "agents umérique")


@pytest.mark.parametrize("piece", ["x ", "-x ", "x. "])
def test_items_of_long_texts_cost_no_more_than_their_first_words(piece: str) -> None:
    item = an_item(annotations=[an_annotation(None, body=piece * (50_000 // len(piece))) for _ in range(20)])
    with cpu_seconds_at_most(2):
        assert surface_form("x", [item] * 3) == "x"
        # It took 9 s, because each word was compared with all of the text before it.


def test_a_capital_after_the_end_of_a_sentence_counts_less_far_into_a_text() -> None:
    item = an_item("Mots. " * 40 + "Rennes. «\xa0Brest\xa0», et Brest. Rennes et Brest", language="fr")
    assert surface_form("brest", [item]) == "Brest"
