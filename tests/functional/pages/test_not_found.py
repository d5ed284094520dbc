"""The page of an address where there is nothing to read: it leads to the login and back, whether or not something is
there.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.model.people.group import Visibility
from tests.functional.rights.rights_table import ROUTES, rows_of
from tests.functional.rights.test_rights_walk import Asker, a_site, names_of
from tests.support.browser_sessions import token_of

pytestmark = pytest.mark.usefixtures("impatient")

CLOSED = names_of(Visibility.MEMBERS)
ABSENT = {name: f"{value}x" for name, value in CLOSED.items()} | {
    name: str(int(value) + 1) for name, value in CLOSED.items() if name.endswith("number")
}
PAGES = [path for method, path in ROUTES if method == "GET" and not rows_of("GET", path)[0].bearer.value]
SENTENCE = {"fr": "ou réservé à ses membres", "en": "or reserved for its members"}
ANYBODY, STRANGER = Asker("A"), Asker("S")
_LINK = re.compile(r'réservé à ses membres\u202f: <a href="([^"]*)" rel="nofollow">se connecter</a>')


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    with a_site() as client:
        yield client


def get(site: TestClient, path: str, names: dict[str, str], asker: Asker) -> tuple[str, int, str]:
    """The address of a page, and its status and text."""
    address = rows_of("GET", path)[0].address.format(**names)
    site.cookies.clear()
    answer = site.get(address, headers=asker.headers)
    return address, answer.status_code, answer.text


def test_each_page_that_is_not_found_leads_to_the_login_and_back(site: TestClient) -> None:
    seen = 0
    for path in PAGES:
        address, status, text = get(site, path, CLOSED, ANYBODY)
        # Programs get other answers than pages.
        if status != 404 or "<html" not in text or "n’est plus valable" in text:
            continue
        seen += 1
        link = _LINK.search(text)
        assert link is not None, address
        onward = parse_qs(urlsplit(unescape(link[1])).query)["next"]
        assert onward == [address] or "?" in address, address
    assert seen > 40


def test_a_user_who_is_logged_in_reads_the_same_without_a_link(site: TestClient) -> None:
    _, status, text = get(site, "/items/{id}", CLOSED, STRANGER)
    assert (status, f"{SENTENCE['fr']}." in text, _LINK.search(text)) == (404, True, None)
    site.cookies.clear()
    assert f"{SENTENCE['en']}: <a" in site.get("/nothing?lang=en").text


@pytest.mark.parametrize("asker", [ANYBODY, STRANGER], ids=["nobody", "a user"])
def test_a_page_of_a_closed_group_and_one_that_is_not_there_are_the_same(site: TestClient, asker: Asker) -> None:
    def normal(text: str) -> str:
        text = re.sub("[0-9a-f]{64}", "", text)
        for name in sorted(CLOSED, key=lambda name: -len(CLOSED[name])):
            # The colons of a term's address are encoded in some places.
            text = text.replace(ABSENT[name].rpartition(":")[2], CLOSED[name].rpartition(":")[2])
        return text

    same = 0
    for path in PAGES:
        _, status, text = get(site, path, CLOSED, asker)
        _, other_status, other_text = get(site, path, ABSENT, asker)
        if status == 404 and "<html" in text:
            assert (other_status, normal(other_text)) == (status, normal(text)), path
            same += 1
    assert same > 40


def test_after_the_login_the_page_is_there(site: TestClient) -> None:
    address = f"/items/{CLOSED['item']}"
    for target in (address, f"{address}/edit"):
        site.cookies.clear()
        link = _LINK.search(site.get(target).text)
        assert link is not None
        page = unescape(link[1])
        sent = {"login": "owner", "password": "une phrase assez longue", "next": parse_qs(urlsplit(page).query)["next"]}
        answer = site.post("/login", data={**sent, "form_token": token_of(site, page)})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{target}?done=signed-in")
        assert site.get(answer.headers["location"]).status_code == 200
    site.cookies.clear()
