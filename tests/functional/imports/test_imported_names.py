"""An imported author, who may have the name of any account, is marked wherever people are named."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import JoinPolicy, Visibility
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core.library import Library
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.moderation.moderation_actions import remove_content
from kb.site import create_app
from tests.factories.group import a_shared, as_
from tests.factories.import_export import import_data, lines_of
from tests.support.browser_sessions import a_library_of, an_account, sign_in

NAMES = ("Root Admin", "Root  Admin", "Aliсe", "Claire\u3164")
"""Names that readers may take for that of an account."""
FEEDS = ("/g/{slug}.atom", "/g/{slug}.rss", "/g/{slug}.json")
PAGES = (
    "/", "/search", "/search?q=port", "/search?view=passages&q=quai", "/search?author=root-admin-import", "/g/{slug}",
    "/g/{slug}/members",
    "/g/{slug}/members/root-admin-import", "/g/{slug}/report", "/g/{slug}/duplicates", "/g/{slug}/bin",
    "/g/{slug}/log", "/g/{slug}/incomplete", "/items/i1", "/items/i1/edit", "/items/i1/moderation", "/items/i1/move",
    "/items/i1/reply?to=a1", "/items/i1/moderation?part=a1", "/lists/{list}", "/lists/{list}/edit",
    "/lists/{list}/review?comments=1", "/review?q=port", "/bulk?id=i1", "/suggest?q=root",
    "/saved/new?author=root-admin-import", "/follow?author=root-admin-import",
)  # fmt: skip


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire") as library:
        an_account(library, "root", name="Root Admin")
        set_administrator(library, OPERATOR, "root", administrator=True)
        yield library


def records() -> Iterator[dict[str, object]]:
    for number, name in enumerate(NAMES, 1):
        reply = {"id": f"r{number}", "body": "Une réponse du quai.", "author": name, "added": "2014-05-08"}
        yield {
            "id": f"i{number}", "title": f"Le port {number}", "url": "https://exemple.fr/1", "author": name,
            "added": "2014-05-06", "tags": ["port"], "sharers": [{"author": NAMES[0], "added": "2014-05-07"}],
            "annotations": [
                {"id": f"a{number}", "kind": "comment", "body": "Un mot du quai.", "author": name, "replies": [reply]},
                {"kind": "note", "quote": "Le quai est long.", "body": "Oui, le quai.", "author": name},
            ],
        }  # fmt: skip


def unmarked_names(page: str) -> list[str]:
    """The names in a page that no mark follows, with what stands around them."""
    text = page.replace("&nbsp;", "\u00a0")
    spelled = "|".join(r"\s+".join(map(re.escape, name.split(" "))) for name in NAMES)
    return re.findall(rf".{{0,60}}(?:{spelled})(?! \(import\)).{{0,20}}", text)


def test_every_page_marks_the_names_of_imported_authors(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.EVERYONE)
    claire = as_(library, "claire")
    for record in records():
        record["url"] = f"https://exemple.fr/{record['id']}"
        # The operator alone brings a name with a character that shows nothing.
        actor = OPERATOR if "\u3164" in str(record["author"]) else claire
        import_data(library, lines_of(record), actor, group_slug=group.slug)
    item_list = create_list(library, claire, group.slug, "Lectures du port")
    add_list_entry(library, claire, item_list.id, ListEntryKind.ITEM, item_id="i1")
    add_list_entry(library, claire, item_list.id, ListEntryKind.PASSAGE, item_id="i1", annotation_id="a1")
    remove_content(library, claire, "i4")
    catch_up(library)
    client = TestClient(create_app(library), follow_redirects=False)
    sign_in(client, "claire")
    found = {}
    for address in PAGES:
        answer = client.get(address.format(slug=group.slug, list=item_list.id))
        assert answer.status_code == 200, address
        if unmarked := unmarked_names(answer.text):
            found[address] = unmarked
    assert found == {}
    for address in ("/search", "/items/i1", f"/g/{group.slug}/members", f"/lists/{item_list.id}/review?comments=1"):
        assert "Root Admin (import)" in client.get(address).text, address
    for address in FEEDS:
        shared = re.findall(r"partagé par Root Admin(.{9})", client.get(address.format(slug=group.slug)).text)
        assert set(shared) == {" (import)"}, address


def test_an_account_is_not_marked_and_exports_give_names_as_they_are(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.EVERYONE)
    claire = as_(library, "claire")
    mine = {"id": "i9", "title": "Le quai", "author": "C.", "annotations": [{"body": "Un mot."}]}
    import_data(library, lines_of(mine), claire, group_slug=group.slug, author_map={"C.": "claire"})
    import_data(library, lines_of(next(records())), claire, group_slug=group.slug)
    catch_up(library)
    client = TestClient(create_app(library), follow_redirects=False)
    for address, name in (
        ("/items/i9", "claire"),
        (f"/g/{group.slug}/export?format=jsonl", "Root Admin"),
        (f"/g/{group.slug}/export?format=annotations", "Root Admin"),
        ("/api/v1/items/i1", "Root Admin"),
        ("/api/v1/search?q=port", "Root Admin"),
    ):
        answer = client.get(address)
        assert (answer.status_code, name in answer.text, "(import)" in answer.text) == (200, True, False), address
