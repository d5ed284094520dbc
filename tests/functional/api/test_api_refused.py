"""`/api/v1` refuses invalid values and names the expected form."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from kb.access.actor import OPERATOR
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from tests.factories.library import an_empty_library
from tests.support.api_clients import Program

ITEMS = "/api/v1/items"
PAGE = {"group": "lectures", "url": "https://exemple.fr/agents", "title": "Les agents et l’énergie"}


@pytest.fixture(scope="module")
def refused() -> Iterator[Program]:
    """A client whose requests are all refused."""
    with closing(an_empty_library()) as new_library:
        # The test writes more in a minute than the rate limit allows.
        library = replace(new_library, settings=replace(new_library.settings, rate_write=0))
        add_group(library, OPERATOR, "lectures", "Lectures communes")
        add_account(library, OPERATOR, NewAccount("paul"))
        set_role(library, OPERATOR, "lectures", "paul", Role.MEMBER)
        yield Program(library, "paul")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"titre": "Les agents"}, "“titre” is not known here; what can be sent: group, url, title"),
        ({"id": "un"}, "“id” is not known here"),
        ({"group": None}, "“group” is missing."),
        ({"title": 3}, "“title” should be a text of at most 2,000 characters, or null."),
        ({"title": ["Les agents"]}, "“title” should be a text"),
        ({"title": "x" * 2001}, "“title” should be a text of at most 2,000"),
        ({"title": " " * 2001}, "“title” should be a text of at most 2,000"),
        ({"title": "\x00"}, "“title” should be a text"),
        ({"title": "\ud800"}, "“title” should be a text"),
        ({"\ud800": "Les agents"}, "A JSON object was expected"),
        ({"\x00": "Les agents"}, "A JSON object was expected"),
        ({"annotations": [{"\udfff": "Un passage."}]}, "A JSON object was expected"),
        ({"url": "x" * 8001}, "“url” should be a text of at most 8,000"),
        ({"url": "pas une adresse"}, "is no address"),
        ({"published": "hier"}, "is no date"),
        ({"published": " 2014"}, "“published” should be written without spaces"),
        ({"language": "français"}, "is no language"),
        ({"tags": "agents"}, "“tags” should be a list of at most 100 texts"),
        ({"tags": [1]}, "“tags” should be a list"),
        ({"tags": ["x" * 201]}, "“tags” should be a list"),
        ({"tags": [str(number) for number in range(101)]}, "“tags” should be a list"),
        ({"annotations": {}}, "“annotations” should be a list of at most 500 objects."),
        ({"annotations": ["Un passage."]}, "“annotations” should be a list"),
        ({"annotations": [{"text": "Un passage."}]}, "“text” is not known here"),
        ({"annotations": [{}]}, "Write something, or paste a passage"),
        ({"annotations": [{"quote": "Un passage.", "color": "red"}]}, "none of the four colours"),
        ({"annotations": [{"quote": "Un passage.", "kind": "comment"}]}, "is of the kind “highlight”"),
        ({"annotations": [{"quote": "Un passage.", "kind": []}]}, "“kind” should be a text"),
        ({"annotations": [{"body": "Un mot.", "replies": []}]}, "“replies” is not known here"),
    ],
)  # fmt: skip
def test_an_invalid_item_is_refused_with_the_expected_form(refused: Program, sent: Any, expected: str) -> None:
    # Not `json=`, which cannot write half of a surrogate pair.
    body, headers = json.dumps({**PAGE, **sent}), {"Content-Type": "application/json"}
    answer = refused.client.post(f"{ITEMS}?lang=en", content=body, headers=headers)
    assert (answer.status_code, expected in answer.json()["detail"]) == (400, True), answer.json()["detail"]
    assert refused("GET", ITEMS).json()["total"] == 0
