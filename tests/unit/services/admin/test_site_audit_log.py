"""The audit log of the whole site: all actions, except those of users in their personal libraries."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.access.actor import ANONYMOUS, Actor
from kb.errors import Forbidden, LoginNeeded
from kb.model.items.moderation import AuditLogEntry
from kb.services.admin.site_audit_log import LINES_PER_PAGE, read_site_audit_log
from kb.services.core.audit_log import AuditEvent
from kb.services.core.library import Library
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", name="Claire Aubert", administrator=True)
        yield library


def admin(library: Library) -> Actor:
    return replace(as_(library, "claire"), administrator=True)


def write(library: Library, count: int, group_id: str | None = None) -> None:
    with library.store.write() as writing:
        for number in range(count):
            writing.moderation.log(
                AuditLogEntry("2026-01-01T00:00:00Z", None, AuditEvent.HIDDEN.value, group_id, None, f"item {number}")
            )


def own(library: Library) -> str:
    with library.store.read() as reading:
        group = reading.groups.by_slug("~claire")
    assert group is not None
    return group.id


def pages(library: Library) -> list[list[str | None]]:
    before, all_lines = None, []
    while True:
        log = read_site_audit_log(library, admin(library), before)
        all_lines.append([entry.detail for _, entry in log.lines])
        if log.older is None:
            return all_lines
        before = log.older


def test_the_log_names_people_and_groups(library: Library) -> None:
    group = a_shared(library)
    log = read_site_audit_log(library, admin(library))
    assert [entry.action for _, entry in log.lines] == ["group-added", "account-added"]
    assert group.id in log.groups
    assert [person.name for person in log.people.values()] == ["Claire Aubert"]
    assert log.older is None


@pytest.mark.parametrize(
    "count",
    [
        LINES_PER_PAGE - 1,
        LINES_PER_PAGE,
        LINES_PER_PAGE + 1,
        2 * LINES_PER_PAGE - 1,
        2 * LINES_PER_PAGE,
        2 * LINES_PER_PAGE + 50,
    ],
)
def test_each_line_is_on_one_page(library: Library, count: int) -> None:
    write(library, count)
    listed = pages(library)
    assert all(listed)
    assert max(map(len, listed)) <= LINES_PER_PAGE
    assert [line for page in listed for line in page] == [*(f"item {n}" for n in range(count)[::-1]), None]


def test_actions_in_own_libraries_are_not_listed(library: Library) -> None:
    write(library, 3)
    write(library, 2 * LINES_PER_PAGE + 7, own(library))
    write(library, LINES_PER_PAGE - 2)
    listed = pages(library)
    assert sum(map(len, listed)) == 1 + 3 + LINES_PER_PAGE - 2
    assert all(group.slug != "~claire" for group in read_site_audit_log(library, admin(library)).groups.values())


def test_a_flood_in_an_own_library_costs_a_bounded_look(library: Library) -> None:
    write(library, 1)
    write(library, 25 * LINES_PER_PAGE, own(library))
    log = read_site_audit_log(library, admin(library))
    assert log.lines == ()
    assert log.older is not None
    assert pages(library)[-1] == ["item 0", None]


def test_only_administrators_read_the_site_audit_log(library: Library) -> None:
    an_account(library, "paul")
    with pytest.raises(Forbidden):
        read_site_audit_log(library, as_(library, "paul"))
    with pytest.raises(LoginNeeded):
        read_site_audit_log(library, ANONYMOUS)
