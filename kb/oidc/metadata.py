"""What a provider of identities says of itself (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from kb.oidc.oidc_errors import Failed, Failure
from kb.oidc.provider_request import ask

_WHERE = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider is asked for what. `userinfo` and `end_session` are empty when it has none.

    `methods` are how a client says who it is; `pkce`: it wants a challenge; `names_itself`: its answers say who gave
    them (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    methods: tuple[str, ...]
    pkce: bool
    names_itself: bool

    @classmethod
    def of(cls, issuer: str, said: Mapping[str, Any]) -> Self:
        """What an answer says. Raises Failed for one of another provider, and for one that lacks something."""
        if said.get("issuer") != issuer:
            raise Failed(Failure.DOWN, f"its issuer is not the one that is set: {str(said.get('issuer'))[:200]!a}")
        return cls(
            _address(issuer, said, "authorization_endpoint"),
            _address(issuer, said, "token_endpoint"),
            _address(issuer, said, "jwks_uri"),
            _address(issuer, said, "userinfo_endpoint", needed=False),
            _address(issuer, said, "end_session_endpoint", needed=False),
            _words(said.get("token_endpoint_auth_methods_supported")) or ("client_secret_basic",),
            "S256" in _words(said.get("code_challenge_methods_supported")),
            said.get("authorization_response_iss_parameter_supported") is True,
        )


def discovered(issuer: str) -> Metadata:
    """Ask a provider what it is. Raises Failed."""
    answer = ask(issuer.rstrip("/") + _WHERE)
    if answer.status != 200:
        raise Failed(Failure.DOWN, f"discovery answers {answer.status}")
    return Metadata.of(issuer, answer.json)


def _address(issuer: str, said: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = said.get(name)
    if value is None and not needed:
        return ""
    try:
        good = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
        parts = urlsplit(value) if good and isinstance(value, str) else None
        # Only a provider on this machine, which tests have, does without TLS.
        schemes = {"https"} if issuer.startswith("https:") else {"http", "https"}
        good = parts is not None and parts.scheme in schemes and bool(parts.hostname) and not parts.fragment
    except ValueError:
        good = False
    if not good:
        raise Failed(Failure.DOWN, f"its {name} is missing, or no address to be used")
    return str(value)


def _words(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
