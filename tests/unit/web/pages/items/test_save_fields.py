"""The fields of a save form, from an address or a form."""

import pytest

from kb.model.items.item_fields import AnnotationFields
from kb.model.web_pages.page_facts import PageFacts, PageKind
from kb.web.pages.items.save_fields import (
    MOST_FORM_PASSAGES,
    SaveFields,
    clear_page_facts,
    fill_from_page,
    save_fields_of_form,
    save_fields_of_params,
    with_another_passage,
)
from tests.support.cpu_time import cpu_seconds_at_most

FACTS = PageFacts(
    PageKind.HTML, url="https://exemple.fr/a", title="Le titre", description="Dont acte", source="La Gazette",
    language="fr-FR", published="2014-11",
)  # fmt: skip


@pytest.mark.parametrize(
    ("shared", "url", "title", "quote", "description"),
    [
        ({"text": "https://exemple.fr/a"}, "https://exemple.fr/a", "", "", ""),
        ({"text": "À lire : https://exemple.fr/a."}, "https://exemple.fr/a", "À lire :", "", ""),
        ({"title": "Un titre", "text": "Un titre https://exemple.fr/a"}, "https://exemple.fr/a", "Un titre", "", ""),
        (
            {"text": "« L’été des œuvres »\n https://exemple.fr/a#:~:text=L%E2%80%99%C3%A9t%C3%A9"},
            "https://exemple.fr/a", "", "L’été des œuvres", "",
        ),
        ({"url": "https://exemple.fr/a", "title": "T", "text": "Dit"}, "https://exemple.fr/a", "T", "", "Dit"),
        ({"url": "https://exemple.fr/a#n2", "quote": " dit-il "}, "https://exemple.fr/a#n2", "", "dit-il", ""),
        ({"text": "rien d’une adresse"}, "", "rien d’une adresse", "", ""),
        ({"text": "javascript:alert(1)"}, "", "javascript:alert(1)", "", ""),
    ],
)  # fmt: skip
def test_shared_text_of_a_phone_is_split_into_fields(
    shared: dict[str, str], url: str, title: str, quote: str, description: str
) -> None:
    typed = save_fields_of_params(tuple(shared.items()))
    assert (typed.fields.url, typed.fields.title, typed.fields.description) == (url, title, description)
    assert typed.passages[0].quote == quote


def test_a_form_is_read_as_it_was_sent() -> None:
    typed = save_fields_of_form(
        (
            ("url", " https://exemple.fr/a"), ("tags", 'agents, "un, deux"'), ("tag", "réseau"), ("quote-2", "B"),
            ("note-1", "a"), ("color-2", "pink"), ("quote-99999", "loin"), ("group", "lectures"), ("later", "on"),
        )
    )  # fmt: skip
    assert [tag.strip() for tag in typed.all_tags] == ["agents", "un, deux", "réseau"]
    assert typed.passages == (AnnotationFields(body="a"), AnnotationFields("B", color="pink"))
    assert typed.written_passages == typed.passages
    assert typed.later
    assert len(save_fields_of_form(tuple((f"quote-{n}", "x") for n in range(1, 200))).passages) == MOST_FORM_PASSAGES


def test_a_page_fills_empty_fields_and_the_user_can_undo_it() -> None:
    typed = save_fields_of_form((("url", "https://exemple.fr/a"), ("title", "Le mien"), ("once", "o")))
    after = fill_from_page(typed, FACTS, {"fr"})
    assert (after.fields.title, after.fields.source, after.fields.language) == ("Le mien", "La Gazette", "fr")
    assert fill_from_page(typed, FACTS, {"en"}).fields.language == ""
    assert clear_page_facts(after, FACTS, {"fr"}) == typed


def test_places_for_passages_are_added_as_long_as_there_is_room() -> None:
    typed = SaveFields(passages=(AnnotationFields("Un passage", color="blue"),))
    for _ in range(2 * MOST_FORM_PASSAGES):
        typed = with_another_passage(typed)
    assert len(typed.passages) == MOST_FORM_PASSAGES
    assert typed.passages[1] == AnnotationFields(color="blue")
    assert len(typed.written_passages) == 1


@pytest.mark.parametrize("text", ['"' + "\xa0" * 30_000, "«" + " " * 30_000 + "a", '"a' * 15_000 + " " * 300 + "!"])
def test_a_shared_text_costs_no_more_than_it_is_long(text: str) -> None:
    with cpu_seconds_at_most(0.5):
        # It took a second for 1,000 spaces, and would take a day for these.
        assert save_fields_of_params((("text", text),)).passages[0].quote == ""
