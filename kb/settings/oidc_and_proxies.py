"""Settings of the identity provider (OIDC), and of trusted proxies."""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from kb.errors import Invalid

DEFAULT_SCOPES = "openid email profile"
INVITED, EVERYONE = "invited", "everyone"
_LONGEST = 1000
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_SCOPE = re.compile(r"[!#-\[\]-~]+")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])")


def networks_of(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks that a text lists, separated by spaces or commas. Raises ValueError."""
    return tuple(ip_network(part, strict=False) for part in text.replace(",", " ").split())


def check_login_settings(oidc_issuer: str, oidc_client_id: str, proxy: str, proxy_login: str) -> None:
    """Raise Invalid for settings that need others."""
    if oidc_issuer and not oidc_client_id:
        raise Invalid("%(name)s is needed beside %(other)s.", name="KB_OIDC_CLIENT_ID", other="KB_OIDC_ISSUER")
    if oidc_client_id and not oidc_issuer:
        raise Invalid("%(name)s is needed beside %(other)s.", name="KB_OIDC_ISSUER", other="KB_OIDC_CLIENT_ID")
    if proxy_login and not proxy:
        raise Invalid("%(name)s is needed beside %(other)s.", name="KB_PROXY", other="KB_PROXY_LOGIN")


def _issuer(name: str, value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
        good = parts.port != 0 and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS)
        )
    except ValueError:
        good = False
    if not good or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment or not _is_word(value):
        raise Invalid("%(name)s must be the https address of a provider of identities.", name=name)
    return value


def _text(name: str, value: str) -> str:
    if not value.isprintable() or len(value) > _LONGEST:
        raise Invalid(
            "%(name)s must be a text of at most %(count)s characters, on one line.", name=name, count=_LONGEST
        )
    return value.strip()


def _scopes(name: str, value: str) -> str:
    scopes = _text(name, value).split()
    if not all(_SCOPE.fullmatch(scope) for scope in scopes):
        raise Invalid("%(name)s must be words with spaces between them, such as openid email.", name=name)
    return " ".join(scopes if "openid" in scopes else ["openid", *scopes])


def _words(name: str, value: str) -> str:
    words = _text(name, value).split()
    if not all(_SCOPE.fullmatch(word) for word in words):
        raise Invalid("%(name)s must be words with spaces between them, such as openid email.", name=name)
    return " ".join(words)


def _sign_up(name: str, value: str) -> str:
    words = _text(name, value).casefold().replace(",", " ").split()
    if words in ([INVITED], [EVERYONE]):
        return words[0]
    if not words or not all(_DOMAIN.fullmatch(word) for word in words):
        raise Invalid("%(name)s must be invited, everyone, or domains such as ville.example.", name=name)
    return " ".join(words)


def _proxy(name: str, value: str) -> str:
    try:
        return " ".join(str(network) for network in networks_of(value))
    except ValueError:
        raise Invalid("%(name)s must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8.", name=name) from None


def _proxy_login(name: str, value: str) -> str:
    if value and not _HEADER.fullmatch(value):
        raise Invalid("%(name)s must be the name of a header, such as X-Remote-User.", name=name)
    return value


def _is_word(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value and len(value) <= _LONGEST


OIDC_AND_PROXY_READERS: Mapping[str, Callable[[str, str], str]] = {
    "oidc_issuer": _issuer,
    "oidc_client_id": _text,
    "oidc_client_secret": _text,
    "oidc_name": _text,
    "oidc_scopes": _scopes,
    "oidc_acr": _words,
    "oidc_sign_up": _sign_up,
    "proxy": _proxy,
    "proxy_login": _proxy_login,
}
