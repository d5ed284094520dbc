"""What this site and an identity provider know of each other (OpenID Connect Discovery 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from kb.oidc.provider_request import OidcError, OidcFailure, request_provider

_DISCOVERY_PATH = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class OidcClient:
    """Our site as a client of a provider. `scopes` and `acr` are lists of words; users return to `back` and `out`."""

    issuer: str
    id: str
    secret: str = field(repr=False)
    scopes: str
    acr: str
    back: str
    out: str


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The endpoints of a provider. `userinfo` and `end_session` are empty if it has none.

    `methods` are the ways of client authentication; `pkce`: it wants a challenge; `sends_issuer`: its answers
    name their issuer (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    methods: tuple[str, ...]
    pkce: bool
    sends_issuer: bool

    @classmethod
    def of(cls, issuer: str, metadata: Mapping[str, Any]) -> Self:
        """Parse a metadata answer. Raises OidcError if it is of another provider, or lacks something."""
        if metadata.get("issuer") != issuer:
            raise OidcError(
                OidcFailure.DOWN, f"its issuer is not the one that is set: {str(metadata.get('issuer'))[:200]!a}"
            )
        return cls(
            _endpoint_address(issuer, metadata, "authorization_endpoint"),
            _endpoint_address(issuer, metadata, "token_endpoint"),
            _endpoint_address(issuer, metadata, "jwks_uri"),
            _endpoint_address(issuer, metadata, "userinfo_endpoint", needed=False),
            _endpoint_address(issuer, metadata, "end_session_endpoint", needed=False),
            _string_list(metadata.get("token_endpoint_auth_methods_supported")) or ("client_secret_basic",),
            "S256" in _string_list(metadata.get("code_challenge_methods_supported")),
            metadata.get("authorization_response_iss_parameter_supported") is True,
        )


def discover_provider(issuer: str) -> ProviderMetadata:
    """Request a provider's metadata. Raises OidcError."""
    answer = request_provider(issuer.rstrip("/") + _DISCOVERY_PATH)
    if answer.status != 200:
        raise OidcError(OidcFailure.DOWN, f"discovery answers {answer.status}")
    return ProviderMetadata.of(issuer, answer.json)


def _endpoint_address(issuer: str, metadata: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = metadata.get(name)
    if value is None and not needed:
        return ""
    try:
        is_usable = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
        parts = urlsplit(value) if is_usable and isinstance(value, str) else None
        # Only a provider on this machine, as in tests, may do without TLS.
        schemes = {"https"} if issuer.startswith("https:") else {"http", "https"}
        is_usable = parts is not None and parts.scheme in schemes and bool(parts.hostname) and not parts.fragment
    except ValueError:
        is_usable = False
    if not is_usable:
        raise OidcError(OidcFailure.DOWN, f"its {name} is missing, or no address to be used")
    return str(value)


def _string_list(value: object) -> tuple[str, ...]:
    return tuple(element for element in value if isinstance(element, str)) if isinstance(value, list) else ()
