"""Metrics of requests: no value chosen by a client is a label."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from kb.services.core.library import Library
from kb.site import all_routes, create_app
from kb.web.http.middleware.request_metrics import RequestMetrics
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library
from tests.support.cpu_time import cpu_seconds_at_most

TOKEN = "un-secret-de-trente-deux-signes.."
WORD = "ornithorynque"
LECTURES = a_group("lectures", "Lectures communes")


@pytest.fixture
def library() -> Iterator[Library]:
    library = a_library(an_item("L'archive", id="archive", group=LECTURES), groups=(LECTURES,))
    yield replace(library, settings=replace(library.settings, metrics_token=TOKEN))
    library.close()


def metrics_of(client: TestClient) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert len(list(text_string_to_metric_families(answer.text))) == len(re.findall(r"(?m)^# TYPE ", answer.text))
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_requests_are_counted_by_route_and_class_of_status(library: Library) -> None:
    client = TestClient(create_app(library))
    for path in ("/items/archive", "/items/archive?lang=en", "/items/rien", f"/{WORD}", f"/search?q={WORD}"):
        client.get(path)
    client.post("/login", data={"login": WORD})

    counted = metrics_of(client)

    assert counted['kb_requests_total{route="/items/{id}",status="2xx"}'] == 2
    assert counted['kb_requests_total{route="/items/{id}",status="4xx"}'] == 1
    assert counted['kb_requests_total{route="none",status="4xx"}'] == 1
    assert counted['kb_requests_total{route="/login",status="4xx"}'] == 1
    assert counted['kb_request_duration_seconds_count{route="/items/{id}"}'] == 3
    assert counted['kb_request_duration_seconds_bucket{le="+Inf",route="/search"}'] == 1
    assert counted["kb_searches_total"] >= 1
    assert counted["kb_writes_total"] == 0


def test_an_internal_error_is_counted(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.web.pages.items.item.item_page", None)
    client = TestClient(create_app(library), raise_server_exceptions=False)
    assert client.get("/items/archive").status_code == 500

    assert metrics_of(client)['kb_requests_total{route="/items/{id}",status="5xx"}'] == 1


def test_the_state_of_the_machine_is_given(library: Library) -> None:
    metrics = metrics_of(TestClient(create_app(library)))

    assert metrics["kb_database_up"] == 1
    assert metrics["kb_index_lag_changes"] == 0
    assert metrics["kb_outbox_messages"] == 0
    assert metrics["kb_background_up"] == 0


def test_no_label_holds_what_a_stranger_chooses(library: Library) -> None:
    client = TestClient(create_app(library))
    for number in range(200):
        client.get(f"/{WORD}{number}", headers={"User-Agent": WORD, "X-Request-ID": WORD})
        client.request(f"{WORD}{number}".upper(), f"/g/{WORD}{number}?q={WORD}")
        client.get(f"/items/{WORD}{number}")

    names = metrics_of(client)

    assert not [name for name in names if WORD in name.casefold() or "lectures" in name]
    labels = {label for name in names for label in re.findall(r'route="([^"]*)"', name)}
    assert labels <= {"none", *(route.path for route in all_routes())}


def test_counting_a_request_costs_little() -> None:
    metrics = RequestMetrics(all_routes())
    # About 3 µs each; thirty times more is a mistake.
    with cpu_seconds_at_most(0.1):
        for _ in range(1_000):
            metrics.count("/search", 200, 0.01, is_write=False, searches=1)
