"""Draft lists of press reviews: made of what is ticked, kept, undone, shared, and swept when nobody keeps them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item_list import ItemList, ReviewSettings
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items
from tests.support.browser_sessions import send
from tests.support.press_reviews import draft_of, passage_boxes, review_fields, sent_review


@pytest.fixture
def read(library: Library, slug: str) -> Library:
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
    items = (
        an_item(
            f"Crue {item}",
            id=f"crue{item}",
            group=group,
            order=item,
            annotations=[an_annotation(f"Passage {n} de la crue {item}.", id=f"q{item}-{n}") for n in range(3)],
        )
        for item in range(3)
    )
    add_items(library, *items)
    catch_up(library)
    return library


def list_at(library: Library, address: str) -> ItemList | None:
    with library.store.read() as reading:
        return reading.lists.by_id(address.split("/")[2])


def undo_of(page: str) -> str:
    form = re.search(r'<form class="flash" method="post" action="([^"]+)"', page)
    assert form is not None
    return unescape(form[1])


def test_a_draft_holds_what_is_ticked_and_is_of_its_maker_alone(read: Library, browser: dict[str, TestClient]) -> None:
    address = draft_of(browser["paul"], "q=crue&item=crue2&item=crue0.q0-1&title=Semaine&order=group")
    drafted = list_at(read, address)
    assert drafted is not None
    assert [(entry.item_id, entry.annotation_id) for entry in drafted.entries] == [("crue2", None), ("crue0", "q0-1")]
    assert (drafted.name, drafted.draft, drafted.private, drafted.review.order) == ("Semaine", True, True, "group")
    page = browser["paul"].get(address).text
    assert "Ce brouillon est effacé 14 jours après sa dernière modification." in page
    assert "Semaine" in browser["paul"].get("/lists").text
    for other in ("", "claire"):
        assert browser[other].get(address).status_code == 404
        assert browser[other].get(f"{address}.md").status_code == 404


def test_what_is_chosen_is_in_the_list_and_one_undo_takes_it_back(
    read: Library, browser: dict[str, TestClient]
) -> None:
    paul, address = browser["paul"], draft_of(browser["paul"], "q=crue")
    before = list_at(read, address)
    assert before is not None
    page = paul.get(f"{address}?choose=1").text
    assert sum(passage_boxes(page).values()) == 6
    page = sent_review(paul, address, review_fields(page, "q0-2"), introduction="Bonjour.", comments="on", links="none")
    after = list_at(read, address)
    assert after is not None
    assert {entry.item_id: entry.chosen for entry in after.entries} == {"crue0": ("q0-2",), "crue1": (), "crue2": ()}
    assert after.review == ReviewSettings(dated="", descriptions=False, comments=True, links="none")
    assert after.description == "Bonjour."
    send(paul, address, undo_of(page))
    undone = list_at(read, address)
    assert undone is not None
    assert replace(undone, version=0, changed_at="") == replace(before, version=0, changed_at="")


def test_a_draft_is_swept_after_some_days_unless_it_is_kept_or_named(
    read: Library, browser: dict[str, TestClient]
) -> None:
    paul = browser["paul"]
    left, kept, named = (draft_of(paul, f"q=crue&title={name}") for name in ("Une", "Deux", "Trois"))
    assert "La liste est gardée" in sent_review(paul, kept, review_fields(paul.get(kept).text), "keep")
    send(paul, named.replace("/review", "/edit"), act="settings", name="Trois bis", version="1")
    now = datetime.now(UTC)
    for days, there in ((13, 3), (15, 2)):
        purge_expired_data(read, now + timedelta(days=days))
        assert sum(list_at(read, address) is not None for address in (left, kept, named)) == there
    assert paul.get(left).status_code == 404


def test_the_introduction_of_a_colleague_is_not_overwritten_unseen(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    address = draft_of(browser["claire"], "q=crue")
    edit = address.replace("/review", "/edit")
    send(browser["claire"], edit, act="settings", name="Revue", version="1", group=slug, description="")
    claire, paul = (review_fields(browser[login].get(address).text) for login in ("claire", "paul"))
    sent_review(browser["claire"], address, claire, introduction="De Claire.")
    refused = sent_review(browser["paul"], address, paul, introduction="De Paul.")
    assert "Quelqu’un a modifié cette liste" in refused
    assert "\nDe Paul.</textarea>" in refused
    shared = list_at(read, address)
    assert shared is not None
    assert shared.description == "De Claire."
    # The page that said so has the present version: sent again, it is saved.
    sent_review(browser["paul"], address, review_fields(refused), introduction="De Paul.")
    assert "De Paul." in browser[""].get(f"{address}.txt").text


def test_a_review_of_a_shared_list_is_read_and_downloaded_by_all_and_changed_by_members(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    address = draft_of(browser["claire"], "q=crue")
    edit = address.replace("/review", "/edit")
    send(browser["claire"], edit, act="settings", name="Revue", version="1", group=slug, description="")
    page = browser[""].get(address).text
    assert "review-form" not in page
    assert f'href="{address}.docx"' in page
    assert "Passage 0 de la crue 1" in browser[""].get(f"{address}.md").text
    fields = review_fields(browser["paul"].get(address).text)
    assert "Enfin" in sent_review(browser["paul"], address, fields, introduction="Enfin.")
    sent_review(browser[""], address, fields, introduction="Jamais.")
    assert "Jamais" not in browser[""].get(f"{address}.txt").text


def test_a_version_that_is_no_number_is_an_old_one(read: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    address = draft_of(claire, "q=crue")
    fields = review_fields(claire.get(address).text)
    for version in ("9" * 5_000, "deux", "²"):
        sent = [(name, version if name == "version" else value) for name, value in fields]
        assert "Revue de presse" in sent_review(claire, address, sent)
