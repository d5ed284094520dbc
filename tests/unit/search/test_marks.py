from index.snippets.marker import Marker
from kb.access.actor import AccessScope
from kb.model.search_request import SearchRequest
from kb.search.index_fields import SCHEMA
from kb.search.marks import (
    MOST_CHARACTERS,
    MOST_MATCHED_TEXTS,
    MOST_TEXTS,
    SNIPPET_SIZE,
    MatchedText,
    matched_texts_of_hit,
    matched_texts_of_item,
)
from kb.search.query_planning import plan_search
from tests.factories.items import a_reply, an_annotation, an_item


def marker(q: str) -> Marker:
    parsed = plan_search(SearchRequest(q=q), AccessScope(everything=True), ()).parsed
    assert parsed is not None
    return Marker(parsed.query, SCHEMA)


def marked_texts(mark: MatchedText) -> list[str]:
    return [text for text, is_marked in mark.pieces if is_marked]


def test_words_are_marked_whole_in_the_places_where_they_stand() -> None:
    item = an_item(
        "L’administration",
        description="Des administrations",
        tags=["administration", "rh"],
        source="Administration.fr",
        language="fr",
        annotations=[
            an_annotation("Rien ici", id="a"),
            an_annotation(
                "Une administration agile", id="b", body="Notre administration", replies=[a_reply("L'administration ?")]
            ),
        ],
    )
    marks = matched_texts_of_hit(item, None, marker("administrations"))
    assert [(mark.field, mark.annotation) for mark in marks] == [
        ("title", None), ("description", None), ("note", "b"), ("note", "b"), ("reply", "b"), ("tag", None),
    ]  # fmt: skip
    assert marked_texts(marks[0]) == ["administration"]
    assert marks[0].pieces == (("L’", False), ("administration", True))
    assert marked_texts(marks[1]) == ["administrations"]


def test_a_marked_text_keeps_every_character() -> None:
    quote = "« Les agents »\u00a0: “oui” &amp; <b>non</b>\u202f!"
    (mark,) = matched_texts_of_hit(
        an_item(None, language="fr", annotations=[an_annotation(quote)]), None, marker("agent")
    )
    assert "".join(text for text, _ in mark.pieces) == quote


def test_a_long_text_is_cut_around_the_words_and_says_so() -> None:
    quote = "Le début du texte. " * 40 + "Voici les agents. " + "Et la fin du texte. " * 40
    (mark,) = matched_texts_of_hit(
        an_item(None, language="fr", annotations=[an_annotation(quote)]), None, marker("agent")
    )
    text = "".join(text for text, _ in mark.pieces)
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert len(text) <= SNIPPET_SIZE + 4
    assert marked_texts(mark) == ["agents"]


def test_the_title_comes_first_then_the_places_that_hold_the_most_words_in_reading_order() -> None:
    poor = [an_annotation(f"Un agent {number}", id=f"p{number}") for number in range(MOST_MATCHED_TEXTS)]
    rich = an_annotation("Les agents transforment le service", id="rich")
    item = an_item("Agents", language="fr", annotations=[*poor, rich])
    marks = matched_texts_of_hit(item, None, marker("agents service"))
    assert len(marks) == MOST_MATCHED_TEXTS
    assert [mark.field for mark in marks[:1]] == ["title"]
    assert [mark.annotation for mark in marks[1:]] == ["p0", "p1", "p2", "p3", "rich"]


def test_a_passage_shows_its_own_words_and_its_items_title() -> None:
    annotation = an_annotation("Des agents publics", id="a", replies=[a_reply("Quels agents ?")])
    item = an_item(
        "Les agents", description="Les agents", language="fr", annotations=[an_annotation("agents"), annotation]
    )
    marks = matched_texts_of_hit(item, annotation, marker("agents"))
    assert [(mark.field, mark.annotation) for mark in marks] == [("title", None), ("highlight", "a"), ("reply", "a")]


def test_a_word_asked_for_in_one_field_is_marked_there_alone() -> None:
    item = an_item("Agents", language="fr", annotations=[an_annotation("Agents")])
    assert [mark.field for mark in matched_texts_of_hit(item, None, marker("titre:agents"))] == ["title"]
    assert [mark.field for mark in matched_texts_of_hit(item, None, marker("surlignage:agents"))] == ["highlight"]


def test_excluded_words_and_field_names_are_not_marked() -> None:
    item = an_item("Agents et services", language="fr")
    assert [marked_texts(mark) for mark in matched_texts_of_hit(item, None, marker("services -agents"))] == [
        ["services"]
    ]
    assert matched_texts_of_hit(item, None, marker("étiquette:agents")) == ()


def test_the_page_of_an_item_has_every_text_whole() -> None:
    quote = "Le début. " * 100 + "Les agents. " + "La fin. " * 100
    item = an_item("Agents", language="fr", annotations=[an_annotation(quote) for _ in range(MOST_TEXTS + 10)])
    marks = matched_texts_of_item(item, marker("agents"))
    assert len(marks) == MOST_TEXTS + 11
    assert "".join(text for text, _ in marks[-1].pieces) == quote


def test_an_item_with_very_many_passages_is_looked_at_in_part() -> None:
    item = an_item("Rien", language="fr", annotations=[an_annotation("Des agents") for _ in range(5000)])
    assert len(matched_texts_of_hit(item, None, marker("agents"))) == MOST_MATCHED_TEXTS


def test_of_texts_over_the_budget_those_that_fit_are_marked() -> None:
    long = an_annotation("agent " * (MOST_CHARACTERS // 6 + 1), id="long")
    item = an_item("Un agent", tags=["agent"], language="fr", annotations=[long, an_annotation("Un agent", id="b")])
    assert [mark.annotation or mark.field for mark in matched_texts_of_hit(item, None, marker("agent"))] == [
        "title",
        "b",
        "tag",
    ]
