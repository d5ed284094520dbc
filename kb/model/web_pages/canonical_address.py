"""Web addresses: their canonical form for comparison, and their sites."""

import re
from functools import lru_cache

from ada_url import URL, idna_to_unicode

from kb.model.bibliographic_record import LONGEST_ADDRESS
from kb.model.web_pages.address_equivalence import (
    Way,
    leads_to,
    on_its_site,
    plain_host,
    plain_path,
    without_trackers,
    without_www,
)

LONGEST_HOST, LONGEST_LABEL = 253, 63
"""Characters of a host and of each of its labels (RFC 1035, 2.3.4): no name server knows a longer one."""
_NOT_PAGES = ("javascript:", "vbscript:", "data:", "place:", "about:", "chrome:")
_SHORT = 1_000
"""Characters of an address that is worth keeping in mind."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN_IN_PATHS = _UNRESERVED | frozenset("!$'()*,:@|[]")
_PLAIN_IN_QUERIES = _PLAIN_IN_PATHS | frozenset("/?")
"""Characters that no server takes for anything else when they are escaped: addresses come with and without."""
_FURTHEST = 8
"""Redirecting addresses that are followed; a longer chain is an attack."""
_ROUTES = ("!", "/")
"""How a fragment begins that names a page of an application."""
_AUTHORITY = re.compile(r"(?P<name>.*@)?(?P<host>\[[^\]]*\]|[^:]*)(?P<port>:\d+)?", re.DOTALL)
_NUMERIC_HOST = re.compile(r"[0-9.]+|\[.*\]", re.ASCII)
_BARE_HOST = re.compile(r"(?=[^\s/?#@:]+\.[^\s/?#@:])[^\s/?#@:]++(?::\d+)?(?:[/?#].*)?", re.DOTALL)


def canonical_url(url: str | None) -> str | None:
    """The canonical form for the comparison of two addresses; never shown, never followed. None for no address.

    It ignores http or https, `www.`, `m.`, letter case and IDNA of the host, default ports, slashes at the end or
    doubled, names of the page that a folder shows, fragments (except `#!` and `#/`, the routes of applications), the
    order of parameters and tracking parameters; also other ways to the same page that
    `kb.model.web_pages.address_equivalence` knows.
    A text that is no address, or is over a bound (`parsed_address`), is returned stripped.
    """
    text = (url or "").strip()
    if not text:
        return None
    return _canonical(text) if len(text) <= _SHORT else _canonical.__wrapped__(text)


# An import compares the same address several times; long ones are not cached, to keep the memory small.
@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    href = parsed_address(text)
    if href is None:
        return text
    scheme, _, rest = href.partition(":")
    if scheme == "doi" and rest.startswith("10."):
        return _canonical(f"https://doi.org/{rest}")
    rest, _, fragment = rest.partition("#")
    if scheme not in {"http", "https"}:
        return f"{scheme}:{rest}{f'#{fragment}' if fragment.startswith('!') else ''}"
    for _ in range(_FURTHEST):
        plain, is_settled = _web(_led_to(href))
        # One rule may leave an address to which another rule applies.
        again = None if is_settled else parsed_address(plain)
        if again is None or again == href:
            break
        href = again
    return plain


def _led_to(href: str) -> str:
    """The target of a redirecting address; the address itself if it redirects too often."""
    here = href
    for _ in range(_FURTHEST):
        target = leads_to(here)
        parsed = parsed_address(target) if target else None
        if parsed is None:
            return here
        here = parsed
    return href


def _web(href: str) -> tuple[str, bool]:
    """The plain form of a web address, and whether it is surely its own."""
    rest, _, fragment = href.partition("://")[2].partition("#")
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    host = _plain_host(authority)
    path, query = _same_escapes(slash + path, _PLAIN_IN_PATHS), _same_escapes(query, _PLAIN_IN_QUERIES)
    cleaned = without_trackers(Way(host, path.rstrip("/"), tuple(query.replace("%20", "+").split("&"))))
    way = on_its_site(plain_path(cleaned))
    query_string = f"?{'&'.join(way.query)}" if way.query else ""
    return f"https://{way.host}{way.path}{query_string}{_route(fragment)}", way == cleaned and "amp;" not in query


def _route(fragment: str) -> str:
    """The fragment if it names a page, without the passage that a link points to (`:~:text=`)."""
    route = fragment.partition(":~:")[0]
    return f"#{route}" if route.startswith(_ROUTES) and route.strip("!/") else ""


def site_of(url: str | None) -> tuple[str, ...]:
    """The site of an address, then the sites it is part of: `blog.exemple.fr`, `exemple.fr`; () if there is none.

    Hosts are without `www.`, in lower case, international names in Unicode. A top-level domain is no site. An address
    without a scheme counts as a web address, so that a user may type a host alone.
    """
    text = (url or "").strip()
    href = parsed_address(text)
    if (href is None or "//" not in href) and len(text) <= LONGEST_ADDRESS and _BARE_HOST.fullmatch(text):
        href = parsed_address(f"https://{text}")
    if href is None or "//" not in href:
        return ()
    authority = _AUTHORITY.fullmatch(re.split(r"[/?#]", href.partition("//")[2], maxsplit=1)[0])
    host = without_www(authority["host"]) if authority else ""
    if not host:
        return ()
    if _NUMERIC_HOST.fullmatch(host):
        return (host,)
    labels = idna_to_unicode(host).split(".")
    return tuple(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def web_address(url: str | None) -> str | None:
    """An http or https address as browsers write it, in ASCII; None for any other, which must not become a link."""
    href = parsed_address((url or "").strip())
    return href if href is not None and href.startswith(("http://", "https://")) else None


def is_script_address(url: str) -> bool:
    """Whether an address runs a program, holds its own content, or exists in one browser alone: it leads to no page.

    Browsers drop spaces and control characters in a scheme.
    """
    return "".join(character for character in url if character > " ").lower().startswith(_NOT_PAGES)


def parsed_address(text: str) -> str | None:
    """The address as the WHATWG standard writes it; None for a text that is no address, or is over a bound."""
    if len(text) > LONGEST_ADDRESS:
        return None
    try:
        url = URL(text)
    except ValueError:
        return None
    return str(url.href) if is_host_within_bounds(url.hostname) else None


def is_host_within_bounds(host: str) -> bool:
    """Whether a host has at most 253 characters, and each of its labels at most 63."""
    name = host.removesuffix(".")
    return len(name) <= LONGEST_HOST and all(len(label) <= LONGEST_LABEL for label in name.split("."))


def _plain_host(authority: str) -> str:
    """An authority with a plain host and without the default port; user name and other ports stay."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return authority
    port = "" if match["port"] in {":80", ":443"} else match["port"] or ""
    host = match["host"] if match["name"] or port else plain_host(match["host"])
    return f"{match['name'] or ''}{without_www(host)}{port}"


def _same_escapes(text: str, plain: frozenset[str]) -> str:
    """Percent escapes in capitals, and none for characters that may stand as they are."""
    if "%" not in text:
        return text

    def same(match: re.Match[str]) -> str:
        character = chr(int(match[0][1:], 16))
        return character if character in plain else match[0].upper()

    return _ESCAPE.sub(same, text)
