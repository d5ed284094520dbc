"""The rules of the HTTP Observatory, applied to one answer.

They are those of MDN's HTTP Observatory, https://github.com/mdn/mdn-http-observatory: `src/analyzer/tests/*.js` has the
conditions of each test, and `SCORE_TABLE` in `src/grader/charts.js` its points (read at commit 01b4711; the methodology
is described at https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring). A site starts with 100 points;
failures subtract points, and some optional measures add points.

They are implemented here, because the Observatory itself only tests public sites. Each function returns the points of
its test. Of the maximum of 145 points, five are for sites in the preload list of browsers (`hsts-preloaded`), which the
owner of a domain must request.
"""

import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
SIX_MONTHS = 15_768_000
FULL = {
    "content-security-policy": 10,
    "cookies": 5,
    "cross-origin-resource-sharing": 0,
    "redirection": 0,
    "referrer-policy": 5,
    "strict-transport-security": 0,
    "subresource-integrity": 5,
    "x-content-type-options": 0,
    "x-frame-options": 5,
    "cross-origin-resource-policy": 10,
}
"""The maximum points of each test for a site that is not in the preload list."""

Headers = Any
"""Response headers: `get` ignores the case of names, and `get_list` returns all values of one."""


def policy_of(headers: Headers) -> dict[str, set[str]]:
    """The directives of an answer's policy. Raises ValueError if a directive occurs twice."""
    directives: dict[str, set[str]] = {}
    for directive in (headers.get("content-security-policy") or "").split(";"):
        name, *sources = directive.split()
        if name.lower() in directives:
            raise ValueError(name)
        directives[name.lower()] = set(sources)
    return directives


def content_security_policy(headers: Headers) -> int:
    if not headers.get("content-security-policy"):
        return -25
    try:
        policy = policy_of(headers)
    except ValueError:
        return -25
    of = {
        name: policy.get(name, policy.get("default-src", {"*"})) for name in ("script-src", "object-src", "style-src")
    }
    active = {source for name, sources in policy.items() if name not in {"img-src", "media-src"} for source in sources}
    passive = {
        source for name in ("img-src", "media-src") for source in policy.get(name, policy.get("default-src", set()))
    }
    if of["script-src"] & (BROAD | INLINE) or of["object-src"] & BROAD:
        return -20
    if any(source.startswith(("http:", "ftp:")) for source in active):
        return -20
    if "'unsafe-eval'" in of["script-src"] | of["style-src"]:
        return -10
    if any(source.startswith(("http:", "ftp:")) for source in passive):
        return -10
    if of["style-src"] & (BROAD | INLINE):
        return 0
    only_ours = policy.get("form-action", {"*"}) <= {"'self'", "'none'"}
    return 10 if policy.get("default-src") == {"'none'"} and only_ours else 5


def cookies(set_cookies: Iterable[str]) -> int:
    """The points for all cookies; the worst cookie counts."""
    points = [_cookie(cookie) for cookie in set_cookies]
    return min(points) if points else 0


def _cookie(line: str) -> int:
    (name, *_), *attributes = [part.strip().split("=", 1) for part in line.lower().split(";")]
    named = {attribute[0]: attribute[1] if len(attribute) > 1 else "" for attribute in attributes}
    is_session = "login" in name or "sess" in name
    if is_session and "secure" not in named:
        return -40
    if is_session and "httponly" not in named:
        return -30
    if "secure" not in named or named.get("samesite", "lax") not in {"lax", "strict"}:
        return -20
    return 5 if "samesite" in named else 0


def cross_origin_resource_sharing(headers: Headers) -> int:
    """For a request with an Origin of another site: public data may be shared, and nothing with credentials."""
    allowed = headers.get("access-control-allow-origin")
    return -50 if allowed and headers.get("access-control-allow-credentials") == "true" else 0


def redirection(hops: Iterable[str]) -> int:
    """`hops`: the addresses of the redirects from http, the first address included."""
    first, *rest = hops
    if not rest or not rest[-1].startswith("https:"):
        return -20
    if not rest[0].startswith("https:"):
        return -10
    return 0 if _host(rest[0]) == _host(first) else -5


def _host(address: str) -> str:
    return re.sub(r":\d+$", "", address.split("/")[2])


def referrer_policy(headers: Headers) -> int:
    policies = [part.strip() for part in (headers.get("referrer-policy") or "").lower().split(",") if part.strip()]
    if not policies:
        return 0
    good = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
    return 5 if policies[-1] in good else -5


def strict_transport_security(headers: Headers) -> int:
    match = re.fullmatch(
        r"max-age=(\d+)(; *includeSubDomains)?(; *preload)?", headers.get("strict-transport-security") or ""
    )
    if match is None:
        return -20
    return 0 if int(match[1]) >= SIX_MONTHS else -10


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Mapping[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.found.append(dict(attrs))


def scripts_of(html: str) -> list[Mapping[str, str | None]]:
    """The attributes of each script of a page."""
    parser = _Scripts()
    parser.feed(html)
    return parser.found


def subresource_integrity(headers: Headers, text: str) -> int:
    if not (headers.get("content-type") or "").startswith(("text/html", "application/xhtml")):
        return 0
    scripts = [script for script in scripts_of(text) if script.get("src")]
    if any(re.match(r"//|http:", script["src"] or "") for script in scripts):
        return -20 if all(script.get("integrity") for script in scripts) else -50
    if any((script["src"] or "").startswith("https:") and not script.get("integrity") for script in scripts):
        return -5
    # The Observatory is satisfied if one script has `integrity`: here, every script must have it.
    return 5 if scripts and all(script.get("integrity") for script in scripts) else 0


def x_content_type_options(headers: Headers) -> int:
    return 0 if (headers.get("x-content-type-options") or "").strip().lower() == "nosniff" else -5


def x_frame_options(headers: Headers) -> int:
    if "frame-ancestors" in policy_of(headers):
        return 5
    return 0 if (headers.get("x-frame-options") or "").strip().lower() in {"deny", "sameorigin"} else -20


def cross_origin_resource_policy(headers: Headers) -> int:
    policy = (headers.get("cross-origin-resource-policy") or "").strip().lower()
    if not policy:
        return 0
    return {"same-site": 10, "same-origin": 10, "cross-origin": 0}.get(policy, -5)
