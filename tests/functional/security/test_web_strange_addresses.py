"""Addresses and headers that browsers and proxies parse differently: no link leads off the site."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from kb.web.http.limits.request_bodies import MOST_HEADERS
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account, sign_in, token_of

SITE = "http://testserver"
PATHS = (
    *("//evil.example/", "///evil.example/", "//evil.example/g/a?lang=en&x=1", "/\\evil.example/", "//evil.example//x"),
    *(
        "//evil.example",
        "/%2Fevil.example/",
        "/%5Cevil.example/",
        "//evil.example/search",
        "//testserver@evil.example/",
    ),
)
_ADDRESS = re.compile(r'(?:href|src|action)="([^"]*)"')


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_library()) as library:
        yield library


def browser(library: Library, **headers: str) -> TestClient:
    return TestClient(create_app(library), headers=headers, follow_redirects=False)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_link_of_a_page_that_is_not_there_leads_off_the_site(library: Library, path: str, language: str) -> None:
    page = browser(library).get(SITE + path, headers={"accept-language": language})
    assert page.status_code == 404
    # As a browser parses it: a backslash is a slash.
    addresses = [urljoin(SITE + path, unescape(address).replace("\\", "/")) for address in _ADDRESS.findall(page.text)]
    assert len(addresses) > 5
    assert {urlsplit(address).netloc for address in addresses} == {"testserver"}


@pytest.mark.parametrize("address", ["/" + "a" * 40_000, "/search?q=" + "a" * 40_000, "/search?" + "tag=a&" * 6_000])
def test_an_address_that_is_too_long_is_not_repeated_in_the_page_that_refuses_it(
    library: Library, address: str
) -> None:
    client = browser(library)
    page = client.get(address)
    assert page.status_code == 414
    assert len(page.content) < 20_000


@pytest.mark.parametrize("path", PATHS)
def test_the_other_language_of_a_page_that_is_not_there_is_the_same_page(library: Library, path: str) -> None:
    client = browser(library)
    page = client.get(SITE + path)
    language = "fr" if "lang=en" in path else "en"
    (other,) = [unescape(address) for address in _ADDRESS.findall(page.text) if address.endswith(f"lang={language}")]
    assert client.get(urljoin(SITE + path, other)).status_code == 404


@pytest.mark.parametrize("came_from", ["//evil.example/", "/\\evil.example/", "//evil.example/?done=item-kept"])
def test_an_act_does_not_lead_back_to_another_site(library: Library, came_from: str) -> None:
    an_account(library)
    client = browser(library)
    sign_in(client)
    data = {"form_token": token_of(client, "/logout"), "act": "add", "item": "missing"}
    for address in ("/later", "/restore/missing"):
        answer = client.post(address, data=data, headers={"referer": SITE + came_from})
        assert urlsplit(urljoin(SITE, answer.headers.get("location", "/"))).netloc == "testserver"


@pytest.mark.parametrize("target", ["@evil.example/", ".evil.example/", "//evil.example/", "http://evil.example/"])
def test_an_http_request_redirects_to_this_site_alone(library: Library, target: str) -> None:
    settings = replace(library.settings, base_url="https://kb.example.org")
    app = create_app(replace(library, settings=settings))

    async def with_target(scope, receive, send):  # type: ignore[no-untyped-def]
        if scope["type"] == "http":
            scope = {**scope, "raw_path": target.encode(), "path": target}
        await app(scope, receive, send)

    answer = TestClient(with_target, follow_redirects=False).get("/", headers={"x-forwarded-proto": "http"})
    assert answer.status_code == 308
    assert urlsplit(answer.headers["location"]).netloc == "kb.example.org"


@pytest.mark.parametrize(
    "headers",
    [
        {"transfer-encoding": "chunked", "content-length": "3"},
        {"Transfer-Encoding": "chunked", "Content-Length": "0"},
    ],
)
def test_a_body_of_two_lengths_is_refused(library: Library, headers: dict[str, str]) -> None:
    answer = browser(library).post("/login", content=b"a=b", headers=headers)
    assert (answer.status_code, answer.headers["connection"]) == (400, "close")


def test_a_head_of_very_many_headers_is_refused(library: Library) -> None:
    client = browser(library)
    many = [(f"x-{number}", "a") for number in range(MOST_HEADERS + 1)]
    refused = client.get("/", headers=many)  # type: ignore[arg-type]
    assert (refused.status_code, "trop longue" in refused.text) == (431, True)
    assert client.get("/", headers=many[:150]).status_code == 200  # type: ignore[arg-type]
