"""Annotations in a browser without JavaScript."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item_budget import MOST_ITEM_PARTS
from kb.services.core.library import Library
from tests.factories.import_export import bring_records
from tests.factories.moderation import ROLES, a_moderated_library, annotations_of, item_of
from tests.support.browser_sessions import browsers_of, send

Browsers = dict[str, TestClient]
ANNOTATE, REPLY, WORDS, PRIVATE = (f"/items/i1/{part}" for part in ("annotate", "reply", "words", "private"))


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield replace(library, settings=replace(library.settings, rate_write=0))


@pytest.fixture
def browser(library: Library) -> Browsers:
    """A browser for each user, and one for an anonymous visitor."""
    return browsers_of(library, ROLES)


def passage(client: TestClient, quote: str, **fields: str) -> str:
    """Send a passage; returns the redirect target."""
    answer = send(client, ANNOTATE, kind="passage", **{"quote": quote, "color": "yellow", **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def fields_of(page: str) -> dict[str, str]:
    """The fields of a page's form, as a browser sends them when the user changes nothing."""
    form = page[page.index('class="sheet-form words"') :].partition("</form>")[0]
    hidden_fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form))
    hidden_fields |= dict(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL))
    chosen = re.search(r'name="color" value="(\w+)" checked', form)
    if chosen:
        hidden_fields["color"] = chosen[1]
    return {name: html.unescape(value) for name, value in hidden_fields.items() if name != "form_token"}


def test_a_passage_is_pasted_shown_found_and_undone(library: Library, browser: Browsers) -> None:
    location = passage(browser["claire"], "Les mouettes\r\ncrient.", body="Vrai.", color="blue")
    key = re.fullmatch(r"/items/i1\?done=annotated&undo=([\w-]+)#a-([\w-]+)", location)
    assert key is not None, location
    page = browser["claire"].get(location).text
    assert "C’est ajouté." in page
    page_part = page[page.index(f'id="a-{key[2]}"') :]
    assert "Les mouettes\ncrient." in page_part
    assert "Surligneur\u202f: bleu" in page_part
    assert f'<li class="blue" id="a-{key[2]}">' in page
    catch_up(library)
    assert "mouettes" in browser[""].get("/search?q=mouette&view=passages").text
    undone = send(browser["claire"], "/items/i1", f"/restore/{key[1]}")
    assert undone.headers["location"] == "/items/i1?done=undone"
    assert key[2] not in annotations_of(library)


def test_a_repeated_passage_is_reported_and_added_nevertheless(library: Library, browser: Browsers) -> None:
    response = send(browser["claire"], ANNOTATE, kind="passage", quote="Un treuil.  ", body="Mes mots", color="pink")
    assert response.status_code == 409
    assert "Ce même passage est déjà là." in response.text
    assert 'href="/items/i1#a-a3"' in response.text
    again = fields_of(response.text)
    assert (again["quote"].strip(), again["body"], again["color"]) == ("Un treuil.", "Mes mots", "pink")
    assert send(browser["claire"], ANNOTATE, **again).status_code == 303
    assert len(annotations_of(library)) == 5


def test_a_form_that_is_sent_twice_adds_once(library: Library, browser: Browsers) -> None:
    places = {send(browser["claire"], ANNOTATE, kind="comment", body="Deux fois.").headers["location"] for _ in "ab"}
    assert len({place.partition("#")[2] for place in places}) == 1
    for _ in "ab":
        assert send(browser["claire"], f"{REPLY}?to=a1", REPLY, to="a1", body="Deux fois.").status_code == 303
    item = item_of(library)
    assert [annotation.body for annotation in item.annotations].count("Deux fois.") == 1
    assert [reply.body for reply in item.annotations[0].replies] == ["Deux fois."]


def test_a_source_line_is_recognized_and_fills_empty_fields(library: Library, browser: Browsers) -> None:
    line = "Lagazette.fr, 7 nov 2014"
    response = browser["claire"].get("/source-line", params={"text": line})
    assert response.text == "Source\u202f: Lagazette.fr – publié\u202f: 7 novembre 2014"
    assert browser["claire"].get("/source-line", params={"text": "Bonjour, merci."}).text == ""
    assert browser["claire"].get("/source-line", params={"text": "a, " * 5_000}).text == ""
    assert browser[""].get("/source-line", follow_redirects=False).status_code == 303
    page = "/items/i2/annotate?kind=comment"
    answer = send(browser["claire"], page, "/items/i2/annotate", kind="comment", body=line)
    assert "done=annotated-sourced&undo=" in answer.headers["location"]
    assert "source et sa date" in browser["claire"].get(answer.headers["location"]).text
    assert (item_of(library, "i2").source, item_of(library, "i2").published) == ("Lagazette.fr", "2014-11-07")


def test_a_source_line_has_a_hint_only_where_it_would_fill_something(library: Library, browser: Browsers) -> None:
    page = "/items/i2/annotate?kind=comment"
    assert 'data-source="/source-line"' in browser["claire"].get(page).text
    send(browser["claire"], page, "/items/i2/annotate", kind="comment", body="Lagazette.fr, 7 nov 2014")
    assert item_of(library, "i2").source == "Lagazette.fr"
    assert "data-source" not in browser["claire"].get(page).text
    assert "data-source" not in browser["claire"].get("/items/i2").text


def test_threads_continue_and_name_the_author_that_a_reply_answers(library: Library, browser: Browsers) -> None:
    page = browser["claire"].get(f"{REPLY}?to=r1").text
    assert "Réponse 1." in page
    assert fields_of(page)["body"] == "@max "
    answer = send(browser["claire"], f"{REPLY}?to=r1", REPLY, to="r1", body="@max Oui.")
    assert re.fullmatch(r"/items/i1\?done=replied&undo=[\w-]+#a-[\w-]+", answer.headers["location"])
    assert item_of(library).annotations[1].replies[-1].body == "@max Oui."
    page_text = browser[""].get("/items/i1").text
    assert re.search(r'<a href="/g/quais\?author=max">@max</a> Oui\.', page_text)


def test_users_edit_their_own_texts_and_see_both_versions_in_a_conflict(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    early = fields_of(claire.get(f"{WORDS}?part=a1").text)
    assert early["quote"] == "Un phare au bout du quai."
    late = dict(early)
    assert send(claire, f"{WORDS}?part=a1", WORDS, **{**early, "body": "Ici."}).status_code == 303
    both = send(claire, f"{WORDS}?part=a1", WORDS, **{**late, "body": "Là."})
    assert both.status_code == 409
    assert "Tel qu’il est à présent" in both.text
    assert "Ici." in both.text
    typed = fields_of(both.text)
    assert typed["body"] == "Là."
    response = send(claire, f"{WORDS}?part=a1", WORDS, **typed)
    assert response.headers["location"].startswith("/items/i1?done=words-changed&undo=")
    assert item_of(library).annotations[0].body == "Là."
    same = send(claire, f"{WORDS}?part=a1", WORDS, **fields_of(claire.get(f"{WORDS}?part=a1").text))
    assert same.headers["location"] == "/items/i1?done=words-changed#a-a1"
    reply = fields_of(claire.get(f"{WORDS}?part=r0").text)
    assert send(claire, f"{WORDS}?part=r0", WORDS, **{**reply, "body": "Corrigé."}).status_code == 303
    assert item_of(library).annotations[1].replies[0].body == "Corrigé."


def test_a_passage_has_tags_which_only_a_form_with_their_field_changes(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    part = passage(claire, "Les mouettes crient.", tags="mer, quai").partition("#a-")[2]
    page = claire.get(f"{WORDS}?part={part}").text
    assert 'name="tags" type="text" value="mer, quai"' in page
    for sent, stored in (({}, ("mer", "quai")), ({"tags": "Port"}, ("Port",)), ({"tags": ""}, None)):
        form = fields_of(claire.get(f"{WORDS}?part={part}").text)
        assert send(claire, f"{WORDS}?part={part}", WORDS, **form, **sent).status_code == 303
        assert [one.tags for one in item_of(library).annotations if one.id == part] == [stored]


def test_a_passage_of_any_line_ends_can_be_changed(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    passage(claire, "Une\rligne")
    part = annotations_of(library)[3]
    typed = fields_of(claire.get(f"{WORDS}?part={part}").text)
    assert send(claire, f"{WORDS}?part={part}", WORDS, **{**typed, "body": "Oui."}).status_code == 303


def test_a_comment_of_the_sharer_names_its_author_and_a_passage_does_not(browser: Browsers) -> None:
    page = browser["max"].get("/items/i1").text
    assert '<span dir="auto">Commentaire, Claire, 1er février 2015</span>' in page
    assert "Claire, 2 janvier 2014" not in page


def test_the_form_names_the_text_that_it_edits(browser: Browsers) -> None:
    for part, name in (
        ("a1", "Modifier mon passage"),
        ("a4", "Modifier mon commentaire"),
        ("r0", "Modifier ma réponse"),
    ):
        assert f"<h1>{name}</h1>" in browser["claire"].get(f"{WORDS}?part={part}").text


def test_texts_of_others_cannot_be_changed(library: Library, browser: Browsers) -> None:
    before = item_of(library)
    for login in ("max", "olga"):
        assert browser[login].get(f"{WORDS}?part=a1").status_code == 403
        assert send(browser[login], ANNOTATE, WORDS, part="a1", quote="Faux.").status_code == 403
    assert item_of(library) == before
    assert "/items/i1/words?part=a1" in browser["claire"].get("/items/i1").text
    assert "/items/i1/words?part=a1" not in browser["max"].get("/items/i1").text


def test_a_non_member_sees_no_annotation_form(browser: Browsers) -> None:
    for login in ("", "sam", "rene"):
        page = browser[login].get("/items/i1").text
        for part in ("annotate", "reply", "words", "like"):
            assert f"/items/i1/{part}" not in page
    assert "annotations.js" not in browser["sam"].get("/items/i1").text
    assert "annotations.js" in browser["claire"].get("/items/i1").text


def test_a_blank_reply_is_not_asked_for_a_passage(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    annotation = item_of(library).annotations[0]
    answer = send(claire, f"{REPLY}?to={annotation.id}", REPLY, to=annotation.id, body="  ")
    assert answer.status_code == 400
    assert "Écrivez quelque chose." in answer.text


def test_invalid_input_is_refused_and_stays_in_the_form(library: Library, browser: Browsers) -> None:
    claire, before = browser["claire"], item_of(library)
    for fields, status, expected in (
        ({"kind": "passage", "quote": "", "body": "Mes mots"}, 400, "Collez un passage"),
        ({"kind": "comment", "body": "  "}, 400, "Écrivez quelque chose"),
        ({"kind": "passage", "quote": "Mes mots", "color": "or"}, 400, "or"),
        ({"kind": "comment", "body": "Mes mots\0"}, 400, "U+0000"),
        ({"kind": "comment", "body": "Mes mots" * 10_000}, 400, "trop long"),
        ({"kind": "passage", "quote": "é" * 400_000}, 413, ""),
    ):
        answer = send(claire, ANNOTATE, **fields)
        assert answer.status_code == status, (fields, answer.text)
        assert expected in answer.text
        assert ("Mes mots" in answer.text) == ("Mes mots" in "".join(fields.values()))
    assert send(claire, ANNOTATE, REPLY, to="rien", body="Oui").status_code == 404
    assert send(claire, ANNOTATE, REPLY, to="a\0", body="Oui").status_code == 404
    assert send(claire, f"{REPLY}?to=a1", REPLY, to="a1", body="").status_code == 400
    assert send(claire, ANNOTATE, WORDS, part="rien", body="Oui").status_code == 404
    assert send(claire, ANNOTATE, "/items/i1/like", like="dance a1").status_code == 400
    assert send(claire, ANNOTATE, "/items/i1/like", like="like rien").status_code == 404
    assert claire.get("/items/rien/annotate").status_code == 404
    assert item_of(library) == before


def test_a_huge_text_is_kept_to_the_letter(library: Library, browser: Browsers) -> None:
    text = "À l’envers \u202e😀 é\u0301 " * 2_400
    passage(browser["claire"], text)
    assert text.strip() in [annotation.quote for annotation in item_of(library).annotations]


def test_an_item_has_so_many_annotations_at_most(library: Library, browser: Browsers) -> None:
    many = [{"id": f"m{n}", "quote": f"Passage {n}."} for n in range(MOST_ITEM_PARTS)]
    bring_records(library, {"id": "plein", "title": "Plein", "annotations": many})
    answer = send(browser["claire"], "/items/plein/annotate", kind="comment", body="Encore un.")
    assert answer.status_code == 409
    assert "Encore un." in answer.text


def test_a_page_with_300_annotations_stays_light(library: Library, browser: Browsers) -> None:
    many = [{"id": f"m{n}", "quote": f"Passage {n}."} for n in range(300)]
    bring_records(library, {"id": "grand", "title": "Grand", "annotations": many})
    page = browser["max"].get("/items/grand").text
    assert page.count("<form") < 10
    assert len(page) < 400_000
