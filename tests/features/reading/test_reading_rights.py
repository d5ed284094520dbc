"""Private and closed passages leave no trace in any view of a text, and a right that is taken away is gone at once."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import Role, Visibility
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.annotations.private_notes import write_private_note
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.factories.page_copies import PICTURE
from tests.support.api_clients import Program
from tests.support.browser_sessions import an_account, browsers_of

ADDRESS = "https://exemple.fr/article"
SENTENCE = "Le guichet unique ouvre le samedi, et les agents de la mairie y tiennent une permanence. "
FIRST, SECOND = "Le délai moyen est de huit minutes.", "Le délai moyen est de vingt minutes."


def capture(program: Program, group: str, sentence: str) -> str:
    text = f"<p>{SENTENCE * 3}</p><img src='{PICTURE}' alt='Un plan'><p>{sentence}</p>"
    page = f"<!DOCTYPE html><title>Un article</title><article>{text}</article>"
    files = {"file": ("page.html", page.encode(), "text/html")}
    answer = program.client.post("/api/v1/capture", data={"url": ADDRESS, "group": group}, files=files)
    return str(answer.json()["id"])


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for slug, visible in (("lectures", Visibility.EVERYONE), ("cercle", Visibility.MEMBERS)):
            add_group(library, OPERATOR, slug, slug, visible=visible)
        for login in ("claire", "paul"):
            an_account(library, login)
            for slug in ("lectures", "cercle"):
                set_role(library, OPERATOR, slug, login, Role.MEMBER)
        an_account(library, "zoe")
        yield library


@pytest.fixture
def items(library: Library) -> dict[str, str]:
    """The ids of the same page in both groups, with two versions of its text."""
    paul = Program(library, "paul")
    groups, saved = ("lectures", "cercle"), dict[str, str]()
    for sentence in (FIRST, SECOND):
        saved = {slug: capture(paul, slug, sentence) for slug in groups}
    return saved


def addresses_of(item: str, slug: str) -> list[str]:
    quoted = "https%3A%2F%2Fexemple.fr%2Farticle"
    ends = ("", "/read", "/read?q=samedi+secret", "/read?version=1", "/versions", "/versions?version=2&against=1")
    return [
        *(f"/items/{item}{end}" for end in (*ends, "/history")),
        *(f"/api/v1/items/{item}{end}" for end in ("", "/history", "/versions")),
        *(f"/g/{slug}/changed-passages", f"/w3c/groups/{slug}/", f"/w3c/groups/{slug}/?page=0"),
        *(f"/hypothesis/api/search?{sought}" for sought in (f"uri={quoted}", "any=secret", "_separate_replies=true")),
        *(f"/hypothesis/api/groups?document_uri={quoted}", "/search?q=secret", f"/search?q=url:{quoted}"),
    ]


def plain(text: str) -> str:
    """An answer without what differs from request to request."""
    return re.sub(r'name="form_token" value="[^"]*"|data-token="[^"]*"|[?&]v=\w+|"(?:took|instance)":[^,}]*', "", text)


def test_a_private_or_closed_passage_leaves_no_trace(library: Library, items: dict[str, str]) -> None:
    browsers, zoe = browsers_of(library, ["zoe"]), Program(library, "zoe").client
    asked = [(client, address) for client in (browsers[""], browsers["zoe"], zoe) for address in addresses_of(
        items["lectures"], "lectures")]  # fmt: skip
    shared = AnnotationFields(quote="Le guichet unique", body="Pour tous.")
    write_annotation(library, as_(library, "paul"), items["lectures"], shared)
    catch_up(library)
    before = [plain(client.get(address).text) for client, address in asked]
    assert sum("Pour tous." in text for text in before) > len(asked) // 3
    claire, paul = as_(library, "claire"), as_(library, "paul")
    secret = AnnotationFields(quote=FIRST, body="Un mot secret.", tags=("secret",), color="pink")
    note = write_private_note(library, claire, items["lectures"], secret)
    closed = write_annotation(library, paul, items["cercle"], secret)
    write_reply(library, claire, closed.part_id, "Une réponse secrète.")
    catch_up(library)
    after = [plain(client.get(address).text) for client, address in asked]
    assert [address for (_, address), old, new in zip(asked, before, after, strict=True) if old != new] == []
    for item, part in ((note.item.id, note.note.id), (items["cercle"], closed.part_id)):
        for client in (browsers[""], browsers["zoe"], zoe):
            for address in (*addresses_of(item, "cercle")[:10], f"/items/{item}?annotation={part}"):
                assert client.get(address).status_code == 404, address
            for address in (f"/w3c/annotations/{part}", f"/hypothesis/api/annotations/{part}"):
                assert client.get(address).status_code == 404, address


def test_a_right_that_was_just_taken_away_is_gone_in_every_view(library: Library, items: dict[str, str]) -> None:
    item = items["cercle"]
    secret = AnnotationFields(quote=FIRST, body="Un mot secret.", tags=("secret",))
    written = write_annotation(library, as_(library, "claire"), item, secret)
    catch_up(library)
    browser, program = browsers_of(library, ["paul"])["paul"], Program(library, "paul").client
    page = browser.get(f"/items/{item}/read").text
    picture = page.partition('<img src="')[2].partition('"')[0]
    of_item = [*addresses_of(item, "cercle")[:9], picture, f"/items/{item}/copy"]
    of_part = [f"/w3c/annotations/{written.part_id}", f"/hypothesis/api/annotations/{written.part_id}"]
    tags = dict[str, str]()
    for client, addresses in ((browser, of_item), (program, of_part)):
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            tags[address] = answer.headers.get("etag", '"x"')
    assert "Un mot secret." in program.get("/hypothesis/api/search?any=secret").text
    remove_member(library, OPERATOR, "cercle", "paul")
    for client, addresses in ((browser, of_item), (program, of_part)):
        for address in addresses:
            # What a browser has kept gives no right.
            assert client.get(address, headers={"If-None-Match": tags[address]}).status_code == 404, address
    for client in (browser, program):
        for address in addresses_of(items["lectures"], "lectures"):
            assert "secret." not in client.get(address).text, address
    assert program.get("/w3c/groups/cercle/").status_code == 404
