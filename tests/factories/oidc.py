"""An identity provider on 127.0.0.1 whose behaviour a test sets."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from kb.oidc.metadata import OidcClient
from kb.oidc.provider import OidcIdentity, OidcProvider
from kb.oidc.provider_request import OidcError, OidcFailure

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})
SECRET = "un secret : 100 %"
NONCE, VERIFIER = "un-nonce", "v" * 43


@dataclass
class FakeProvider:
    """The provider's responses, and the requests that it got. `answers` replaces the response of a path: status, type
    and body.
    """

    issuer: str
    keys: list[Any] = field(default_factory=lambda: [RSA, EC])
    signs_with: Any = field(default_factory=lambda: RSA)
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    person_signed: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def answer(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, str, bytes]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return _json(self._metadata())
            case "/keys":
                return _json({"keys": [key.as_dict(private=False) for key in self.keys]})
            case "/token":
                return self._token(form, headers)
            case "/userinfo" if headers.get("Authorization") == "Bearer un-jeton":
                claims = {"sub": "sujet-1", **self.person}
                if not self.person_signed:
                    return _json(claims)
                signed = self.sign({"iss": self.issuer, "aud": "florilege", **claims})
                return 200, "application/jwt; charset=utf-8", signed.encode()
        return 404, "text/plain", b""

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A token with these claims, signed with the provider's current key."""
        return jwt.encode(
            {"alg": self.algorithm, "kid": self.signs_with.kid, **header},
            claims,
            self.signs_with,
            algorithms=[self.algorithm],
        )

    def id_token(self, nonce: str, **claims: Any) -> str:
        now = int(time.time())
        token_claims = {
            "iss": self.issuer,
            "sub": "sujet-1",
            "aud": "florilege",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        return self.sign(
            {name: value for name, value in (token_claims | self.claims | claims).items() if value is not None}
        )

    def comes_back(self, address: str, code: str = "un-code") -> dict[str, str]:
        """The parameters of the callback after a user went to the provider's address and logged in there."""
        parameters = dict(parse_qsl(urlsplit(address).query))
        self.codes[code] = parameters
        return {"code": code, "state": parameters["state"]}

    def _metadata(self) -> dict[str, Any]:
        metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end",
            "code_challenge_methods_supported": ["S256"],
            **self.metadata,
        }
        return {name: value for name, value in metadata.items() if value is not None}

    def _token(self, form: dict[str, str], headers: Any) -> tuple[int, str, bytes]:
        expected = base64.b64encode(b"florilege:un%20secret%20%3A%20100%20%25").decode()
        if headers.get("Authorization") != f"Basic {expected}" and form.get("client_secret") != SECRET:
            return _json({"error": "invalid_client"}, 401)
        request = self.codes.pop(form.get("code", ""), None)
        if request is None or request["redirect_uri"] != form["redirect_uri"]:
            return _json({"error": "invalid_grant"}, 400)
        if "code_challenge" in request:
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != request["code_challenge"]:
                return _json({"error": "invalid_grant"}, 400)
        token = self.id_token(request["nonce"])
        return _json({"access_token": "un-jeton", "token_type": "Bearer", "id_token": token})


def _json(value: Any, status: int = 200) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(value).encode()


@contextmanager
def a_provider(**fields: Any) -> Iterator[FakeProvider]:
    """A running provider."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, kind, body = provider.answer(urlsplit(self.path).path, form, self.headers)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in provider.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = FakeProvider(f"http://127.0.0.1:{server.server_port}", **fields)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def a_client(fake: FakeProvider, **fields: str) -> OidcClient:
    client_fields = {"secret": SECRET, "scopes": "openid email", "acr": "", **fields}
    return OidcClient(
        fake.issuer, "florilege", back="https://site.example/back", out="https://site.example/out", **client_fields
    )


def identity_of_code(fake: FakeProvider, provider: OidcProvider) -> OidcIdentity:
    address = provider.authorization_address("un-état", NONCE, VERIFIER)
    return provider.exchange_code(fake.comes_back(address)["code"], VERIFIER, NONCE)


def failure_of_login(fake: FakeProvider, provider: OidcProvider) -> OidcFailure:
    with pytest.raises(OidcError) as caught:
        identity_of_code(fake, provider)
    return caught.value.kind


def answer_with_token(fake: FakeProvider, token: str) -> None:
    """Make the provider return this ID token."""
    body = json.dumps({"access_token": "un-jeton", "id_token": token}).encode()
    fake.answers["/token"] = (200, "application/json", body)
