"""The frames for pages of other sites: what they show, to whom, and which sites may show them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Invalid
from kb.features.embeds.origins import MOST_ORIGINS, parse_origins
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import Visibility
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.moderation.moderation_actions import hide_content
from tests.factories.moderation import a_moderated_library, actor_of
from tests.support.browser_sessions import browsers_of, send

FRAMES = ("/embed/g/quais", "/embed/g/quais/tags")


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


@pytest.fixture
def browsers(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, ("olga", "claire"))


def show_to(library: Library, visible: Visibility) -> None:
    settings = GroupSettings("Quais", visible=visible)
    change_group(library, actor_of(library, "olga"), "quais", settings)
    catch_up(library)


def test_a_frame_is_the_same_for_everyone_and_has_neither_script_nor_cookie(browsers: dict[str, TestClient]) -> None:
    for address in FRAMES:
        answer = browsers[""].get(address)
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert "set-cookie" not in browsers["olga"].get(f"{address}?lang=en").headers
        assert browsers["olga"].get(address).content == answer.content
        again = browsers[""].get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Content-Security-Policy"] == answer.headers["Content-Security-Policy"]


def test_the_latest_items_with_the_filters_of_the_listing(browsers: dict[str, TestClient]) -> None:
    browser = browsers[""]
    assert browser.get("/embed/g/quais").text.index("La criée") < browser.get("/embed/g/quais").text.index("Le port")
    assert "La criée" not in browser.get("/embed/g/quais?tag=port").text
    assert browser.get("/embed/g/quais?n=1").text.count("<article>") == 1
    passages = browser.get("/embed/g/quais?view=passages&q=phare").text
    assert "Un phare au bout du quai." in passages
    assert "/items/i1#a-a1" in passages
    assert '<html lang="en">' in browser.get("/embed/g/quais?lang=en").text
    assert browser.get("/embed/g/quais?sort=rien").status_code == 400


def test_the_tags_lead_to_their_pages(browsers: dict[str, TestClient]) -> None:
    page = browsers[""].get("/embed/g/quais/tags").text
    assert "/g/quais/tag/port" in page
    assert page.index(">port<") < page.index(">Quai<")
    assert browsers[""].get("/embed/g/quais/tags?n=1").text.count("<li>") == 1


def test_a_list_has_its_headings_and_words(library: Library, browsers: dict[str, TestClient]) -> None:
    claire = actor_of(library, "claire")
    shared = create_list(library, claire, "quais", "Parcours", "")
    private = create_list(library, claire, "quais", "Pour moi", "", private=True)
    add_list_entry(library, claire, shared.id, ListEntryKind.HEADING, words="Le matin")
    add_list_entry(
        library, claire, shared.id, ListEntryKind.PASSAGE, item_id="i1", annotation_id="a1", words="À relire."
    )
    page = browsers[""].get(f"/embed/lists/{shared.id}").text
    assert "Parcours" in page
    assert page.index("Le matin") < page.index("Le port") < page.index("À relire.")
    assert "Un phare au bout du quai." in page
    assert browsers["claire"].get(f"/embed/lists/{private.id}").status_code == 404
    assert browsers["claire"].get(f"/lists/{private.id}").status_code == 200


@pytest.mark.parametrize("rule", ["link", "50", "all"])
def test_what_a_source_does_not_allow_is_not_shown(library: Library, rule: str) -> None:
    strict = replace(library, settings=replace(library.settings, quotation=rule))
    claire = actor_of(strict, "claire")
    quote = "Cinquante caractères au plus, et pas " + "un mot " * 20 + "mot mot mot mot"
    part = write_annotation(strict, claire, "i2", AnnotationFields(quote=quote, body="Mon avis.")).part_id
    catch_up(strict)
    shared = create_list(strict, claire, "quais", "Parcours", "")
    add_list_entry(strict, claire, shared.id, ListEntryKind.PASSAGE, item_id="i2", annotation_id=part)
    browser = browsers_of(strict, ())[""]
    for address in (f"/embed/lists/{shared.id}", "/embed/g/quais?view=passages&q=cinquante"):
        page = browser.get(address).text
        assert "La criée" in page
        assert ("Cinquante" in page, "mot mot mot mot" in page) == (rule != "link", rule == "all")
        assert ("Mon avis." in page) == (rule == "link")


@pytest.mark.parametrize("visible", [Visibility.SIGNED_IN, Visibility.MEMBERS])
def test_what_is_not_public_is_as_if_it_did_not_exist(
    library: Library, browsers: dict[str, TestClient], visible: Visibility
) -> None:
    show_to(library, visible)
    for address in FRAMES:
        assert browsers["olga"].get(address).status_code == 404
        assert "Quais" not in browsers["olga"].get(address).text
        answers = [browsers[""].get(one) for one in (address, address.replace("quais", "rien"))]
        assert answers[0].status_code == answers[1].status_code == 404
        assert answers[0].headers["X-Frame-Options"] == "DENY"
    assert "<iframe" not in browsers["olga"].get("/g/quais/embed").text


def test_hidden_items_leave_a_frame_at_once(library: Library, browsers: dict[str, TestClient]) -> None:
    hide_content(library, actor_of(library, "max"), "i1")
    assert "Le port" not in browsers[""].get("/embed/g/quais").text


def test_only_the_sites_that_the_owners_name_may_show_a_frame(browsers: dict[str, TestClient]) -> None:
    def policy(address: str = FRAMES[0]) -> str:
        answer = browsers[""].get(address)
        assert "X-Frame-Options" not in answer.headers
        return answer.headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2]

    assert policy() == "'self'"
    sent = send(browsers["olga"], "/g/quais/embed", origins="https://Intranet.exemple.fr/accueil\n*.ville.exemple.fr")
    assert sent.status_code == 303
    assert policy() == policy(FRAMES[1]) == "'self' https://intranet.exemple.fr https://*.ville.exemple.fr"
    assert browsers[""].get("/g/quais").headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in browsers[""].get("/g/quais").headers["Content-Security-Policy"]
    refused = send(browsers["olga"], "/g/quais/embed", origins="javascript:alert(1)")
    assert refused.status_code == 400
    assert "javascript:alert(1)" in refused.text
    send(browsers["olga"], "/g/quais/embed", origins="")
    assert policy() == "'self'"


@pytest.mark.parametrize(
    ("typed", "origins"),
    [
        ("intranet.exemple.fr", ("https://intranet.exemple.fr",)),
        ("http://portail:8080/a?b#c", ("http://portail:8080",)),
        ("https://déjà.exemple.fr, https://déjà.exemple.fr", ("https://xn--dj-kia8a.exemple.fr",)),
        ("", ()),
    ],
)
def test_addresses_of_sites_are_read_as_they_are_typed(typed: str, origins: tuple[str, ...]) -> None:
    assert parse_origins(typed) == origins


@pytest.mark.parametrize(
    "typed",
    [
        "*", "https://*", "https://*.fr", "ftp://exemple.fr", "data:text/html,x", "https://a:b@exemple.fr", "'none'",
        "https://exemple.fr'", "https://[::1]", "https://" + "a" * 300 + ".fr", "a.fr " * (MOST_ORIGINS + 1) + "b.fr",
        " ".join(f"s{number}.fr" for number in range(MOST_ORIGINS + 1)),
    ],
)  # fmt: skip
def test_other_addresses_are_refused(typed: str) -> None:
    if typed.startswith("a.fr"):
        assert parse_origins(typed) == ("https://a.fr", "https://b.fr")
        return
    with pytest.raises(Invalid):
        parse_origins(typed)


def test_owners_get_the_code_and_a_preview(browsers: dict[str, TestClient]) -> None:
    answer = browsers["olga"].get("/g/quais/embed?tag=port&n=5")
    assert "&lt;iframe src=&#34;http" in answer.text
    assert 'src="/embed/g/quais?tag=port&amp;n=5"' in answer.text
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "/embed/g/quais/tags" in browsers["olga"].get("/g/quais/embed?what=tags").text
    assert browsers["claire"].get("/g/quais/embed").status_code == 403
    assert browsers[""].get("/g/quais/embed", follow_redirects=False).status_code == 303


def test_the_page_on_how_to_follow_leads_owners_there(browsers: dict[str, TestClient]) -> None:
    follow = "/follow?feed=/g/quais.atom%3Ftag%3Dport"
    assert "/g/quais/embed?tag=port" in browsers["olga"].get(follow).text
    assert "/g/quais/embed" not in browsers["claire"].get(follow).text
    assert "/g/quais/embed" in browsers["olga"].get("/g/quais").text


def test_a_frame_follows_the_new_address_of_its_group(library: Library, browsers: dict[str, TestClient]) -> None:
    change_group(library, OPERATOR, "quais", GroupSettings("Quais", slug="ports"))
    answer = browsers[""].get("/embed/g/quais?n=5", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/embed/g/ports?n=5")
