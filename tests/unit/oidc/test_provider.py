"""The statements of an identity provider that are accepted or refused."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, RSAKey

from kb.oidc.provider import OidcProvider
from kb.oidc.provider_request import OidcError, OidcFailure
from tests.factories.oidc import (
    EC,
    NONCE,
    RSA,
    VERIFIER,
    FakeProvider,
    a_client,
    a_provider,
    failure_of_login,
    identity_of_code,
)
from tests.support.stopped_clock import StoppedClock

STRANGE = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})


def test_the_redirect_to_the_provider_carries_state_and_nonce(fake: FakeProvider) -> None:
    provider = OidcProvider(a_client(fake, acr="eidas1"))
    parts = urlsplit(provider.authorization_address("un-état", NONCE, VERIFIER))
    parameters = {name: value for name, (value,) in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{fake.issuer}/authorize"
    assert parameters == {
        "response_type": "code", "client_id": "florilege", "redirect_uri": "https://site.example/back",
        "scope": "openid email", "state": "un-état", "nonce": NONCE, "acr_values": "eidas1",
        "code_challenge_method": "S256", "code_challenge": parameters["code_challenge"],
    }  # fmt: skip


def test_a_provider_that_announces_no_challenge_gets_none(fake: FakeProvider, provider: OidcProvider) -> None:
    fake.metadata["code_challenge_methods_supported"] = None
    assert "code_challenge" not in provider.authorization_address("un-état", NONCE, VERIFIER)
    assert identity_of_code(fake, provider).subject == "sujet-1"


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")])
def test_the_provider_names_its_user(fake: FakeProvider, provider: OidcProvider, key: Any, algorithm: str) -> None:
    fake.signs_with, fake.algorithm = key, algorithm
    assert identity_of_code(fake, provider).subject == "sujet-1"


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"], None])
def test_the_client_authenticates_as_the_provider_wants(
    fake: FakeProvider, provider: OidcProvider, methods: Any
) -> None:
    fake.metadata["token_endpoint_auth_methods_supported"] = methods
    assert identity_of_code(fake, provider).subject == "sujet-1"


def test_a_code_counts_once(fake: FakeProvider, provider: OidcProvider) -> None:
    identity_of_code(fake, provider)
    with pytest.raises(OidcError) as caught:
        provider.exchange_code("un-code", VERIFIER, NONCE)
    assert caught.value.kind is OidcFailure.REFUSED


def test_a_code_is_worth_nothing_without_what_this_sign_in_kept(fake: FakeProvider, provider: OidcProvider) -> None:
    address = provider.authorization_address("un-état", NONCE, VERIFIER)
    code = fake.comes_back(address)["code"]
    with pytest.raises(OidcError) as caught:
        provider.exchange_code(code, "w" * 43, NONCE)
    assert caught.value.kind is OidcFailure.REFUSED


def test_newer_keys_are_asked_for_when_they_sign(
    fake: FakeProvider, provider: OidcProvider, clock: StoppedClock
) -> None:
    identity_of_code(fake, provider)
    newer = ECKey.generate_key("P-256", {"kid": "ec-2", "use": "sig"})
    fake.keys, fake.signs_with, fake.algorithm = [newer], newer, "ES256"
    clock.now += 60
    assert identity_of_code(fake, provider).subject == "sujet-1"
    assert fake.asked.count("/keys") == 2


def test_strange_keys_do_not_make_us_ask_without_end(fake: FakeProvider, provider: OidcProvider) -> None:
    identity_of_code(fake, provider)
    fake.signs_with = RSAKey.generate_key(2048, {"kid": "autre"})
    for _ in range(5):
        assert failure_of_login(fake, provider) is OidcFailure.UNTRUSTED
    assert fake.asked.count("/keys") == 1


def test_keys_that_we_do_not_believe_are_passed_over(fake: FakeProvider, provider: OidcProvider) -> None:
    listed = [
        *("rien", 7, {"kty": "oct", "k": "AAAA", "kid": "rsa-1"}, {"kty": "OKP", "crv": "Ed25519"}, {"kty": "RSA"}),
        {**RSA.as_dict(private=False), "use": "enc"},
        RSA.as_dict(private=False),
    ]
    fake.answers["/keys"] = (200, "application/json", json.dumps({"keys": listed}).encode())
    assert identity_of_code(fake, provider).subject == "sujet-1"


def test_a_login_below_the_required_assurance_is_refused(fake: FakeProvider) -> None:
    provider = OidcProvider(a_client(fake, acr="eidas1 eidas2"))
    assert failure_of_login(fake, provider) is OidcFailure.TOO_WEAK
    fake.claims = {"acr": "eidas2"}
    assert identity_of_code(fake, provider).subject == "sujet-1"


@pytest.mark.parametrize("signed", [False, True])
def test_user_info_is_read_as_json_or_signed(fake: FakeProvider, provider: OidcProvider, signed: bool) -> None:
    fake.person, fake.person_signed = {"usual_name": "Aubert", "email": "claire@ville.example"}, signed
    assert provider.userinfo(identity_of_code(fake, provider))["email"] == "claire@ville.example"


@pytest.mark.parametrize("person", [{"sub": "sujet-2"}, {"iss": "https://ailleurs.example"}, {"aud": "un-autre"}])
def test_user_info_of_another_user_is_refused(
    fake: FakeProvider, provider: OidcProvider, person: dict[str, Any]
) -> None:
    fake.person, fake.person_signed = person, True
    identity = identity_of_code(fake, provider)
    with pytest.raises(OidcError) as caught:
        provider.userinfo(identity)
    assert caught.value.kind is OidcFailure.UNTRUSTED


def test_a_signed_answer_that_a_stranger_signed_is_refused(fake: FakeProvider, provider: OidcProvider) -> None:
    fake.person_signed = True
    identity = identity_of_code(fake, provider)
    fake.signs_with = STRANGE
    with pytest.raises(OidcError) as caught:
        provider.userinfo(identity)
    assert caught.value.kind is OidcFailure.UNTRUSTED


def test_the_answer_of_another_provider_is_refused(fake: FakeProvider, provider: OidcProvider) -> None:
    provider.check_origin("")
    provider.check_origin(fake.issuer)
    with pytest.raises(OidcError):
        provider.check_origin("https://ailleurs.example")
    named = OidcProvider(a_client(fake))
    fake.metadata["authorization_response_iss_parameter_supported"] = True
    with pytest.raises(OidcError):
        named.check_origin("")


def test_logout_includes_the_provider(fake: FakeProvider, provider: OidcProvider) -> None:
    parameters = parse_qs(urlsplit(provider.end_session_address("un.jeton.signé", "un-état")).query)
    assert parameters["id_token_hint"] == ["un.jeton.signé"]
    assert parameters["post_logout_redirect_uri"] == ["https://site.example/out"]
    fake.metadata["end_session_endpoint"] = None
    assert OidcProvider(a_client(fake)).end_session_address("un.jeton.signé", "un-état") == ""


HOSTILE = [
    (500, "text/html", b"<h1>panne</h1>"), (200, "application/json", b"[]"), (200, "application/json", b"{"),
    (200, "application/json", b"[" * 100_000), (200, "application/json", b"{}"), (204, "text/plain", b""),
    (200, "application/json", b'{"a": "' + b"x" * 300_000 + b'"}'), (200, "application/json", b"\xff\xfe"),
]  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token"])
def test_a_provider_that_answers_nonsense_is_down(
    fake: FakeProvider, provider: OidcProvider, path: str, answer: tuple[int, str, bytes]
) -> None:
    fake.answers[path] = answer
    assert failure_of_login(fake, provider) is OidcFailure.DOWN


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_no_redirect_of_the_provider_is_followed(fake: FakeProvider, provider: OidcProvider, path: str) -> None:
    fake.answers[path] = (302, "text/plain", b"")
    fake.headers["Location"] = f"{fake.issuer}/ailleurs"
    assert failure_of_login(fake, provider) is OidcFailure.DOWN
    assert "/ailleurs" not in fake.asked


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://ailleurs.example"},
        {"token_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "https://[::1"},
        {"token_endpoint": ["https://a.example"]},
    ],
)
def test_a_provider_that_says_nonsense_of_itself_is_down(
    fake: FakeProvider, provider: OidcProvider, metadata: dict[str, Any]
) -> None:
    fake.metadata = metadata
    assert failure_of_login(fake, provider) is OidcFailure.DOWN


def test_a_provider_that_is_down_is_asked_again_after_a_while(
    fake: FakeProvider, provider: OidcProvider, clock: StoppedClock
) -> None:
    fake.answers["/.well-known/openid-configuration"] = (503, "text/plain", b"")
    for _ in range(3):
        assert failure_of_login(fake, provider) is OidcFailure.DOWN
    assert len(fake.asked) == 1
    del fake.answers["/.well-known/openid-configuration"]
    clock.now += 11
    assert identity_of_code(fake, provider).subject == "sujet-1"


def test_a_provider_that_is_not_there_is_down() -> None:
    with a_provider() as stopped_provider:
        pass
    assert failure_of_login(stopped_provider, OidcProvider(a_client(stopped_provider))) is OidcFailure.DOWN


def test_keys_that_do_not_come_are_not_asked_for_by_each_sign_in(
    fake: FakeProvider, provider: OidcProvider, clock: StoppedClock
) -> None:
    fake.answers["/keys"] = (500, "text/plain", b"")
    for _ in range(5):
        assert failure_of_login(fake, provider) == OidcFailure.DOWN
    assert fake.asked.count("/keys") == 1
    del fake.answers["/keys"]
    clock.now += 11
    assert identity_of_code(fake, provider).subject == "sujet-1"
