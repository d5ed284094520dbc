"""The id of each request, and the log of slow requests."""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library

LECTURES = a_group("lectures", "Lectures communes")
GIVEN = "0b6f3c1e-8a3b-4c55-9d0e-3f6f1c2d4e5f"
WORD = "ornithorynque"


@pytest.fixture
def library() -> Iterator[Library]:
    library = a_library(an_item("L'archive", id="archive", group=LECTURES), groups=(LECTURES,))
    yield library
    library.close()


def a_client(library: Library, peer: str = "192.0.2.1", **settings: Any) -> TestClient:
    changed = replace(library, settings=replace(library.settings, **settings))
    return TestClient(create_app(changed), client=(peer, 4711), raise_server_exceptions=False)


def id_of(client: TestClient, path: str = "/healthz", **headers: str) -> str:
    return str(client.get(path, headers=headers).headers["x-request-id"])


@pytest.mark.parametrize("path", ["/", "/rien", "/items/archive", "/static/kb.css", "/search?from=hier", "/healthz"])
def test_every_answer_has_an_id_of_its_own(library: Library, path: str) -> None:
    client = a_client(library)
    first, other = id_of(client, path), id_of(client, path)
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first != other


def test_a_refused_request_has_one(library: Library) -> None:
    assert id_of(a_client(library), "/search?q=" + "x" * 33_000)


def test_an_internal_error_has_the_id_of_its_log_line(
    library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kb.web.pages.items.item.item_page", None)
    answer = a_client(library, "10.0.0.1", proxy="10.0.0.0/8").get("/items/archive", headers={"X-Request-ID": GIVEN})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == GIVEN


def test_a_trusted_proxy_gives_the_id(library: Library) -> None:
    client = a_client(library, "10.0.0.1", proxy="10.0.0.0/8")
    assert id_of(client, **{"X-Request-ID": GIVEN, "X-Forwarded-For": "192.0.2.1"}) == GIVEN


@pytest.mark.parametrize(("peer", "proxy"), [("192.0.2.1", "10.0.0.0/8"), ("127.0.0.1", ""), ("10.0.0.1", "")])
def test_only_the_trusted_proxy_sets_the_request_id(library: Library, peer: str, proxy: str) -> None:
    assert id_of(a_client(library, peer, proxy=proxy), **{"X-Request-ID": GIVEN}) != GIVEN


@pytest.mark.parametrize(
    "request_id", ["", "court", "x" * 65, "deux mots ici", "<script>alert", "a" * 7 + "\t" + "b" * 7]
)
def test_an_id_of_another_form_is_replaced(library: Library, request_id: str) -> None:
    client = a_client(library, "10.0.0.1", proxy="10.0.0.0/8")
    assert re.fullmatch("[0-9a-f]{16}", id_of(client, **{"X-Request-ID": request_id}))


def test_two_ids_are_none(library: Library) -> None:
    client = a_client(library, "10.0.0.1", proxy="10.0.0.0/8")
    answer = client.get("/healthz", headers=[("X-Request-ID", GIVEN), ("X-Request-ID", GIVEN)])
    assert answer.headers["x-request-id"] != GIVEN


def slow_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "kb.web.http.middleware.request_record"]


def test_a_slow_page_is_logged_with_its_route_and_counts_and_no_text_of_a_user(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    client = a_client(library, slow_seconds=0.000001)
    client.get(f"/search?q=archive&{WORD}={WORD}", headers={"User-Agent": WORD})
    client.get(f"/{WORD}")
    client.post(f"/login?next=/{WORD}", data={"login": WORD})

    lines = slow_lines(caplog)

    assert re.fullmatch(r"Slow: /search took \d+ ms, with 1 searches, 1 results and status 200", lines[0])
    assert [line.split()[1] for line in lines] == ["/search", "none", "/login"]
    assert WORD not in caplog.text


@pytest.mark.parametrize("slow", [0.0, 3600.0])
def test_other_pages_are_not(library: Library, caplog: pytest.LogCaptureFixture, slow: float) -> None:
    caplog.set_level(logging.WARNING)
    a_client(library, slow_seconds=slow).get("/search?q=archive")
    assert slow_lines(caplog) == []
