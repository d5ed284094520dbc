"""The ID tokens that are accepted."""

import base64
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from kb.oidc.provider import OidcProvider
from kb.oidc.provider_request import OidcFailure
from tests.factories.oidc import NONCE, RSA, SECRET, FakeProvider, answer_with_token, failure_of_login, identity_of_code

STRANGE = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"iss": "https://ailleurs.example"}, OidcFailure.UNTRUSTED),
        ({"iss": None}, OidcFailure.UNTRUSTED),
        ({"aud": "un-autre"}, OidcFailure.UNTRUSTED),
        ({"aud": []}, OidcFailure.UNTRUSTED),
        ({"aud": ["florilege", "un-autre"]}, OidcFailure.UNTRUSTED),
        ({"aud": ["florilege", "un-autre"], "azp": "un-autre"}, OidcFailure.UNTRUSTED),
        ({"azp": "un-autre"}, OidcFailure.UNTRUSTED),
        ({"nonce": "un-vieux-nonce"}, OidcFailure.UNTRUSTED),
        ({"nonce": None}, OidcFailure.UNTRUSTED),
        ({"sub": None}, OidcFailure.UNTRUSTED),
        ({"sub": ""}, OidcFailure.UNTRUSTED),
        ({"sub": 7}, OidcFailure.UNTRUSTED),
        ({"sub": "s" * 256}, OidcFailure.UNTRUSTED),
        ({"sub": "un\nsujet"}, OidcFailure.UNTRUSTED),
        ({"at_hash": "AAAA"}, OidcFailure.UNTRUSTED),
        ({"exp": None}, OidcFailure.UNTRUSTED),
        ({"iat": None}, OidcFailure.UNTRUSTED),
        ({"exp": int(time.time()) - 600}, OidcFailure.CLOCK),
        ({"iat": int(time.time()) + 600_000}, OidcFailure.CLOCK),
        ({"nbf": int(time.time()) + 600_000}, OidcFailure.CLOCK),
        ({"exp": "demain"}, OidcFailure.CLOCK),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    fake: FakeProvider, provider: OidcProvider, claims: dict[str, Any], kind: OidcFailure
) -> None:
    fake.claims = claims
    assert failure_of_login(fake, provider) is kind


def test_clocks_may_differ_a_little(fake: FakeProvider, provider: OidcProvider) -> None:
    fake.claims = {"iat": int(time.time()) + 60, "exp": int(time.time()) + 90}
    assert identity_of_code(fake, provider).subject == "sujet-1"


def test_several_audiences_are_taken_when_the_token_was_made_for_us(fake: FakeProvider, provider: OidcProvider) -> None:
    fake.claims = {"aud": ["florilege", "un-autre"], "azp": "florilege"}
    assert identity_of_code(fake, provider).subject == "sujet-1"


def test_a_token_that_another_key_signed_is_refused(fake: FakeProvider, provider: OidcProvider) -> None:
    fake.signs_with = STRANGE
    assert failure_of_login(fake, provider) is OidcFailure.UNTRUSTED


def test_a_token_that_was_changed_is_refused(fake: FakeProvider, provider: OidcProvider) -> None:
    header, body, signature = fake.id_token(NONCE).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "sujet-2"}).encode()).rstrip(b"=").decode()
    answer_with_token(fake, f"{header}.{changed}.{signature}")
    assert failure_of_login(fake, provider) is OidcFailure.UNTRUSTED


@pytest.mark.parametrize("secret", [SECRET, json.dumps(RSA.as_dict(private=False)), RSA.as_pem(private=False).decode()])
def test_a_secret_that_others_know_signs_nothing(fake: FakeProvider, provider: OidcProvider, secret: str) -> None:
    now = int(time.time())
    claims = {
        "iss": fake.issuer, "sub": "sujet-1", "aud": "florilege", "iat": now, "exp": now + 300, "nonce": NONCE
    }  # fmt: skip
    key = OctKey.import_key(base64.urlsafe_b64encode(secret.encode()).decode())
    answer_with_token(fake, jwt.encode({"alg": "HS256", "kid": "rsa-1"}, claims, OctKey.import_key(key.as_dict())))
    assert failure_of_login(fake, provider) is OidcFailure.UNTRUSTED


@pytest.mark.parametrize("algorithm", ["none", "None", "", None, 7, ["RS256"]])
def test_a_token_without_signature_is_refused(fake: FakeProvider, provider: OidcProvider, algorithm: object) -> None:
    _, body, _ = fake.id_token(NONCE).split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).rstrip(b"=").decode()
    answer_with_token(fake, f"{header}.{body}.")
    assert failure_of_login(fake, provider) is OidcFailure.UNTRUSTED


@pytest.mark.parametrize("token", ["", "a.b.c", "..", "é.é.é", "e30.e30", "e30.e30.e30.e30.e30", "W10.e30.e30"])
def test_an_invalid_id_token_is_refused(fake: FakeProvider, provider: OidcProvider, token: str) -> None:
    answer_with_token(fake, token)
    assert failure_of_login(fake, provider) is OidcFailure.UNTRUSTED
