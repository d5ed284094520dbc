"""A paper on the loopback, for tests that keep its pages: quick, slow, moved, gone, in several alphabets and kinds.

    with a_press() as press:
        press.address("/utf-8.html")

`press.asked` are the paths that were asked for, with their methods, `press.heads_asked` the headers of each. Pages can
be put in and taken out: `press.pages`.
"""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.news_texts import a_long_article, a_pdf, an_article

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Printed:
    """What is answered at a path, after so many seconds."""

    body: bytes = b""
    kind: str = HTML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    after: float = 0.0


def moved(where: str, status: int = 302) -> Printed:
    """A redirection."""
    return Printed(status=status, headers=(("Location", where),))


def the_pages() -> dict[str, Printed]:
    """Every page of the paper, by its path."""
    article = an_article()
    return {
        "/utf-8.html": Printed(article.encode()),
        "/latin-1.html": Printed(_in_latin_1(article), "text/html; charset=iso-8859-1"),
        "/latin-1-untold.html": Printed(_in_latin_1(an_article(charset="iso-8859-1")), "text/html"),
        "/long.html": Printed(a_long_article().encode()),
        "/slow.html": Printed(article.encode(), after=1.5),
        "/compressed.html": Printed(gzip.compress(article.encode()), headers=(("Content-Encoding", "gzip"),)),
        "/suivie.html": Printed(an_article(canonical="/utf-8.html").encode()),
        "/ancienne.html": moved("/utf-8.html", 301),
        "/detour": moved("/ancienne.html"),
        "/boucle": moved("/boucle-2"),
        "/boucle-2": moved("/boucle"),
        "/parti": Printed(b"<title>Parti</title>", status=410),
        "/interdit": Printed(b"<title>Interdit</title>", status=403),
        "/presse": Printed(b"<title>Trop vite</title>", status=429),
        "/panne": Printed(b"<title>En panne</title>", status=503),
        "/vide.html": Printed(b""),
        "/rapport.pdf": Printed(a_pdf(), "application/pdf"),
        "/note.txt": Printed("Note de service\nLes congés d’été se posent avant le 1er mai.".encode(), "text/plain"),
        "/photo%20de%20No%C3%ABl.png": Printed(b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png"),
    }


def _in_latin_1(text: str) -> bytes:
    """What browsers call so: the apostrophe ’ and œ have places in it."""
    return text.replace("\u202f", "\xa0").encode("cp1252")


@dataclass(slots=True)
class Press:
    """A paper that is open. `address(path)` is where a page of it stands; without `heads`, HEAD is not known there."""

    port: int
    pages: dict[str, Printed] = field(default_factory=the_pages)
    asked: list[tuple[str, str]] = field(default_factory=list)
    heads_asked: list[dict[str, str]] = field(default_factory=list)
    heads: bool = True
    closing: threading.Event = field(default_factory=threading.Event)

    def address(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class _Answering(BaseHTTPRequestHandler):
    press: Press
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(whole=True)

    def do_HEAD(self) -> None:
        self._answer(whole=False)

    def _answer(self, *, whole: bool) -> None:
        self.press.asked.append((self.command, self.path))
        self.press.heads_asked.append({name.lower(): value for name, value in self.headers.items()})
        page = (
            Printed(status=501)
            if not whole and not self.press.heads
            else self.press.pages.get(urlsplit(self.path).path, Printed(b"<title>Introuvable</title>", status=404))
        )
        self.press.closing.wait(page.after)
        self.send_response(page.status)
        for name, value in (("Content-Type", page.kind), ("Content-Length", str(len(page.body))), *page.headers):
            self.send_header(name, value)
        self.end_headers()
        if whole:
            self.wfile.write(page.body)

    def handle(self) -> None:
        # Who asked may hang up before the end.
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except ConnectionError:
            self.rfile.close()

    def log_message(self, *_: object) -> None:
        """It is quiet."""


@contextmanager
def a_press() -> Iterator[Press]:
    """The paper at a free port of the loopback, until the end of the block."""
    press = Press(0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Of", (_Answering,), {"press": press}))
    press.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield press
    finally:
        press.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
