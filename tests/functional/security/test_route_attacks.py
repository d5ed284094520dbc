"""Hostile requests to every route: nothing is changed, revealed, redirected off the site, or answered with an error
500.

The cases are generated from the routes and their rows in `rights_table.py`, so that every new route is attacked too.
Each route, name, parameter and field meets the attacks that each breaks in its own way, and a third of the others in
turn; all of them in `scripts/test-thorough`.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from kb.model.people.group import Visibility
from kb.site import all_routes
from tests.functional.rights.caller_rights import Row, TokenBearer
from tests.functional.rights.rights_table import ROUTES, rows_of
from tests.functional.rights.store_contents import store_contents
from tests.functional.rights.walked_site import Asker, a_site, names_of
from tests.support.thoroughness import IS_THOROUGH

pytestmark = pytest.mark.usefixtures("impatient")

OWNER, MEMBER, ANYBODY = Asker("W"), Asker("M"), Asker("A")
NAMES = names_of(Visibility.EVERYONE)
GETS = [key for key in ROUTES if key[0] == "GET"]
POSTS = [key for key in ROUTES if key[0] == "POST"]
FORMS = [key for key in POSTS if not key[1].startswith("/api/") and not any(row.token for row in rows_of(*key))]
OURS = "http://testserver"
EVIL = "evil.example"
FORM = "application/x-www-form-urlencoded"

HOSTILE = (
    *("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "a\0b", "a" * 9000, "\u202e\u2066\ud7ff\ue000\ufffe"),
    *("\"'><script>alert(1)</script><img src=x onerror=alert(1)>", "a\r\nX-Evil: 1\r\nSet-Cookie: a=b\r\n\r\n<script>"),
    *("//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "' OR 1=1 -- {{7*7}} %s%n"),
)
SCRIPT, ZERO, ELSEWHERE = HOSTILE[5], HOSTILE[2], HOSTILE[7:11]
assert "script" in SCRIPT
assert "\0" in ZERO
RAW = ("%ff", "%ed%a0%80", "%00", "%c0%af", "%", "%zz", "%2", "%252e%252e", "..;", "%5c..%5c")


@contextmanager
def a_patient_site() -> Iterator[TestClient]:
    """A site without a limit on forms, because the tests send more in a minute than the limit allows."""
    with a_site() as client:
        state = client.app.state  # type: ignore[attr-defined]
        state.library = replace(state.library, settings=replace(state.library.settings, rate_write=0))
        yield client


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    with a_patient_site() as client:
        yield client


def some_of(attacks: Sequence[str], turn: int, always: Sequence[str] = (SCRIPT, ZERO)) -> list[str]:
    """A third of the attacks, which the turn chooses, and those that each place meets."""
    if IS_THOROUGH:
        return list(attacks)
    others = [attack for attack in attacks if attack not in always]
    return [attack for attack in attacks if attack in always or attack in others[turn % 3 :: 3]]


GRANTS = {
    **dict.fromkeys(("/hypothesis/api/token", "/api/token"), frozenset({400})),
    **dict.fromkeys(("/hypothesis/api/token/revoke", "/api/token/revoke"), frozenset({200})),
    # One click of RFC 8058 ends the subscription, whatever is sent with it.
    "/subscription/{key}/stop": frozenset({200}),
}
"""Addresses to which a program sends a grant or a token in the form itself, as OAuth 2.0 does, and the answer to one
that is none: that there is nothing to revoke is no error (RFC 7009, 2.2). No cookie counts there.
"""

KEY_IS_RIGHT = {"/subscription/{key}/stop"}
"""One click ends the subscription, from any site that knows the key, whatever is sent with it (RFC 8058)."""


def address_of(row: Row) -> str:
    return row.address.format(**NAMES)


def token_of(site: TestClient, asker: Asker) -> str:
    """The token in a form of theirs. It depends on their cookie alone, so one is read for all sites."""
    if asker not in _tokens:
        _tokens[asker] = _read_token(site, asker)
    return _tokens[asker]


_tokens = dict[Asker, str]()


def _read_token(site: TestClient, asker: Asker) -> str:
    for page in ("/logout", "/login"):
        site.cookies.clear()
        match = re.search(r'name="form_token" value="([0-9a-f]+)"', site.get(page, headers=asker.headers).text)
        if match:
            return match[1]
    raise AssertionError("there is no form")


def fields_of(row: Row) -> dict[str, str]:
    return {name: value.format(**NAMES) for name, value in row.fields.items()}


def require_safe(answer: httpx2.Response) -> None:
    """Check what no answer may contain, whatever the request."""
    # On a shared database, a machine whose index lags for ten seconds is not ready.
    assert answer.status_code < 500 or answer.request.url.path == "/readyz", answer.text[:500]
    assert "x-evil" not in answer.headers
    assert not [line for line in answer.headers.get_list("set-cookie") if not line.startswith("kb-")]
    location = answer.headers.get("location", "")
    host = urlsplit(location).netloc
    # `/items/…/go` redirects every user to the shared address; a whole address of ours has the host of the settings.
    assert host in {"", "testserver", "127.0.0.1:8000"} or location.startswith("https://exemple.fr/"), location
    assert not location.startswith(("//", "/\\"))
    for reflected in ("<script>alert", "<img src=x"):
        if "html" in answer.headers.get("content-type", ""):
            assert reflected not in answer.text
    assert "root:x:" not in answer.text
    assert "Traceback" not in answer.text


def ask(site: TestClient, method: str, address: str, asker: Asker, **options: Any) -> httpx2.Response:
    site.cookies.clear()
    headers = {**asker.headers, **options.pop("headers", {})}
    answer = site.request(method, address, headers=headers, **options)
    require_safe(answer)
    return answer


@pytest.mark.parametrize(("method", "path"), [key for key in FORMS if key[1] not in KEY_IS_RIGHT], ids=" ".join)
def test_a_form_that_another_site_has_sent_does_nothing(site: TestClient, method: str, path: str) -> None:
    """The first act of a form meets all attempts, the others what `some_of` gives them."""
    own, others = token_of(site, OWNER), token_of(site, MEMBER)
    strangers = token_of(site, ANYBODY)
    before = store_contents(site)
    for turn, row in enumerate(rows_of(method, path)):
        address, fields = address_of(row), fields_of(row)
        good = {**fields, "form_token": own}
        attempts: dict[str, dict[str, Any]] = {
            "no token": {"data": fields or {"a": "b"}},
            "nothing at all": {},
            "an empty token": {"data": {**fields, "form_token": ""}},
            "the token of somebody else": {"data": {**fields, "form_token": others}},
            "the token of nobody": {"data": {**fields, "form_token": strangers}},
            "a token that is longer": {"data": {**fields, "form_token": own + "0"}},
            "a bad one first": {
                "content": urlencode([("form_token", ""), *good.items()]), "headers": {"content-type": FORM}
            },
            "the token in the address": {"data": fields or {"a": "b"}, "params": {"form_token": own}},
            "from another site": {"data": good, "headers": {"sec-fetch-site": "cross-site"}},
            "from a neighbour": {"data": good, "headers": {"sec-fetch-site": "same-site"}},
            "from another origin": {"data": good, "headers": {"origin": f"https://{EVIL}"}},
            "from nowhere": {"data": good, "headers": {"origin": "null"}},
            "from an origin that is none": {"data": good, "headers": {"origin": "http://["}},
            "from another port": {"data": good, "headers": {"origin": f"{OURS}:8443"}},
            "as a text": {"content": urlencode(fields or {"a": "b"}), "headers": {"content-type": "text/plain"}},
            "as a file": {"files": {"form_token": ("a.txt", b"a")}, "data": fields},
            "as JSON": {"json": good},
            "another method instead": {"data": fields or {"a": "b"}, "headers": {"x-http-method-override": "PUT"}},
        }  # fmt: skip
        for kind in some_of([*attempts], turn, ("no token", "from another site")) if turn else attempts:
            answer = ask(site, "POST", address, OWNER, **attempts[kind])
            # Where only the token of a program counts, a browser's cookie is ignored.
            refused = GRANTS.get(path) or ({401} if row.bearer.value else {400, 403, 404})
            assert answer.status_code in refused, (kind, row.fields.get("act"))
        # A form without the cookie is refused too: browsers do not send the cookie from other sites.
        site.cookies.clear()
        without = site.post(address, data=good)
        # A form with a typed text gets the text back with the login form.
        assert without.status_code in (GRANTS.get(path) or ({401} if path == "/keep" else {401, 403, 404}))
        # And a GET changes nothing, whatever its parameters.
        overrides: tuple[dict[str, str], ...] = ({"x-http-method-override": "POST"}, {"x-http-method": "DELETE"})
        for headers in ({}, *(overrides if IS_THOROUGH or not turn else ())):
            ask(site, "GET", f"{address}?{urlencode({**good, '_method': 'POST'})}", OWNER, headers=headers)
    assert store_contents(site) == before


def paths() -> list[str]:
    return sorted({route.path for route in all_routes() if isinstance(route, Route)})


@pytest.mark.parametrize("path", paths())
def test_methods_that_a_route_does_not_have_are_refused(site: TestClient, path: str) -> None:
    methods = {method for method, route_path in ROUTES if route_path == path}
    row = rows_of(min(methods), path)[0]
    others = ("PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "POST")
    for asker, asked in ((ANYBODY, some_of(others, paths().index(path), ())), (OWNER, others)):
        for method in asked:
            if method in methods:
                continue
            answer = ask(site, method, address_of(row), asker, headers={"x-evil": "1"})
            assert answer.status_code in {401, 403, 404, 405}, method
            assert answer.status_code != 405 or methods <= set(answer.headers["allow"].split(", "))
            # TRACE would return the cookies.
            assert "session-owner" not in answer.text
        if "GET" in methods:
            head, get = (ask(site, method, address_of(row), asker) for method in ("HEAD", "GET"))
            assert (head.status_code, head.content) == (get.status_code, b"")


@pytest.mark.parametrize(("method", "path"), [key for key in ROUTES if "{" in key[1]], ids=" ".join)
def test_no_name_in_an_address_breaks_a_route_or_leaves_its_place(site: TestClient, method: str, path: str) -> None:
    row = rows_of(method, path)[0]
    token, turn = token_of(site, OWNER), [*ROUTES].index((method, path))
    for place, name in enumerate(re.findall(r"\{(\w+)\}", row.address), turn):
        for value in (*(quote(value, safe="") for value in some_of(HOSTILE, place)), *some_of(RAW, place)):
            address = row.address.replace("{" + name + "}", value).format(**NAMES)
            data = {} if method == "GET" else {"data": {"form_token": token}}
            answer = ask(site, method, address, OWNER, **data)
            # OPTIONS asks for what the address takes, whatever stands there; an annotation leads to its present group.
            more = {204} if method == "OPTIONS" else {308} if path.startswith("/w3c/groups/") else set()
            assert answer.status_code in {200, 303, 400, 401, 403, 404, 405, 409, 414} | more, value
        ask(site, method, address, ANYBODY)


@pytest.mark.parametrize(("method", "path"), GETS, ids=" ".join)
def test_no_parameter_redirects_away_or_appears_unescaped(site: TestClient, method: str, path: str) -> None:
    address = address_of(rows_of(method, path)[0])
    leading = ("next", "done", "return", "url", "redirect")
    others = ("q", "lang", "page", "tag", "group", "from", "sort", "view", "act", "id", "role")
    for value in some_of(HOSTILE, GETS.index((method, path)), (SCRIPT, *ELSEWHERE)):
        ask(site, "GET", f"{address.partition('?')[0]}?{urlencode(dict.fromkeys(leading, value))}", OWNER)
    evil = HOSTILE[5]
    for sent_headers in (dict.fromkeys(leading, evil), *({name: evil} for name in others)):
        ask(site, "GET", f"{address.partition('?')[0]}?{urlencode(sent_headers)}", ANYBODY)


@pytest.mark.parametrize(("method", "path"), GETS, ids=" ".join)
def test_no_header_redirects_away_or_appears_unescaped(site: TestClient, method: str, path: str) -> None:
    address = address_of(rows_of(method, path)[0])
    evil = b"<script>alert(1)</script>"
    attempts: tuple[dict[str, Any], ...] = (
        {"host": EVIL},
        {"x-forwarded-host": EVIL, "forwarded": f"host={EVIL}", "x-original-url": "/login", "x-rewrite-url": "/login"},
        {"x-forwarded-prefix": f"//{EVIL}", "x-forwarded-port": "1", "x-forwarded-proto": "javascript"},
        {"referer": f"https://{EVIL}/<script>alert(1)</script>", "user-agent": evil, "accept-language": evil},
        {"referer": OURS + "/search?q=%3Cscript%3Ealert(1)", "accept": evil, "if-none-match": evil},
        {"authorization": "Basic YTpi"},
        {"authorization": b"Bearer \xff\xfe"},
        {"authorization": "Bearer " + "a" * 5000},
        {"range": "bytes=0-1,2-3,4-5", "if-modified-since": "9" * 500, "if-range": "a"},
        {"transfer-encoding": "identity", "content-length": "0", "expect": "100-continue"},
    )
    for headers in attempts:
        answer = ask(site, "GET", address, OWNER, headers=headers)
        assert EVIL not in answer.headers.get("location", "")
        if "host" in headers and "html" in answer.headers.get("content-type", ""):
            assert EVIL not in answer.text


@pytest.mark.parametrize(("method", "path"), GETS, ids=" ".join)
def test_two_session_cookies_are_never_two_people(site: TestClient, method: str, path: str) -> None:
    address = address_of(rows_of(method, path)[0])
    alone = {ask(site, "GET", address, Asker(letter)).status_code for letter in "AWS"}
    for cookies in (
        "kb-session=session-owner; kb-session=session-stranger",
        "kb-session=session-stranger; kb-session=" + "a" * 3000,
        'kb-session="session-stranger"; kb-form=;;=; KB-SESSION=session-owner',
    ):
        site.cookies.clear()
        answer = site.get(address, headers={"cookie": cookies})
        require_safe(answer)
        assert answer.status_code in alone, cookies


@pytest.mark.parametrize(("method", "path"), GETS, ids=" ".join)
def test_nothing_made_for_a_person_is_kept_for_others(site: TestClient, method: str, path: str) -> None:
    row = rows_of(method, path)[0]
    texts = set()
    for asker in (OWNER, ANYBODY):
        answer = ask(site, "GET", address_of(row), asker)
        texts.add(answer.content)
        caching = {part.strip() for part in answer.headers.get("cache-control", "").split(",")}
        varies = {part.strip().lower() for part in answer.headers.get("vary", "").split(",")}
        if path in SAME_FOR_ALL:
            assert "set-cookie" not in answer.headers
            assert len(texts) == 1
            continue
        if asker is OWNER:
            assert caching & {"private", "no-store"}, caching
        assert caching & {"private", "no-store"} or "cookie" in varies, caching
        if "public" in caching:
            assert asker is ANYBODY


SAME_FOR_ALL = {
    "/static/{name}",
    "/static/embeds/{name}",
    "/static/quotation/{name}",
    "/static/newsletters/{name}",
    "/static/notices/{name}",
    "/mentions",
    "/embed/g/{group}",
    "/embed/g/{group}/tags",
    "/embed/lists/{id}",
    "/static/reading/{name}",
    "/static/hypothesis/{name}",
    "/static/reading/pdfjs/{path:path}",
    "/opensearch.xml",
    "/theme.css",
    "/logo.png",
    "/manifest.webmanifest",
    "/healthz",
    "/linkding/health",
    "/linkding/{group}/health",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap/{part}.xml",
}
"""Addresses with the same content for everyone."""


@pytest.mark.parametrize(("method", "path"), GETS, ids=" ".join)
def test_only_pages_set_cookies(site: TestClient, method: str, path: str) -> None:
    row = rows_of(method, path)[0]
    for asker in (OWNER, ANYBODY):
        site.cookies.clear()
        headers = asker.headers if asker is OWNER else {}
        answer = site.get(address_of(row) + ("&" if "?" in row.address else "?") + "lang=en", headers=headers)
        if "html" not in answer.headers.get("content-type", "html"):
            assert "set-cookie" not in answer.headers
        for line in answer.headers.get_list("set-cookie"):
            assert {"httponly", "samesite=lax"} <= {part.strip().lower() for part in line.split(";")}


@pytest.mark.parametrize(("method", "path"), FORMS, ids=" ".join)
def test_no_field_of_a_form_breaks_it(method: str, path: str) -> None:
    with a_patient_site() as site:
        token = token_of(site, OWNER)
        asked, turn = set[str](), FORMS.index((method, path))
        for row in rows_of(method, path):
            address, fields = address_of(row), {**fields_of(row), "next": "/", "name": "a"}
            # What does not depend on the act is sent once to each address.
            is_first = address not in asked
            asked.add(address)
            shown_before = OWNER.shown(row.bearer) if row.bearer.value else {}
            typed = {"headers": {**shown_before.pop("headers", {}), "content-type": FORM}, **shown_before}
            for place, name in enumerate(fields if is_first else fields_of(row), turn):
                for value in some_of(HOSTILE, place):
                    data = {**fields, name: value.encode("utf-8", "surrogatepass"), "form_token": token}
                    ask(site, "POST", address, OWNER, data=data, **typed)
                    if row.bearer is TokenBearer.TOKEN:
                        ask(site, "POST", address, OWNER, json={**fields, name: value}, **OWNER.shown(row.bearer))
            bodies = [
                urlencode([("form_token", token), *fields.items(), *fields.items(), ("act", "rien"), ("admin", "on")]),
                f"form_token={token}" + "".join(f"&f{n}=a" for n in range(390)),
                f"form_token={token}" + "".join(f"&f{n}=a" for n in range(5000)),
                f"form_token={token}&act=%ff&login=%ed%a0%80&name=%00",
                f"form_token={token}&act",
                "&" * 60_000,
                "=" * 60_000,
                f"form_token={token}&name=" + "a" * 60_000,
            ]
            for body in bodies if is_first else bodies[:1]:
                ask(site, "POST", address, OWNER, content=body.encode(), **typed)
            for content in (b"\xff\xfe\0", b"", b"{" * 1000, b"\0" * 60_000) if is_first else ():
                answer = ask(site, "POST", address, OWNER, content=content, **typed)
                # A program that only names the thing in the address sends no body that could be wrong.
                unread = {204} if row.bearer.value and not row.fields else set()
                typed_wrong = {415} if row.bearer is TokenBearer.BEARER else set()
                refused = {400, 403, 404} | unread | typed_wrong | GRANTS.get(path, frozenset())
                assert answer.status_code in refused, (content[:9], answer.status_code)


@pytest.mark.parametrize("suffix", ["%0a", "%0d", "%00", "%20"])
def test_no_address_answers_with_a_character_more(site: TestClient, suffix: str) -> None:
    for method, path in GETS:
        # Each tag has a page, whether or not an item has the tag.
        if path.endswith("{tag:path}"):
            continue
        before, mark, query = address_of(rows_of(method, path)[0]).partition("?")
        for asker in (ANYBODY, OWNER):
            answer = ask(site, "GET", before + suffix + mark + query, asker, follow_redirects=False)
            is_login = answer.status_code == 303 and answer.headers["location"].startswith("/login?next=")
            assert answer.status_code == 404 or (is_login and asker is ANYBODY), (path, answer.status_code)
