"""A subscriber library (Flask-WebSub) is told of a change by a hub, which a running site has told."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx2
import pytest

from kb.access.actor import OPERATOR
from kb.cli.server.hub_pings import ping_hub
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import open_library
from tests.conftest import Kb

PYTHON = Path(sys.prefix) / "clients" / "bin" / "python"
SUBSCRIBER = Path(__file__).resolve().parents[2] / "clients" / "websub_subscriber.py"


class _Hub(BaseHTTPRequestHandler):
    """A small hub (https://www.w3.org/TR/websub/): it confirms subscriptions, and sends a topic that it is told of."""

    callbacks: dict[str, str]

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if sent["hub.mode"] == ["subscribe"]:
            # The subscriber stores its request once it has this answer.
            threading.Thread(target=self._confirm, args=(sent["hub.topic"][0], sent["hub.callback"][0])).start()
        else:
            threading.Thread(target=self._send, args=(sent["hub.url"],)).start()

    def _confirm(self, topic: str, callback: str) -> None:
        asked = {"hub.mode": "subscribe", "hub.topic": topic, "hub.challenge": "défi", "hub.lease_seconds": "600"}
        answer = httpx2.get(callback, params=asked, timeout=60)
        if answer.status_code == 200 and answer.text == "défi":
            self.callbacks[topic] = callback

    def _send(self, topics: list[str]) -> None:
        for topic in topics:
            if callback := self.callbacks.get(topic):
                feed = httpx2.get(topic, timeout=60)
                headers = {"Content-Type": feed.headers["content-type"], "Link": feed.headers["link"]}
                # The test may end the subscriber before it has answered.
                with suppress(httpx2.TransportError):
                    httpx2.post(callback, content=feed.content, headers=headers, timeout=60)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    handler = type("Hub", (_Hub,), {"callbacks": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_subscriber_is_told_of_a_change(hub: str, tmp_path: Path) -> None:
    kb = Kb(tmp_path / "données", tmp_path, {"KB_WEBSUB_HUB": hub, "KB_FETCH": "on", "KB_FETCH_LOOPBACK": "allow"})
    assert kb("migrate").code == 0
    with closing(open_library(kb.settings)) as library:
        add_group(library, OPERATOR, "lectures", "Lectures", visible=Visibility.EVERYONE)
        add_account(library, OPERATOR, NewAccount("claire"))
        set_role(library, OPERATOR, "lectures", "claire", Role.MEMBER)
        # Nothing that is there when the hub is first told is a change.
        assert ping_hub(library)
        _, token = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), "claire")
    server = kb.start("serve", "--port", "0", "--workers", "1")
    try:
        assert server.stdout is not None
        match = re.search(r"http://\S+", server.stdout.readline())
        assert match is not None
        _subscribe_and_save(match[0].rstrip("/"), token, tmp_path)
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _subscribe_and_save(site: str, token: str, folder: Path) -> None:
    topic = f"{site}/g/lectures.atom"
    command = [PYTHON, SUBSCRIBER, topic, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as subscriber:
        # It ends with its standard input, also if an assertion fails.
        assert subscriber.stdout is not None
        assert json.loads(subscriber.stdout.readline()) == {"event": "subscribe", "topic": topic}
        item = {"group": "lectures", "title": "Une nouvelle", "url": "https://exemple.fr/nouvelle"}
        headers = {"Authorization": f"Bearer {token}"}
        httpx2.post(f"{site}/api/v1/items", json=item, headers=headers, timeout=60).raise_for_status()
        told = json.loads(subscriber.stdout.readline())
        assert (told["event"], told["topic"]) == ("told", topic)
        assert "<title>Une nouvelle</title>" in told["body"]
