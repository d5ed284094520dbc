"""The site behind Caddy, nginx and HAProxy from Debian packages, with the configuration in deploy/."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from tests.conftest import ROOT, Kb
from tests.functional.server.test_cli_serve import Server
from tests.support.browser_sessions import PASSWORD
from tests.support.postgres import free_port

DEPLOY = ROOT / "deploy"
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
FORGED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "http",
    "Forwarded": "for=203.0.113.9",
    "X-Remote-User": "claire",
    "X-Request-ID": "of-the-client",
}


class Proxy:
    """A running proxy: its addresses, and the authority of its certificate."""

    def __init__(self, port: int, plain_port: int, authority: Path) -> None:
        self.address = f"https://localhost:{port}"
        self.port = port
        self.plain_port = plain_port
        self.authority = authority

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    def client(self, source: str = "127.0.0.1") -> httpx2.Client:
        transport = httpx2.HTTPTransport(verify=self.context(), local_address=source)
        return httpx2.Client(base_url=self.address, transport=transport, timeout=60)


@contextmanager
def running(command: list[str], folder: Path, is_ready: Callable[[], bool], **variables: str) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **variables})
    try:
        deadline = time.monotonic() + 60
        while not is_ready():
            assert process.poll() is None, (folder / "log").read_text(errors="replace")
            assert time.monotonic() < deadline, (folder / "log").read_text(errors="replace")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _certificate(folder: Path) -> None:
    """A key and a certificate for localhost in a folder."""
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [*command, *subject, "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )


def _with_changes(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Proxy]:
    port, plain = free_port(), free_port()
    _certificate(folder)
    site = _with_changes(
        (DEPLOY / "nginx.conf").read_text(encoding="utf-8"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("server_name florilege.example.org", "server_name localhost"),
        ("/var/log/nginx/florilege.log", str(folder / "florilege.log")),
        ("/etc/letsencrypt/live/florilege.example.org/fullchain.pem", str(folder / "cert.pem")),
        ("/etc/letsencrypt/live/florilege.example.org/privkey.pem", str(folder / "key.pem")),
    )
    (folder / "site.conf").write_text(re.sub(r"listen \[::\].*", "", site), encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    main = f"daemon off; pid {folder}/pid; error_log stderr; events {{}}"
    user_line = "user root;" if os.getuid() == 0 else ""
    http = f"http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    (folder / "nginx.conf").write_text(f"{user_line} {main} {http}", encoding="utf-8")
    command = [_program("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, folder, lambda: answers(port)):
        yield Proxy(port, plain, folder / "cert.pem")


@contextmanager
def haproxy(folder: Path, upstream: int) -> Iterator[Proxy]:
    """One server without a health check: the first check would take seconds."""
    port, plain = free_port(), free_port()
    _certificate(folder)
    (folder / "site.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    text = _with_changes(
        (DEPLOY / "haproxy.cfg").read_text(encoding="utf-8"),
        ("log /dev/log local0", "log stderr format raw local0"),
        ("user haproxy", ""),
        ("group haproxy", ""),
        ("/run/haproxy/admin.sock", str(folder / "admin.sock")),
        ("bind :80\n", f"bind 127.0.0.1:{plain}\n"),
        ("bind :443 ", f"bind 127.0.0.1:{port} "),
        ("/etc/haproxy/site.pem", str(folder / "site.pem")),
        ("default-server check inter 2s fall 2 rise 2", ""),
        ("10.0.0.1:8000", f"127.0.0.1:{upstream}"),
    )
    (folder / "haproxy.cfg").write_text(re.sub(r"server .* 10\.0\.0\..*", "", text), encoding="utf-8")
    with running([_program("haproxy"), "-f", str(folder / "haproxy.cfg")], folder, lambda: answers(port)):
        yield Proxy(port, plain, folder / "cert.pem")


@contextmanager
def caddy(folder: Path, upstream: int) -> Iterator[Proxy]:
    port, plain = free_port(), free_port()
    options = f"""
        admin off
        skip_install_trust
        local_certs
        http_port {plain}
        https_port {port}
        default_bind 127.0.0.1
        storage file_system {folder}/storage
        servers {{
            protocols h1 h2
        }}
    """
    before, start, rest = (DEPLOY / "Caddyfile").read_text(encoding="utf-8").partition("\n{\n")
    assert start
    (folder / "Caddyfile").write_text(f"{before}{start}{options}{rest}", encoding="utf-8")
    authority = folder / "storage" / "pki" / "authorities" / "local" / "root.crt"
    proxy = Proxy(port, plain, authority)

    def is_ready() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            proxy.context().wrap_socket(connection, server_hostname="localhost").close()
            return True
        return False

    command = [_program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    variables = {"FLORILEGE_SITE": "localhost", "FLORILEGE_UPSTREAM": f"127.0.0.1:{upstream}"}
    with running(command, folder, is_ready, HOME=str(folder), **variables):
        yield proxy


def _program(name: str) -> str:
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip(f"{name} is not installed")
    return program


PROXIES = {"nginx": nginx, "caddy": caddy, "haproxy": haproxy}


@pytest.fixture(scope="module", params=PROXIES)
def program(request: pytest.FixtureRequest) -> str:
    _program(request.param)
    return str(request.param)


class Echo(BaseHTTPRequestHandler):
    """Responds with the headers of the request."""

    def do_GET(self) -> None:
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def an_echo(port: int = 0) -> Iterator[int]:
    """A server that returns its requests, and its port."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def echo(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with an_echo() as port, PROXIES[program](tmp_path_factory.mktemp("echo"), port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def site(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, Kb]]:
    """The proxy in front of a site with an account and a group."""
    port = free_port()
    with ExitStack() as stack:
        proxy = stack.enter_context(PROXIES[program](tmp_path_factory.mktemp("proxy"), port))
        # The read limit shows which client address the site uses: a forged address would get a new allowance.
        variables = {"KB_BASE_URL": proxy.address, "KB_PROXY": "127.0.0.1", "KB_LANGUAGE": "en", "KB_RATE_READ": "40"}
        kb = Kb(tmp_path_factory.mktemp("data") / "data", tmp_path_factory.mktemp("streams"), variables)
        assert kb("user", "add", "claire", "--password-stdin", stdin=f"{PASSWORD}\n").code == 0
        assert kb("group", "add", "veille", "--visible", "everyone").code == 0
        assert kb("group", "member", "veille", "claire", "--role", "owner").code == 0
        stack.enter_context(_OnPort(kb, port))
        yield proxy, kb


class _OnPort(Server):
    def __init__(self, kb: Kb, port: int) -> None:
        self.process = kb.start("serve", "--port", str(port))
        self.errors = ""


def sign_in(client: httpx2.Client) -> httpx2.Response:
    page = client.get("/login")
    token = TOKEN.search(page.text)
    assert token, page.text
    fields = {"form_token": token[1], "login": "claire", "password": PASSWORD}
    answer = client.post("/login", data=fields, headers={"Origin": str(client.base_url).rstrip("/")})
    assert answer.status_code == 303, answer.text
    return answer


def test_the_log_of_nginx_names_no_parameter(tmp_path: Path) -> None:
    with nginx(tmp_path, free_port()) as proxy, proxy.client() as client:
        assert client.get("/pinboard/v1/posts/all?auth_token=claire:un-secret").status_code == 502
    assert '"GET /pinboard/v1/posts/all HTTP/' in (log := (tmp_path / "florilege.log").read_text(encoding="utf-8"))
    assert "un-secret" not in log


def test_the_log_of_caddy_names_no_parameter_and_no_header(tmp_path: Path) -> None:
    secret = {"Referer": "https://localhost/search?q=un-secret", "Authorization": "Bearer un-secret"}
    with an_echo() as port, caddy(tmp_path, port) as proxy, proxy.client() as client:
        assert client.get("/pinboard/v1/posts/all?auth_token=claire:un-secret", headers=secret).status_code == 200
        assert client.get("/metrics?auth_token=un-secret", headers=secret).status_code == 404
    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines() if "{" in line]
    requests = [line["request"] for line in lines if line.get("logger") == "http.log.access"]
    assert [request["uri"] for request in requests] == ["/pinboard/v1/posts/all", "/metrics"]
    assert {request["remote_ip"] for request in requests} == {"127.0.0.1"}
    assert "un-secret" not in (tmp_path / "log").read_text(encoding="utf-8")


def test_the_log_of_haproxy_names_no_parameter(tmp_path: Path) -> None:
    with an_echo() as port, haproxy(tmp_path, port) as proxy, proxy.client() as client:
        assert client.get("/pinboard/v1/posts/all?auth_token=claire:un-secret").status_code == 200
        # The log line follows the response, and lines of the proxy's health checks may come before it.
        until = time.monotonic() + 30
        while '"GET ' not in (tmp_path / "log").read_text(encoding="utf-8") and time.monotonic() < until:
            time.sleep(0.05)
    assert '"GET /pinboard/v1/posts/all HTTP/' in (log := (tmp_path / "log").read_text(encoding="utf-8"))
    assert "un-secret" not in log


def test_the_balancer_leaves_out_a_machine_that_is_not_ready_but_asks_it_rather_than_none(tmp_path: Path) -> None:
    text = (DEPLOY / "haproxy.cfg").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^backend (\w+)\n((?: .*\n)+)", text, re.MULTILINE))

    assert "use_backend florilege_any if { nbsrv(florilege) eq 0 }" in text
    assert "httpchk GET /readyz" in parts["florilege"]
    assert parts["florilege_any"] == parts["florilege"].replace("/readyz", "/healthz")


def test_requests_wait_for_a_program_that_restarts_behind_caddy(program: str, tmp_path: Path) -> None:
    port = free_port()
    with PROXIES[program](tmp_path, port) as proxy, proxy.client() as client, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(client.get, "/")
        if program != "caddy":
            assert sent.result().status_code in {502, 503}
            return
        time.sleep(0.5)
        assert not sent.done()
        with an_echo(port):
            assert sent.result().status_code == 200


def test_the_client_is_named_by_the_proxy_alone(echo: Proxy) -> None:
    with echo.client("127.0.0.5") as client:
        sent = client.get("/", headers=FORGED).json()

    headers_seen = {name: [value for name_sent, value in sent if name_sent == name] for name, _ in sent}
    assert headers_seen["x-forwarded-for"] == ["127.0.0.5"]
    assert headers_seen["x-forwarded-proto"] == ["https"]
    assert headers_seen["host"] == [f"localhost:{echo.port}"]
    assert not {"forwarded", "x-remote-user"} & headers_seen.keys()
    (request_id,) = headers_seen["x-request-id"]
    assert re.fullmatch(r"[0-9a-f-]{32,36}", request_id)


def test_metrics_stay_on_the_machine(echo: Proxy) -> None:
    with echo.client() as client:
        for address in ("/metrics", "/metrics?a=b", "/%6detrics", "//metrics", "/./metrics", "/a/../metrics"):
            answer = client.send(client.build_request("GET", f"{echo.address}{address}"))
            assert answer.status_code in {400, 404}, address
        assert client.get("/metric").status_code == 200


def test_browsers_get_http_2_and_nothing_older_than_tls_1_2(echo: Proxy) -> None:
    def negotiated(newest: ssl.TLSVersion, *protocols: str) -> tuple[str | None, str | None]:
        context = echo.context()
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
        context.set_alpn_protocols(list(protocols))
        with (
            socket.create_connection(("127.0.0.1", echo.port), timeout=20) as connection,
            context.wrap_socket(connection, server_hostname="localhost") as secured,
        ):
            return secured.version(), secured.selected_alpn_protocol()

    assert negotiated(ssl.TLSVersion.TLSv1_3, "h2", "http/1.1") == ("TLSv1.3", "h2")
    assert negotiated(ssl.TLSVersion.TLSv1_2, "http/1.1") == ("TLSv1.2", "http/1.1")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises((ssl.SSLError, OSError)):
        negotiated(ssl.TLSVersion.TLSv1_1, "http/1.1")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_request_by_http_2_carries_the_host(echo: Proxy) -> None:
    command = ["curl", "--silent", "--http2", "--cacert", str(echo.authority), "-w", "%{http_version}", echo.address]
    result = subprocess.run(command, capture_output=True, text=True, check=True)

    sent, _, version = result.stdout.rpartition("]")
    assert version == "2"
    assert ["host", f"localhost:{echo.port}"] in json.loads(f"{sent}]")


def test_plain_http_is_sent_to_https(echo: Proxy) -> None:
    with httpx2.Client() as client:
        answer = client.get(f"http://127.0.0.1:{echo.plain_port}/search?q=a", headers={"Host": "localhost"})

    assert answer.status_code == 308
    assert re.fullmatch(r"https://localhost(:\d+)?/search\?q=a", answer.headers["location"])


def test_a_user_signs_in_with_cookies_that_only_this_site_gets(site: tuple[Proxy, Kb]) -> None:
    proxy, _ = site
    with proxy.client() as client:
        cookies = sign_in(client).headers.get_list("set-cookie")
        page = client.get("/account")

    session = next(cooky for cooky in cookies if cooky.startswith("__Host-kb-session="))
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in session.split(";")}
    assert page.status_code == 200
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert page.headers.get("server", "") in {"", "nginx"}


def test_pages_are_compressed_and_static_files_are_cached(site: tuple[Proxy, Kb]) -> None:
    proxy, _ = site
    with proxy.client() as client:
        page = client.get("/", headers={"Accept-Encoding": "gzip"})
        style = re.search(r'href="(/static/[^"]+\.css\?v=[^"]+)"', page.text)
        assert style, page.text
        file = client.get(style[1], headers={"Accept-Encoding": "gzip"})
        again = client.get(style[1], headers={"If-None-Match": file.headers["etag"]})

    assert page.headers["content-encoding"] == file.headers["content-encoding"] == "gzip"
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.status_code == 304


def test_a_file_of_20_mib_is_imported_and_a_larger_one_refused(site: tuple[Proxy, Kb]) -> None:
    proxy, _ = site
    content = b'{"title": "Crue de la Loire", "group": "veille"}\n'
    content += b"\n" * ((20 << 20) - len(content))
    with proxy.client() as client:
        sign_in(client)
        page = client.get("/g/veille/import")
        token = TOKEN.search(page.text)
        assert token, page.text
        fields = {"form_token": token[1], "format": "auto"}
        origin = {"Origin": proxy.address}
        response = client.post("/g/veille/import", data=fields, files={"file": ("a.jsonl", content)}, headers=origin)
        assert response.status_code == 303, response.text
        with suppress(httpx2.WriteError, httpx2.RemoteProtocolError):
            refused = client.post(
                "/g/veille/import", data=fields, files={"file": ("a.jsonl", content * 2)}, headers=origin
            )
            assert refused.status_code == 413


def test_long_addresses_reach_the_site_which_refuses_the_longest(site: tuple[Proxy, Kb]) -> None:
    proxy, _ = site

    def answer_of(address: str) -> tuple[int, str]:
        with closing(HTTPSConnection("localhost", proxy.port, context=proxy.context(), timeout=60)) as connection:
            connection.request("GET", address)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", "").partition(";")[0]

    page, problem = "text/html", "application/problem+json"  # the site's own answers
    assert answer_of("/login?next=/search%3Fq%3D" + "x" * 30_000) == (200, page)
    assert answer_of("/search?q=" + "x" * 40_000) == (414, page)
    # The site reads 190,000 bytes and finds too many tags in them.
    assert answer_of("/api/v1/search?" + "&".join(f"tag=t{number:0>100}" for number in range(1800))) == (400, problem)
    assert answer_of("/api/v1/search?q=" + "x" * 210_000) == (414, problem)


def test_forged_addresses_do_not_escape_the_limits(site: tuple[Proxy, Kb]) -> None:
    proxy, _ = site
    with proxy.client() as client:
        statuses = [
            client.get("/login", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(80)
        ]

    assert 429 in statuses
