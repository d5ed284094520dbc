"""An identity provider: redirect users there, and verify what they bring back."""

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from kb.oidc.metadata import OidcClient, ProviderMetadata, discover_provider
from kb.oidc.provider_request import OidcError, OidcFailure, ProviderResponse, request_provider
from kb.oidc.tokens import (
    ExpectedClaims,
    SigningKey,
    UnknownSigningKey,
    check_id_token,
    check_userinfo,
    signed_claims,
    signing_keys_of,
)

T = TypeVar("T")

_METADATA_LIFETIME = 3600.0  # seconds during which the metadata of a provider is cached
_RETRY_DELAY = 10.0  # seconds before a failed provider, or newer keys, are requested again


@dataclass(frozen=True, slots=True)
class OidcIdentity:
    """The user who signed in at the provider: `claims` are those of the verified ID token."""

    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


class _Cache(Generic[T]):
    """What a provider published, with the time of the request. After a failure it is not asked again for a moment."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._cached: tuple[T, float] | None = None
        self._failed: tuple[OidcError, float] | None = None

    def get(self, fetch: Callable[[], T], newer_than: float | None = None) -> tuple[T, float]:
        with self._lock:
            now = self._clock()
            if self._cached is not None:
                fetched_at = self._cached[1]
                if now - fetched_at < _METADATA_LIFETIME if newer_than is None else fetched_at > newer_than:
                    return self._cached
            if self._failed is not None and now - self._failed[1] < _RETRY_DELAY:
                raise OidcError(self._failed[0].kind, str(self._failed[0]))
            try:
                self._cached = (fetch(), self._clock())
            except OidcError as error:
                self._failed = (error, self._clock())
                raise
            return self._cached


class OidcProvider:
    """One provider, with its metadata and keys cached for a while. Thread-safe.

    Every method that sends a request to the provider raises OidcError if the answer is wrong.
    """

    def __init__(self, client: OidcClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._metadata = _Cache[ProviderMetadata](clock)
        self._keys = _Cache[tuple[SigningKey, ...]](clock)

    def authorization_address(self, state: str, nonce: str, verifier: str) -> str:
        """The address where the user signs in. A provider that announces no PKCE may refuse unknown parameters."""
        client, metadata = self._client, self._provider_metadata()
        pairs = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": client.back,
            "scope": client.scopes,
            "state": state,
            "nonce": nonce,
        }
        if metadata.pkce or not client.secret:
            pairs |= {"code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256"}
        if client.acr:
            pairs["acr_values"] = client.acr
        return _address_with_query(metadata.authorization, pairs)

    def check_origin(self, issuer: str) -> None:
        """Raise OidcError for an answer of another provider (RFC 9207); `issuer` is empty if the answer names none."""
        if issuer != self._client.issuer and (issuer or self._provider_metadata().sends_issuer):
            raise OidcError(OidcFailure.UNTRUSTED, "another provider has answered")

    def exchange_code(self, code: str, verifier: str, nonce: str) -> OidcIdentity:
        """The identity of the user who came back with this code."""
        client, metadata = self._client, self._provider_metadata()
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.back}
        if metadata.pkce or not client.secret:
            fields["code_verifier"] = verifier
        answer_fields = self._request_tokens(metadata, fields)
        id_token, access_token = answer_fields.get("id_token"), answer_fields.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise OidcError(OidcFailure.DOWN, "there is no token in its answer")
        header, claims = self._verified_claims(id_token)
        check_id_token(header, claims, ExpectedClaims(client.issuer, client.id, nonce, access_token))
        if client.acr and claims.get("acr") not in client.acr.split():
            raise OidcError(OidcFailure.TOO_WEAK, f"its acr is {str(claims.get('acr'))[:100]!a}")
        return OidcIdentity(claims["sub"], claims, id_token, access_token)

    def userinfo(self, identity: OidcIdentity) -> Mapping[str, Any]:
        """The userinfo of a user, as JSON or signed, together with the claims of the ID token."""
        client, metadata = self._client, self._provider_metadata()
        if not metadata.userinfo:
            return identity.claims
        answer = request_provider(metadata.userinfo, headers={"Authorization": f"Bearer {identity.access_token}"})
        if answer.status != 200:
            raise OidcError(OidcFailure.DOWN, f"userinfo answers {answer.status}")
        claims = self._userinfo_claims(answer, ExpectedClaims(client.issuer, client.id, "", identity.access_token))
        if claims.get("sub") != identity.subject:
            raise OidcError(OidcFailure.UNTRUSTED, "userinfo is of somebody else")
        return {**identity.claims, **claims}

    def end_session_address(self, id_token: str, state: str) -> str:
        """The address where a user signs out of the provider too; empty if it has none."""
        url = self._provider_metadata().end_session
        pairs = {
            "id_token_hint": id_token,
            "client_id": self._client.id,
            "post_logout_redirect_uri": self._client.out,
            "state": state,
        }
        return _address_with_query(url, {name: value for name, value in pairs.items() if value}) if url else ""

    def _request_tokens(self, metadata: ProviderMetadata, fields: dict[str, str]) -> dict[str, Any]:
        """Exchange a code for tokens. Many providers accept both ways of client authentication, some only one."""
        client = self._client
        ways = [way for way in ("client_secret_basic", "client_secret_post") if way in metadata.methods]
        error = "no way to say who we are"
        for way in ways if client.secret else ["none"]:
            headers, more = {}, {"client_id": client.id}
            if way == "client_secret_basic":
                pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
                headers, more = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}, {}
            elif client.secret:
                more["client_secret"] = client.secret
            answer = request_provider(metadata.token, fields | more, headers)
            if answer.status == 200:
                return answer.json
            if answer.status not in range(400, 500):
                raise OidcError(OidcFailure.DOWN, f"the exchange of the code answers {answer.status}")
            error = str(answer.json.get("error"))[:60]
            if error != "invalid_client":
                break
        raise OidcError(OidcFailure.REFUSED, f"the code is not taken: {error!a}")

    def _userinfo_claims(self, answer: ProviderResponse, expected: ExpectedClaims) -> Mapping[str, Any]:
        if answer.kind != "application/jwt":
            return answer.json
        _, claims = self._verified_claims(answer.body.decode("ascii", "replace"))
        check_userinfo(claims, expected)
        return claims

    def _verified_claims(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The claims that the provider signed; its keys are requested again if no known key signed them."""
        keys, fetched_at = self._signing()
        with suppress(UnknownSigningKey):
            return signed_claims(token, keys)
        if self._clock() - fetched_at >= _RETRY_DELAY:
            with suppress(UnknownSigningKey):
                return signed_claims(token, self._signing(newer_than=fetched_at)[0])
        raise OidcError(OidcFailure.UNTRUSTED, "no key of its own signed a token")

    def _provider_metadata(self) -> ProviderMetadata:
        return self._metadata.get(lambda: discover_provider(self._client.issuer))[0]

    def _signing(self, newer_than: float | None = None) -> tuple[tuple[SigningKey, ...], float]:
        url = self._provider_metadata().keys

        def fetch_keys() -> tuple[SigningKey, ...]:
            answer = request_provider(url)
            if answer.status != 200:
                raise OidcError(OidcFailure.DOWN, f"its keys answer {answer.status}")
            return signing_keys_of(answer.json)

        return self._keys.get(fetch_keys, newer_than)


def _address_with_query(address: str, pairs: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(pairs)}"
