"""No page is over a megabyte, whatever a base holds: what was imported before there were bounds too."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.items.item_fields import LONGEST_DESCRIPTION, LONGEST_LINE, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.web.app import create_app
from tests.browser_sessions import PASSWORD, an_account, send, sign_in
from tests.factories import a_reply, a_user, an_annotation, an_item
from tests.group_factories import a_shared
from tests.library_factories import an_empty_library, keep

MEGABYTE = 1_000_000
_HOSTILE = '"<&\U0001f600'


def hostile(length: int, number: int) -> str:
    """A text that is long in HTML and in addresses."""
    return f"{number} {_HOSTILE * length}"[:length]


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    library = an_empty_library()
    an_account(library, "claire")
    group = a_shared(library)
    keep(library, *(a_heavy_item(group, number) for number in range(12)), *other_items(group))
    catch_up(library)
    yield library
    library.close()


def a_heavy_item(group: Group, number: int):
    return an_item(
        hostile(LONGEST_TITLE, number), id=f"i{number}", group=group, order=number,
        url=f"https://exemple.fr/{number}?" + "x" * 7_900, description=hostile(LONGEST_DESCRIPTION, number),
        byline=hostile(LONGEST_LINE, number), source=hostile(LONGEST_LINE, number),
        tags=[hostile(LONGEST_TAG, number * 100 + n) for n in range(MOST_TAGS)],
        annotations=[an_annotation(hostile(2_000, n), body=hostile(2_000, n)) for n in range(20)],
    )  # fmt: skip


def other_items(group: Group):
    for number in range(12):
        yield replace(a_heavy_item(group, number), id=f"twin{number}", order=200 + number, annotations=())
    author = a_user("ancien", "Paul Ancien")
    yield an_item("Beaucoup", id="many", group=group, order=100, author=author,
                  annotations=[an_annotation(None, body=f"Commentaire {n}.") for n in range(8_000)])  # fmt: skip
    replies = [a_reply(hostile(300, n)) for n in range(2_000)]
    yield an_item("Réponses", id="replies", group=group, order=101, annotations=[an_annotation("P", replies=replies)])
    yield an_item("Un mot-clé", id="tag", group=group, order=102, tags=["eau", "x" * 10_000_000])


PAGES = ("/", "/search?per_page=100&group={group}", "/search?per_page=100&view=passages&group={group}", "/g/{group}",
         "/g/{group}?per_page=100", "/g/{group}/tags", "/items/i3", "/items/many", "/items/many?page=7",
         "/items/replies", "/items/replies?page=2", "/items/i3/cite", "/g/{group}.atom", "/g/{group}.rss",
         "/g/{group}.json", "/search.atom?view=passages&group={group}")  # fmt: skip


OF_MEMBERS = ("/g/{group}/duplicates", "/bulk?group={group}", "/items/i3/edit", "/items/i3/moderation")


@pytest.mark.parametrize("login", ["", "claire"])
def test_no_page_is_over_a_megabyte(library: Library, login: str) -> None:
    with library.store.read() as reading:
        (slug,) = (one.slug for one in reading.groups.all() if not one.is_personal)
    with TestClient(create_app(library)) as client:
        if login:
            sign_in(client, login, PASSWORD)
        pages = (*PAGES, *OF_MEMBERS) if login else PAGES
        sizes = {page: client.get(page.format(group=slug)) for page in pages}
    assert {page: answer.status_code for page, answer in sizes.items()} == dict.fromkeys(pages, 200)
    assert {page: len(answer.content) for page, answer in sizes.items() if len(answer.content) > MEGABYTE} == {}


def test_the_pages_of_an_item_lead_to_each_other_and_hold_everything(library: Library) -> None:
    seen: list[str] = []
    with TestClient(create_app(library)) as client:
        address: str | None = "/items/replies"
        while address is not None:
            page = client.get(address).text
            seen += re.findall(r'<li id="a-(r-[^"]+)"', page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = following[1] if following else None
    assert len(seen) == len(set(seen)) == 2_000


def test_what_was_written_is_on_the_page_to_which_its_form_leads(library: Library) -> None:
    with library.store.read() as reading:
        (annotation,) = reading.items.any_of(["replies"])["replies"].annotations
    with TestClient(create_app(library)) as client:
        sign_in(client, "claire", PASSWORD)
        answer = send(
            client, f"/items/replies/reply?to={annotation.id}", "/items/replies/reply", to=annotation.id, body="Enfin."
        )
        assert answer.status_code == 303
        assert "page=" in answer.headers["location"]
        assert "Enfin." in client.get(answer.headers["location"]).text
