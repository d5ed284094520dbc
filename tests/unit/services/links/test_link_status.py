"""Dead links: detected in the background, shown, and checked again."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import Conflict, Forbidden, LoginNeeded, NotFound
from kb.model.people.group import Role, Visibility
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_facts import FetchFailure, LinkPresence
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.links.link_status import dead_links, request_link_check
from kb.services.page_fetch.fetch_requests import attach_fetch_to_item
from kb.services.page_fetch.link_checker import CHECK_INTERVAL, LinkCheckRound, check_next_link
from kb.settings import Settings
from kb.store.database.clock import timestamp_in
from tests.factories.group import as_
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.factories.page import AGENTS, Web, work_off
from tests.support.browser_sessions import a_library_of

OTHER = "https://autre.fr/"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_library_of("claire", "paul") as library:
        group = add_group(library, OPERATOR, "lectures", "Lectures")
        set_role(library, OPERATOR, "lectures", "claire", Role.OWNER)
        add_items(library, an_item("Les agents", id="un", url=AGENTS, group=group, order=1))
        yield library


@dataclass(slots=True)
class Looker:
    """The result for each address; all others are alive."""

    failures: dict[str, FetchFailure | None]
    asked: list[str] = field(default_factory=list)

    def __call__(self, address: str, settings: Settings) -> LinkPresence:
        del settings
        self.asked.append(address)
        return LinkPresence(address, failure=self.failures.get(address))


GONE = Looker({AGENTS: FetchFailure.GONE})


def link_check(library: Library, item_id: str = "un") -> LinkCheck | None:
    with library.store.read() as reading:
        return reading.link_checks.of_item(item_id)


def check_next(library: Library, looker: Looker, turn: LinkCheckRound | None = None) -> bool:
    return check_next_link(library, turn or LinkCheckRound(), looker)


def days_later(library: Library, days: float) -> None:
    """Make all checks this many days older."""
    with library.store.write() as writing:
        for item_id in ("un", "deux"):
            check = writing.link_checks.of_item(item_id)
            if check is not None:
                since = check.failing_since and timestamp_in(days=-days)
                writing.link_checks.put(
                    replace(
                        check,
                        checked_at=timestamp_in(days=-days),
                        next_at=timestamp_in(days=-days + 1),
                        failing_since=since,
                    )
                )


def test_an_address_is_dead_once_it_led_nowhere_on_two_days(library: Library) -> None:
    claire = as_(library, "claire")

    assert check_next(library, GONE)
    once = dead_links(library, claire, "lectures")
    assert not check_next(library, GONE)
    days_later(library, 2)
    assert check_next(library, GONE)
    twice = dead_links(library, claire, "lectures")

    assert (once.total, twice.total, twice.pages) == (0, 1, 1)
    assert [(item.id, check.failure, check.is_dead) for item, check in twice.links] == [("un", FetchFailure.GONE, True)]


def test_twice_on_one_day_is_once(library: Library) -> None:
    check_next(library, GONE)
    request_link_check(library, as_(library, "claire"), "un")
    check_next(library, GONE)

    check = link_check(library)
    assert check is not None
    assert (check.failures, check.requested_at) == (1, None)


def test_an_address_that_answers_again_is_alive(library: Library) -> None:
    check_next(library, GONE)
    days_later(library, 2)
    check_next(library, GONE)
    days_later(library, 8)

    check_next(library, Looker({}))

    assert dead_links(library, as_(library, "claire"), "lectures").total == 0


@pytest.mark.parametrize("failure", [FetchFailure.FORBIDDEN, FetchFailure.TOO_OFTEN, FetchFailure.REFUSED])
def test_a_site_that_answers_but_does_not_show_itself_here_is_not_dead(library: Library, failure: FetchFailure) -> None:
    check_next(library, Looker({AGENTS: failure}))

    check = link_check(library)
    assert check is not None
    assert (check.failures, check.failure) == (0, None)


def test_when_nothing_answers_it_is_our_own_fault(library: Library) -> None:
    add_items(library, an_item("Autre", id="deux", url=OTHER, group=group_id(library), order=2))
    with library.store.write() as writing:
        writing.link_checks.put(LinkCheck("deux", OTHER, timestamp_in(days=-2), timestamp_in(days=5)))
        writing.link_checks.put(LinkCheck("un", AGENTS, timestamp_in(days=-30), timestamp_in(days=-1)))

    nobody = Looker({AGENTS: FetchFailure.TIMEOUT, OTHER: FetchFailure.TIMEOUT})
    check_next(library, nobody)

    check = link_check(library)
    assert check is not None
    assert (check.failures, nobody.asked) == (0, [AGENTS, OTHER])


def group_id(library: Library) -> str:
    with library.store.read() as reading:
        group = reading.groups.by_slug("lectures")
    assert group is not None
    return group.id


def test_addresses_are_looked_at_one_by_one_and_each_in_its_time(library: Library) -> None:
    for number in range(2, 5):
        add_items(
            library,
            an_item(id=f"n{number}", url=f"https://exemple.fr/{number}", group=group_id(library), order=number),
        )
    looker, turn = Looker({}), LinkCheckRound()

    first = [check_next(library, looker, turn) for _ in range(3)]

    assert first == [True, False, False]
    assert turn.pause == pytest.approx(30 * 86_400 / 4)
    assert turn.pause > CHECK_INTERVAL


def test_without_periodic_link_checks_a_requested_one_still_runs(library: Library) -> None:
    never = replace(library, settings=replace(library.settings, link_check_days=0))

    assert not check_next(never, GONE)
    request_link_check(never, as_(library, "claire"), "un")
    assert check_next(never, GONE)


def test_an_address_that_was_changed_is_another_one(library: Library) -> None:
    check_next(library, GONE)
    days_later(library, 2)
    check_next(library, GONE)
    with library.store.write() as writing:
        writing.items.update([replace(writing.items.any_of(["un"])["un"], url=OTHER)])

    assert dead_links(library, as_(library, "claire"), "lectures").total == 0
    days_later(library, 8)
    check_next(library, looker := Looker({}))
    assert looker.asked == [OTHER]


def test_links_of_deleted_items_are_no_longer_checked(library: Library) -> None:
    check_next(library, GONE)
    with library.store.write() as writing:
        writing.items.remove(["un"])
    days_later(library, 2)

    check_next(library, looker := Looker({}))
    purge_expired_data(library)

    assert (looker.asked, link_check(library)) == ([], None)


def test_a_fetch_sets_the_link_status_as_a_check_does(library: Library) -> None:
    with library.store.write() as writing:
        attach_fetch_to_item(writing, as_(library, "claire"), "un", AGENTS)
    work_off(library, Web({}))

    check = link_check(library)
    assert check is not None
    assert (check.failures, check.failure) == (1, FetchFailure.GONE)


def test_dead_addresses_are_shown_to_members_only(library: Library) -> None:
    a_shared_secretly(library)

    for slug, error in (("lectures", LoginNeeded), ("secret", NotFound)):
        with pytest.raises(error):
            dead_links(library, ANONYMOUS, slug)
    with pytest.raises(Forbidden):
        dead_links(library, as_(library, "paul"), "lectures")
    with pytest.raises(Forbidden):
        request_link_check(library, as_(library, "paul"), "un")
    with pytest.raises(NotFound):
        request_link_check(library, as_(library, "paul"), "secret")


def a_shared_secretly(library: Library) -> None:
    group = add_group(library, OPERATOR, "secret", "Secret", visible=Visibility.MEMBERS)
    add_items(library, an_item("Caché", id="secret", url=OTHER, group=group, order=9))


def test_where_nothing_can_be_looked_at_that_is_said(library: Library) -> None:
    add_items(library, an_item("Une réunion", id="sans", group=group_id(library), order=5))
    claire = as_(library, "claire")

    with pytest.raises(Conflict, match="no address"):
        request_link_check(library, claire, "sans")
    with pytest.raises(Conflict, match="does not look"):
        request_link_check(replace(library, settings=replace(library.settings, fetch="off")), claire, "un")


def test_pages_of_dead_addresses_hold_fifty_and_nothing_past_the_last(library: Library) -> None:
    set_role(library, OPERATOR, "lectures", "paul", Role.MEMBER)
    items = [
        an_item(f"N° {n}", id=f"d{n:02}", url=f"https://exemple.fr/{n}", group=group_id(library), order=n)
        for n in range(100, 152)
    ]
    add_items(library, *items)
    with library.store.write() as writing:
        for item in items:
            now = timestamp_in(days=-3)
            writing.link_checks.put(LinkCheck(item.id, item.url or "", now, now, FetchFailure.GONE, now, 2))
    paul = as_(library, "paul")

    pages = [dead_links(library, paul, "lectures", page) for page in (1, 2, 3)]

    assert [(len(page.links), page.total, page.pages) for page in pages] == [(50, 52, 2), (2, 52, 2), (0, 52, 2)]
