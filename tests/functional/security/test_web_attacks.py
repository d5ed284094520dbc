"""Malformed, huge and hostile requests get a clear answer and never an error 500."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from index.engine import Outdated
from kb.search.index_search import Catalogue
from kb.site import create_app
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library
from tests.support.event_loop import run

READ = ("/", "/search", "/items/archive", "/items/archive/go", "/api/v1/search")
PAGES = (*READ, "/healthz", "/readyz", "/static/kb.css")
POLICY = "default-src 'none'"


@pytest.fixture(scope="module")
def app() -> Starlette:
    group = a_group("lectures", "Lectures communes")
    item = an_item("L'archive", id="archive", group=group, tags=["réseau"], annotations=[an_annotation("Une archive.")])
    return create_app(a_library(item, groups=(group,)))


@pytest.fixture(scope="module")
def client(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


def raw(
    app: Starlette, query: bytes, *, path: str = "/search", method: str = "GET", headers: Any = ()
) -> tuple[int, str]:
    """The response to a request as raw bytes, which no well-behaved client would send."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query, "headers": list(headers),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("page=-1", "pas possible avec «\u202fpage=-1\u202f»\u202f: il fallait un nombre entier de 1"),
        ("page=0", "un nombre entier de 1"),
        ("page=" + "9" * 5000, "un nombre entier de 1"),
        ("page=%D9%A1", "un nombre entier de 1"),
        ("per_page=101", "un nombre entier de 1 à 100"),
        ("view=tout", "il fallait l’un de items, passages"),
        ("sort=hasard", "relevance, recent"),
        ("kind=image", "highlight, note, comment"),
        ("match=some", "any, all"),
        ("page=1&page=2", "a été donné plusieurs fois"),
        ("q=" + "a" * 2001, "nous en lisons 2\u202f000 au plus"),
        ("&".join(f"tag=t{n}" for n in range(101)), "trop souvent"),
        ("&".join(f"x{n}=1" for n in range(500)), "trop de paramètres"),
        ("tag=" + "a" * 501, "trop longue"),
    ],
)
def test_an_invalid_parameter_is_reported_with_the_expected_form(client: TestClient, query: str, sentence: str) -> None:
    page = client.get("/search?" + query)
    assert page.status_code == 400
    assert sentence in page.text
    assert "Cette demande ne peut pas être comprise" in page.text
    problem = client.get("/api/v1/search?" + query)
    assert problem.status_code == 400
    assert problem.headers["content-type"] == "application/problem+json"
    assert sentence in problem.json()["detail"]


@pytest.mark.parametrize("query", ["from=hier", "to=2014-02-30", "from=07/11/2014"])
def test_the_error_for_programs_says_how_a_date_is_written(client: TestClient, query: str) -> None:
    problem = client.get("/api/v1/search?" + query)
    assert problem.status_code == 400
    assert problem.headers["content-type"] == "application/problem+json"
    assert "il fallait une date comme 2014, 2014-11 ou 2014-11-07" in problem.json()["detail"]


def test_a_period_that_ends_before_it_begins_is_reported_on_a_page_and_finds_nothing_for_a_program(
    client: TestClient,
) -> None:
    # The descriptions of single parameters cannot express that two of them conflict.
    page = client.get("/search?from=2015&to=2014")
    assert (page.status_code, "La période finit avant de commencer" in page.text) == (200, True)
    answer = client.get("/api/v1/search?from=2015&to=2014")
    assert (answer.status_code, answer.json()["total"], answer.json()["range"]) == (200, 0, None)


@pytest.mark.parametrize("query", [b"q=%ff%fe", b"q=\xff\xfe", b"%c3=1", b"q=%ed%a0%80", b"lang=%ff"])
def test_a_parameter_that_is_not_utf_8_is_refused_in_a_sentence(app: Starlette, query: bytes) -> None:
    for path in ("/", "/search", "/items/archive", "/api/v1/search"):
        status, body = raw(app, query, path=path)
        assert status == 400
        assert "pas de l’UTF-8" in body


@pytest.mark.parametrize(
    "q", ["\0", "archive\0réseau", "(" * 2000, '"' * 2000, "a:" * 900, "NOT " * 400, "*" * 1999, "\u202e" * 1000,
          "-" * 2000, "%", "{{7*7}}", "' OR 1=1 --", "tag:", "date:9999-99", "a" * 2000, "𝔸" * 2000, "~~~",
          "\ud7ff\ue000"],
)  # fmt: skip
def test_anything_typed_gives_an_answer(client: TestClient, q: str) -> None:
    for path in ("/search", "/api/v1/search", "/items/archive"):
        assert client.get(path, params={"q": q}).status_code == 200


def test_words_that_fail_are_kept_in_the_box(client: TestClient) -> None:
    assert 'value="archive &lt;b&gt;"' in client.get("/search?q=archive+%3Cb%3E&from=hier").text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80), st.sampled_from(READ))
def test_no_bytes_in_an_address_are_a_fault(app: Starlette, query: bytes, path: str) -> None:
    assert raw(app, query, path=path)[0] in (200, 303, 400)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_text_in_a_path_is_a_fault(client: TestClient, text: str) -> None:
    name = quote(text.encode("utf-8", "surrogatepass"), safe="")
    for path in (f"/items/{name}", f"/items/{name}/go", f"/static/{name}", f"/{name}"):
        assert client.get(path).status_code in (200, 303, 307, 404)


def test_an_address_or_a_body_that_is_too_long_is_refused(client: TestClient, app: Starlette) -> None:
    answer = client.get("/search?q=" + "a" * 40_000)
    assert (answer.status_code, "dépasse ce que ce site peut lire" in answer.text) == (414, True)
    assert client.get("/" + "a" * 40_000).status_code == 414
    assert client.request("POST", "/search", content=b"x" * 70_000).status_code == 413
    assert raw(app, b"", headers=[(b"content-length", b"9" * 4000)])[0] == 413
    assert raw(app, b"", headers=[(b"content-length", b"-1")])[0] == 413
    assert (
        raw(app, b"", headers=[(b"accept-language", b"\xff" * 5000), (b"cookie", b"kb-lang=\xff;=;;" * 500)])[0] == 200
    )


@pytest.mark.parametrize("path", PAGES)
def test_only_reading_is_possible(client: TestClient, path: str) -> None:
    head = client.head(path)
    assert (head.status_code, head.content) == (client.get(path).status_code, b"")
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
        answer = client.request(method, path)
        assert answer.status_code == 405, method
        assert "GET" in answer.headers["allow"]
        assert POLICY in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", [*PAGES, "/rien", "/search?page=-1", "/api/v1/search?page=-1", "/search?q=" + "a" * 33_000]
)
def test_every_answer_has_the_same_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith(POLICY)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_no_answer_leads_where_the_client_claims_to_be(client: TestClient) -> None:
    for path in ("/search/", "/items/archive/go/", "/items//evil.example/go", "/%2f%2fevil.example"):
        answer = client.get(path, headers={"host": "evil.example"})
        assert (answer.status_code, "location" in answer.headers) == (404, False), path
    away = client.get("/items/archive/go", headers={"host": "evil.example"})
    assert away.headers["location"] == "/items/archive"


def test_an_internal_error_is_a_sentence_with_the_same_headers(app: Starlette) -> None:
    broken = create_app(replace(app.state.library, store=None))
    with TestClient(broken, raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/search?q=archive")
    assert "La faute est de notre côté" in answer.text
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"].startswith(POLICY)


def test_an_index_that_must_be_rebuilt_is_reported_as_unavailable(
    app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    class Worn:
        """An index of another version: an engine that raises the documented error."""

        def search(self, plan: object) -> None:
            raise Outdated("its files are missing")

        def checkpoint(self) -> None:
            raise Outdated("its files are missing")

    library = app.state.library
    worn = replace(library, catalogue=Catalogue(Worn()))  # type: ignore[arg-type]
    with TestClient(create_app(worn)) as client:
        page = client.get("/search")
        ready = client.get("/readyz", headers={"accept": "application/json"})
        problem = client.get("/api/v1/search")
    assert (page.status_code, ready.status_code, problem.status_code) == (503, 503, 503)
    assert "kb index rebuild" in page.text
    assert "kb index rebuild" in problem.json()["detail"]
    assert page.headers["retry-after"] == "30"
    # The log has the cause once for all three requests.
    assert [record.message.count("Outdated: its files are missing") for record in caplog.records] == [1]
