"""Typed text is never lost: a refused form is shown again with its text, and is never sent automatically."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.site import create_app
from kb.web.http.limits.request_bodies import LARGEST_BODY
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library
from tests.factories.moderation import a_moderated_library, annotations_of, item_of
from tests.functional.rights.rights_table import ROUTES, rows_of
from tests.support.browser_sessions import PASSWORD, send, sign_in, token_of

TEXT = 'Une phrase d’une heure, « tapée » <b>ici</b> & "nulle part" ailleurs.'
SECRET = "mot-de-passe-tapé"
WITH_SECRETS = {"/login", "/logout", "/reset", "/reset/{secret}", "/email/{secret}", "/welcome/{secret}"} | {
    "/login/provider/new",
    "/hypothesis/authorize",
    "/subscribe/{key}",
    "/subscription/{key}",
    "/subscription/{key}/stop",
    "/g/{group}/webhooks",
}
FORMS = {
    "annotate": ("/items/i1/annotate", {"kind": "passage", "color": "yellow", "quote": TEXT, "body": TEXT}),
    "comment": ("/items/i1/annotate", {"kind": "comment", "body": TEXT}),
    "reply": ("/items/i1/reply", {"to": "a1", "part": "a1", "body": TEXT}),
    "private note": ("/items/i1/private", {"body": TEXT}),
    "edit": ("/items/i1/edit", {"title": "Titre", "description": TEXT, "read": "{}"}),
    "save": ("/keep", {"act": "save", "title": "Titre", "description": TEXT, "group": "quais"}),
    "list": ("/g/quais/lists", {"act": "add", "name": TEXT}),
    "term": ("/g/quais/vocabulary/term", {"lang-0": "fr", "preferred-0": TEXT}),
    "settings": ("/g/quais/settings", {"name": TEXT, "description": TEXT, "visible": "everyone", "join": "open"}),
    "new group": ("/groups/new", {"name": TEXT, "visible": "everyone", "join": "open"}),
    "saved search": ("/saved/new", {"name": TEXT, "group": "quais", "parameters": "q=quai"}),
    "moderation reason": ("/items/i1/moderation", {"act": "report", "part": "a1", "why": TEXT}),
    "account name": ("/account", {"act": "name", "name": TEXT}),
    "import": ("/g/quais/import", {"format": "auto", "mine": TEXT}),
}


class Browsers(dict[str, TestClient]):
    """A browser for each user, logged in when it is first used; "" is an anonymous visitor."""

    def __init__(self, app: Starlette) -> None:
        super().__init__()
        self.app = app

    def __missing__(self, login: str) -> TestClient:
        client = self[login] = TestClient(self.app, follow_redirects=False)
        if login:
            sign_in(client, login, PASSWORD)
        return client


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield replace(library, settings=replace(library.settings, rate_write=0))


@pytest.fixture(scope="module")
def closed() -> Iterator[Library]:
    """The same library, whose group only its members read."""
    with a_moderated_library() as library:
        set_role(library, OPERATOR, "quais", "claire", Role.OWNER)
        with library.store.write() as writing:
            group = writing.groups.by_slug("quais")
            assert group is not None
            writing.groups.update(replace(group, visible=Visibility.MEMBERS))
        yield replace(library, settings=replace(library.settings, rate_write=0))


@pytest.fixture
def browser(library: Library) -> Browsers:
    return Browsers(create_app(library))


def resume(page: str) -> tuple[str, dict[str, str]]:
    """The form of a page that restores an earlier form: its address and its fields."""
    match = re.search(
        r'<form method="post" action="([^"]*)">\s*<input type="hidden" name="form_token" value="([^"]*)">'
        r'<input type="hidden" name="kept" value="([^"]*)">',
        page,
    )
    assert match is not None, page
    return unescape(match[1]), {"form_token": match[2], "kept": unescape(match[3])}


def log_in_with_text(client: TestClient, page: str, login: str) -> str:
    """Log in with the form that keeps the typed text; returns the next page."""
    match = re.search(
        r'<form method="post" action="/login[^"]*">\s*<input type="hidden" name="kept" value="([^"]*)">', page
    )
    token, onward = (re.search(rf'name="{name}" value="([^"]*)"', page) for name in ("form_token", "next"))
    assert match is not None
    assert token is not None
    assert onward is not None
    fields = {"kept": unescape(match[1]), "form_token": token[1], "next": unescape(onward[1]), "login": login}
    answer = client.post("/login", data={**fields, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


@pytest.mark.parametrize("ended", ["by time or elsewhere", "cookies gone"])
@pytest.mark.parametrize(("address", "fields"), FORMS.values(), ids=FORMS)
def test_a_form_sent_after_the_session_ended_comes_back_after_logging_in(
    library: Library, browser: Browsers, address: str, fields: dict[str, str], ended: str
) -> None:
    olga = browser["olga"]
    sent = {**fields, "form_token": token_of(olga, "/account")}
    if ended == "cookies gone":
        olga.cookies.clear()
    else:
        other_client = TestClient(browser.app, cookies=dict(olga.cookies))
        assert send(other_client, "/logout").status_code == 303
    before = annotations_of(library)
    refused = olga.post(address, data=sent)
    assert refused.status_code == 401
    assert "Rien n’en est perdu" in refused.text
    assert refused.headers["cache-control"] == "no-store"
    location, again = resume(log_in_with_text(olga, refused.text, "olga"))
    response = olga.post(location, data=again)
    assert response.status_code == 200
    assert "Rien n’est encore envoyé" in response.text
    assert TEXT in unescape(response.text)
    assert "Ce que vous aviez écrit" not in response.text, "the form itself shows it"
    assert annotations_of(library) == before
    assert olga.post(location, data=again).status_code == 200, "it is never done by itself"
    assert annotations_of(library) == before


@pytest.mark.parametrize("ended", ["by time or elsewhere", "cookies gone"])
def test_the_form_that_erases_a_person_comes_back_with_its_choice_and_asks_again(
    library: Library, browser: Browsers, ended: str
) -> None:
    set_administrator(library, OPERATOR, "olga", administrator=True)
    olga = browser["olga"]
    sent = {"words": "keep", "sure": "claire", "form_token": token_of(olga, "/account")}
    if ended == "cookies gone":
        olga.cookies.clear()
    else:
        assert send(TestClient(browser.app, cookies=dict(olga.cookies)), "/logout").status_code == 303
    refused = olga.post("/admin/forget/claire", data=sent)
    assert refused.status_code == 401
    location, again = resume(log_in_with_text(olga, refused.text, "olga"))
    page_text = olga.post(location, data=again).text
    assert 'name="words" value="keep" checked' in page_text
    # The confirmation must be typed again, and nobody is erased.
    assert re.search(r'<input id="f-sure" name="sure" type="text" [^>]*value=', page_text) is None
    assert olga.get("/admin/accounts/claire").status_code == 200


@pytest.mark.parametrize(
    ("address", "fields", "onward"),
    [
        ("/g/quais/deletion", {"act": "delete"}, "/g/quais/deletion"),
        ("/admin/accounts/claire", {"act": "close"}, "/admin/accounts/claire"),
        ("/items/i1/like", {"like": "on"}, "/"),
    ],
)
def test_a_form_of_buttons_that_is_sent_without_a_session_asks_to_log_in_and_does_nothing(
    library: Library, browser: Browsers, address: str, fields: dict[str, str], onward: str
) -> None:
    set_administrator(library, OPERATOR, "olga", administrator=True)
    olga = browser["olga"]
    token = token_of(olga, "/account")
    olga.cookies.clear()
    answer = olga.post(address, data={**fields, "form_token": token})
    assert answer.status_code == 401
    assert "connectez-vous, puis recommencez" in answer.text
    assert re.findall('name="next" value="([^"]*)"', answer.text) == [onward]
    assert 'name="kept"' not in answer.text
    assert "Votre texte" not in answer.text
    sign_in(olga, "olga", PASSWORD)
    assert olga.get("/g/quais").status_code == 200
    # A logged-in user whose page is too old gets a message.
    assert olga.post(address, data={**fields, "form_token": token}).status_code == 403


def test_a_wrong_password_loses_nothing(browser: Browsers) -> None:
    refused = browser[""].post("/items/i1/annotate", data={"kind": "comment", "body": TEXT})
    match = re.search(r'name="kept" value="([^"]*)"', refused.text)
    assert match is not None
    wrong = send(browser[""], "/login", login="claire", password="faux", kept=unescape(match[1]))
    assert wrong.status_code == 403
    assert match[1] in wrong.text


def test_a_resumed_form_is_sent_like_any_other(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    token = token_of(claire, "/account")
    claire.cookies.clear()
    refused = claire.post("/items/i1/annotate", data={"kind": "comment", "body": TEXT, "form_token": token})
    location, again = resume(log_in_with_text(claire, refused.text, "claire"))
    page = claire.post(location, data=again).text
    form = page[page.index('class="sheet-form words"') :].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form))
    body = re.search(r'<textarea[^>]* name="body"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    assert body is not None
    assert claire.post("/items/i1/annotate", data={**fields, "body": unescape(body[1])}).status_code == 303
    assert [annotation.body for annotation in item_of(library).annotations][-1] == TEXT


def test_another_user_who_logs_in_has_the_text_and_only_their_own_rights(library: Library, browser: Browsers) -> None:
    claire = browser["claire"]
    token = token_of(claire, "/account")
    claire.cookies.clear()
    refused = claire.post("/g/quais/settings", data={"name": TEXT, "form_token": token})
    location, again = resume(log_in_with_text(claire, refused.text, "rene"))
    answer = claire.post(location, data=again)
    assert answer.status_code == 403
    assert TEXT in unescape(answer.text)
    assert "Ce que vous aviez écrit" in answer.text


def test_a_right_that_was_lost_leaves_the_text(library: Library, browser: Browsers) -> None:
    rene = browser["rene"]
    token = token_of(rene, "/account")
    for role in (Role.READER, None):
        if role is not None:
            set_role(library, OPERATOR, "quais", "rene", role)
        answer = rene.post(
            "/g/quais/vocabulary/term", data={"preferred-0": "Quai", "definition": TEXT, "form_token": token}
        )
        assert answer.status_code in (403, 404)
        assert TEXT in unescape(answer.text)
        location, again = resume(answer.text)
        assert location == "/g/quais/vocabulary/term"
        assert rene.post(location, data=again).status_code in (403, 404)


@pytest.mark.parametrize("route", sorted({path for method, path in ROUTES if method == "POST"} - WITH_SECRETS))
def test_every_form_with_a_wrong_token_gives_the_text_back_and_no_secret(browser: Browsers, route: str) -> None:
    for row in rows_of("POST", route):
        if row.token or row.bearer.value:
            continue
        names = dict.fromkeys(re.findall(r"{(\w+)}", row.address), "i1") | {"group": "quais"}
        address = row.address.format(**names)
        fields = {name: re.sub(r"{\w+}", "x", value) for name, value in row.fields.items()}
        fields |= {"un-texte": TEXT, "password": SECRET, "proof": SECRET, "present": SECRET, "form_token": "a" * 64}
        for login in ("", "claire"):
            answer = browser[login].post(address, data=fields)
            assert answer.status_code in ((401,) if not login else (403, 404)), (login, address)
            assert TEXT in unescape(unescape(answer.text).replace('\\"', '"')), (login, address)
            assert SECRET not in answer.text
            assert "a" * 64 not in answer.text


def test_a_form_from_another_site_is_not_shown(browser: Browsers) -> None:
    sent = {"kind": "comment", "body": TEXT}
    for login in ("", "claire"):
        answer = browser[login].post("/items/i1/annotate", data=sent, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
        assert "tapée" not in answer.text


def test_a_missing_target_answers_like_an_unreadable_one() -> None:
    closed = a_group("cercle", "Cercle fermé", visible=Visibility.MEMBERS)
    library = a_library(an_item("Secret", id="ferme", group=closed), groups=(closed,))
    with closing(library), TestClient(create_app(library)) as nobody:
        for action in ("annotate", "edit", "private", "like"):
            hidden, missing = (
                nobody.post(f"/items/{item}/{action}", data={"kind": "comment", "body": TEXT})
                for item in ("ferme", "manque")
            )
            assert hidden.status_code == missing.status_code
            texts = {
                re.sub("[0-9a-f]{64}", "token", page.text).replace("ferme", "manque") for page in (hidden, missing)
            }
            assert len(texts) == 1


@pytest.mark.parametrize("ended", ["by time or elsewhere", "cookies gone"])
@pytest.mark.parametrize("name", [name for name, (path, _) in FORMS.items() if path.startswith(("/items/", "/g/"))])
def test_a_form_of_a_closed_group_comes_back_after_logging_in(closed: Library, name: str, ended: str) -> None:
    address, fields = FORMS[name]
    members = Browsers(create_app(closed))
    claire = members["claire"]
    sent = {**fields, "form_token": token_of(claire, "/account")}
    if ended == "cookies gone":
        claire.cookies.clear()
    else:
        assert send(TestClient(members.app, cookies=dict(claire.cookies)), "/logout").status_code == 303
    refused = claire.post(address, data=sent, headers={"sec-fetch-site": "same-origin"})
    assert refused.status_code == 401
    assert "Rien n’en est perdu" in refused.text
    location, again = resume(log_in_with_text(claire, refused.text, "claire"))
    response = claire.post(location, data=again)
    assert response.status_code == 200
    assert TEXT in unescape(response.text)


def test_files_are_not_resumed_and_the_page_says_so(browser: Browsers) -> None:
    claire = browser["claire"]
    fields = {"format": "auto", "names": TEXT, "form_token": "a" * 64}
    answer = claire.post("/g/quais/import", data=fields, files={"file": ("page.txt", b"secret du fichier")})
    assert answer.status_code == 403
    assert TEXT in unescape(answer.text)
    assert "choisissez de nouveau vos fichiers" in answer.text
    assert "secret du fichier" not in answer.text


def test_a_long_text_is_not_carried_by_the_login_form_but_stays_on_its_page(browser: Browsers) -> None:
    long = "é" * 9_000
    answer = browser[""].post("/items/i1/annotate", data={"kind": "comment", "body": long})
    assert answer.status_code == 401
    assert long in answer.text
    match = re.search(r'action="/login[^"]*">\s*<input type="hidden" name="kept"', answer.text)
    assert match is None
    assert len(long.encode()) * 3 < LARGEST_BODY
    location, again = resume(answer.text)
    assert location == "/items/i1/annotate"
    response = browser["claire"].post(location, data=again)
    assert response.status_code == 200
    assert long in response.text


@pytest.mark.parametrize(
    "field", ["", "{", "[]", '{"fields": 3}', '{"fields": [["a", 1]]}', '{"fields": [["a", "\\ud800"]]}', "[" * 9_000]
)
def test_a_field_that_is_no_form_is_ignored(browser: Browsers, field: str) -> None:
    answer = send(browser["claire"], "/account", "/items/i1/annotate", kept=field, kind="comment", body="")
    assert answer.status_code in (200, 400, 403)
    page = send(browser[""], "/login", login="claire", password="faux", kept=field)
    assert page.status_code == 403
