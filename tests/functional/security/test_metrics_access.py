"""Only this machine and clients with the token can read the metrics: all others get 404."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.items import an_item
from tests.factories.library import a_library

TOKEN = "un-secret-de-trente-deux-signes.."


@pytest.fixture
def library() -> Iterator[Library]:
    library = a_library(an_item("L'archive"))
    yield library
    library.close()


def status_of(
    library: Library, peer: str = "127.0.0.1", host: str = "127.0.0.1:8000", token: str = "", **headers: str | bytes
) -> int:
    settings = replace(library.settings, metrics_token=token, proxy=headers.pop("proxy", ""))
    client = TestClient(create_app(replace(library, settings=settings)), client=(peer, 4711))
    return client.get("/metrics", headers={"Host": host, **headers}).status_code


@pytest.mark.parametrize(
    ("peer", "host"),
    [("127.0.0.1", "127.0.0.1:8000"), ("127.0.0.1", "localhost"), ("::1", "[::1]:8000"), ("127.8.9.1", "127.0.0.1")],
)
def test_a_program_of_this_machine_reads_them(library: Library, peer: str, host: str) -> None:
    assert status_of(library, peer, host) == 200


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "testclient", "unknown", ""])
def test_another_machine_does_not(library: Library, peer: str) -> None:
    assert status_of(library, peer) == 404
    assert status_of(library, peer, token=TOKEN) == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-For", ""),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Real-IP", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
        ("Via", "1.1 proxy"),
    ],
)
def test_a_proxy_on_this_machine_does_not_open_them_to_its_clients(library: Library, name: str, value: str) -> None:
    assert status_of(library, **{name: value}) == 404
    assert status_of(library, **{name: value}, proxy="127.0.0.1") == 404


@pytest.mark.parametrize("host", ["veille.example.org", "", "[", "127.0.0.1.example.org", "localhost@example.org"])
def test_a_proxy_that_only_forwards_the_name_of_the_site_does_not_either(library: Library, host: str) -> None:
    assert status_of(library, host=host) == 404


def test_a_trusted_proxy_that_does_not_name_its_client_opens_nothing(library: Library) -> None:
    assert status_of(library, proxy="127.0.0.1") == 404
    assert status_of(library, proxy="127.0.0.1", token=TOKEN, Authorization=f"Bearer {TOKEN}") == 200


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
def test_the_token_opens_them_from_anywhere(library: Library, header: str) -> None:
    assert status_of(library, "192.0.2.1", "veille.example.org", TOKEN, Authorization=header) == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer é"]
)
def test_another_token_does_not(library: Library, header: str) -> None:
    assert status_of(library, "192.0.2.1", "veille.example.org", TOKEN, Authorization=header.encode()) == 404


def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(library: Library) -> None:
    assert status_of(library, "192.0.2.1", token="", Authorization="Bearer ") == 404


def test_the_refusal_is_that_of_an_unknown_address(library: Library) -> None:
    client = TestClient(create_app(library))
    refused, unknown = client.get("/metrics"), client.get("/rien-ici")
    assert refused.status_code == unknown.status_code == 404
    assert refused.text.replace("metrics", "rien-ici") == unknown.text
