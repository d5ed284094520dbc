"""Things that outlive a request check rights when they are used: after each of eight events, nothing leaks.

A user who had one of each thing about a closed group (links, keys, tokens, undos, lists, e-mail, downloads) requests
all routes of the site with them, and finds no title, passage, name or slug that they may no longer read. After each
event they ask for each address by their session or by a token, in turn; by both in `scripts/test-thorough`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Column

from kb.access.actor import OPERATOR
from kb.email.smtp import OutgoingMessage
from kb.features import FEATURES
from kb.indexer import catch_up
from kb.model.items.item_fields import fields_of_item
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.model.vocabulary import uri_for
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.account_lifecycle import close_account, set_administrator
from kb.services.email.outbox import send_due_messages
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.imports.import_job_runner import run_due_import_jobs
from kb.services.item_actions.move_and_copy import move_item
from kb.services.items.item_edit import edit_item
from kb.services.moderation.moderation_actions import delete_content_permanently, hide_content
from kb.site import feature_webs
from kb.store.tables.table_columns import StorableText, metadata
from kb.web.http.client_tokens import client_protocol_of
from tests.factories.group import as_
from tests.functional.rights.rights_at_use import PEOPLE_IN_UNCONCERNED, PLAIN, THINGS, UNCONCERNED
from tests.functional.rights.rights_table import ROUTES, changes, rows_of
from tests.functional.rights.site_of_zoe import (
    HIDDEN,
    JSON_REQUEST,
    NAME,
    NUMBERS,
    OTHER_NAME,
    OTHER_SLUG,
    REST,
    SLUG,
    TARGET,
    Site,
    a_site,
)
from tests.support.thoroughness import IS_THOROUGH

CLIENT_PROTOCOLS = tuple(feature.client for feature in feature_webs(FEATURES) if feature.client is not None)
pytestmark = pytest.mark.usefixtures("impatient")

LATER = "réintitulé"
GROUP = (NAME, SLUG, TARGET, REST, HIDDEN)
SECURITY = Path("docs/security.md")
NOT_SENT = {"/account", "/account/delete", "/logout", "/login", "/login/provider/new", "/account/data", "/reset"}
"""Forms that end the session of the walk, or that use nothing that was stored."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path) as filled:
        yield filled


def retitle(site: Site, item_id: str) -> None:
    """A later change, which the user must not see."""
    with site.library.store.read() as reading:
        item = reading.items.any_of([item_id])[item_id]
    edit_item(
        site.library, as_(site.library, "olga"), item_id, replace(fields_of_item(item), title=f"{item.title} {LATER}")
    )


def nothing(site: Site) -> None:
    del site


def expel_member(site: Site) -> None:
    remove_member(site.library, OPERATOR, SLUG, "zoe")
    retitle(site, f"i-{REST}")


def lower_role(site: Site) -> None:
    set_role(site.library, OPERATOR, SLUG, "zoe", Role.READER)


def administrator_lowered(site: Site) -> None:
    """An administrator reads each group without being a member of it."""
    set_administrator(site.library, OPERATOR, "zoe", administrator=True)
    remove_member(site.library, OPERATOR, SLUG, "zoe")
    assert site.get(f"/g/{SLUG}").status_code == 200
    set_administrator(site.library, OPERATOR, "zoe", administrator=False)


def closed(site: Site) -> None:
    close_account(site.library, OPERATOR, "zoe", closed=True)


def deleted(site: Site) -> None:
    erase_person(site.library, OPERATOR, "zoe", AnnotationHandling.KEEP)


def group_closed(site: Site) -> None:
    settings = GroupSettings(NAME, visible=Visibility.EVERYONE, join=JoinPolicy.INVITE)
    change_group(site.library, as_(site.library, "olga"), SLUG, settings)
    remove_member(site.library, OPERATOR, SLUG, "zoe")
    change_group(site.library, as_(site.library, "olga"), SLUG, replace(settings, visible=Visibility.MEMBERS))


def as_member(site: Site) -> None:
    set_role(site.library, OPERATOR, SLUG, "zoe", Role.MEMBER)


def item_hidden(site: Site) -> None:
    as_member(site)
    hide_content(site.library, OPERATOR, f"i-{TARGET}")


def item_moved(site: Site) -> None:
    as_member(site)
    move_item(site.library, as_(site.library, "olga"), f"i-{TARGET}", OTHER_SLUG, confirmed=True)
    retitle(site, f"i-{TARGET}")


def item_deleted(site: Site) -> None:
    as_member(site)
    delete_content_permanently(site.library, OPERATOR, hide_content(site.library, OPERATOR, f"i-{TARGET}").id)


ITEM_EVENTS = (item_hidden, item_moved, item_deleted)
EVENTS: dict[Callable[[Site], None], tuple[str, ...]] = {
    expel_member: (*GROUP, LATER),
    lower_role: (HIDDEN,),
    administrator_lowered: GROUP,
    closed: GROUP,
    deleted: GROUP,
    group_closed: GROUP,
    item_hidden: (TARGET, HIDDEN),
    item_moved: (TARGET, HIDDEN, OTHER_NAME, OTHER_SLUG, LATER),
    item_deleted: (TARGET, HIDDEN),
}
"""The events, and the words that the user must not find afterwards."""


def names_of(site: Site, word: str) -> dict[str, str]:
    """The values for the placeholders of a row's address: parts of the group, and the things that Zoé had."""
    return {
        **site.ids,
        "group": SLUG,
        "item": f"i-{word}",
        "annotation": f"a-{word}",
        "gone": site.ids["saved"],
        "tag": "rivière",
        "word": "rivière",
        "picture": "0123456789abcdef",
        "concept": uri_for("rivière"),
        "reset": "un-secret",
        "request": "un-secret",
        "subscription": "un-secret",
        "number": str(NUMBERS.of_order((TARGET, REST, HIDDEN).index(word) + 1)),
        "tag_number": str(NUMBERS.of_text("tag", word)),
        "bundle_number": str(NUMBERS.of_text("saved search", site.ids["saved"])),
    }


def addresses(site: Site) -> Iterator[str]:
    """All addresses that only read: the rows of the table of rights, and the things that Zoé had."""
    for word in (TARGET, REST, HIDDEN):
        for method, path in ROUTES:
            if not changes(method, path) and path not in NOT_SENT - {"/account", "/account/data", "/account/delete"}:
                for row in rows_of(method, path):
                    yield row.address.format(**names_of(site, word))
    for form in ("atom", "rss", "json", "opml"):
        yield f"/g/{SLUG}.{form}"
    for list_id in (site.ids["own_list"], site.ids["made_list"], site.ids["list"]):
        for end in ("", "/edit", "/review", "/review.md"):
            yield f"/lists/{list_id}{end}"
    for saved in (site.ids["own_saved"], site.ids["group_saved"], site.ids["saved"]):
        yield from (f"/saved/{saved}{end}" for end in ("", ".atom", "/edit"))
    yield from site.keyed_feeds
    yield from (f"/later?show={shelf}" for shelf in ("unread", "read", "all"))
    yield from ("/search?q=rivi%C3%A8re&view=passages", "/review?q=rivi%C3%A8re", f"/imports/{site.ids['import_job']}")
    yield from ("/items/d-1", f"/items/i-{REST}/cite?passage=a-{REST}", "/api/v1/items/d-1", "/g/~zoe", "/~zoe")


def answers(site: Site, turn: int | None) -> Iterator[tuple[str, str]]:
    """All answers to Zoé with their requests: first those that read, then those that change something. The turn chooses
    by which of two ways each address is read: by both without one.
    """
    sent: list[OutgoingMessage] = []
    with patch("kb.services.email.outbox.send_email", lambda _url, letter, _key: sent.append(letter)):
        send_due_messages(site.library)
    for letter in sent:
        if letter.recipient == "zoe@exemple.org":
            yield "e-mail", f"{letter.subject}\n{letter.body}"
        if "/welcome/" in letter.body:
            yield "e-mail with an invitation", letter.body
    for place, address in enumerate(dict.fromkeys(addresses(site))):
        ways: tuple[bool, ...] = (False, True) if turn is None or IS_THOROUGH else ((place + turn) % 2 == 0,)
        # Programs of other services send a token, and nothing else counts there.
        for by_token in ways if client_protocol_of(CLIENT_PROTOCOLS, address) is None else (True,):
            answer = site.get(address, by_token=by_token)
            # On a shared database, a machine whose index lags for ten seconds is not ready.
            assert answer.status_code < 500 or address == "/readyz", address
            yield address, f"{answer.text}\n{answer.headers}"
    yield "download of own data", site.data()
    again = site.send("POST", "/api/v1/items", JSON_REQUEST, "une-clef")
    yield "repeated answer", again.text
    yield from _answers_of_actions(site)


def _answers_of_actions(site: Site) -> Iterator[tuple[str, str]]:
    run_due_import_jobs(site.library)
    for undo_id in (*site.undo_ids, site.ids["aside"]):
        answer = site.post(f"/restore/{undo_id}")
        yield f"undo {undo_id}", f"{answer.text}\n{answer.headers}"
    for method, path in ROUTES:
        if not changes(method, path) or path in NOT_SENT:
            continue
        for row in rows_of(method, path):
            names = names_of(site, REST) | {"item": "i-" + TARGET, "annotation": "a-" + TARGET}
            address = row.address.format(**names)
            fields = {name: value.format(**names) for name, value in row.fields.items()}
            answer = (
                site.send(method, address, fields) if row.token or row.bearer.value else site.post(address, **fields)
            )
            assert answer.status_code < 500, (method, address, fields)
            yield f"{method} {address} {fields}", f"{answer.text}\n{answer.headers}"


def leaks(site: Site, words: tuple[str, ...], turn: int | None = None) -> list[tuple[str, str, str]]:
    """Where a forbidden word occurs; the slug of an address may be repeated in links of the page."""
    leaks_found = []
    for address, text in answers(site, turn):
        for word in words:
            named = word in address or (word in {TARGET, REST, HIDDEN} and f"-{word}" in address)
            shown_text = text
            for echo in (f"i-{word}", f"a-{word}", f"b-{word}", f"r-{word}"):
                shown_text = shown_text.replace(echo, "")
            if word in shown_text and not (named and word == SLUG):
                at = shown_text.index(word)
                leaks_found.append((address, word, re.sub(r"\s+", " ", shown_text[max(0, at - 80) : at + 80])))
    return leaks_found


def test_the_walk_finds_each_word_while_it_may_be_read(site: Site) -> None:
    """The control: words that the events hide would be detected if they leaked."""
    leaks_seen = {(word, address.partition(" ")[0]) for address, word, _ in leaks(site, (*GROUP, OTHER_NAME))}
    assert {word for word, _ in leaks_seen} == set(GROUP)
    for place in (
        "e-mail",
        "download",
        "repeated",
        "/later?show=all",
        f"/lists/{site.ids['own_list']}",
        *site.keyed_feeds,
    ):
        assert any(address == place for _, address in leaks_seen), place


@pytest.mark.parametrize("event", EVENTS, ids=lambda function: function.__name__)
def test_nothing_leaks_after(site: Site, event: Callable[[Site], None]) -> None:
    event(site)
    # Rights of users change before the index has followed; counts of tags need an index update.
    if event in ITEM_EVENTS:
        catch_up(site.library)
    assert leaks(site, EVENTS[event], [*EVENTS].index(event)) == []


def test_every_table_of_the_store_is_listed() -> None:
    named = [table for kind_of_thing in THINGS for table in kind_of_thing.kept]
    assert sorted([*named, *UNCONCERNED]) == sorted(metadata.tables)


def test_every_column_with_a_person_or_a_text_is_listed() -> None:
    for kind_of_thing in THINGS:
        for table, columns in kind_of_thing.kept.items():
            text = {column.name for column in metadata.tables[table].c if isinstance(column.type, StorableText)}
            assert {name for name in text - PLAIN if not name.endswith("_at")} == set(columns.split()), table
    people = {
        f"{table}.{column.name}"
        for table in UNCONCERNED
        for column in metadata.tables[table].c
        if column.name in {"hash", "secret"} or column.name.endswith("_by") or _names_a_person(column)
    }
    assert people == PEOPLE_IN_UNCONCERNED


def _names_a_person(column: Column[Any]) -> bool:
    tables = {key.column.table.name for key in column.foreign_keys}
    return bool(tables & {"users", "accounts"}) or column.name in {"user_id", "person_id", "recipient_id"}


def test_the_documentation_has_a_row_for_each_table_and_names_existing_tests() -> None:
    files = {path.name for path in Path("tests").rglob("test_*.py")}
    text = SECURITY.read_text("utf-8")
    for kind_of_thing in THINGS:
        tests = ", ".join(f"`{test}`" for test in kind_of_thing.tests)
        assert f"| {kind_of_thing.name} | {kind_of_thing.rights} | {tests} |" in text, kind_of_thing.name
        assert set(kind_of_thing.tests) <= files, kind_of_thing.name
