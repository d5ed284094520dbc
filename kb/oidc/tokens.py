"""Verify that an identity provider signed a token, for this client and for this login."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from kb.oidc.provider_request import OidcError, OidcFailure

ALGORITHMS: Mapping[str, type[RSAKey | ECKey]] = {"RS256": RSAKey, "ES256": ECKey}
"""The algorithms that are believed, and the keys that each takes: public ones, so never `none`, nor a shared secret."""
LEEWAY = 120
"""Seconds that two clocks may be apart."""
_LONGEST_SUBJECT = 255
_MOST_KEYS = 50
_TIME_CLAIMS = frozenset({"iat", "nbf", "exp", "auth_time"})

SigningKey = RSAKey | ECKey


class UnknownSigningKey(Exception):
    """No known key of the provider has signed this: it may have newer ones."""


@dataclass(frozen=True, slots=True)
class ExpectedClaims:
    """The required claims of an ID token; `access_token` is the one that came with it."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str


def signing_keys_of(key_set: Mapping[str, Any]) -> tuple[SigningKey, ...]:
    """The signing keys of a provider (RFC 7517); keys of kinds that we do not accept are left out."""
    listed = key_set.get("keys")
    keys: list[SigningKey] = []
    for key in listed[:_MOST_KEYS] if isinstance(listed, list) else ():
        if not isinstance(key, dict) or key.get("use", "sig") != "sig":
            continue
        with suppress(JoseError, ValueError, TypeError, KeyError):
            match key.get("kty"):
                case "RSA":
                    keys.append(RSAKey.import_key(key))
                case "EC":
                    keys.append(ECKey.import_key(key))
    return tuple(keys)


def signed_claims(token: str, keys: Iterable[SigningKey]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a token that one of these keys signed. Raises OidcError, UnknownSigningKey."""
    header = _token_header(token)
    kind = ALGORITHMS.get(str(header.get("alg")))
    if kind is None:
        raise OidcError(OidcFailure.UNTRUSTED, f"a token is signed by {str(header.get('alg'))[:20]!a}")
    named = header.get("kid")
    fitting = [key for key in keys if isinstance(key, kind) and (named is None or key.kid in {None, named})]
    if not fitting:
        raise UnknownSigningKey
    for key in fitting:
        try:
            read = jwt.decode(token, key, algorithms=[str(header["alg"])])
        except (JoseError, ValueError, TypeError, RecursionError):
            continue
        return dict(read.header), dict(read.claims)
    raise UnknownSigningKey


def check_id_token(header: Mapping[str, Any], claims: Mapping[str, Any], expected: ExpectedClaims) -> None:
    """Raise OidcError unless an ID token is for this client and for this login (OpenID Connect Core 1.0, 3.1.3.7)."""
    options = {"iss": _essential(expected.issuer), "aud": _essential(expected.client_id)}
    params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token}
    try:
        CodeIDToken(dict(claims), dict(header), options, params).validate(leeway=LEEWAY)
    except (JoseError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise _oidc_error_of(error) from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise OidcError(OidcFailure.UNTRUSTED, "its subject cannot be one")


def check_userinfo(claims: Mapping[str, Any], expected: ExpectedClaims) -> None:
    """Raise OidcError for signed claims that are not of this provider, or not for this client (5.3.2)."""
    registry = JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"value": expected.issuer, "essential": True},
        aud={"value": expected.client_id, "essential": True},
    )
    try:
        registry.validate(dict(claims))
    except (JoseError, ValueError, TypeError, OverflowError) as error:
        raise _oidc_error_of(error) from error


def _essential(value: str) -> dict[str, Any]:
    return {"essential": True, "value": value}


def _oidc_error_of(error: Exception) -> OidcError:
    claim = getattr(error, "claim", None)
    is_of_time = isinstance(error, ExpiredTokenError) or (
        isinstance(error, InvalidClaimError) and claim in _TIME_CLAIMS
    )
    return OidcError(
        OidcFailure.CLOCK if is_of_time else OidcFailure.UNTRUSTED, f"{type(error).__name__} {claim or ''}".strip()
    )


def _token_header(token: str) -> dict[str, Any]:
    first, _, rest = token.partition(".")
    try:
        header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4))) if rest.count(".") == 1 else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise OidcError(OidcFailure.UNTRUSTED, "a token is none")
    return header
