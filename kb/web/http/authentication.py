"""Authentication of a request: read its session cookie, token or feed key, and set the cookies."""

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from kb.access.actor import ANONYMOUS, Actor
from kb.errors import LoginNeeded
from kb.services.authentication.authentication import actor_of_login, actor_of_session, actor_of_token
from kb.services.core.library import Library
from kb.settings import Settings
from kb.web.http.client_tokens import ClientProtocol, client_protocol_of, presented_token
from kb.web.http.locale_negotiation import is_secure
from kb.web.http.middleware.proxy_headers import PROXY_LOGIN

_SESSION, _FORM, _DEVICE, _GROUP = "kb-session", "kb-form", "kb-device", "kb-group"
_PROVIDER, _HINT = "kb-provider", "kb-hint"
_YEAR = 365 * 24 * 3600
_LONGEST, _LONGEST_HINT = 200, 3500
_FORM_SECRET = 16
"""In bytes."""
_PROVIDER_COOKIE_AGE = 3600
"""Seconds for which a browser keeps the cookie of a started OIDC login."""
_PATHS = {_HINT: "/logout"}
"""The hint contains personal data: only the logout page receives the cookie. Other cookies are for all pages."""
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class RequestCredentials:
    """The credentials of a request: secrets that are not checked yet.

    `token` is None without an `Authorization` header, and empty if the header is not one of ours. `form` is a random
    secret for an anonymous browser, so that its forms can be told from those of other sites; `is_new`: the browser does
    not have it yet. `provider` ties the browser to the answer of an identity provider; `hint` is what the provider
    needs for a logout. `proxy_login` is the login given by a trusted proxy. `device` is the device cookie; `group` is
    the group in which this browser last saved an item. `mask` hides the form token in one answer. `login` is whose the
    token is, as the program says that sent both. `protocol` is the interface of another service to which the address
    belongs, if it belongs to one.
    """

    session: str = ""
    token: str | None = None
    form: str = ""
    is_new: bool = False
    provider: str = ""
    hint: str = ""
    proxy_login: str = ""
    device: str = ""
    group: str = ""
    login: str = ""
    protocol: ClientProtocol | None = None
    mask: bytes = field(default_factory=lambda: secrets.token_bytes(_FORM_SECRET), repr=False, compare=False)

    @classmethod
    def of(cls, request: Request, settings: Settings) -> "RequestCredentials":
        if (protocol := client_protocol_of(request.app.state.client_protocols, request.scope["path"])) is not None:
            sent = presented_token(request, protocol.scheme)
            token, login = (sent.token[:_LONGEST], sent.login) if sent else (None, "")
            return cls(token=token, login=login, protocol=protocol)

        def cookie(name: str, longest: int = _LONGEST) -> str:
            return request.cookies.get(cookie_name(name, settings), "")[:longest]

        header = request.headers.get("authorization")
        token = None
        if header is not None:
            token = header[len(_BEARER) :].strip()[:_LONGEST] if header[: len(_BEARER)].lower() == _BEARER else ""
        proxy_login = request.scope.get(PROXY_LOGIN, "")
        form = cookie(_FORM)
        return cls(
            session=cookie(_SESSION),
            # A proxy that asks for passwords itself may pass them on: that is not a token, and the proxy has named the
            # user.
            token=token or None if proxy_login else token,
            form=form or secrets.token_urlsafe(16),
            is_new=not form,
            provider=cookie(_PROVIDER),
            hint=cookie(_HINT, _LONGEST_HINT + 1),
            proxy_login=proxy_login,
            device=cookie(_DEVICE),
            group=cookie(_GROUP),
        )

    @property
    def has_credentials(self) -> bool:
        """Whether the request has credentials, valid or not."""
        return bool(self.session or self.proxy_login) or self.token is not None

    @property
    def form_secret(self) -> bytes:
        """The secret that proves a form to be from this browser: only this browser has the cookie."""
        return hmac.digest((self.session or self.form).encode(), b"form", "sha256")[:_FORM_SECRET]

    @property
    def form_token(self) -> str:
        """The token that each form of this answer sends back: a mask, and the masked secret, in hexadecimal digits.

        The secret never appears twice in the same form. So the size of compressed answers, which repeat text that an
        attacker makes the browser request, reveals nothing about it (BREACH).
        """
        return (self.mask + _xor(self.form_secret, self.mask)).hex()


def secret_of_form_token(token: str) -> bytes:
    """The secret in a form token; empty for an invalid token."""
    if len(token) != 4 * _FORM_SECRET or not token.isascii():
        return b""
    try:
        read = bytes.fromhex(token)
    except ValueError:
        return b""
    return _xor(read[:_FORM_SECRET], read[_FORM_SECRET:])


def _xor(first: bytes, second: bytes) -> bytes:
    """The XOR of two texts of the same length; shorter if `fromhex` has skipped white space."""
    return bytes(a ^ b for a, b in zip(first, second, strict=False))


def actor_of(library: Library, credentials: RequestCredentials) -> Actor:
    """The actor of a request. Raises LoginNeeded for an invalid token, or one that was sent with another login."""
    if credentials.token is not None:
        actor = actor_of_token(library, credentials.token) if credentials.token else None
        if actor is None or (credentials.login and credentials.login.casefold() != actor.login.casefold()):
            raise LoginNeeded("This token is not known here, or no longer valid.")
        return actor
    if credentials.proxy_login:
        actor = actor_of_login(library, credentials.proxy_login)
        if actor.user_id is not None:
            return actor
    return actor_of_session(library, credentials.session) if credentials.session else ANONYMOUS


def is_prefetch(request: Request) -> bool:
    """Whether a browser fetches ahead something that no user has asked for (Fetch, `Sec-Purpose`; formerly
    `Purpose`).
    """
    purposes = (request.headers.get(name, "").lower() for name in ("sec-purpose", "purpose", "x-moz"))
    return any("prefetch" in purpose or "preview" in purpose for purpose in purposes)


def cookie_name(name: str, settings: Settings) -> str:
    """The name of one of our cookies: under https, one that only this host can set."""
    if not is_secure(settings):
        return name
    # A cookie for one path cannot be a `__Host-` cookie.
    return f"__Secure-{name}" if name in _PATHS else f"__Host-{name}"


def with_session_cookie(response: Response, secret: str, settings: Settings) -> Response:
    """The answer with a session cookie."""
    _set_cookie(response, _SESSION, secret, settings, settings.session_days * 24 * 3600)
    return response


def with_device_cookie(response: Response, device: str, settings: Settings) -> Response:
    """The answer with the device cookie, which stays after a logout."""
    if device:
        _set_cookie(response, _DEVICE, device, settings, _YEAR)
    return response


def with_last_group_cookie(response: Response, slug: str, settings: Settings) -> Response:
    """The answer with the cookie of the last group: the next item goes there too, unless the user chooses another."""
    _set_cookie(response, _GROUP, slug, settings, _YEAR)
    return response


def without_session_cookies(response: Response, settings: Settings) -> Response:
    """The answer that deletes the session cookie and the browser's cache of our pages."""
    _set_cookie(response, _SESSION, "", settings, 0)
    _set_cookie(response, _GROUP, "", settings, 0)
    _set_cookie(response, _HINT, "", settings, 0)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def with_form_cookie(response: Response, credentials: RequestCredentials, settings: Settings) -> Response:
    """The answer to an anonymous visitor, with the cookie that its forms need."""
    if credentials.is_new and not credentials.session:
        _set_cookie(response, _FORM, credentials.form, settings, None)
    return response


def with_provider_cookie(response: Response, binding: str, settings: Settings) -> Response:
    """The answer that redirects to an identity provider; an empty `binding` when the login is over."""
    _set_cookie(response, _PROVIDER, binding, settings, _PROVIDER_COOKIE_AGE if binding else 0)
    return response


def with_logout_hint_cookie(response: Response, hint: str, settings: Settings) -> Response:
    """The answer with the cookie for a logout at the provider; a hint too long for a cookie is not stored."""
    if 0 < len(hint) <= _LONGEST_HINT:
        _set_cookie(response, _HINT, hint, settings, settings.session_days * 24 * 3600)
    return response


def _set_cookie(response: Response, name: str, value: str, settings: Settings, age: int | None) -> None:
    response.set_cookie(
        cookie_name(name, settings),
        value,
        max_age=age,
        path=_PATHS.get(name, "/"),
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )
