"""The home page: its example searches, and how to fill an empty library."""

import re
from contextlib import closing
from html import unescape
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Role, Visibility
from kb.services.groups.group_states import archive_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from kb.store.database.clock import timestamp_now
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library, add_items, an_empty_library
from tests.support.browser_sessions import an_account, browsers_of, send

LECTURES = a_group("lectures", "Lectures")
OTHER = a_group("autres", "Autres lectures")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)
_EXAMPLE = re.compile(r'<dt><a href="([^"]+)">([^<]+)</a></dt>')


def examples(client: TestClient, address: str = "/") -> dict[str, str]:
    """The example searches of the home page: addresses by their text."""
    return {unescape(text): unescape(href) for href, text in _EXAMPLE.findall(client.get(address).text)}


@pytest.mark.parametrize("address", ["/", "/?lang=en"])
@pytest.mark.parametrize(
    ("titles", "tags", "count"),
    [
        (["Plus tôt, plus tard"], ["agents", "petites communes", "formation", "santé/social"], 4),
        (["La médiation numérique, en bref"], [], 2),
        (['Le "OU" et le - de C++'], ['c++ "avancé"'], 0),
        (["L'eau"], ["qualité de l'eau", "+"], 1),
    ],
)
def test_every_example_search_finds_something(titles: list[str], tags: list[str], count: int, address: str) -> None:
    items = [an_item(title, group=LECTURES, tags=tags[:1]) for title in titles]
    items += [an_item("Autre", group=LECTURES, tags=[tag]) for tag in tags]
    client = TestClient(create_app(a_library(*items, groups=[LECTURES])))
    shown_examples = examples(client, address)
    assert len(shown_examples) == count
    for href in shown_examples.values():
        assert client.get(f"/api/v1/search?{urlsplit(href).query}".replace("&lang=en", "")).json()["total"], href
    # Without an example, no empty list of examples is shown.
    assert ('<dl class="examples"' in client.get(address).text) is bool(count)


def test_examples_have_only_words_that_the_reader_may_read() -> None:
    items = (
        an_item("Un budget confidentiel", group=SECRET, tags=["licenciement", "plan social"]),
        an_item("Eau", group=LECTURES),
    )
    client = TestClient(create_app(a_library(*items, groups=[LECTURES, SECRET])))
    assert examples(client) == {}


def test_an_empty_library_links_to_the_import_page_for_users_who_may_import() -> None:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", administrator=True)
        an_account(library, "paul")
        add_items(library, groups=[LECTURES])
        clients = browsers_of(library, ["claire", "paul"])
        administrator, member, visitor = (clients[login].get("/").text for login in ("claire", "paul", ""))
        assert 'href="/g/lectures/import"' in administrator
        assert 'href="/g/~claire/import"' in administrator
        # Commands are for the operator: docs/commands.md has them.
        assert "<code>" not in administrator + member + visitor
        assert 'href="/g/lectures/import"' not in member
        assert 'href="/g/~paul/import"' in member
        assert "/import" not in visitor
        assert "Se connecter pour lire" in visitor
        group, to_visitor = (clients[login].get("/g/lectures").text for login in ("claire", ""))
        assert 'href="/g/lectures/import"' in group.split('class="empty"')[1]
        own, of_visitor = (
            page.split('class="empty"')[1] for page in (clients["paul"].get("/g/~paul").text, to_visitor)
        )
        assert "Votre bibliothèque est vide" in own
        assert "Les pages que ses membres garderont apparaîtront ici." in of_visitor
        assert "kb import" not in group + to_visitor


def test_lists_of_items_mark_those_of_archived_groups() -> None:
    of_archived = an_item("Eau", id="eau", group=LECTURES, annotations=[an_annotation("Eau douce")])
    items, groups = (
        (of_archived, an_item("Eau", group=OTHER, annotations=[an_annotation("Eau de mer")])),
        (LECTURES, OTHER),
    )
    with closing(a_library(*items, groups=groups)) as library:
        an_account(library, "claire", administrator=True)
        set_role(library, OPERATOR, "lectures", "claire", Role.OWNER)
        client = browsers_of(library, ["claire"])["claire"]
        send(client, "/items/eau", "/later", id="eau", act="later")
        begun = send(client, "/lists", name="Plan", group="~claire", act="create").headers["location"]
        pages = (
            "/search?q=eau",
            "/search?q=eau&view=passages",
            "/later",
            f"{urlsplit(begun).path}?q=eau",
            "/admin/groups",
        )
        for page in pages:
            assert "archivé" not in client.get(page).text, page
        archive_group(library, OPERATOR, "lectures")
        for page in pages:
            assert "archivé<" in client.get(page).text, page


def test_the_home_page_marks_archived_groups_of_the_user_and_of_others() -> None:
    with closing(a_library(an_item("Eau", group=LECTURES), groups=[LECTURES])) as library:
        an_account(library, "claire")
        set_role(library, OPERATOR, "lectures", "claire", Role.OWNER)
        clients = browsers_of(library, ["claire"])
        for client in clients.values():
            assert "archivé" not in client.get("/").text
        archive_group(library, OPERATOR, "lectures")
        assert "<span>archivé</span> <span>1 signet</span>" in clients[""].get("/").text
        assert "<span>Lectures</span> <b>archivé</b>" in clients["claire"].get("/").text


def test_a_new_member_who_follows_nothing_sees_what_each_group_got_this_week() -> None:
    items = (
        an_item("Eau", id="eau", group=SECRET, added=timestamp_now()),
        an_item("Air", id="air", order=2, group=SECRET, added=timestamp_now()),
        an_item("Feu", id="feu", order=3, group=SECRET, added="2014-11-07T10:00:00Z"),
    )
    with closing(a_library(*items, groups=[LECTURES, SECRET])) as library:
        for login in ("claire", "sam"):
            an_account(library, login)
        set_role(library, OPERATOR, "secret", "claire", Role.MEMBER)
        clients = browsers_of(library, ["claire", "sam"])
        assert (
            '<span>Réservé</span> <b>+2<span class="sr-only"> cette semaine</span></b>'
            in clients["claire"].get("/").text
        )
        assert "Réservé" not in clients["sam"].get("/").text
