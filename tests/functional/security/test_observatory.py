"""The site behind TLS gets the full score of the HTTP Observatory, for each kind of answer.

`tests/checkers/http_observatory.py` has the rules and their sources. A server of this test stands before the site: it
ends TLS and sends the caller's address and scheme in headers, as any proxy does.
"""

import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.checkers import http_observatory
from tests.conftest import Kb

PAGES = (
    *("/", "/search?q=agents", "/login", "/rien", "/g/eau-et-territoires/members", "/search.atom"),
    *("/api/v1/search?q=agents", "/static/kb.js", "/healthz"),
)
SIGNED_IN = (*(page for page in PAGES if page != "/login"), "/logout", "/groups/new", "/invitations")
PASSWORD = "une phrase assez longue"


@dataclass
class Site:
    """`https` and `http` are the addresses of the proxy."""

    https: str
    http: str
    context: ssl.SSLContext

    def client(self, **options: Any) -> httpx2.Client:
        return httpx2.Client(base_url=self.https, verify=self.context, timeout=60, **options)


def handler_to(port: list[int], scheme: str) -> type[BaseHTTPRequestHandler]:
    """A handler that forwards each request to our port, with its scheme in a header."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def _hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            ours = HTTPConnection("127.0.0.1", port[0], timeout=60)
            headers = {**dict(self.headers.items()), "X-Forwarded-Proto": scheme, "X-Forwarded-For": "192.0.2.7"}
            ours.request(self.command, self.path, body, headers)
            answer = ours.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if self.command != "HEAD" else b"")
            ours.close()

        do_GET = do_POST = do_HEAD = _hand_on  # noqa: N815 - the names that http.server looks for

    return Handler


@contextmanager
def listening(port: list[int], scheme: str, context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_to(port, scheme))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for `localhost` that only this test trusts, and its key."""
    pem, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(pem)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return pem, key


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    pem, key = certificate(folder)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem, key)
    port = [0]
    with listening(port, "https", serving) as secure, listening(port, "http") as plain:
        settings = {"KB_BASE_URL": f"https://localhost:{secure}"}
        kb = Kb(folder / "données", folder, settings)
        assert kb("demo", "--no-serve").code == 0
        assert kb("user", "add", "claire", "--password-stdin", stdin=PASSWORD + "\n").code == 0
        server = kb.start("serve", "--port", "0")
        assert server.stdout is not None
        port[0] = int(re.search(r":(\d+)$", server.stdout.readline().strip())[1])  # type: ignore[index]
        try:
            trusting = ssl.create_default_context(cafile=str(pem))
            yield Site(f"https://localhost:{secure}", f"http://localhost:{plain}", trusting)
        finally:
            server.terminate()
            server.communicate(timeout=20)


def points_by_test(answer: httpx2.Response) -> dict[str, int]:
    """The points of each Observatory test that examines one answer."""
    headers = answer.headers
    return {
        "content-security-policy": http_observatory.content_security_policy(headers),
        "cookies": http_observatory.cookies(headers.get_list("set-cookie")),
        "cross-origin-resource-sharing": http_observatory.cross_origin_resource_sharing(headers),
        "referrer-policy": http_observatory.referrer_policy(headers),
        "strict-transport-security": http_observatory.strict_transport_security(headers),
        "subresource-integrity": http_observatory.subresource_integrity(headers, answer.text),
        "x-content-type-options": http_observatory.x_content_type_options(headers),
        "x-frame-options": http_observatory.x_frame_options(headers),
        "cross-origin-resource-policy": http_observatory.cross_origin_resource_policy(headers),
    }


def expected(answer: httpx2.Response) -> dict[str, int]:
    """The full score; zero for cookies and scripts on pages without them."""
    has_cookies, is_page = bool(answer.headers.get_list("set-cookie")), "text/html" in answer.headers["content-type"]
    full = {name: points for name, points in http_observatory.FULL.items() if name != "redirection"}
    return {
        **full,
        "cookies": full["cookies"] if has_cookies else 0,
        "subresource-integrity": full["subresource-integrity"] if is_page else 0,
    }


@contextmanager
def signed_in(site: Site) -> Iterator[httpx2.Client]:
    with site.client() as client:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', client.get("/login").text)
        assert token is not None
        answer = client.post("/login", data={"form_token": token[1], "login": "claire", "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        assert points_by_test(answer)["cookies"] == http_observatory.FULL["cookies"]
        yield client


ORIGIN = {"origin": "https://evil.example"}


@pytest.mark.parametrize("page", PAGES)
def test_each_answer_has_the_full_score(site: Site, page: str) -> None:
    with site.client() as client:
        answer = client.get(page, headers=ORIGIN)
    assert answer.status_code == (404 if page == "/rien" else 200)
    assert points_by_test(answer) == expected(answer)


def test_each_answer_to_a_member_has_the_full_score(site: Site) -> None:
    with signed_in(site) as client:
        for page in SIGNED_IN:
            answer = client.get(page, headers=ORIGIN)
            assert answer.status_code == (404 if page == "/rien" else 200), page
            assert points_by_test(answer) == expected(answer), page


def test_the_first_page_is_worth_all_that_a_site_can_get_by_itself(site: Site) -> None:
    with site.client() as client:
        responses = [client.get("/login"), client.get("/?lang=en"), client.get("/")]
    points = {**points_by_test(responses[-1]), "redirection": 0}
    points["cookies"] = http_observatory.cookies(
        line for answer in responses for line in answer.headers.get_list("set-cookie")
    )
    assert points == http_observatory.FULL
    assert 100 + sum(points.values()) == 140


def test_http_redirects_to_https_on_the_same_host(site: Site) -> None:
    address = f"{site.http}/search?q=%C3%A9t%C3%A9&tag=a%20b"
    answer = httpx2.get(address, headers={"host": "evil.example"})
    location = answer.headers["location"]
    assert (answer.status_code, location) == (308, f"{site.https}/search?q=%C3%A9t%C3%A9&tag=a%20b")
    assert answer.headers["cache-control"] == "no-store"
    assert http_observatory.redirection([address, location]) == 0
    with site.client() as client:
        assert client.get(location).status_code == 200


def test_cookies_are_of_this_very_site(site: Site) -> None:
    with signed_in(site) as client:
        lines = [*client.get("/?lang=en").headers.get_list("set-cookie")]
        names = {cookie.name for cookie in client.cookies.jar}
    assert names
    assert all(name.startswith("__Host-") for name in names)
    for line in lines:
        assert {"path=/", "secure", "httponly", "samesite=lax"} <= {part.strip().lower() for part in line.split(";")}
        assert "domain" not in line.lower()


def test_nothing_is_shared_with_other_origins(site: Site) -> None:
    with signed_in(site) as client:
        for page in SIGNED_IN:
            headers = client.get(page, headers=ORIGIN).headers
            assert not [name for name in headers if name.startswith("access-control-")], page
        for path in ("/crossdomain.xml", "/clientaccesspolicy.xml"):
            assert client.get(path).status_code == 404


def test_a_browser_that_compares_finds_each_script_as_the_page_says(site: Site) -> None:
    with site.client() as client:
        for script in http_observatory.scripts_of(client.get("/search").text):
            content = client.get(urlsplit(script["src"] or "").geturl()).content
            digest = subprocess.run(
                ["openssl", "dgst", "-sha256", "-binary"], input=content, capture_output=True, check=True
            ).stdout
            encoded = subprocess.run(["openssl", "base64"], input=digest, capture_output=True, check=True).stdout
            assert script["integrity"] == f"sha256-{encoded.decode().strip()}"


def test_the_checks_find_faults() -> None:
    def bad(**headers: str) -> Any:
        return httpx2.Headers({name.replace("_", "-"): value for name, value in headers.items()})

    assert http_observatory.content_security_policy(bad()) == -25
    assert http_observatory.content_security_policy(bad(content_security_policy="default-src 'self'")) == 5
    assert http_observatory.content_security_policy(bad(content_security_policy="default-src 'none'")) == 5
    assert http_observatory.content_security_policy(bad(content_security_policy="script-src 'unsafe-inline'")) == -20
    assert http_observatory.cookies(["kb-session=a; secure; samesite=lax"]) == -30
    assert http_observatory.cookies(["kb-form=a; secure; httponly", "kb-lang=fr; samesite=lax"]) == -20
    assert http_observatory.redirection(["http://a/", "https://b/"]) == -5
    assert http_observatory.redirection(["http://a/"]) == -20
    assert http_observatory.strict_transport_security(bad(strict_transport_security="max-age=1")) == -10
    assert http_observatory.subresource_integrity(bad(content_type="text/html"), "<script src='/a.js'></script>") == 0
    assert http_observatory.x_frame_options(bad(content_security_policy="default-src 'none'")) == -20
    shared = bad(access_control_allow_origin="https://evil.example", access_control_allow_credentials="true")
    assert http_observatory.cross_origin_resource_sharing(shared) == -50
