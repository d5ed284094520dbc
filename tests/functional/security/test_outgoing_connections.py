"""Connections to other sites: changing DNS names, several addresses, certificates, a proxy."""

import datetime
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kb.fetcher.connections import FetchDeadline, WebProxy, resolve_host
from kb.fetcher.redirects import check_presence, fetch_response
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure
from tests.fixtures.hostile_site import HEAD, Hostile, Responder, a_hostile_site, respond_with
from tests.support.fake_internet import FakeInternet

F = FetchFailure
GAZETTE, PRESSE = "gazette.example", "presse.example"
PUBLIC, OTHER = "93.184.215.14", "93.184.215.15"
PAGE = respond_with(HEAD + b"Content-Length: 7\r\n\r\nBonjour")


def leading(host: str) -> Responder:
    return respond_with(b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % host.encode())


@pytest.fixture
def site() -> Iterator[Hostile]:
    ways = {
        "/": PAGE,
        "/ici": leading(f"http://{GAZETTE}/"),
        "/ailleurs": leading(f"https://{PRESSE}/"),
        "/en-clair": leading(f"http://{PRESSE}/"),
    }
    with a_hostile_site(ways) as site:
        yield site


def failure_of(address: str, internet: FakeInternet, proxy: WebProxy | None = None) -> FetchFailure:
    with pytest.raises(FetchFailed) as failed:
        fetch_response(address, internet.ways(proxy), seconds=30)
    return failed.value.failure


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("fe80::1%eth0",),
        ("::ffff:192.168.0.1",),
        ("64:ff9b::a00:1",),
        ("fd00:ec2::254",),
        (PUBLIC, "127.0.0.1"),
        ("192.168.0.1", PUBLIC),
        (PUBLIC, "::1"),
        ("gazette",),
    ],
)
def test_a_name_that_stands_for_an_inner_address_is_refused(site: Hostile, addresses: tuple[str, ...]) -> None:
    internet = FakeInternet({GAZETTE: [addresses]}, site.port)
    assert failure_of(f"http://{GAZETTE}/", internet) == F.REFUSED
    assert failure_of(f"https://{GAZETTE}/", internet) == F.REFUSED
    assert check_presence(f"http://{GAZETTE}/", internet.ways()).failure == F.REFUSED
    assert (internet.connected, site.asked) == ([], [])


def test_the_connection_uses_the_checked_address_of_a_changing_name(site: Hostile) -> None:
    internet = FakeInternet({GAZETTE: [(PUBLIC,), ("127.0.0.1",)]}, site.port)
    assert fetch_response(f"http://{GAZETTE}/", internet.ways()).body == b"Bonjour"
    assert (internet.looked_up, internet.connected) == ([GAZETTE], [(PUBLIC, 80)])
    assert b"\r\nhost: gazette.example\r\n" in site.asked[0].lower()


def test_each_redirect_resolves_and_checks_the_name_again(site: Hostile) -> None:
    internet = FakeInternet({GAZETTE: [(PUBLIC,), ("127.0.0.1",)]}, site.port)
    assert failure_of(f"http://{GAZETTE}/ici", internet) == F.REFUSED
    assert (internet.looked_up, internet.connected) == ([GAZETTE, GAZETTE], [(PUBLIC, 80)])


def test_the_next_address_is_tried_if_one_is_unreachable(site: Hostile) -> None:
    internet = FakeInternet({GAZETTE: [("2606:2800:21f:cb07::1", PUBLIC)]}, site.port, dead=("2606:2800:21f:cb07::1",))
    assert fetch_response(f"http://{GAZETTE}:8080/", internet.ways()).body == b"Bonjour"
    assert internet.connected == [("2606:2800:21f:cb07::1", 8080), (PUBLIC, 8080)]


def test_unknown_and_unreachable_hosts_have_different_failures(site: Hostile) -> None:
    internet = FakeInternet({GAZETTE: [(PUBLIC, OTHER)]}, site.port, dead=(PUBLIC, OTHER))
    assert failure_of("http://personne.example/", internet) == F.NO_HOST
    assert failure_of(f"http://{GAZETTE}/", internet) == F.UNREACHABLE
    assert check_presence("http://personne.example/", internet.ways()).failure == F.NO_HOST
    assert F.NO_HOST.is_absence
    assert F.UNREACHABLE.is_passing


def test_the_system_is_asked_for_the_name_alone() -> None:
    with pytest.raises(FetchFailed) as failed:
        resolve_host("nulle-part.invalid", 5.0)
    assert failed.value.failure in (F.NO_HOST, F.DNS)
    with pytest.raises(FetchFailed) as failed:
        resolve_host("a" * 300, 5.0)
    assert failed.value.failure in (F.ADDRESS, F.NO_HOST, F.DNS)


def test_a_deadline_that_is_over_stops_the_next_step(site: Hostile) -> None:
    with pytest.raises(FetchFailed) as failed:
        FetchDeadline.after(-1).left()
    assert failed.value.failure == F.TIMEOUT


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority, and its certificate for the Gazette."""
    folder = tmp_path_factory.mktemp("certificates")
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Autorité", GAZETTE)]
    connections = []
    for number, (name, key) in enumerate(zip(names, keys, strict=True)):
        builder = (
            x509.CertificateBuilder(names[0], name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=number == 0, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(GAZETTE)]), critical=False)
            # The extensions that RFC 5280 requires, and Python 3.13 too.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[0].public_key()), critical=False)
            .add_extension(_usage(signs=number == 0), critical=True)
        )
        connections.append(builder.sign(keys[0], hashes.SHA256()))
    pem = serialization.Encoding.PEM
    private = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "authority.pem").write_bytes(connections[0].public_bytes(pem))
    (folder / "gazette.pem").write_bytes(connections[1].public_bytes(pem) + private)
    return folder


def _usage(*, signs: bool) -> x509.KeyUsage:
    """The usage of a key: an authority signs certificates, a site authenticates itself."""
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@pytest.fixture
def secure_site(certificates: Path) -> Iterator[Hostile]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "gazette.pem")
    with a_hostile_site({"/": PAGE, "/en-clair": leading(f"http://{GAZETTE}/"), "/ici": PAGE}, context) as site:
        yield site


def test_a_site_proves_who_it_is_by_its_name(
    secure_site: Hostile, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))
    internet = FakeInternet({GAZETTE: [(PUBLIC,)], PRESSE: [(PUBLIC,)]}, secure_site.port)
    assert fetch_response(f"https://{GAZETTE}./", internet.ways()).body == b"Bonjour"
    assert failure_of(f"https://{PRESSE}/", internet) == F.CERTIFICATE
    assert failure_of(f"https://{PUBLIC}/", internet) == F.CERTIFICATE
    assert internet.connected == [(PUBLIC, 443)] * 3


def test_a_certificate_of_an_unknown_authority_is_refused(secure_site: Hostile) -> None:
    assert failure_of(f"https://{GAZETTE}/", FakeInternet({GAZETTE: [(PUBLIC,)]}, secure_site.port)) == F.CERTIFICATE


def test_a_site_without_tls_is_not_taken_for_one_with_it(site: Hostile) -> None:
    assert failure_of(f"https://{GAZETTE}/", FakeInternet({GAZETTE: [(PUBLIC,)]}, site.port)) == F.UNREACHABLE


def test_a_redirect_from_https_to_http_is_recorded(
    secure_site: Hostile, site: Hostile, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))
    internet = FakeInternet({GAZETTE: [(PUBLIC,)]}, secure_site.port, ports={80: site.port})
    response = fetch_response(f"https://{GAZETTE}/en-clair", internet.ways())
    assert (response.address, response.downgraded) == (f"http://{GAZETTE}/", True)
    assert not fetch_response(f"https://{GAZETTE}/", internet.ways()).downgraded


def through(port: int) -> Responder:
    """The handler of a proxy for a connection that it has made to a port here."""

    def respond(line: socket.socket, stop: threading.Event) -> None:
        line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as connection:
            ends = {line: connection, connection: line}
            while not stop.is_set():
                for end in select.select(list(ends), [], [], 0.02)[0]:
                    if not (piece := end.recv(65536)):
                        return
                    ends[end].sendall(piece)

    return respond


@pytest.fixture
def proxy_site(secure_site: Hostile) -> Iterator[Hostile]:
    ways = {
        f"http://{GAZETTE}/": PAGE,
        f"http://{GAZETTE}/ailleurs": leading("http://10.0.0.1/"),
        f"{GAZETTE}:443": through(secure_site.port),
        f"{PRESSE}:443": respond_with(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
    }
    with a_hostile_site(ways) as site:
        yield site


PROXY = WebProxy("proxy.ville.example", 3128, "Basic Y2xhaXJlOnNlY3JldA==")


def test_a_proxy_is_asked_for_pages_by_their_names(
    proxy_site: Hostile, secure_site: Hostile, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "authority.pem"))
    internet = FakeInternet({GAZETTE: [(PUBLIC,)]}, proxy_site.port)
    assert fetch_response(f"http://{GAZETTE}/", internet.ways(PROXY)).body == b"Bonjour"
    assert fetch_response(f"https://{GAZETTE}/", internet.ways(PROXY)).body == b"Bonjour"
    assert proxy_site.asked_lines == [f"GET http://{GAZETTE}/ HTTP/1.1", f"CONNECT {GAZETTE}:443 HTTP/1.1"]
    assert all(b"Proxy-Authorization: Basic Y2xhaXJlOnNlY3JldA==" in head for head in proxy_site.asked)
    assert secure_site.asked_lines == ["GET / HTTP/1.1"]
    assert b"uthorization" not in secure_site.asked[0]
    assert internet.connected == [("proxy.ville.example", 3128)] * 2


def test_a_proxy_is_not_asked_for_what_is_known_to_be_inside(proxy_site: Hostile) -> None:
    internet = FakeInternet({GAZETTE: [("10.1.2.3",)]}, proxy_site.port)
    for address in (f"http://{GAZETTE}/", "http://10.0.0.1/", "http://localhost/", "http://wiki/"):
        assert failure_of(address, internet, PROXY) == F.REFUSED
    internet = FakeInternet({GAZETTE: [(PUBLIC,)]}, proxy_site.port)
    assert failure_of(f"http://{GAZETTE}/ailleurs", internet, PROXY) == F.REFUSED
    assert len(proxy_site.asked) == 1


def test_names_that_only_the_proxy_knows_are_left_to_it(proxy_site: Hostile) -> None:
    assert fetch_response(f"http://{GAZETTE}/", FakeInternet({}, proxy_site.port).ways(PROXY)).body == b"Bonjour"


def test_a_proxy_that_refuses_or_is_unreachable_is_reported(proxy_site: Hostile) -> None:
    assert failure_of(f"https://{PRESSE}/", FakeInternet({}, proxy_site.port), PROXY) == F.UNREACHABLE
    stopped_town = FakeInternet({}, proxy_site.port, dead=("proxy.ville.example",))
    assert failure_of(f"https://{PRESSE}/", stopped_town, PROXY) == F.UNREACHABLE
