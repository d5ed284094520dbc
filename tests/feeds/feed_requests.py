"""Helpers that request feeds."""

from starlette.testclient import TestClient


def feed(client: TestClient, address: str, **parameters: str) -> dict:
    answer = client.get(address, params=parameters or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def entries(client: TestClient, address: str, **parameters: str) -> list[str]:
    """The ids of a feed without their common prefix."""
    return [entry["id"].split(",2026:")[1] for entry in feed(client, address, **parameters)["items"]]


def entry(client: TestClient, id_: str, address: str = "/g/lectures.json", **parameters: str) -> dict:
    entries = [entry for entry in feed(client, address, **parameters)["items"] if entry["id"].endswith(f":{id_}")]
    assert len(entries) == 1
    return entries[0]
