"""Feeds of real servers: the same bytes after a restart and an index rebuild; changes of another process are seen."""

import json
import re
import time
import urllib.error
import urllib.request

from tests.functional.server.test_cli_serve import Server

FEEDS = (
    "/search.atom?q=agents",
    "/search.rss?q=eau&sort=relevance&match=any",
    "/search.json?view=passages&per_page=100",
    "/g/usages-numeriques.atom?per_page=100",
    "/g/eau-et-territoires/tag/formation.rss",
    "/g/usages-numeriques.opml",
    "/saved.opml",
)


def response_at(address, **headers):
    """Status, body, and the headers with validators."""
    request = urllib.request.Request(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read(), answer.headers["ETag"], answer.headers["Last-Modified"]
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers["ETag"], error.headers["Last-Modified"]


def test_bytes_do_not_change_across_restarts_and_a_new_index(kb):
    kb.variables["KB_BASE_URL"] = "http://kb.example"
    with Server(kb, "demo") as server:
        saved = re.findall(
            r'xmlUrl="http://[^/]+(/saved/[^"]+)"', response_at(server.address + "/saved.opml")[1].decode()
        )
        assert len(saved) >= 3
        addresses = (*FEEDS, *saved)
        time.sleep(1)
        before = {address: response_at(server.address + address) for address in addresses}
    assert {answer[0] for answer in before.values()} == {200}
    assert kb("index", "rebuild").code == 0
    with Server(kb) as server:
        assert {address: response_at(server.address + address) for address in addresses} == before
        for address, (_, _, tag, date) in before.items():
            assert response_at(server.address + address, If_None_Match=tag)[:2] == (304, b"")
            assert response_at(server.address + address, If_Modified_Since=date)[:2] == (304, b"")


def test_an_item_added_by_a_command_is_in_the_feed_at_once(kb, tmp_path):
    (tmp_path / "un.jsonl").write_text('{"id": "un", "title": "Un", "group": "veille"}\n', encoding="utf-8")
    (tmp_path / "deux.jsonl").write_text('{"id": "deux", "title": "Deux", "group": "veille"}\n', encoding="utf-8")
    kb("import", tmp_path / "un.jsonl")
    with Server(kb) as server:
        address = server.address + "/g/veille.json"
        time.sleep(1)
        _, _, tag, date = response_at(address)
        kb("import", tmp_path / "deux.jsonl")
        for headers in ({"If_None_Match": tag}, {"If_Modified_Since": date}):
            status, body, _, _ = response_at(address, **headers)
            assert status == 200
            assert [item["title"] for item in json.loads(body)["items"]] == ["Un", "Deux"]
