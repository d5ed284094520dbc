"""The worst items, lists and group that the bounds allow, read by every route and in every format.

Each answer takes a second of processor time and five megabytes at most, and leaves the process as large as it was. What
is streamed may be longer, and takes its time in portions.
"""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from starlette.routing import Route

from kb.features.notices.records import MOST_KEPT
from kb.features.notices.tables import notices
from kb.indexer import catch_up
from kb.model.people.account import Session, Token, TokenScope
from kb.model.people.group import Role
from kb.model.people.secret import secret_hash
from kb.services.clients.numeric_ids import numeric_ids
from kb.services.clients.tag_names import one_word_tag
from kb.services.core.library import Library
from kb.settings import default_settings_in
from kb.site import all_routes, migrate, open_library
from tests.factories.items import a_user
from tests.factories.worst_library import A_TAG, DAY, GROUP, fill_worst
from tests.functional.limits.worst_addresses import MORE, UNANSWERED, reading_routes
from tests.functional.limits.worst_answers_child import MOST_GROWTH, OWNER, SESSION, TOKEN, Answer
from tests.functional.rights.rights_table import changes
from tests.support.browser_sessions import an_account

# The fixture reads all addresses, which takes two minutes on a free machine. It measures the memory and the processor
# time of its own process, relative to the present speed of the machine: other tests may run meanwhile.
pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[3]
MOST_SECONDS, MOST_BYTES, MOST_MEMORY = 1.0, 5_000_000, 50.0
SECONDS_PER_STREAMED_MEGABYTE = 1.0
"""A file is made in portions, between which pages are answered."""
SECONDS_OF_COMPRESSED = 10.0
"""Of the formats that are ZIP files, whose size does not say how much they hold."""
MOST_PEAK = 400.0
"""Megabytes while an answer is made."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines that the process which reads all addresses prints."""
    data = tmp_path_factory.mktemp("pire")
    settings = default_settings_in(data)
    migrate(settings.store_url)
    with closing(open_library(settings)) as library:
        numbers = fill(library)
    child = [sys.executable, "-m", "tests.functional.limits.worst_answers_child", str(data), json.dumps(numbers)]
    with subprocess.Popen(child, stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT) as process:
        assert process.stdout is not None
        lines = list(process.stdout)
    assert process.returncode == 0
    return lines


@pytest.fixture(scope="module")
def answers(printed: list[str]) -> list[Answer]:
    return [Answer(**json.loads(line)) for line in printed[:-1]]


def fill(library: Library) -> dict[str, str]:
    """The worst group, whose owner is the administrator; returns the numeric ids of some of its things."""
    account = an_account(library, OWNER, administrator=True)
    an_account(library, "member")
    far = "2999-01-01T09:00:00.000000Z"
    with library.store.write() as writing:
        fill_worst(writing)
        writing.groups.set_role(account.user.id, GROUP.id, Role.OWNER)
        writing.groups.set_role(writing.users.by_logins(["member"])["member"].id, GROUP.id, Role.MEMBER)
        writing.users.add([a_user("importee")])
        writing.connection.execute(notices.insert(), worst_notices(account.user.id))
        writing.credentials.add_session(Session("s", account.user.id, "", DAY, far, far), secret_hash(SESSION))
        writing.credentials.add_token(Token("t", account.user.id, "", TokenScope.WRITE, DAY), secret_hash(TOKEN))
    catch_up(library)
    ids = numeric_ids(library)
    return {
        "number": str(ids.of_order(1)),
        "tag_number": str(ids.of_text("tag", one_word_tag(A_TAG).casefold())),
        "bundle_number": str(ids.of_text("saved search", "s1")),
    }


def worst_notices(user_id: str) -> list[dict[str, str]]:
    """As many notices as a user may have, about the longest texts."""
    parts = [("noted-0", f"noted-0-a{n:030}", "note") for n in range(MOST_KEPT // 2)]
    parts += [("chained-0", f"chained-0-r{n:030}", "reply") for n in range(MOST_KEPT // 2)]
    return [
        {
            "id": f"n{number}", "user_id": user_id, "kind": kind, "bundle_id": f"n{number}", "thread_id": item_id,
            "item_id": item_id, "part_id": part_id, "at": DAY,
        }
        for number, (item_id, part_id, kind) in enumerate(parts)
    ]  # fmt: skip


def test_every_route_that_reads_is_read(answers: list[Answer]) -> None:
    routes = [route for route in all_routes() if isinstance(route, Route)]
    read = {route.path for route in routes if "GET" in (route.methods or {"GET"}) and not changes("GET", route.path)}
    assert {*read, "/mcp"} == {*reading_routes(), "/mcp"} == {answer.path for answer in answers}
    assert set(MORE) <= read
    assert {answer.path for answer in answers if answer.status < 400} == {*read, "/mcp"} - UNANSWERED
    assert [answer.address for answer in answers if answer.status >= 500] == []


def test_no_answer_takes_more_than_a_second(answers: list[Answer]) -> None:
    slow = [answer for answer in answers if answer.seconds > most_seconds(answer)]
    assert [(answer.address[:200], answer.login, round(answer.seconds, 2)) for answer in slow] == []


def most_seconds(answer: Answer) -> float:
    if not answer.is_streamed:
        return MOST_SECONDS
    if answer.address.endswith(("format=archive", "format=markdown-folder")):
        return SECONDS_OF_COMPRESSED
    return MOST_SECONDS + SECONDS_PER_STREAMED_MEGABYTE * answer.size / 1e6


def test_no_answer_is_larger_than_five_megabytes(answers: list[Answer]) -> None:
    large = [answer for answer in answers if answer.size > MOST_BYTES and not answer.is_streamed]
    assert [(answer.address[:200], answer.login, answer.size) for answer in large] == []


def test_no_answer_leaves_the_process_larger(answers: list[Answer]) -> None:
    growing = [answer for answer in answers if answer.stays > MOST_MEMORY or answer.peak > MOST_PEAK]
    assert [(answer.address[:200], answer.login, answer.stays, answer.peak) for answer in growing] == []


def test_answers_that_were_given_before_leave_the_process_no_larger(printed: list[str]) -> None:
    """Templates, plans and other values of the program are there after the first answers."""
    assert json.loads(printed[-1]) < MOST_GROWTH
