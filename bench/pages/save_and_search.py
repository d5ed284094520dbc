"""The duration of saving and of the next search: `python bench/pages/save_and_search.py --folder FOLDER`.

A database of this many items (`corpus.py`, by `kb import`) is created once and kept in the folder. Then one user saves
items by `POST /api/v1/items` and by the form of the site, one after another, on a real server. The next search after
each must find the item. Milliseconds: median and 95th percentile. `--items 100000 --each 100`.
"""

import argparse
import http.client
import json
import re
import time
import urllib.parse
from pathlib import Path

from bench.harness import Base, imported_base, latency_line
from kb.access.actor import OPERATOR
from kb.errors import Conflict
from kb.model.people.account import TokenScope
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.authentication.authentication import sign_in
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.settings import default_settings_in
from kb.site import open_library

GROUP, LOGIN, PASSWORD = "corpus", "claire", "une phrase assez longue"
_HIDDEN = re.compile(r'<input type="hidden" name="(form_token|once|fetch)" value="([^"]*)"')
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Site:
    """A server, and one connection to it."""

    def __init__(self, base: Base) -> None:
        self.process, port = base.serve("--workers", "2")
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[float, str]:
        """Seconds, and the response; also the redirect target, if there is one."""
        started = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        seconds = time.perf_counter() - started
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
        return seconds, answer.headers.get("Location") or text

    def close(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait()


def add_credentials(library: Library) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of a user's program and browser."""
    try:
        add_account(library, OPERATOR, NewAccount(LOGIN, password=PASSWORD))
        set_role(library, OPERATOR, GROUP, LOGIN, Role.MEMBER)
    except Conflict:
        pass
    _, secret = add_token(library, OPERATOR, NewToken(TokenScope.WRITE), LOGIN)
    session = sign_in(library, LOGIN, PASSWORD, "127.0.0.1", "bench")
    program = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    return program, {"Cookie": f"kb-session={session}"}


def by_interface(site: Site, program: dict[str, str], word: str) -> tuple[float, float]:
    """Seconds of saving by the API, and of the search after it."""
    sent = {"group": GROUP, "url": f"https://exemple.invalid/{word}", "title": f"Les agents {word}", "tags": ["agents"]}
    sent["annotations"] = [{"quote": f"Un passage {word}.", "body": "À relire."}]  # type: ignore[assignment]
    saved, _ = site.ask("POST", "/api/v1/items", program, json.dumps(sent).encode())
    searched, results = site.ask("GET", f"/api/v1/search?q={word}", program)
    _must_find(json.loads(results)["total"])
    return saved, searched


def by_form(site: Site, browser: dict[str, str], word: str) -> tuple[float, float]:
    """The same by the form."""
    _, page = site.ask("GET", "/keep", browser)
    fields = {**dict(_HIDDEN.findall(page)), "act": "save", "group": GROUP, "title": f"Les agents {word}"}
    fields |= {"url": f"https://exemple.invalid/{word}", "tags": "agents", "quote-1": f"Un passage {word}."}
    saved, _ = site.ask("POST", "/keep", {**browser, **FORM}, urllib.parse.urlencode(fields).encode())
    searched, page = site.ask("GET", f"/search?q={word}", browser)
    _must_find(page.count(f"<mark>{word}</mark>"))
    return saved, searched


def _must_find(total: int) -> None:
    if not total:
        raise SystemExit("what was saved is not found by the next search")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=100)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    base = imported_base(arguments.folder, "data", arguments.items)
    library = open_library(default_settings_in(base.folder))
    program, browser = add_credentials(library)
    site = Site(base)
    try:
        for name, way, headers in (("interface", by_interface, program), ("form", by_form, browser)):
            letters = str.maketrans("0123456789", "bcdfghjklm")
            words = [f"zo{name}{time.time_ns()}".translate(letters) for _ in range(arguments.each + 10)]
            # The first ones meet a server that has just started.
            times = [way(site, headers, word) for word in words][10:]
            print(latency_line(f"saving by the {name}", [saved_seconds for saved_seconds, _ in times]))
            print(latency_line("  the very next search, which finds it", [found_seconds for _, found_seconds in times]))
    finally:
        site.close()
        library.close()


if __name__ == "__main__":
    main()
