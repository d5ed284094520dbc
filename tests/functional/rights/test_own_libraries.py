"""Every page of a group, for a user's own library: it answers its owner, and is not there for anybody else."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.functional.rights.caller_rights import EVERYBODY, LOGINS
from tests.functional.rights.rights_table import ROUTES, rows_of
from tests.functional.rights.test_rights_walk import Asker
from tests.functional.security.test_route_attacks import NAMES, a_patient_site, token_of

pytestmark = pytest.mark.usefixtures("impatient")

OWNER = "W"
NAMES_THERE = {**NAMES, "group": f"~{LOGINS[OWNER]}", "item": "aucun"}
PAGES = [key for key in ROUTES if key[1].startswith("/g/{group}")]


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    with a_patient_site() as client:
        yield client


def statuses(site: TestClient, letter: str) -> dict[str, int]:
    """The status of each page, by method and path."""
    asker = Asker(letter)
    token = token_of(site, asker)
    answered = {}
    for method, path in PAGES:
        row = rows_of(method, path)[0]
        fields = {name: value.format(**NAMES_THERE) for name, value in row.fields.items()}
        site.cookies.clear()
        data = {**fields, "form_token": token} if method == "POST" else None
        answer = site.request(method, row.address.format(**NAMES_THERE), headers=asker.headers, data=data)
        answered[f"{method} {path}"] = answer.status_code
    return answered


@pytest.mark.parametrize("letter", [letter for letter in EVERYBODY if letter != OWNER])
def test_own_libraries_are_not_there_for_others(site: TestClient, letter: str) -> None:
    assert {key: status for key, status in statuses(site, letter).items() if status != 404} == {}


def test_no_page_of_an_own_library_fails_for_its_owner(site: TestClient) -> None:
    answered = statuses(site, OWNER)
    assert {key: status for key, status in answered.items() if status >= 500} == {}
    assert answered["GET /g/{group}/moderation"] == answered["POST /g/{group}/moderation"] == 403
    assert answered["GET /g/{group}"] == answered["GET /g/{group}/bin"] == 200
