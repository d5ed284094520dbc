"""Pages without content say so in words, or not at all: no line of them counts nothing."""

import re
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.site import create_app
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, sign_in

ZERO = re.compile(r">0<|\(0\)|>0 |[(\xa0 ]0 [a-z]")


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/search",
        "/admin",
        "/admin/groups",
        "/admin/authors",
        "/admin/subscribers",
        "/incomplete",
        "/later",
        "/lists",
        "/notices",
        "/g/~claire",
        "/g/~claire/incomplete",
        "/g/~claire/tags",
        "/g/~claire/vocabulary",
    ],
)
def test_a_page_without_content_counts_nothing(address: str) -> None:
    with closing(an_empty_library()) as library:
        an_account(library, "claire", administrator=True)
        client = TestClient(create_app(library))
        sign_in(client, "claire")
        answer = client.get(address)
    assert answer.status_code == 200
    assert ZERO.findall(answer.text.partition("<main")[2]) == []
