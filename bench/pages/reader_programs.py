"""newsboat and miniflux, each in a folder of its own, and a proxy that records their requests.

For `bench/pages/feed_readers.py`. Nothing is installed or left running, and only 127.0.0.1 is contacted.
"""

import base64
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

USER, PASSWORD = "lecteur", "un mot de passe long"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Asked:
    """One request to the site: its validators, and the status of the response."""

    reader: str
    path: str
    has_tag: bool
    has_date: bool
    status: int


class Witness:
    """A proxy at the address that the site believes to be its own. It records each request and its client."""

    def __init__(self, port: int) -> None:
        self.asked: list[Asked] = []
        self.site_port = 0
        witness = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with closing(HTTPConnection("127.0.0.1", witness.site_port, timeout=30)) as site:
                    site.request("GET", self.path, headers=dict(self.headers))
                    answer = site.getresponse()
                    body = answer.read()
                witness.asked.append(
                    Asked(
                        self.headers.get("User-Agent", "").split("/")[0].split(" ")[0],
                        self.path,
                        "If-None-Match" in self.headers,
                        "If-Modified-Since" in self.headers,
                        answer.status,
                    )
                )
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                        self.send_header(name, value)
                if answer.status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.address = f"http://127.0.0.1:{port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def since(self, start: int) -> list[Asked]:
        return self.asked[start:]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Newsboat:
    """newsboat, whose cache is a file that can be read."""

    name = "newsboat"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        (folder / "config").write_text("auto-reload no\nreload-threads 1\n", encoding="utf-8")
        (folder / "urls").write_text("", encoding="utf-8")

    def subscribe(self, addresses: list[str]) -> None:
        (self._folder / "urls").write_text("".join(f"{address}\n" for address in addresses), encoding="utf-8")

    def take_list(self, path: Path) -> list[str]:
        """The addresses that it imports from an OPML file, in a profile of its own."""
        urls = self._folder / "imported"
        urls.write_text("", encoding="utf-8")
        self._run("-u", str(urls), "-i", str(path))
        return [line.split()[0] for line in urls.read_text(encoding="utf-8").splitlines() if line.strip()]

    def refresh(self) -> None:
        self._run("-u", str(self._folder / "urls"), "-x", "reload")

    def entries(self) -> dict[str, list[str]]:
        """The titles that it has stored, by the address of the feed."""
        entries_by_feed: dict[str, list[str]] = {}
        with closing(sqlite3.connect(self._folder / "cache.db")) as cache:
            for address, title in cache.execute("SELECT feedurl, title FROM rss_item WHERE deleted = 0 ORDER BY id"):
                entries_by_feed.setdefault(address, []).append(title)
        return entries_by_feed

    def _run(self, *arguments: str) -> None:
        command = [
            "newsboat",
            "-q",
            "-C",
            str(self._folder / "config"),
            "-c",
            str(self._folder / "cache.db"),
            *arguments,
        ]
        environment = {**os.environ, "HOME": str(self._folder), "LANG": "C.UTF-8"}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        if result.returncode:
            raise SystemExit(f"{' '.join(command)}: exit code {result.returncode}\n{result.stdout}{result.stderr}")


class Miniflux:
    """miniflux with its own PostgreSQL, used through its API."""

    name = "miniflux"

    def __init__(self, address: str) -> None:
        self._address = address
        self._feeds: dict[int, str] = {}

    def discover(self, page: str) -> list[str]:
        """The feeds that it finds from the address of a page, in its order."""
        try:
            return [feed_found["url"] for feed_found in self._ask("POST", "/v1/discover", {"url": page})]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"miniflux finds no feed at {page}: {error.read().decode()}") from None

    def subscribe(self, addresses: list[str]) -> None:
        category = self._ask("GET", "/v1/categories")[0]["id"]
        for address in addresses:
            new_feed = self._ask("POST", "/v1/feeds", {"feed_url": address, "category_id": category})
            self._feeds[new_feed["feed_id"]] = address

    def take_list(self, path: Path) -> list[str]:
        """The addresses that it imports from an OPML file."""
        before = {feed["id"] for feed in self._ask("GET", "/v1/feeds")}
        self._ask("POST", "/v1/import", path.read_bytes())
        return [feed["feed_url"] for feed in self._ask("GET", "/v1/feeds") if feed["id"] not in before]

    def refresh(self) -> None:
        for number in self._feeds:
            self._ask("PUT", f"/v1/feeds/{number}/refresh")

    def entries(self) -> dict[str, list[str]]:
        """The titles that it has stored, by the address of the feed."""
        return {
            address: [entry["title"] for entry in self._ask("GET", f"/v1/feeds/{number}/entries?limit=500")["entries"]]
            for number, address in self._feeds.items()
        }

    def _ask(self, method: str, path: str, value: object = None) -> list | dict:
        body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._address + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else {}


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, which Debian does not put on the PATH; None if they are missing."""
    program = shutil.which("initdb")
    folders = [Path(program).resolve().parent] if program else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").is_file()), None)


@contextmanager
def miniflux(folder: Path) -> Iterator[Miniflux]:
    """miniflux, with a PostgreSQL of its own, until the block ends."""
    with _postgres(folder) as database:
        port = free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": database,
            "LISTEN_ADDR": f"127.0.0.1:{port}",
            "RUN_MIGRATIONS": "1",
            "CREATE_ADMIN": "1",
            "ADMIN_USERNAME": USER,
            "ADMIN_PASSWORD": PASSWORD,
            # It only refreshes when told to, and accepts our private address, which newer versions refuse.
            "DISABLE_SCHEDULER_SERVICE": "1",
            "FETCHER_ALLOW_PRIVATE_NETWORKS": "1",
            "POLLING_PARSING_ERROR_LIMIT": "0",
        }
        with (folder / "miniflux.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(["miniflux", "-debug"], env=environment, stdout=log, stderr=log)
            try:
                address = f"http://127.0.0.1:{port}"
                _wait_for(f"{address}/healthcheck", process)
                yield Miniflux(address)
            finally:
                process.terminate()
                process.wait(20)


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("PostgreSQL is missing.")
    data, sockets = folder / "postgres", folder / "sockets"
    for place in (data, sockets):
        place.mkdir(parents=True, mode=0o700)
    # PostgreSQL refuses to run as root; Debian has a user for it.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        for place in (data, sockets):
            shutil.chown(place, "postgres")
        for parent in (folder, *folder.parents):
            if not os.access(parent, os.X_OK) or not parent.stat().st_mode & 0o001:
                raise SystemExit(f"PostgreSQL runs as its own user, who cannot enter {parent}: choose another folder.")
    making = [
        *as_user,
        str(programs / "initdb"),
        "-D",
        str(data),
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(making, check=True, stdout=subprocess.DEVNULL, cwd="/")
    port = free_port()
    options = ["-p", str(port), "-k", str(sockets), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    process = subprocess.Popen(
        [*as_user, str(programs / "postgres"), "-D", str(data), *options], stderr=subprocess.DEVNULL, cwd="/"
    )
    try:
        deadline = time.monotonic() + 30
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("PostgreSQL does not start.")
            time.sleep(0.1)
        yield f"user=postgres dbname=postgres host=127.0.0.1 port={port} sslmode=disable"
    finally:
        # `runuser` forwards the signal.
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("miniflux does not start: see miniflux.log.") from None
            time.sleep(0.2)
        else:
            return
