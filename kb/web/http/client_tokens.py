"""Tokens as programs written for other services present them: each service has its own way, at its own addresses.

At these addresses, a request has no other credentials: cookies, which browsers send with requests from any page, and
the login that a proxy gives are ignored. So is a Basic login that a browser sends by itself, because a user has typed
it at the browser's prompt once.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response

from kb.web.http.request_origin import is_for_browser, is_same_origin

_LONGEST = 1_000
"""Characters of a header or parameter that is read."""
_NO_PROMPT = 'xBasic realm="api"'
"""The challenge for browsers, which know no such scheme: at Basic they would ask their user, and then log in by
themselves whenever a page or a link leads here.
"""
TOKEN_PARAMETER = "auth_token"  # noqa: S105 - the name of a parameter


class TokenScheme(Enum):
    """How a request bears its token; the value is the challenge of an answer without one (RFC 9110, 11.6.1)."""

    BEARER = "Bearer"
    """`Authorization: Bearer <token>`."""
    TOKEN = "Token"  # noqa: S105
    """`Authorization: Token <token>`, or Bearer."""
    BASIC = 'Basic realm="api", charset="UTF-8"'
    """Basic, with the login and the token as its password."""
    PARAMETER = 'Basic realm="api"'
    """The parameter `auth_token=login:token`, or Basic."""


@dataclass(frozen=True, slots=True)
class ClientProtocol:
    """The interface of another service: its addresses begin with one of `prefixes`. `write_error` makes the answer of
    an error: from its status, its reason and the parameter `format` of the address.
    """

    prefixes: tuple[str, ...]
    scheme: TokenScheme
    write_error: Callable[[int, str, str], Response]


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """A token as it was sent, not checked yet; empty if the request bears something else. `login` is the login sent
    with it, empty for a scheme without one.
    """

    token: str
    login: str = ""


def client_protocol_of(protocols: Iterable[ClientProtocol], path: str) -> ClientProtocol | None:
    """The interface to which an address belongs; None where a request may have other credentials."""
    return next((protocol for protocol in protocols if path.startswith(protocol.prefixes)), None)


def presented_token(request: Request, scheme: TokenScheme) -> PresentedToken | None:
    """The token of a request; None without one."""
    if scheme is TokenScheme.PARAMETER and (sent := request.query_params.get(TOKEN_PARAMETER)) is not None:
        login, _, token = sent[:_LONGEST].partition(":")
        return PresentedToken(token, login)
    header = request.headers.get("authorization")
    if header is None:
        return None
    kind, _, value = header[:_LONGEST].strip().partition(" ")
    match scheme:
        case TokenScheme.BEARER | TokenScheme.TOKEN:
            is_known = kind.lower() == "bearer" or (scheme is TokenScheme.TOKEN and kind.lower() == "token")
            return PresentedToken(value.strip() if is_known else "")
        case TokenScheme.BASIC | TokenScheme.PARAMETER:
            return None if _is_sent_by_browser(request.headers) else _basic_token(kind, value)
    assert_never(scheme)


def challenge_of(scheme: TokenScheme, headers: Mapping[str, str]) -> str:
    """The challenge of the answer to a request with these header fields."""
    has_prompt = scheme in {TokenScheme.BASIC, TokenScheme.PARAMETER}
    return _NO_PROMPT if has_prompt and is_for_browser(headers) else scheme.value


def _is_sent_by_browser(headers: Mapping[str, str]) -> bool:
    """Whether a browser has sent its stored login for a link, a form or a page of another site."""
    return headers.get("sec-fetch-mode") == "navigate" or not is_same_origin(headers)


def _basic_token(kind: str, value: str) -> PresentedToken:
    """Login and password of the scheme Basic (RFC 7617). Padding beyond the end is ignored: pydiigo sends it."""
    if kind.lower() != "basic":
        return PresentedToken("")
    try:
        login, colon, token = b64decode(value.strip()).decode().partition(":")
    except (Error, ValueError):
        return PresentedToken("")
    return PresentedToken(token if colon else "", login)
