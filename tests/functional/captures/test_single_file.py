"""single-file-cli saves a page in a real browser; curl and SingleFile's own form upload it to a running site."""

import http.server
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.conftest import Kb

pytestmark = pytest.mark.browser

HERE = Path(__file__).resolve().parents[2] / "captures"
SINGLE_FILE = HERE / "node_modules" / "single-file-cli" / "single-file-node.js"
CHROMIUM = "/usr/bin/chromium"
TRIES = 5
PAGE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Les agents</title>
<link rel="stylesheet" href="/style.css"></head><body><article id="place"><h1>Les agents</h1></article><script>
const said = document.createElement("p");
said.textContent = "Ce que seul un navigateur voit : l’ornithorynque médiateur, longuement décrit dans cette phrase.";
document.getElementById("place").append(said);
</script><img src="/image.svg" alt="un carré"></body></html>"""
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
SERVED = {
    "/article": ("text/html; charset=utf-8", PAGE),
    "/style.css": ("text/css", "h1 { color: rgb(1, 2, 3) }"),
    "/image.svg": ("image/svg+xml", SQUARE),
}


class _Gazette(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, text = SERVED.get(self.path, ("text/plain", ""))
        self.send_response(200 if text else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_given: object) -> None:
        pass


@pytest.fixture(scope="module")
def article() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Gazette) as gazette:
        threading.Thread(target=gazette.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{gazette.server_address[1]}/article"
        gazette.shutdown()


@pytest.fixture(scope="module")
def saved_page(article: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as single-file-cli saves it."""
    folder = tmp_path_factory.mktemp("single-file")
    flags = json.dumps(["--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"])
    command = ["node", str(SINGLE_FILE), article, str(folder / "page.html"), "--browser-executable-path", CHROMIUM]
    command += ["--browser-args", flags]
    environment = {**os.environ, "HOME": str(folder)}
    for _ in range(TRIES):
        result = subprocess.run(
            command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False, env=environment
        )
        # On a busy machine, the program may look for its own script before the browser has it, and reports that.
        if (folder / "page.html").exists():
            break
    assert (folder / "page.html").exists(), result.stderr
    return folder / "page.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a running site, and a token with `lectures` as its default group."""
    folder = tmp_path_factory.mktemp("site")
    kb = Kb(folder / "données", folder, {"KB_FETCH": "off"})
    assert kb("user", "add", "claire", "--name", "Claire Aubert").code == 0
    assert kb("group", "add", "lectures", "--name", "Lectures communes").code == 0
    assert kb("group", "member", "lectures", "claire", "--role", "member").code == 0
    token = kb("token", "add", "claire", "--scope", "write", "--group", "lectures").out.strip()
    server = kb.start("serve", "--port", "0")
    assert server.stdout is not None
    match = re.search(r"http://\S+", server.stdout.readline())
    assert match is not None
    yield match[0].rstrip("/"), token
    server.terminate()
    server.communicate(timeout=30)


def json_at(site: tuple[str, str], path: str) -> Any:
    request = Request(site[0] + path, headers={"Authorization": f"Bearer {site[1]}"})
    with urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_a_page_saved_by_single_file_is_sent_by_curl_and_searched(
    site: tuple[str, str], saved_page: Path, article: str
) -> None:
    command = ["curl", "-s", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {site[1]}"]
    command += ["-F", f"file=@{saved_page}", "-F", f"url={article}", "-F", "tags=médiation, agents"]
    command += [f"{site[0]}/api/v1/capture"]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True)
    body, _, status = result.stdout.rpartition("\n")
    item = json.loads(body)
    assert status == "201", body
    assert (item["title"], item["group"]["slug"], item["tags"]) == ("Les agents", "lectures", ["médiation", "agents"])
    with urlopen(f"{site[0]}/items/{item['id']}/copy", timeout=20) as answer:
        copy = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "l’ornithorynque médiateur" in copy
    assert "color:rgb(1,2,3)" in copy.replace(" ", "")
    assert "data:image/svg+xml" in copy
    assert "<script" not in copy
    results = json_at(site, "/api/v1/search?q=ornithorynque")
    assert [item["id"] for item in results["items"]] == [item["id"]]


def test_single_files_own_form_renews_the_copy(site: tuple[str, str], saved_page: Path, article: str) -> None:
    command = ["node", str(HERE / "send.mjs"), f"{site[0]}/api/v1/capture", site[1], str(saved_page), f"{article}?deux"]
    outcomes = [
        json.loads(subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout)
        for _ in range(2)
    ]
    assert [outcome["status"] for outcome in outcomes] == [201, 200]
    assert outcomes[0]["item"]["id"] == outcomes[1]["item"]["id"]
    wrong = subprocess.run([*command[:3], "faux", *command[4:]], capture_output=True, encoding="utf-8", check=False)
    assert wrong.returncode == 1
    assert "401" in wrong.stderr
