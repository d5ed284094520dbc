"""Results ticked on any listing, and actions on them, without JavaScript."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_states import archive_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.group import a_shared
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.support.browser_sessions import a_library_of, send, sign_in
from tests.support.press_reviews import draft_of, review_fields, sent_review

pytestmark = pytest.mark.usefixtures("impatient")


@dataclass(frozen=True)
class Site:
    """A library with an open group of 30 items and a closed group that Luc may not read, and browsers by login."""

    library: Library
    open: Group
    closed: Group
    browsers: dict[str, TestClient]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with a_library_of("claire", "luc") as library:
        shared = a_shared(library), a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
        set_role(library, OPERATOR, shared[0].slug, "luc", Role.MEMBER)
        open_items = (an_item(f"Note {n} des agents", id=f"n{n}", group=shared[0], order=n) for n in range(30))
        add_items(library, *open_items, an_item("Secret des agents", id="secret", group=shared[1]))
        catch_up(library)
        browsers = {login: TestClient(create_app(library)) for login in ("claire", "luc", "")}
        for login in ("claire", "luc"):
            sign_in(browsers[login], login)
        yield Site(library, *shared, browsers)


def ids(html: str) -> list[str]:
    return re.findall(r'type="checkbox" name="item" value="([^"]+)"', html)


@pytest.mark.parametrize("path", ["/search?q=agents", "/g/{group}", "/g/{group}?q=agents&view=passages"])
def test_every_listing_has_boxes_where_its_results_are(site: Site, path: str) -> None:
    address = path.format(group=site.open.slug)
    luc = site.browsers["luc"]
    plain = luc.get(address)
    assert ids(plain.text) == []
    assert 'id="selection"' not in plain.text
    link = re.search(r'<a href="([^"]*select=1)" rel="nofollow">Sélectionner</a>', plain.text)
    if "passages" in path:
        return
    assert link is not None
    chosen = luc.get(f"{address}{'&' if '?' in address else '?'}select=1").text
    assert len(ids(chosen)) == 20
    assert '<span class="sr-only">Note ' in re.sub("</?mark>", "", chosen)
    # A script counts the ticked boxes: without JavaScript, no number would follow them.
    assert re.search(r'<span role="status"[^>]*></span>', chosen)
    assert "à l’ouverture de cette page" not in chosen
    assert 'data-one="# coché"' in chosen
    assert "Quitter la sélection" in chosen
    assert "Les 30 résultats" in chosen
    assert ">Cocher les 20</button>" in chosen


def test_all_boxes_of_a_page_are_ticked_by_a_button(site: Site) -> None:
    page = site.browsers[""].get("/search?q=agents&select=1&tick=page").text
    assert len(re.findall('name="item" value="[^"]+" checked>', page)) == 20
    assert "<noscript><span>20 cochés à l’ouverture de cette page</span>" in page
    assert re.search(r'name="tick" value="none" [^>]*>Décocher les 20</button>', page)
    none = site.browsers[""].get("/search?q=agents&select=1&tick=none&item=" + "&item=".join(ids(page))).text
    assert not re.findall('name="item" value="[^"]+" checked>', none)
    assert re.search(r'name="tick" value="page" [^>]*>Cocher les 20</button>', none)


def test_ticks_stay_on_another_page(site: Site) -> None:
    first = site.browsers["luc"].get("/search?select=1").text
    ticked = ids(first)[:2]
    second = site.browsers["luc"].get(
        "/search?" + urlencode([("select", "1"), ("page", "2"), *(("item", i) for i in ticked)])
    )
    assert "<noscript><span>2 cochés à l’ouverture de cette page</span>" in second.text
    assert all(f'type="hidden" name="item" value="{item_id}"' in second.text for item_id in ticked)
    assert not set(ticked) & set(ids(second.text))


def test_the_bar_offers_what_the_visitor_may_do(site: Site) -> None:
    labels = r'<button type="submit" formaction="(?:/review|/export|/bulk)"[^>]*>([^<]+)</button>'
    address = f"/g/{site.open.slug}?select=1"
    assert re.findall(labels, site.browsers[""].get(address).text) == ["Revue de presse", "Exporter"]
    assert "/login?next=" in site.browsers[""].get(address).text
    assert re.findall(labels, site.browsers["claire"].get(address).text) == [
        "Ajouter à une liste",
        "Revue de presse",
        "Exporter",
        "Mots-clés",
        "Déplacer ou copier",
        "Lire plus tard",
        "Supprimer",
    ]


def test_a_review_and_an_export_have_what_is_selected_in_its_order_and_nothing_unreadable(site: Site) -> None:
    luc = site.browsers["luc"]
    query = "q=agents&item=n7&item=secret&item=n2&item=rien&back=/search?q=agents%26select=1"
    review = luc.get(f"/review?{query}").text
    assert re.findall(r"<h3[^>]*>(?:<a[^>]*>)?([^<]+)", review) == ["Note 7 des agents", "Note 2 des agents"]
    assert re.search('href="/search[^"]*item=n7&amp;item=secret&amp;item=n2[^"]*"[^>]*>Revenir aux résultats<', review)
    mail = luc.get(f"/review?{query}&format=eml")
    assert "Note 7" in mail.text
    assert "Secret" not in mail.text
    assert "2 signets" in luc.get(f"/export?{query}").text
    every = luc.get("/review?q=agents&item=n7&scope=all&select=1").text
    assert every.count("<h3") == 30


def test_the_way_back_from_a_review_keeps_what_is_selected_and_typed(site: Site) -> None:
    luc, back = site.browsers["luc"], "/search?q=agents&page=2&select=1"
    selected = [("q", "agents"), ("select", "1"), ("back", back), ("item", "n7"), ("item", "n2")]
    address = draft_of(luc, urlencode(selected))
    review = luc.get(f"{address}?{urlencode({'back': back})}").text
    assert 'name="act" value="back" formnovalidate>← Revenir aux résultats<' in review
    typed = {"introduction": "Bonjour,\nà toutes.", "order": "source"}
    listing = sent_review(luc, address, review_fields(review), "back", **typed)
    assert "<noscript><span>2 cochés à l’ouverture de cette page</span>" in listing
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', listing))
    assert fields["list"] == address.split("/")[2]
    assert fields["back"] == "/search?q=agents&amp;page=2&amp;select=1"
    again = luc.get(address).text
    assert "\nBonjour,\nà toutes.</textarea>" in again
    assert '<option value="source" selected>' in again
    whole = luc.get("/search?q=agents&select=1&scope=all").text
    assert "<noscript><span>30 cochés à l’ouverture de cette page</span>" in whole
    assert 'value="all" data-total="30" checked>' in whole


@pytest.mark.parametrize("page", ["/review", "/export"])
def test_nothing_ticked_leads_back_and_says_so(site: Site, page: str) -> None:
    back = "/search?q=agents&select=1"
    answer = site.browsers[""].get(f"{page}?{urlencode({'q': 'agents', 'select': '1', 'back': back})}")
    assert answer.url.path == "/search"
    assert "Cochez au moins un signet." in answer.text


def test_the_selection_never_redirects_to_another_site(site: Site) -> None:
    answer = site.browsers["luc"].get("/bulk?act=tag&item=n1&back=https://autre.example/")
    assert '<p class="breadcrumb"><a href="/">' in answer.text


def test_more_than_a_hundred_ids_are_refused(site: Site) -> None:
    many = urlencode([("item", f"x{n}") for n in range(101)])
    luc = site.browsers["luc"]
    assert "On coche au plus 100 signets" in luc.get(f"/review?{many}").text
    assert luc.get(f"/bulk?act=later&{many}").status_code == 400


def send_bulk_action(site: Site, login: str, act: str, items: tuple[str, ...], **fields: str) -> Any:
    """The response to the form of a bulk action on ticked items, with the listing's redirect followed."""
    browser = site.browsers[login]
    query = urlencode([("act", act), *(("item", item) for item in items)])
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', browser.get(f"/bulk?{query}").text)
    assert token is not None
    data = {"form_token": token[1], "act": act, "item": list(items), "back": "/search?q=agents&select=1", **fields}
    return browser.post("/bulk?q=agents", data=data)


def undone(site: Site, login: str, page: str) -> None:
    action = re.search(r'action="(/restore/[^"]+)"', page)
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert action is not None
    assert token is not None
    assert site.browsers[login].post(action[1], data={"form_token": token[1]}).status_code == 200


def test_ticked_items_go_into_a_list_in_their_order_once_and_out_again(site: Site) -> None:
    answer = send_bulk_action(site, "luc", "list", ("n5", "secret", "n3"), name="Mes choix")
    assert (answer.url.path, answer.url.query.decode().split("&done")[0]) == ("/search", "q=agents&select=1")
    # The notice gives the number and the target; unreadable items are neither added nor counted.
    notice = re.search(r'<form class="flash".*?</form>', answer.text)
    assert notice is not None
    assert "2 signets ajoutés à la liste «\u202fMes choix\u202f»." in notice[0]
    again = site.browsers["luc"].get("/bulk?act=list&item=n5").text
    list_id = re.search(r'name="list" value="([^"]{8,})"', again)
    assert list_id is not None
    assert f'<a class="action-link" href="/lists/{list_id[1]}">Ouvrir la liste</a>' in notice[0]
    for login in ("claire", ""):
        assert "Mes choix" not in site.browsers[login].get(f"{answer.url.path}?{answer.url.query.decode()}").text
    again = send_bulk_action(site, "luc", "list", ("n5", "n9"), list=list_id[1])
    assert "1 signet ajouté à la liste" in again.text
    again = send_bulk_action(site, "luc", "list", ("n5", "n9"), list=list_id[1])
    assert "Les signets choisis étaient déjà dans la liste." in again.text
    assert "Annuler" not in again.text
    page = site.browsers["luc"].get(f"/lists/{list_id[1]}").text
    assert list(dict.fromkeys(re.findall(r'href="/items/(\w+)"', page))) == ["n5", "n3", "n9"]
    undone(site, "luc", answer.text)


def test_a_new_list_for_ticked_items_has_its_place_in_the_same_step(site: Site) -> None:
    luc, slug = site.browsers["luc"], site.open.slug
    page = luc.get(f"/bulk?group={slug}&act=list&item=n5").text
    places = re.search(r'<select id="f-where" name="where">(.*?)</select>', page, re.DOTALL)
    assert places is not None
    # The form asks for the target, and selects the group of the search.
    assert re.findall(r'value="([^"]+)"( selected)?', places[1]) == [("~luc", ""), (slug, " selected")]
    assert "Ma bibliothèque (personne d’autre ne la voit)" in places[1]
    assert "(facultatif)" not in page
    added = send_bulk_action(site, "luc", "list", ("n5",), name="À nous", where=slug)
    assert "1 signet ajouté à la liste «\u202fÀ nous\u202f»." in added.text
    assert "À nous" in site.browsers["claire"].get(f"/g/{slug}/lists").text
    refused = send_bulk_action(site, "luc", "list", ("n5",), name="Ailleurs", where=site.closed.slug)
    assert refused.status_code == 404
    assert "Ailleurs" in refused.text


def test_a_new_list_without_a_name_is_refused_in_words(site: Site) -> None:
    refused = send_bulk_action(site, "luc", "list", ("n5",), list="new", name=" ")
    assert refused.status_code == 400
    assert "Choisissez une liste, ou nommez-en une nouvelle." in refused.text


def test_the_list_of_a_group_holds_items_of_other_groups_too(site: Site) -> None:
    claire = site.browsers["claire"]
    send(claire, f"/g/{site.open.slug}/lists", name="Du groupe")
    page = claire.get("/bulk?act=list&item=n5").text
    list_id = re.search(r'name="list" value="([^"]{8,})"', page)
    assert list_id is not None
    answer = send_bulk_action(site, "claire", "list", ("secret", "n1"), list=list_id[1])
    assert "2 signets ajoutés à la liste «\u202fDu groupe\u202f»." in answer.text
    # Each reader of the list sees the entries whose items they may read.
    assert "/items/secret" in claire.get(f"/lists/{list_id[1]}").text
    assert "/items/secret" not in site.browsers["luc"].get(f"/lists/{list_id[1]}").text


@pytest.mark.parametrize(("action", "fields"), [("tag", {"add": "relu"}), ("bin", {})])
def test_items_of_an_archived_group_stay_because_it_is_archived(
    site: Site, action: str, fields: dict[str, str]
) -> None:
    archived = a_shared(site.library)
    set_role(site.library, OPERATOR, archived.slug, "luc", Role.MODERATOR)
    add_items(site.library, *(an_item(f"Vieux {n}", id=f"{action}{n}", group=archived) for n in range(2)))
    catch_up(site.library)
    archive_group(site.library, OPERATOR, archived.slug)
    form = site.browsers["luc"].get(f"/bulk?act={action}&item={action}0&item={action}1").text
    answer = send_bulk_action(site, "luc", action, (f"{action}0", f"{action}1"), **fields).text
    for page in (form, answer):
        assert "2 signets sont dans des groupes archivés\u202f: ils restent tels quels." in page
        assert "où vous ne contribuez pas" not in page


def test_a_few_selected_items_are_named_before_they_are_changed(site: Site) -> None:
    page = site.browsers["luc"].get("/bulk?q=agents&act=bin&item=n3&item=secret&item=n8").text
    assert re.findall(r'<a href="/items/(\w+)" dir="auto">(Note \d+) des agents</a>', page) == [
        ("n3", "Note 3"),
        ("n8", "Note 8"),
    ]
    assert "Secret" not in page
    assert "Note 3" not in site.browsers["luc"].get("/bulk?q=agents&act=bin&scope=all").text


def test_ticked_items_go_on_the_reading_list(site: Site) -> None:
    answer = send_bulk_action(site, "luc", "later", ("n8", "secret", "n4"))
    assert "dans votre liste de lecture" in answer.text
    page = site.browsers["luc"].get("/later").text
    assert "Note 8" in page
    assert "Secret" not in page


def test_ticked_items_are_copied_and_moved_with_the_rights_of_each(site: Site) -> None:
    copied = send_bulk_action(site, "luc", "move", ("n10", "secret", "n11"), group="~luc", how="copy")
    assert "Les signets choisis sont copiés." in copied.text
    catch_up(site.library)
    assert "Note 10" in site.browsers["luc"].get("/g/~luc").text
    undone(site, "luc", copied.text)
    catch_up(site.library)
    assert "Note 10" not in site.browsers["luc"].get("/g/~luc").text
    refused = send_bulk_action(site, "luc", "move", ("n10", "secret"), group="~luc", how="move")
    assert "1 signet reste tel quel" in refused.text
    assert "Secret" not in refused.text


def test_a_wider_audience_is_confirmed_first(site: Site) -> None:
    preview = send_bulk_action(site, "claire", "move", ("secret",), group=site.open.slug, how="move")
    assert preview.status_code == 400
    assert 'name="confirmed"' in preview.text
    moved = send_bulk_action(site, "claire", "move", ("secret",), group=site.open.slug, how="move", confirmed="on")
    assert "Les signets choisis sont déplacés." in moved.text
    undone(site, "claire", moved.text)


def test_an_anonymous_visitor_logs_in_first(site: Site) -> None:
    answer = site.browsers[""].get("/bulk?act=later&item=n1")
    assert 'name="password"' in answer.text
