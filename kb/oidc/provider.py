"""A provider of identities: sending people there, and believing what comes back with them."""

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from kb.oidc.client_settings import Client
from kb.oidc.metadata import Metadata, discovered
from kb.oidc.oidc_errors import Failed, Failure
from kb.oidc.provider_request import Answer, ask
from kb.oidc.tokens import Expected, Key, UnknownKey, check_id_token, check_userinfo, keys_of, signed_claims

_FRESH = 3600.0  # seconds during which a provider is not asked again what it is
_AGAIN = 10.0  # seconds before a provider that failed, or newer keys, are asked for again


@dataclass(frozen=True, slots=True)
class Identified:
    """Who has signed in at the provider: `claims` are those of the token of identity, which was checked."""

    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


class Provider:
    """One provider, whose metadata and keys are kept for a while. Safe in many threads.

    Every method that asks the provider raises Failed when it does not answer as it should.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: tuple[Metadata | Failed, float] | None = None
        self._keys: tuple[tuple[Key, ...], float] | None = None
        self._keys_failed: tuple[Failed, float] | None = None

    def authorization_address(self, state: str, nonce: str, verifier: str) -> str:
        """Where somebody signs in. A provider that announces no PKCE may refuse what it does not know."""
        client, metadata = self._client, self._known()
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
        return _with(metadata.authorization, pairs)

    def check_origin(self, issuer: str) -> None:
        """Raise Failed for an answer that another provider gave (RFC 9207); `issuer` is empty when it does not say."""
        if issuer != self._client.issuer and (issuer or self._known().names_itself):
            raise Failed(Failure.UNTRUSTED, "another provider has answered")

    def identified(self, code: str, verifier: str, nonce: str) -> Identified:
        """Who the code that somebody came back with is of."""
        client, metadata = self._client, self._known()
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.back}
        if metadata.pkce or not client.secret:
            fields["code_verifier"] = verifier
        said = self._exchanged(metadata, fields)
        id_token, access_token = said.get("id_token"), said.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise Failed(Failure.DOWN, "there is no token in its answer")
        header, claims = self._claims(id_token)
        check_id_token(header, claims, Expected(client.issuer, client.id, nonce, access_token))
        if client.acr and claims.get("acr") not in client.acr.split():
            raise Failed(Failure.TOO_WEAK, f"its acr is {str(claims.get('acr'))[:100]!a}")
        return Identified(claims["sub"], claims, id_token, access_token)

    def userinfo(self, who: Identified) -> Mapping[str, Any]:
        """What the provider tells of somebody, as JSON or signed: with what their token of identity says already."""
        client, metadata = self._client, self._known()
        if not metadata.userinfo:
            return who.claims
        answer = ask(metadata.userinfo, headers={"Authorization": f"Bearer {who.access_token}"})
        if answer.status != 200:
            raise Failed(Failure.DOWN, f"userinfo answers {answer.status}")
        claims = self._told(answer, Expected(client.issuer, client.id, "", who.access_token))
        if claims.get("sub") != who.subject:
            raise Failed(Failure.UNTRUSTED, "userinfo is of somebody else")
        return {**who.claims, **claims}

    def end_session_address(self, id_token: str, state: str) -> str:
        """Where somebody signs out of the provider too; empty when it has no such place."""
        place = self._known().end_session
        pairs = {
            "id_token_hint": id_token,
            "client_id": self._client.id,
            "post_logout_redirect_uri": self._client.out,
            "state": state,
        }
        return _with(place, {name: value for name, value in pairs.items() if value}) if place else ""

    def _exchanged(self, metadata: Metadata, fields: dict[str, str]) -> dict[str, Any]:
        """What a code is worth. Many providers take either way of saying who we are, some only the one they chose."""
        client = self._client
        ways = [way for way in ("client_secret_basic", "client_secret_post") if way in metadata.methods]
        error = "no way to say who we are"
        for way in ways if client.secret else ["none"]:
            if way == "client_secret_basic":
                pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
                answer = ask(metadata.token, fields, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"})
            else:
                more = {"client_id": client.id, **({"client_secret": client.secret} if client.secret else {})}
                answer = ask(metadata.token, {**fields, **more})
            if answer.status == 200:
                return answer.json
            if answer.status not in range(400, 500):
                raise Failed(Failure.DOWN, f"the exchange of the code answers {answer.status}")
            error = str(answer.json.get("error"))[:60]
            if error != "invalid_client":
                break
        raise Failed(Failure.REFUSED, f"the code is not taken: {error!a}")

    def _told(self, answer: Answer, expected: Expected) -> Mapping[str, Any]:
        if answer.kind != "application/jwt":
            return answer.json
        _, claims = self._claims(answer.body.decode("ascii", "replace"))
        check_userinfo(claims, expected)
        return claims

    def _claims(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The claims that the provider signed; its keys are asked for again when none that we know did."""
        keys, at = self._signing()
        try:
            return signed_claims(token, keys)
        except UnknownKey:
            if self._clock() - at < _AGAIN:
                raise Failed(Failure.UNTRUSTED, "no key of its own signed a token") from None
        keys, _ = self._signing(newer_than=at)
        try:
            return signed_claims(token, keys)
        except UnknownKey:
            raise Failed(Failure.UNTRUSTED, "no key of its own signed a token") from None

    def _known(self) -> Metadata:
        with self._lock:
            now = self._clock()
            if self._metadata is not None:
                known, at = self._metadata
                if isinstance(known, Metadata) and now - at < _FRESH:
                    return known
                if isinstance(known, Failed) and now - at < _AGAIN:
                    raise Failed(known.kind, str(known))
            try:
                found = discovered(self._client.issuer)
            except Failed as error:
                self._metadata = (error, self._clock())
                raise
            self._metadata = (found, self._clock())
            return found

    def _signing(self, newer_than: float | None = None) -> tuple[tuple[Key, ...], float]:
        """Its keys, and when they were asked for."""
        place = self._known().keys
        with self._lock:
            if self._keys is not None:
                keys, at = self._keys
                if (newer_than is None and self._clock() - at < _FRESH) or (newer_than is not None and at > newer_than):
                    return keys, at
            if self._keys_failed is not None and self._clock() - self._keys_failed[1] < _AGAIN:
                failed = self._keys_failed[0]
                raise Failed(failed.kind, str(failed))
            try:
                self._keys = (_asked_keys(place), self._clock())
            except Failed as error:
                self._keys_failed = (error, self._clock())
                raise
            return self._keys


def _asked_keys(place: str) -> tuple[Key, ...]:
    answer = ask(place)
    if answer.status != 200:
        raise Failed(Failure.DOWN, f"its keys answer {answer.status}")
    return keys_of(answer.json)


def _with(address: str, pairs: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(pairs)}"
