"""Locale negotiation: choose the language of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from kb.settings import Settings
from kb.translation import LANGUAGES

_COOKIE = "kb-lang"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class LocaleChoice:
    """The language of this answer.

    `url_language` is set while links must carry the language, because the browser has not yet sent our cookie;
    `suggested` is another language that the browser prefers: the page offers it.
    """

    language: str
    url_language: str | None = None
    suggested: str | None = None

    def with_language_cookie(self, response: Response, *, secure: bool) -> Response:
        """The answer, with a cookie for the language if the user has just selected it."""
        if self.url_language:
            name = "__Host-" + _COOKIE if secure else _COOKIE
            response.set_cookie(
                name, self.url_language, max_age=_YEAR, path="/", secure=secure, httponly=True, samesite="lax"
            )
        return response


def is_secure(settings: Settings) -> bool:
    """Whether the site is served by https."""
    return settings.base_url.startswith("https:")


def negotiate_locale(
    params: tuple[tuple[str, str], ...], cookies: Mapping[str, str], accepted: str, settings: Settings
) -> LocaleChoice:
    """The address decides, then the cookie, then the site. An unsupported language is ignored."""
    from_address = next((value for name, value in reversed(params) if name == "lang" and value in LANGUAGES), None)
    from_cookie = cookies.get("__Host-" + _COOKIE if is_secure(settings) else _COOKIE)
    from_cookie = from_cookie if from_cookie in LANGUAGES else None
    language = from_address or from_cookie or settings.language
    preferred = None if from_address or from_cookie else preferred_language(accepted)
    return LocaleChoice(
        language,
        url_language=from_address if from_address and from_address != from_cookie else None,
        suggested=preferred if preferred != language else None,
    )


def preferred_language(accepted: str) -> str | None:
    """The first of our languages in an `Accept-Language`, by weight (RFC 9110, 12.5.4), or None."""
    weighed: list[tuple[float, str]] = []
    for part in accepted[:1000].split(","):
        tag, _, weight = part.partition(";")
        code = tag.strip().lower().partition("-")[0]
        value = _weight(weight)
        if code in LANGUAGES and value > 0:
            weighed.append((value, code))
    # The first of equals: `max` keeps it.
    return max(weighed, key=lambda pair: pair[0])[1] if weighed else None


def _weight(text: str) -> float:
    name, _, number = text.strip().partition("=")
    if not text.strip():
        return 1.0
    try:
        return float(number) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
