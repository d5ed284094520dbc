"""Every route and every command, as each kind of caller: allowed actions run, others are refused or missing."""

from collections.abc import Iterator
from itertools import product

import httpx2
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from kb.model.people.group import Visibility
from kb.site import all_routes
from tests.conftest import Kb
from tests.functional.rights.caller_rights import EVERYBODY, Right, Row
from tests.functional.rights.rights_table import COMMANDS, ROUTES, changes, rows_of
from tests.functional.rights.store_contents import store_contents
from tests.functional.rights.walked_site import Asker, a_site, names_of, outcome, sites_of_one_database, word_of
from tests.support.cli_commands import commands_of_kb
from tests.support.databases import is_on_server
from tests.support.thoroughness import IS_THOROUGH

pytestmark = pytest.mark.usefixtures("impatient")

CALLERS = EVERYBODY if IS_THOROUGH or not is_on_server() else "ASWD"
"""On PostgreSQL, one caller for each kind of row that statements find: none, an account, a role, an administrator. No
statement of rights compares roles: `kb.access.permissions` does, which the walk on SQLite tests.
"""


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    with a_site() as client:
        # Pinboard's programs write by GET: the index is then behind, which does not make a site unready that was ready.
        assert client.get("/readyz").status_code == 200
        yield client


def expected(row: Row, letter: str, visible: Visibility) -> set[str]:
    """The expected outcomes of a request."""
    right, place = row.right, list(Visibility).index(visible)
    if letter in right.value[place]:
        return {"absent"} if row.others else {"done"}
    if right is Right.NOBODY:
        return {"absent"}
    if right in {Right.PERSON, Right.ADMINISTRATOR}:
        return {"asked to sign in"} if letter == "A" else {"absent" if row.hidden else "refused"}
    needs_token = row.token or (row.bearer.value and right not in {Right.READ, Right.ANYONE})
    if (needs_token or row.asks) and letter == "A":
        return {"asked to sign in"}
    if letter not in Right.READ.value[place]:
        return {"absent"}
    if row.hidden:
        return {"absent", "refused"}
    return {"asked to sign in"} if letter == "A" else {"refused"}


def test_every_route_has_its_row() -> None:
    routes = {
        (method, route.path)
        for route in all_routes()
        for method in (route.methods or {"GET"}) - {"HEAD"}
        if isinstance(route, Route)
    }
    assert routes == set(ROUTES)


@pytest.mark.parametrize("route", [key for key in ROUTES if not changes(*key)], ids=" ".join)
def test_each_page_is_read_exactly_by_those_with_the_right(site: TestClient, route: tuple[str, str]) -> None:
    method, path = route
    (row,) = rows_of(method, path)
    for visible in Visibility:
        for letter in CALLERS:
            answer = Asker(letter).ask(site, method, row, visible)
            assert outcome(answer) in expected(row, letter, visible), (letter, visible, answer.status_code)
            if row.shows:
                readable = letter in Right.READ.value[list(Visibility).index(visible)]
                readable = readable and letter in (row.right.value[0] if row.bearer.value else EVERYBODY)
                assert (word_of(visible) in answer.text) == readable, (letter, visible)
            elif outcome(answer) != "done":
                # The requested address is repeated in links of the page.
                assert f"Un titre {word_of(visible)}" not in answer.text
                assert f"Un passage {word_of(visible)}" not in answer.text
            if "Un retrait" in answer.text:
                assert path == "/g/{group}/bin", path
                assert letter in Right.MODERATE.value[0], letter


@pytest.mark.parametrize("route", [key for key in ROUTES if changes(*key)], ids=" ".join)
def test_each_action_is_done_exactly_by_those_with_the_right(route: tuple[str, str]) -> None:
    """A refused action leaves the site unchanged; an action runs on a site that no other action has changed."""
    method, path = route
    rows = rows_of(method, path)
    with sites_of_one_database() as anew:
        site = anew()
        before = store_contents(site)
        for row, visible, letter in product(rows, Visibility, CALLERS):
            if (right := expected(row, letter, visible)) != {"done"}:
                answer = Asker(letter).ask(site, method, row, visible)
                case = (letter, visible, row.fields.get("act"), answer.status_code)
                assert outcome(answer) in right, case
                assert store_contents(site) == before, case
        for row in rows:
            for visible, letter in done_cases(row):
                answer = Asker(letter).ask(anew(), method, row, visible)
                assert outcome(answer) == "done", (letter, visible, row.fields.get("act"), answer.status_code)


def done_cases(row: Row) -> Iterator[tuple[Visibility, str]]:
    """The groups in which each caller does an action: each caller in one group, and somebody in each group; each caller
    in each group in `scripts/test-thorough`. Each caller who is refused is refused in each group.
    """
    allowed = [[one for one in CALLERS if expected(row, one, visible) == {"done"}] for visible in Visibility]
    turns = 1 if IS_THOROUGH else min(max(map(len, allowed)), len(Visibility))
    for place, visible in enumerate(Visibility):
        for letter in allowed[place]:
            if (place + CALLERS[::-1].index(letter)) % turns == 0:
                yield visible, letter


def test_missing_and_unreadable_content_get_the_same_message(site: TestClient) -> None:
    for method, path in ROUTES:
        row = rows_of(method, path)[0]
        if method == "GET" and row.right is Right.READ:
            response = Asker("S").ask(site, method, row, Visibility.MEMBERS)
            address = row.address.format(**{name: f"rien-{name}" for name in names_of(Visibility.MEMBERS)})
            not_there = site.get(address, headers=Asker("S").headers)
            assert response.status_code == not_there.status_code == 404, path
            assert _without_address(response, names_of(Visibility.MEMBERS)) == _without_address(not_there, {}), path


def _without_address(answer: httpx2.Response, names: dict[str, str]) -> str:
    """The answer without the requested address, which links of the page repeat."""
    text = answer.text
    for name, value in sorted(names.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, f"rien-{name}")
    return text


def test_every_command_belongs_to_the_operator() -> None:
    assert set(commands_of_kb()) == COMMANDS


def test_the_operator_reads_closed_groups(kb: Kb) -> None:
    lines = '{"id": "i1", "title": "Une confidence", "group": {"slug": "secret", "visible": "members"}}\n'
    assert kb("import", "-", stdin=lines).code == 0
    # The command searches as an anonymous visitor, as the API does.
    assert "Une confidence" not in kb("search", "confidence").out
    assert "Une confidence" in kb("export").out
