"""The history of an item: who changed what, with the old value, which can be taken back."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Conflict, Forbidden, NotFound
from kb.features.history.history import delete_change, give_title_back, item_history, own_title, undo_change
from kb.features.history.pages import marked_difference
from kb.features.history.records import MOST_CHANGES
from kb.model.items.item_fields import AnnotationFields, fields_of_item
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.personal_data_export import write_own_personal_data
from kb.services.annotations.annotations import annotation_words, change_annotation, change_reply
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.item_actions.bulk_actions import tag_items
from kb.services.item_actions.move_and_copy import move_item
from kb.services.items.item_edit import edit_item
from kb.services.moderation.moderation_actions import remove_content
from kb.services.undo.undo import undo_action
from tests.factories.moderation import a_moderated_library, actor_of, item_of
from tests.support.browser_sessions import browsers_of, send

PAGE = "/items/i1/history"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def edit(library: Library, login: str = "claire", **values: Any) -> str | None:
    """Change fields of the item i1; returns the id of the undo."""
    fields = replace(fields_of_item(item_of(library)), **values)
    return edit_item(library, actor_of(library, login), "i1", fields).undo


def history_of(library: Library, login: str = "") -> list[tuple[str | None, str, dict[str, Any]]]:
    """Who changed which part, from what to what, the latest first, as a user reads it."""
    page = item_history(library, actor_of(library, login), "i1", 1, 1000)
    assert page.total == len(page.changes)
    return [
        (change.entry.user.login if change.entry.user else None, change.entry.part_id, dict(change.entry.changes))
        for change in page.changes
    ]


def test_changed_fields_and_tags_have_their_old_values(library: Library) -> None:
    edit(library, title="Le port", byline="A. Roy")
    tag_items(library, actor_of(library, "max"), ["i1"], add=["mer"], remove=["quai"])
    assert history_of(library) == [
        ("max", "", {"tags": (["port", "Quai"], ["port", "mer"])}),
        ("claire", "", {"title": ("Le port au petit matin", "Le port"), "byline": (None, "A. Roy")}),
    ]


def test_changed_passages_and_replies_have_their_old_texts(library: Library) -> None:
    max_ = actor_of(library, "max")
    annotation = next(part for part in item_of(library).annotations if part.id == "a2")
    change_annotation(library, max_, "a2", replace(annotation_words(annotation), body="Un beau bleu.", color="blue"))
    change_reply(library, max_, "r1", "Autre réponse.")
    assert history_of(library) == [
        ("max", "r1", {"body": ("Réponse 1.", "Autre réponse.")}),
        ("max", "a2", {"body": ("Beau bleu.", "Un beau bleu."), "color": ("pink", "blue")}),
    ]


def test_an_old_value_is_given_back_and_that_can_be_undone(library: Library) -> None:
    edit(library, title="Le port", byline="A. Roy")
    edit(library, login="max", title="Le grand port")
    undo = undo_change(library, actor_of(library, "claire"), "i1", 1)
    assert (item_of(library).title, item_of(library).byline) == ("Le port au petit matin", None)
    assert undo is not None
    undo_action(library, actor_of(library, "claire"), undo)
    assert (item_of(library).title, item_of(library).byline) == ("Le grand port", "A. Roy")
    assert [who for who, _, _ in history_of(library)] == ["claire", "claire", "max", "claire"]


def test_an_undone_change_is_in_the_history(library: Library) -> None:
    undo = edit(library, title="Le port", tags=("port",))
    assert undo is not None
    undo_action(library, actor_of(library, "claire"), undo)
    assert history_of(library)[0][2]["title"] == ("Le port", "Le port au petit matin")


def test_only_ones_own_texts_are_given_back(library: Library) -> None:
    max_ = actor_of(library, "max")
    change_annotation(library, max_, "a2", AnnotationFields(quote="Un chalut bleu.", body="Gris."))
    change_reply(library, max_, "r1", "Autre réponse.")
    with pytest.raises(Conflict):
        undo_change(library, actor_of(library, "claire"), "i1", 1)
    with pytest.raises(Forbidden):
        undo_change(library, actor_of(library, "rene"), "i1", 1)
    undo_change(library, max_, "i1", 2)
    undo_change(library, max_, "i1", 1)
    annotation = next(part for part in item_of(library).annotations if part.id == "a2")
    assert (annotation.body, annotation.color, annotation.replies[1].body) == ("Beau bleu.", "pink", "Réponse 1.")


def test_what_was_removed_is_told_to_moderators_and_to_who_did_it_without_its_words(library: Library) -> None:
    change_annotation(library, actor_of(library, "claire"), "a1", AnnotationFields(quote="Un phare.", body="Secret."))
    assert len(history_of(library)) == 1
    remove_content(library, actor_of(library, "claire"), "i1", "a1")
    removal = ("claire", "a1", {"removed": (None, None)})
    assert history_of(library) == history_of(library, "rene") == []
    assert history_of(library, "claire") == history_of(library, "max") == [removal]
    with pytest.raises(NotFound):
        delete_change(library, actor_of(library, "max"), "i1", 1)


def test_the_history_of_a_group_stays_with_its_readers(library: Library) -> None:
    add_group(library, OPERATOR, "atelier", "Atelier", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "atelier", "olga", Role.OWNER)
    olga = actor_of(library, "olga")
    edit(library, title="Avant")
    move_item(library, olga, "i1", "atelier")
    edit(library, login="olga", title="Confidentiel")
    edit(library, login="olga", title="Public")
    move_item(library, olga, "i1", "quais", confirmed=True)
    edit(library, title="Après")
    titles = [changes.get("title") for _, _, changes in history_of(library, "rene")]
    assert titles == [("Public", "Après"), ("Le port au petit matin", "Avant")]
    assert len(history_of(library, "olga")) == 6
    page = browsers_of(library, ["olga", "rene"])
    assert "Atelier" in page["olga"].get(PAGE).text
    assert "Atelier" not in page["rene"].get(PAGE).text
    with pytest.raises(NotFound):
        undo_change(library, actor_of(library, "claire"), "i1", 3)


def test_who_may_not_read_the_item_finds_no_history() -> None:
    with a_moderated_library(Visibility.MEMBERS) as library:
        edit(library, title="Le port")
        pages = browsers_of(library, ["sam", "rene"])
        assert [pages[login].get(PAGE).status_code for login in ("", "sam", "rene")] == [404, 404, 200]
        assert [pages[login].get(f"/api/v1{PAGE}").status_code for login in ("", "sam", "rene")] == [404, 404, 200]


def test_the_page_shows_changes_and_gives_old_values_back(library: Library) -> None:
    edit(library, title="Le <b>port</b> au soir")
    pages = browsers_of(library, ["claire", "rene"])
    for login in ("", "rene"):
        page = pages[login].get(f"{PAGE}?lang=fr").text
        assert re.search(r"\d{4}, \d{2}:\d{2}</time>", page)
        assert "Claire" in page
        assert "&lt;b&gt;" in page
        assert "Rétablir" not in page
    assert "Rétablir l’ancienne valeur" in unescape(pages["claire"].get(f"{PAGE}?lang=fr").text)
    answer = send(pages["claire"], PAGE, number="1", act="back")
    assert answer.status_code == 303
    assert item_of(library).title == "Le port au petit matin"
    shown = pages["claire"].get(answer.headers["location"]).text
    assert "/restore/" in shown
    assert "/items/i1/history" in pages[""].get("/items/i1").text
    assert send(pages["claire"], PAGE, number="999", act="back").status_code == 404


def test_moderators_delete_an_old_value(library: Library) -> None:
    edit(library, title="Le port")
    edit(library, title="Le port.")
    pages = browsers_of(library, ["claire", "max"])
    assert "Delete from the history" not in pages["claire"].get(f"{PAGE}?lang=en").text
    with pytest.raises(Forbidden):
        delete_change(library, actor_of(library, "claire"), "i1", 1)
    assert send(pages["max"], PAGE, number="1", act="delete").status_code == 303
    assert len(history_of(library)) == 1


def test_programs_read_it(library: Library) -> None:
    edit(library, title="Le port")
    edit(library, tags=("mer",))
    client = browsers_of(library, [])[""]
    found = client.get(f"/api/v1{PAGE}?per_page=1&page=2").json()
    assert found["total"] == 2
    [change] = found["changes"]
    assert (change["number"], change["author"]["login"], change["annotation"]) == (1, "claire", None)
    assert change["fields"] == [{"field": "title", "before": "Le port au petit matin", "after": "Le port"}]
    assert client.get(f"/api/v1{PAGE}?other=1").status_code == 400
    description = client.get("/api/v1/openapi.json").json()
    assert "get" in description["paths"]["/items/{id}/history"]


def test_an_erased_person_leaves_no_earlier_words(library: Library) -> None:
    edit(library, title="Le port")
    change_annotation(library, actor_of(library, "claire"), "a1", AnnotationFields(quote="Un phare.", body="Intime."))
    change_annotation(library, actor_of(library, "claire"), "a1", AnnotationFields(quote="Un phare.", body="Mieux."))
    erase_person(library, OPERATOR, "claire", AnnotationHandling.KEEP)
    assert history_of(library, "olga") == [(None, "", {"title": ("Le port au petit matin", "Le port")})]


def test_it_is_part_of_the_export_of_personal_data(library: Library) -> None:
    edit(library, title="Le port")
    edit(library, tags=("quai", "marée"))
    edit(library, tags=("quai", "marée", "phare"))
    stream = BytesIO()
    write_own_personal_data(library, actor_of(library, "claire"), stream)
    with ZipFile(stream) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".json")]
    text = json.dumps(next(json.loads(text) for text in texts if "changed_at" in text), ensure_ascii=False)
    assert "Le port" in text
    # Of tags, those that the user gave: not those that were there.
    assert '"tags": ["phare"]' in text


def test_an_item_keeps_its_latest_changes(library: Library) -> None:
    for number in range(MOST_CHANGES + 3):
        edit(library, title=f"Titre {number}")
    changes = history_of(library)
    assert len(changes) == MOST_CHANGES
    assert changes[-1][2]["title"][1] == "Titre 3"


def test_what_differs_is_marked_between_what_is_the_same() -> None:
    before, after = marked_difference("a" * 100 + "bleu" + "c" * 100, "a" * 100 + "vert" + "c" * 100)
    assert before == (("… " + "a" * 60, False), ("bleu", True), ("c" * 60 + " …", False))
    assert after[1] == ("vert", True)
    assert marked_difference("", "x") == ((), (("x", True),))
    assert marked_difference("aa", "aaa") == ((("aa", False),), (("aa", False), ("a", True)))


def test_whose_title_others_changed_gives_it_back_from_the_notice_with_one_button(library: Library) -> None:
    browsers = browsers_of(library, ["claire", "max"])
    before = item_of(library)
    edit(library, "max", title="Le <i>grand</i> port")
    edit(library, "olga", title="Port", description="D")
    page = browsers["claire"].get("/notices?kind=title&lang=fr").text
    assert f'<q dir="auto">{before.title}</q>' in page
    assert 'name="next" value="/notices?kind=title' in page
    answer = send(browsers["claire"], "/items/i1/history", act="title", next="/notices?kind=title")
    assert answer.headers["location"].startswith("/notices?kind=title&done=item-changed&undo=")
    after = item_of(library)
    # What else was changed with the title stays.
    assert (after.title, after.description) == (before.title, "D")
    assert 'value="title"' not in browsers["claire"].get("/notices?kind=title").text
    again = send(browsers["claire"], "/items/i1/history", act="title", next="//ailleurs.example/")
    assert again.headers["location"] == "/?done=unchanged"


def test_a_title_is_given_back_only_to_who_gave_it_and_may_edit(library: Library) -> None:
    edit(library, "max", title="De Max")
    edit(library, "claire", title="De Claire")
    assert own_title(library, actor_of(library, "claire"), "i1") == ""
    edit(library, "max", title="De Max encore")
    edit(library, "olga", title="D’Olga")
    assert own_title(library, actor_of(library, "claire"), "i1") == "De Claire"
    assert own_title(library, actor_of(library, "max"), "i1") == ""
    # A change that a moderator deleted from the history hides what was before it.
    numbers = [change.entry.number for change in item_history(library, OPERATOR, "i1", 1, 9).changes]
    delete_change(library, actor_of(library, "olga"), "i1", numbers[1])
    assert own_title(library, actor_of(library, "claire"), "i1") == ""
    assert give_title_back(library, actor_of(library, "claire"), "i1") is None
