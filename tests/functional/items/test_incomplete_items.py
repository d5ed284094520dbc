"""The queue of incomplete items: missing fields, access, and the link to the next item."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.items.item_fields import ItemFields
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.model.web_pages.link_check import DEAD_FROM, LinkCheck
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile, upload_file
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from kb.store.database.clock import timestamp_now
from tests.factories.documents import a_pdf
from tests.factories.group import a_shared, as_
from tests.factories.import_export import import_data
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items
from tests.support.browser_sessions import a_library_of, an_account, sign_in, token_of

SAVED_PAGE = Path(__file__).resolve().parents[2] / "corpus" / "saved_pages" / "donnees-ouvertes.txt"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul") as library:
        yield library


@pytest.fixture
def group(library: Library) -> Group:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    by_login = {person.login: person for person in people(library)}
    author, claire = by_login["paul"], by_login["claire"]
    whole = an_item("Entier", id="entier", group=group, order=1, tags=("eau",), published="2014", author=claire)
    whole = replace(whole, url="https://exemple.fr/1")
    add_items(
        library,
        whole,
        replace(whole, id="sans-tout", title="Sans <tout>", order=2, url=None, tags=(), published=None, author=author),
        replace(whole, id="sans-date", title="Sans date", order=3, url="https://exemple.fr/3", published=None),
        replace(whole, id="mort", title="Mort", order=4, url="https://exemple.fr/4"),
    )
    now = timestamp_now()
    check = LinkCheck("mort", "https://exemple.fr/4", now, now, failures=DEAD_FROM, failing_since=now)
    with library.store.write() as writing:
        writing.link_checks.put(check)
    return group


def people(library: Library):
    with library.store.read() as reading:
        return [account.user for account in reading.accounts.all()]


def browser(library: Library, login: str = "") -> TestClient:
    client = TestClient(create_app(library), follow_redirects=False)
    if login:
        sign_in(client, login)
    return client


def titles(page: str) -> list[str]:
    return re.findall(r'rel="nofollow" dir="auto"[^>]*>([^<]+)</a> <span class="about">', page)


def test_the_queue_of_a_group_says_what_is_missing(library: Library, group: Group) -> None:
    client = browser(library, "claire")
    page = client.get(f"/g/{group.slug}/incomplete").text
    assert titles(page) == ["Mort", "Sans date", "Sans &lt;tout&gt;"]
    for name in ("Tous (3)", "sans adresse (1)", "sans date (2)", "sans mot-clé (1)", "adresse morte (1)"):
        assert name in page
    assert "<span>sans adresse</span> <span>sans date</span> <span>sans mot-clé</span>" in page
    assert titles(client.get(f"/g/{group.slug}/incomplete?missing=date").text) == ["Sans date", "Sans &lt;tout&gt;"]
    assert client.get(f"/g/{group.slug}/incomplete?missing=rien").status_code == 400
    assert titles(client.get(f"/g/{group.slug}/incomplete?page=9").text) == []
    assert "À compléter (3)" in client.get(f"/g/{group.slug}").text


def test_a_note_with_a_text_of_its_own_needs_no_address(library: Library, group: Group) -> None:
    passage = an_annotation(None, body="Ce qui s’est dit.")
    for number, note in enumerate(({"description": "Compte rendu."}, {"annotations": [passage]}, {}), 5):
        add_items(library, an_item("Réunion", id=f"r{number}", group=group, order=number, **note))
    page = browser(library, "claire").get(f"/g/{group.slug}/incomplete?missing=address").text
    assert "sans adresse (2)" in page
    assert re.findall(r"/items/(r\d)/edit", page) == ["r7"]
    assert '<a href="/g/' in page
    assert "Bibliothèque</a> <span aria-hidden" not in page


def test_an_uploaded_file_needs_no_address_and_a_bookmark_of_diigo_does(library: Library, group: Group) -> None:
    upload_file(library, as_(library, "claire"), group.slug, SentFile("rapport.pdf", [a_pdf()]), ItemFields())
    report = import_data(library, SAVED_PAGE.read_bytes(), as_(library, "claire"), group_slug=group.slug)
    quoted = an_annotation("Un passage.", body="Une note.")
    add_items(library, an_item("Cité", id="cite", group=group, order=99, description="Lu.", annotations=[quoted]))
    page = browser(library, "claire").get(f"/g/{group.slug}/incomplete?missing=address").text
    assert f"sans adresse ({report.added + 2})" in page
    listed = titles(page)
    assert "Rapport sur les mouettes" not in listed
    assert {"Cité", "Sans &lt;tout&gt;"} < set(listed)
    assert len(listed) == report.added + 2


def test_each_has_their_own_queue(library: Library, group: Group) -> None:
    paul, claire = browser(library, "paul"), browser(library, "claire")
    assert titles(paul.get("/incomplete").text) == ["Sans &lt;tout&gt;"]
    assert "Mes signets à compléter (1)" in paul.get("/").text
    assert "Mes signets à compléter (2)" in claire.get("/").text
    assert group.name in paul.get("/incomplete").text


def test_saving_leads_to_the_next_incomplete_item(library: Library, group: Group) -> None:
    client = browser(library, "claire")
    edit = f"/items/sans-date/edit?queue={group.slug}&missing=date"
    assert f'href="{edit}"'.replace("&", "&amp;") in client.get(f"/g/{group.slug}/incomplete?missing=date").text
    page = client.get(edit).text
    assert "Enregistrer, puis le suivant" in page
    read = re.search(r'name="read" value="([^"]*)"', page)
    assert read is not None
    fields = {
        "form_token": token_of(client, edit),
        "read": unescape(read[1]),
        "queue": group.slug,
        "missing": "date",
        "title": "Sans date",
        "url": "https://exemple.fr/3",
        "tags": "eau",
    }
    wrong = client.post("/items/sans-date/edit", data={**fields, "published": "hier", "then": "next"})
    assert (wrong.status_code, f'name="queue" value="{group.slug}"' in wrong.text) == (400, True)
    response = client.post("/items/sans-date/edit", data={**fields, "published": "11/2014", "then": "next"})
    assert response.status_code == 303, response.text
    address = response.headers["location"]
    assert address.startswith(f"/items/sans-tout/edit?queue={group.slug}&missing=date&done=item-changed&undo=")
    assert "Annuler" in client.get(address).text
    assert titles(client.get(f"/g/{group.slug}/incomplete?missing=date").text) == ["Sans &lt;tout&gt;"]
    # After the last item, the queue again.
    last = {**fields, "read": read_of(client, "sans-tout"), "title": "Sans tout", "url": "", "published": "2014"}
    response = client.post("/items/sans-tout/edit", data={**last, "then": "next"})
    assert response.headers["location"].startswith(f"/g/{group.slug}/incomplete?missing=date&done=item-changed")
    # Without the button, the item.
    response = client.post("/items/sans-tout/edit", data={**last, "read": read_of(client, "sans-tout")})
    assert response.headers["location"].startswith("/items/sans-tout?done=")


def read_of(client: TestClient, item_id: str) -> str:
    match = re.search(r'name="read" value="([^"]*)"', client.get(f"/items/{item_id}/edit").text)
    assert match is not None
    return unescape(match[1])


def test_only_users_who_may_edit_see_the_queue(library: Library, group: Group) -> None:
    an_account(library, "zoe")
    assert browser(library, "zoe").get(f"/g/{group.slug}/incomplete").status_code == 404
    assert browser(library).get("/incomplete").status_code in {302, 303, 401}
    set_role(library, OPERATOR, group.slug, "paul", Role.READER)
    paul = browser(library, "paul")
    assert paul.get(f"/g/{group.slug}/incomplete").status_code == 403
    assert "À compléter" not in paul.get(f"/g/{group.slug}").text
    # The user's own items in a group where they may no longer write are left out.
    assert titles(paul.get("/incomplete").text) == []
    change_group(library, as_(library, "claire"), group.slug, GroupSettings("Lectures", visible=Visibility.EVERYONE))
    assert browser(library).get(f"/g/{group.slug}/incomplete").status_code in {302, 303, 401}


def test_an_odd_queue_in_the_form_leads_nowhere(library: Library, group: Group) -> None:
    client = browser(library, "claire")
    for queue in ("rien", "~paul", "//exemple.fr", "x" * 500):
        data = {"form_token": token_of(client, "/account"), "read": read_of(client, "sans-date"), "tags": "eau"}
        data |= {"title": "Sans date", "url": "https://exemple.fr/3", "queue": queue, "then": "next"}
        assert client.post("/items/sans-date/edit", data=data).status_code in {303, 404}
