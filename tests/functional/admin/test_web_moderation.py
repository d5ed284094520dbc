"""Moderation in a browser without JavaScript."""

import html
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.services.core.library import Library
from tests.factories.import_export import bring_records, exported_lines
from tests.factories.moderation import ROLES, a_moderated_library
from tests.support.browser_sessions import browsers_of, send, token_of

Browsers = dict[str, TestClient]


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


@pytest.fixture
def browser(library: Library) -> Browsers:
    """A browser for each user, and one for an anonymous visitor."""
    return browsers_of(library, ROLES)


def send_about_item(client: TestClient, part: str = "", **fields: str) -> str:
    """Send the form about a part of the first item; returns the redirect target."""
    page = f"/items/i1/moderation{'?part=' + part if part else ''}"
    answer = send(client, page, "/items/i1/moderation", part=part, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def undo(client: TestClient, location: str) -> str:
    """Press the button of the notice; returns the redirect target."""
    page = client.get(location).text
    action = re.search(r'<form class="flash" method="post" action="([^"]+)"', page)
    assert action is not None, page
    answer = send(client, "/items/i1", html.unescape(action[1]))
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_anonymous_visitors_see_no_moderation_form(browser: Browsers) -> None:
    page = browser[""].get("/items/i1")
    assert 'name="deed"' not in page.text
    assert "forms.css" not in page.text
    assert "set-cookie" not in page.headers
    assert browser[""].get("/items/i1/moderation", follow_redirects=False).headers["location"].startswith("/login")


def test_the_pages_that_look_after_a_group_stand_under_headings(browser: Browsers) -> None:
    def menu(login: str) -> list[str]:
        page = browser[login].get("/g/quais/tags").text
        (nav,) = re.findall(r'<nav class="group-tabs".*?</nav>', page, re.DOTALL)
        return re.findall(r">([^<\n]+)</(?:span|a)>", nav.partition("<summary>")[2])

    owner = menu("olga")
    assert owner[0] == "Membres et droits"
    assert owner[1] == "Réglages"
    assert owner[2].startswith("Modération")
    assert owner[3:5] == ["Contenu", "Vocabulaire"]
    assert "Webhooks" in owner[owner.index("Diffusion") :]
    assert menu("claire")[:2] == ["Contenu", "Vocabulaire"]
    assert "Corbeille" in menu("claire")


def test_each_sees_what_they_may_do_and_no_more(browser: Browsers) -> None:
    offered = {
        login: {
            name for name in ("flag", "hide", "remove") if f'name="act" value="{name}"' in client.get("/items/i1").text
        }
        for login, client in browser.items()
    }
    assert offered == {
        "": set(),
        "sam": {"flag"},
        "rene": {"flag"},
        "claire": {"flag", "remove"},
        "max": {"hide", "remove"},
        "olga": {"hide", "remove"},
    }
    # An item with annotations of others does not belong to its author alone any more.
    own = browser["claire"].get("/items/i1/moderation").text
    assert 'value="remove"' not in own
    assert "Il n’y a rien que vous puissiez faire ici" in own


def test_a_report_reaches_the_moderators_who_dismiss_it(browser: Browsers) -> None:
    assert send_about_item(browser["sam"], "a3", act="flag", why="<b>Faux</b>") == "/items/i1?done=flagged#a-a3"
    assert "Merci" in browser["sam"].get("/items/i1?done=flagged").text
    send_about_item(browser["rene"], "a3", act="flag")
    send_about_item(browser["rene"], act="flag")
    page = browser["max"].get("/g/quais/moderation").text
    assert "Modération</a>" not in page
    assert "Modération (2)" in page
    assert "&lt;b&gt;Faux&lt;/b&gt;" in page
    assert "Rene" in page
    assert "Un treuil." in page
    response = send(browser["max"], "/g/quais/moderation", act="dismiss", id="i1", part="a3")
    assert response.headers["location"] == "/g/quais/moderation?done=dismissed"
    page = browser["max"].get("/g/quais/moderation").text
    assert "Faux" not in page
    assert "Modération (1)" in page
    assert "Un treuil." in browser[""].get("/items/i1").text


def test_hidden_content_is_restored_from_the_flash_message(library: Library, browser: Browsers) -> None:
    before = exported_lines(library)
    location = send_about_item(browser["max"], "a3", act="hide", why="Hors sujet")
    assert re.fullmatch(r"/items/i1\?done=hidden&undo=[\w-]+", location)
    assert "Un treuil." not in browser["olga"].get("/items/i1").text
    # A shared address offers no undo to users without the right.
    assert 'class="flash" method' not in browser[""].get(location).text
    assert undo(browser["max"], location) == "/items/i1?done=restored#a-a3"
    assert exported_lines(library) == before
    answer = send(browser["max"], "/items/i1", location.partition("undo=")[2].join(("/restore/", "")))
    assert answer.status_code == 404


def test_a_whole_item_leads_to_its_group_and_back(library: Library, browser: Browsers) -> None:
    before = exported_lines(library)
    location = send_about_item(browser["max"], act="remove", why="Doublon")
    assert location.startswith("/g/quais?done=removed&undo=")
    catch_up(library)
    assert "Le port au petit matin" not in browser["max"].get("/g/quais").text
    assert browser["max"].get("/items/i1").status_code == 404
    page = browser["max"].get("/g/quais/bin").text
    for text in ("Le port au petit matin", "Doublon", "supprimé par Max", "gardé jusqu’au"):
        assert text in page
    # The item has no page any more: take the form token from another page.
    action = re.search(r'action="(/restore/[^"]+)"', browser["max"].get(location).text)
    assert action is not None
    assert send(browser["max"], "/items/i2", action[1]).headers["location"] == "/items/i1?done=restored"
    assert exported_lines(library) == before


def test_hidden_content_is_restored_from_the_moderation_page(library: Library, browser: Browsers) -> None:
    before = exported_lines(library)
    for part in ("r1", "a2"):
        send_about_item(browser["max"], part, act="hide")
    page = browser["max"].get("/g/quais/moderation").text
    # The newest first.
    passage, reply = re.findall(r'name="id" value="([\w-]+)"', page)
    waits = send(browser["max"], "/g/quais/moderation", act="restore", id=reply)
    assert waits.status_code == 409
    assert "restaurez-le d’abord" in waits.text
    for removal_id in (passage, reply):
        assert send(browser["max"], "/g/quais/moderation", act="restore", id=removal_id).status_code == 303
    assert exported_lines(library) == before


def test_a_member_finds_what_they_removed_and_nothing_of_others(browser: Browsers) -> None:
    send_about_item(browser["claire"], "a1", act="remove")
    send_about_item(browser["max"], "a3", act="remove")
    page = browser["claire"].get("/g/quais/bin").text
    assert "Un phare au bout du quai." in page
    assert "Un treuil." not in page
    assert "Journal" not in page
    assert "purge" not in page
    assert browser["rene"].get("/g/quais/bin").status_code == 403
    whole = browser["max"].get("/g/quais/bin").text
    assert "Un phare au bout du quai." in whole
    assert "Un treuil." in whole
    (removal_id,) = re.findall(r'name="id" value="([\w-]+)"', page)
    assert send(browser["claire"], "/g/quais/bin", act="restore", id=removal_id).status_code == 303
    assert "La corbeille est vide" in browser["claire"].get("/g/quais/bin").text


def test_only_an_owner_empties_the_trash_after_a_confirmation(library: Library, browser: Browsers) -> None:
    send_about_item(browser["max"], "a3", act="remove")
    assert "?purge=" not in browser["max"].get("/g/quais/bin").text
    page = browser["olga"].get("/g/quais/bin").text
    asks = html.unescape(str(re.search(r'href="(/g/quais/bin\?purge=[^"]+)"', page)[1]))  # type: ignore[index]
    assert browser["max"].get(asks).status_code == 403
    preview = browser["olga"].get(asks).text
    assert "personne ne pourra le restaurer" in preview
    (removal_id,) = re.findall(r'name="id" value="([\w-]+)"', preview)
    assert send(browser["max"], "/g/quais/bin", act="purge", id=removal_id).status_code == 403
    response = send(browser["olga"], asks, "/g/quais/bin", act="purge", id=removal_id)
    assert response.headers["location"] == "/g/quais/bin?done=purged"
    assert "Un treuil." not in browser["olga"].get("/g/quais/bin").text
    assert browser["olga"].get(asks).status_code == 404
    again = send(browser["olga"], "/items/i1", "/g/quais/bin", act="purge", id=removal_id)
    assert again.status_code == 400
    assert "disparu définitivement" in again.text


def test_the_audit_log_shows_actions_page_by_page(library: Library, browser: Browsers) -> None:
    send_about_item(browser["sam"], "a3", act="flag")
    for _ in range(26):
        undo(browser["max"], send_about_item(browser["max"], "a3", act="hide"))
    page = browser["max"].get("/g/quais/log").text
    assert "Max a masqué un passage de «\u202fLe port au petit matin\u202f»." in page
    assert "Max a restauré" in page
    assert "Sam a signalé" not in page
    earlier = html.unescape(str(re.search(r'href="([^"]+before=\d+)"', page)[1]))  # type: ignore[index]
    rest = browser["max"].get(earlier).text
    assert "Sam a signalé un passage" in rest
    assert "Le site a créé le groupe." in rest
    assert "Plus ancien" not in rest
    assert re.search(r'<time class="hint" datetime="[\d-]+T\d\d:\d\d:\d\dZ">\d\d:\d\d</time> <bdi>Max a masqué', page)
    reports = browser["max"].get("/g/quais/log?who=sam&what=content").text
    assert "Sam a signalé un passage" in reports
    assert "Max a masqué" not in reports
    assert '<option value="content" selected>' in reports
    assert "Sam a signalé" not in browser["max"].get("/g/quais/log?who=sam&what=members").text
    assert "Max a masqué" not in (empty := browser["max"].get("/g/quais/log?who=personne").text)
    assert "Rien n’a été trouvé" in empty
    assert "Il ne s’est encore rien passé" not in empty
    assert "before" in str(
        re.search(r'href="([^"]+who=max[^"]+before=\d+)"', browser["max"].get("/g/quais/log?who=max").text)
    )
    assert "Il n’y a rien avant" in browser["max"].get("/g/quais/log?before=0").text
    for odd in ("x", "-1", "9" * 40, "²"):
        assert "Max a restauré" in browser["max"].get(f"/g/quais/log?before={odd}").text
    assert browser["claire"].get("/g/quais/log").status_code == 403


def test_invalid_input_is_refused_and_stays_in_the_form(browser: Browsers) -> None:
    page = "/items/i1/moderation?part=a3"
    odd = send(browser["sam"], page, "/items/i1/moderation", part="a3", act="dance", why="Mes mots")
    assert odd.status_code == 400
    assert "Mes mots" in odd.text
    response = send(browser["sam"], page, "/items/i1/moderation", part="a3", act="flag", why="a\0b")
    assert response.status_code == 400
    assert "U+0000" in response.text
    assert send(browser["sam"], page, "/items/i1/moderation", part="rien", act="flag").status_code == 404
    assert send(browser["sam"], page, "/items/rien/moderation", act="flag").status_code == 404
    for address in ("/g/quais/moderation", "/g/quais/bin"):
        assert send(browser["max"], "/items/i1", address, act="dance").status_code == 400
        assert send(browser["max"], "/items/i1", address, act="restore", id="\0").status_code == 400


def test_an_undo_answers_the_same_whether_the_content_exists_to_whoever_may_not_see_it(browser: Browsers) -> None:
    location = send_about_item(browser["max"], "a3", act="remove")
    there = location.partition("undo=")[2]
    for login in ("", "sam", "rene", "claire"):
        token = token_of(browser[login], "/items/i1" if login else "/login")
        answers = [
            browser[login].post(f"/restore/{id_}", data={"form_token": token}, follow_redirects=False)
            for id_ in (there, "rien")
        ]
        assert [answer.status_code for answer in answers] == [404 if login else 303] * 2, login
        assert answers[0].text.replace(there, "rien") == answers[1].text, login
        locations = [answer.headers.get("location", "") for answer in answers]
        assert locations[0].replace(there, "rien") == locations[1], login


def test_a_form_of_another_site_hides_nothing(library: Library, browser: Browsers) -> None:
    before = exported_lines(library)
    for fields in ({}, {"form_token": token_of(browser["olga"], "/items/i1")}):
        answer = browser["max"].post("/items/i1/moderation", data={"act": "hide", **fields})
        assert answer.status_code == 403
    assert exported_lines(library) == before


def test_two_moderators_hide_the_same_content_at_once(browser: Browsers) -> None:
    send_about_item(browser["max"], "a3", act="hide")
    late = send(browser["olga"], "/items/i1", "/items/i1/moderation", part="a3", act="hide")
    assert late.status_code == 404
    assert "n’est plus là" in late.text


def test_the_empty_pages_say_what_they_are_for(browser: Browsers) -> None:
    page = browser["max"].get("/g/quais/moderation").text
    assert "Rien n’attend." in page
    assert "Rien n’est masqué." in page
    assert "La corbeille est vide" in browser["max"].get("/g/quais/bin").text
    assert "Modération" not in browser["claire"].get("/g/quais").text
    assert "Corbeille" in browser["claire"].get("/g/quais").text
    assert "Corbeille" not in browser["rene"].get("/g/quais").text


def test_a_personal_library_has_a_trash_and_a_log_and_no_moderation(browser: Browsers) -> None:
    sam = browser["sam"]
    page = sam.get("/g/~sam/bin").text
    assert "La corbeille est vide" in page
    assert "Modération" not in page
    assert sam.get("/g/~sam/log").status_code == 200
    assert browser["max"].get("/g/~sam/bin").status_code == 404
    assert browser["max"].get("/g/~sam/log").status_code == 404


def test_an_item_with_a_great_many_passages_links_to_their_forms(library: Library, browser: Browsers) -> None:
    many = [{"id": f"m{n}", "quote": f"Passage {n}."} for n in range(150)]
    bring_records(library, {"id": "grand", "title": "Grand", "annotations": many})
    page = browser["max"].get("/items/grand").text
    assert '<details class="action-menu">' not in page
    assert 'href="/items/grand/moderation?part=m149"' in page
    assert 'value="hide"' in browser["max"].get("/items/grand/moderation?part=m149").text
