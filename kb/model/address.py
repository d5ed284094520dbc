"""Addresses: the form in which two of them are compared, and the sites that they belong to."""

import re
from functools import lru_cache

from ada_url import URL, idna_to_unicode

_TRACKING = re.compile(
    r"(?:utm|mtm|pk|at|hsa|piwik|fb_action)_[a-z0-9_]*|_?_hs(?:enc|mi|tc|sc|fp)|hsctatracking"
    r"|(?:d|g|fb|ms|tw|tt|y)clid|gclsrc|[gw]braid|li_fat_id|igshid?|srsltid|_ga|_gl|fb_(?:ref|source)"
    r"|mc_[ce]id|mkt_tok|oly_(?:anon|enc)_id|vero_(?:conv|id)|wickedid|xtor|xts|cmpid|s_cid",
    re.IGNORECASE,
)
_SHORT = 1_000
"""Characters of an address that is worth keeping in mind."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_AUTHORITY = re.compile(r"(?P<name>.*@)?(?P<host>\[[^\]]*\]|[^:]*)(?P<port>:\d+)?", re.DOTALL)
_NUMERIC_HOST = re.compile(r"[0-9.]+|\[.*\]", re.ASCII)
_BARE_HOST = re.compile(r"[^\s/?#@:]+\.[^\s/?#@:]+(?::\d+)?(?:[/?#].*)?", re.DOTALL)


def canonical_url(url: str | None) -> str | None:
    """The form in which two addresses are compared; never shown, never followed. None for no address.

    http and https, `www.`, letter case and IDNA of the host, default port, trailing slash, fragment (but `#!`) and
    tracking parameters make no difference; the other parameters keep their order. What is no address is given back
    stripped.
    """
    text = (url or "").strip()
    if not text:
        return None
    return _canonical(text) if len(text) <= _SHORT else _canonical.__wrapped__(text)


# An import asks several times about the same address; long ones are not kept, so that memory stays small.
@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    href = _parsed(text)
    if href is None:
        return text
    scheme, _, rest = href.partition(":")
    rest, _, fragment = rest.partition("#")
    kept = f"#{fragment}" if fragment.startswith("!") else ""
    if scheme not in {"http", "https"}:
        return f"{scheme}:{rest}{kept}"
    rest, _, query = rest.partition("?")
    host, slash, path = rest[2:].partition("/")
    canonical = f"https://{_plain_host(host)}{_same_escapes(slash + path).rstrip('/')}"
    if query:
        query = "&".join(part for part in query.split("&") if part and not _TRACKING.fullmatch(part.partition("=")[0]))
    return f"{canonical}?{_same_escapes(query)}{kept}" if query else canonical + kept


def site_of(url: str | None) -> tuple[str, ...]:
    """The site of an address, then the sites it is part of: `blog.exemple.fr`, `exemple.fr`; () where there is none.

    Hosts are without `www.`, in lower case, international names as they are read. A top level is no site. An address
    without a scheme is taken as one of the web, so that a person may write a host alone.
    """
    text = (url or "").strip()
    href = _parsed(text)
    if (href is None or "//" not in href) and _BARE_HOST.fullmatch(text):
        href = _parsed(f"https://{text}")
    if href is None or "//" not in href:
        return ()
    authority = _AUTHORITY.fullmatch(_plain_host(re.split(r"[/?#]", href.partition("//")[2], maxsplit=1)[0]))
    host = authority["host"] if authority else ""
    if not host:
        return ()
    if _NUMERIC_HOST.fullmatch(host):
        return (host,)
    labels = idna_to_unicode(host).split(".")
    return tuple(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def web_address(url: str | None) -> str | None:
    """An http or https address as browsers write it, in ASCII; None for any other, which nobody should follow."""
    href = _parsed((url or "").strip())
    return href if href is not None and href.startswith(("http://", "https://")) else None


def _parsed(text: str) -> str | None:
    """The address as the WHATWG standard writes it, or None."""
    try:
        return str(URL(text).href)
    except ValueError:
        return None


def _plain_host(authority: str) -> str:
    """An authority whose host is without `www.` and without the full stop of the root; a name and a port stay."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return authority
    host = match["host"].removesuffix(".")
    return f"{match['name'] or ''}{host.removeprefix('www.') if '.' in host[4:] else host}{match['port'] or ''}"


def _same_escapes(text: str) -> str:
    """Percent escapes in capitals, and none where the character may stand as it is (RFC 3986, 6.2.2)."""
    if "%" not in text:
        return text
    return _ESCAPE.sub(_same_escape, text)


def _same_escape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character in _UNRESERVED else match[0].upper()
