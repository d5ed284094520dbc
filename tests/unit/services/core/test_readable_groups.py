"""A request that only reads queries its readable groups once; other requests query them each time."""

from dataclasses import replace

from kb.access.actor import ANONYMOUS, Actor, RequestMemo
from kb.model.people.group import Visibility
from kb.services.core.readable_groups import readable_groups
from tests.checkers.recorded_queries import recorded_queries, selects
from tests.factories.items import a_group
from tests.factories.library import a_library

OPEN, CLOSED = a_group("lectures"), a_group("secret", visible=Visibility.MEMBERS)
LIBRARY = a_library(groups=(OPEN, CLOSED))


def slugs_read(actor: Actor, times: int = 2) -> tuple[list[list[str]], int]:
    """The slugs of the readable groups, read several times, and the number of queries."""
    with recorded_queries() as statements:
        slugs = []
        for _ in range(times):
            with LIBRARY.store.read() as reading:
                slugs.append([group.slug for group in readable_groups(reading, actor).groups])
    return slugs, len(selects(statements))


def test_a_request_that_only_reads_asks_once() -> None:
    assert slugs_read(replace(ANONYMOUS, memo=RequestMemo())) == ([["lectures"], ["lectures"]], 1)


def test_another_request_asks_again() -> None:
    first, second = (replace(ANONYMOUS, memo=RequestMemo()) for _ in range(2))
    assert slugs_read(first, 1)[1] + slugs_read(second, 1)[1] == 2


def test_an_action_asks_each_time() -> None:
    assert slugs_read(ANONYMOUS) == ([["lectures"], ["lectures"]], 2)


def test_the_memo_does_not_make_another_actor() -> None:
    assert replace(ANONYMOUS, memo=RequestMemo()) == ANONYMOUS
