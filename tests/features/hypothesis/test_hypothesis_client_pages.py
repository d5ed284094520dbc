"""The pages on which the site offers the client of Hypothesis: for whom, with which policy, and only if it is on."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.features.hypothesis import client_files
from kb.features.hypothesis.settings import HypothesisSettings
from kb.model.people.group import Role, Visibility
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.settings import default_settings_in
from tests.factories.items import an_item
from tests.factories.library import add_items, an_empty_library
from tests.factories.page_copies import add_copy
from tests.support.browser_sessions import an_account, browsers_of

BASE = default_settings_in(Path()).base_url
APP = "/hypothesis/client/app.html"
AUTHORIZE = "/hypothesis/authorize?client_id=florilege&state=abc&response_type=code"
PAGES = (
    "/hypothesis",
    AUTHORIZE,
    APP,
    "/hypothesis/client/build/boot.js",
    "/items/un/annotated",
    "/items/un/annotated/copy",
)
COPY = "<!DOCTYPE html><title>Le secret</title><p>Un texte gardé."


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with closing(an_empty_library(tmp_path_factory.mktemp("copies"))) as library:
        cave = add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        for login in ("claire", "zoe"):
            an_account(library, login)
        set_role(library, OPERATOR, "cave", "claire", Role.READER)
        title = "</script><script>alert(1)</script>"
        add_items(
            library, *(an_item(title, id=name, group=cave, order=place) for place, name in enumerate(("un", "nu"), 1))
        )
        add_copy(library, "un", COPY)
        yield library


@pytest.fixture(scope="module")
def sites(library: Library) -> dict[str, TestClient]:
    """The browsers of a reader, of a stranger and of nobody, on a site with the client."""
    on = replace(library, settings=replace(library.settings, parts=(HypothesisSettings("on"),)))
    return {**browsers_of(on, ["claire", "zoe"]), "": TestClient(next(iter(browsers_of(on, ["claire"]).values())).app)}


def policy(answer: object) -> dict[str, list[str]]:
    directives = answer.headers["content-security-policy"].split(";")  # type: ignore[attr-defined]
    return {name: values for name, *values in (directive.split() for directive in directives if directive.strip())}


def test_nothing_is_there_unless_the_setting_is_on(library: Library) -> None:
    claire = browsers_of(library, ["claire"])["claire"]
    assert {claire.get(page).status_code for page in PAGES} == {404}
    assert claire.get("/hypothesis/api/profile").status_code == 200
    assert "/annotated" not in claire.get("/items/un").text


def test_who_reads_the_item_annotates_its_copy(sites: dict[str, TestClient]) -> None:
    claire = sites["claire"]
    page, copy = claire.get("/items/un/annotated"), claire.get("/items/un/annotated/copy")
    assert (page.status_code, copy.status_code) == (200, 200)
    for other in (sites["zoe"], sites[""]):
        for path in ("annotated", "annotated/copy"):
            assert other.get(f"/items/un/{path}").status_code == other.get(f"/items/rien/{path}").status_code == 404
    assert claire.get("/items/nu/annotated").status_code == 404
    assert page.headers["cache-control"] == "no-store"
    assert "<script>alert(1)" not in page.text
    settings = json.loads(re.findall(r'class="js-hypothesis-config">(.*?)</script>', page.text)[0])
    (service,) = settings["services"]
    assert (service["apiUrl"], service["authority"], service["groups"]) == (
        f"{BASE}/hypothesis/api/", "127.0.0.1", ["cave"]
    )  # fmt: skip
    sent = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": service["grantToken"]}
    tokens = claire.post("/hypothesis/api/token", data=sent).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert claire.get("/hypothesis/api/profile", headers=headers).json()["userid"] == "acct:claire@127.0.0.1"
    # The scripts stand before the page, whose text stays what it was.
    assert copy.text.startswith('<!DOCTYPE html><script type="application/json" class="js-hypothesis-config">')
    assert copy.text.endswith(COPY.removeprefix("<!DOCTYPE html>"))
    # In a window of its own, a page that refreshes itself would lead away.
    window = {"Sec-Fetch-Dest": "document"}
    alone = claire.get("/items/un/annotated/copy", headers=window, follow_redirects=False)
    assert (alone.status_code, alone.headers["location"]) == (303, "/items/un/annotated")
    assert sites["zoe"].get("/items/un/annotated/copy", headers=window).status_code == 404
    # The copy knows no token.
    assert "s1." not in copy.text
    assert "/items/un/annotated" in claire.get("/items/un").text
    assert "/annotated" not in claire.get("/items/nu").text


def test_each_document_has_a_policy_of_its_own(sites: dict[str, TestClient]) -> None:
    claire, build = sites["claire"], f"{BASE}/hypothesis/client/build/"
    page, copy, app = (policy(claire.get(path)) for path in ("/items/un/annotated", "/items/un/annotated/copy", APP))
    for one in (page, copy, app):
        assert one["default-src"] == ["'none'"]
        assert all(source.startswith(build) for source in one["script-src"])
        assert one["base-uri"] == ["'none'"]
    assert copy["sandbox"] == ["allow-scripts"]
    assert "connect-src" not in copy
    assert "frame-src" not in copy
    assert copy["frame-ancestors"] == ["'self'"]
    assert page["frame-ancestors"] == ["'none'"]
    assert page["frame-src"] == [f"{BASE}/items/un/annotated/copy", f"{BASE}{APP}"]
    assert app["connect-src"] == [f"{BASE}/hypothesis/api/"]
    assert app["frame-ancestors"] == ["*"]
    assert "cookie" not in sites[""].get(APP).headers.get("vary", "").lower()
    assert sites[""].get(APP).text == claire.get(APP).text


def test_the_client_signs_in_in_a_window_of_its_own(sites: dict[str, TestClient]) -> None:
    claire = sites["claire"]
    page = claire.get(AUTHORIZE)
    assert (page.status_code, page.headers["cross-origin-opener-policy"]) == (200, "unsafe-none")
    assert "data-code" not in page.text
    token = re.findall(r'name="form_token" value="([0-9a-f]+)"', page.text)[0]
    assert claire.post(AUTHORIZE, data={"form_token": "0" * 64}).status_code == 403
    allowed = claire.post(AUTHORIZE, data={"form_token": token})
    code = re.findall(r'data-code="([^"]+)"', allowed.text)[0]
    assert allowed.headers["cache-control"] == "no-store"
    sent = {"grant_type": "authorization_code", "code": code}
    assert claire.post("/hypothesis/api/token", data=sent).status_code == 200
    for wrong in (
        "/hypothesis/authorize",
        "/hypothesis/authorize?client_id=autre&state=a",
        AUTHORIZE.replace("abc", "a" * 201),
    ):
        assert claire.get(wrong).status_code == 400
    assert sites[""].get(AUTHORIZE, follow_redirects=False).status_code in {303, 401}
    bookmark = claire.get("/hypothesis").text
    assert f"{BASE}/hypothesis/client/build/boot.js" in bookmark
    assert "s1." not in bookmark


def test_pages_of_other_sites_load_the_files_that_were_published(sites: dict[str, TestClient]) -> None:
    folder = Path(client_files.__file__).parent / "client"
    named = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text("ascii").splitlines())
    shipped = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert shipped - {"SHA256SUMS", "VERSION"} == named.keys()
    for path, digest in named.items():
        answer = sites[""].get(f"/hypothesis/client/{path}?a")
        assert hashlib.sha256(answer.content).hexdigest() == digest, path
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "immutable" in answer.headers["cache-control"]
    assert sites[""].get("/hypothesis/client/build/boot.js").headers["cache-control"] == "no-cache"
    for path in ("build/../../routes.py", "build/manifest.json", "..%2froutes.py", "build"):
        assert sites[""].get(f"/hypothesis/client/{path}").status_code == 404
