"""A caller over a rate limit gets a message or a problem document; other callers are not affected."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.cli.server.worker_app import app_from_environment
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.authentication.authentication import share_request_rates
from kb.services.core.library import Library
from kb.settings import settings_environment
from kb.site import create_app, migrate, open_store
from kb.web.http.limits.request_rates import RateLimiter
from tests.factories.items import an_item
from tests.factories.library import a_library
from tests.functional.server.test_cli_serve import until
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in
from tests.support.databases import settings_in

HERE, ELSEWHERE = ("203.0.113.5", 1), ("198.51.100.7", 1)
READ, WRITE = 12, 5


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_library(an_item("Archive", id="archive"))) as library:
        yield replace(library, settings=replace(library.settings, rate_read=READ, rate_write=WRITE))


def a_browser(library: Library, client: tuple[str, int] = HERE, app: list[object] | None = None) -> TestClient:
    """A browser at an address, on the site `app` if it is given."""
    application = app[0] if app else create_app(library)
    # Time stands still: no allowance recovers while a slow machine sends requests.
    if not app:
        application.state.rates = RateLimiter(library.settings.rate_read, clock=lambda: 0.0)
    if app == []:
        app.append(application)
    return TestClient(application, client=client, follow_redirects=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("page", ["/", "/search?q=archive", "/search.atom", "/items/archive", "/login"])
def test_pages_that_are_asked_too_often_are_refused_for_a_while(library: Library, page: str) -> None:
    browser = a_browser(library)
    answers = [browser.get(page) for _ in range(READ + 3)]
    assert [answer.status_code for answer in answers] == [200] * READ + [429] * 3
    last_answer = answers[-1]
    assert "Trop de demandes sont parties d’ici" in last_answer.text
    assert 1 <= int(last_answer.headers["retry-after"]) <= 60 / READ
    assert last_answer.headers["cache-control"] == "no-store"
    english = browser.get(page, headers={"cookie": "kb-lang=en"})
    assert (english.status_code, "Too much was asked" in english.text) == (429, True)


def test_programs_get_a_problem_document(library: Library) -> None:
    browser = a_browser(library)
    answers = [browser.get("/api/v1/search?q=archive") for _ in range(READ + 1)]
    assert [answer.status_code for answer in answers] == [200] * READ + [429]
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert (answers[-1].json()["status"], int(answers[-1].headers["retry-after"]) >= 1) == (429, True)


def test_suggestions_at_each_stroke_of_a_key_are_not_stopped(library: Library) -> None:
    browser = a_browser(library)
    assert {browser.get(f"/suggest?q=arch{'i' * n}").status_code for n in range(READ * 4)} == {200}
    assert browser.get("/suggest?q=a").status_code == 429


def test_workers_and_machines_share_the_limit(library: Library) -> None:
    browsers = [a_browser(library), a_browser(library)]
    rates = [browser.app.state.rates for browser in browsers]  # type: ignore[attr-defined]
    assert [browsers[0].get("/").status_code for _ in range(READ)] == [200] * READ
    rates[0].share(partial(share_request_rates, library))
    # A caller counts as busy from a tenth of the limit on.
    assert [browsers[1].get("/").status_code for _ in range(2)] == [200] * 2
    rates[1].share(partial(share_request_rates, library))
    assert browsers[1].get("/").status_code == 429
    with library.store.read() as reading:
        (key,) = reading.groups.connection.exec_driver_sql("SELECT key FROM rate_limits").scalars()
    # The counter does not contain the name of a user.
    assert re.fullmatch(r"[0-9a-f]{64}", key)


def test_a_worker_shares_by_itself(library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kb.cli.server.worker_app.SHARING_SECONDS", 0.05)
    settings = replace(settings_in(tmp_path), rate_read=READ)
    for name, value in settings_environment(settings).items():
        monkeypatch.setenv(name, value)
    migrate(settings.store_url)
    with TestClient(app_from_environment(), client=HERE) as browser, closing(open_store(settings.store_url)) as store:

        def counters() -> int:
            with store.read() as reading:
                count = reading.groups.connection.exec_driver_sql("SELECT count(*) FROM rate_limits")
                return int(count.scalar_one())

        assert [browser.get("/").status_code for _ in range(2)] == [200] * 2
        until(lambda: counters() == 1)


def test_a_busy_caller_does_not_block_others(library: Library) -> None:
    site: list[object] = []
    flood = a_browser(library, HERE, site)
    assert {flood.get("/search").status_code for _ in range(READ * 3)} == {200, 429}
    assert a_browser(library, ELSEWHERE, site).get("/search").status_code == 200
    # Cheap requests are not limited, nor logged-in users at the same address, nor this machine.
    assert flood.get("/static/kb.css").status_code == flood.get("/healthz").status_code == 200
    machine = a_browser(library, ("127.0.0.1", 1), site)
    assert {machine.get("/").status_code for _ in range(READ * 3)} == {200}
    an_account(library)
    claire = a_browser(library, ("127.0.0.1", 1), site)
    sign_in(claire)
    same_office = a_browser(library, HERE, site)
    same_office.cookies = claire.cookies
    assert [same_office.get("/search").status_code for _ in range(READ + 1)] == [200] * READ + [429]


def test_many_addresses_of_one_subscriber_are_one_caller(library: Library) -> None:
    site: list[object] = []
    answers = [
        a_browser(library, (f"2001:db8:1:2::{number:x}", 1), site).get("/search").status_code
        for number in range(READ + 5)
    ]
    assert answers == [200] * READ + [429] * 5
    assert a_browser(library, ("2001:db8:1:3::1", 1), site).get("/search").status_code == 200


def test_a_session_or_a_token_that_opens_nothing_gives_no_more(library: Library) -> None:
    site: list[object] = []
    answers = []
    for number in range(READ + 3):
        browser = a_browser(library, HERE, site)
        answers.append(browser.get("/search", headers={"cookie": f"kb-session=inventé{number}".encode()}).status_code)
    assert answers == [200] * READ + [429] * 3
    other = [
        a_browser(library, ELSEWHERE, site).get("/api/v1/items", headers={"authorization": f"Bearer {n}"}).status_code
        for n in range(READ + 3)
    ]
    assert other == [401] * READ + [429] * 3


def test_programs_of_a_person_have_their_own_count_wherever_they_run(library: Library) -> None:
    account = an_account(library)
    _, secret = add_token(library, OPERATOR, NewToken(), account.user.login)
    site: list[object] = []
    headers = {"authorization": f"Bearer {secret}"}
    places = [(f"203.0.113.{number}", 1) for number in range(READ + 2)]
    answers = [a_browser(library, place, site).get("/api/v1/items", headers=headers).status_code for place in places]
    assert answers == [200] * READ + [429] * 2
    claire = a_browser(library, HERE, site)
    sign_in(claire)
    assert claire.get("/").status_code == 200


def test_a_person_who_sends_too_many_forms_is_asked_to_wait(library: Library) -> None:
    library = replace(library, settings=replace(library.settings, rate_read=0))
    for login in ("claire", "luc"):
        an_account(library, login)
    site: list[object] = []
    claire = a_browser(library, ("127.0.0.1", 1), site)
    sign_in(claire)
    form = {"name": "Lectures", "visible": "everyone", "join": "open"}
    answers = [send(claire, "/groups/new", **{**form, "name": f"Lectures {n}"}) for n in range(WRITE + 2)]
    assert [answer.status_code for answer in answers] == [303] * WRITE + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1
    # The other workers share the count, and other callers are not affected.
    again = a_browser(library, ELSEWHERE)
    again.cookies = claire.cookies
    assert send(again, "/groups/new", **form).status_code == 429
    luc = a_browser(library, ("127.0.0.1", 1), site)
    sign_in(luc, "luc")
    assert send(luc, "/groups/new", **form).status_code == 303


def test_forms_of_strangers_are_counted_by_their_network(library: Library) -> None:
    library = replace(library, settings=replace(library.settings, rate_read=0))
    site: list[object] = []
    browser = a_browser(library, HERE, site)
    answers = [send(browser, "/login", login=f"n{n}", password=PASSWORD).status_code for n in range(WRITE + 2)]
    assert answers == [403] * WRITE + [429] * 2
    other = a_browser(library, ELSEWHERE, site)
    assert send(other, "/login", login="n", password=PASSWORD).status_code == 403


def test_a_cross_site_form_does_not_count_against_its_victim(library: Library) -> None:
    an_account(library)
    site: list[object] = []
    claire = a_browser(library, ("127.0.0.1", 1), site)
    sign_in(claire)
    headers = {"sec-fetch-site": "cross-site"}
    assert {claire.post("/groups/new", headers=headers).status_code for _ in range(WRITE + 1)} == {403}
    assert send(claire, "/groups/new", name="Lectures", visible="everyone", join="open").status_code == 303


@pytest.mark.parametrize("hop", ["unknown", "", "127.0.0.1", "::1", "_hidden"])
def test_clients_that_a_proxy_does_not_name_are_limited_together(library: Library, hop: str) -> None:
    proxied = replace(library, settings=replace(library.settings, proxy="127.0.0.1"))
    site: list[object] = []
    browser = a_browser(proxied, ("127.0.0.1", 1), site)
    answers = [browser.get("/", headers={"x-forwarded-for": hop}).status_code for _ in range(READ + 2)]
    assert answers == [200] * READ + [429] * 2
    other = a_browser(proxied, ("127.0.0.1", 1), site)
    assert other.get("/", headers={"x-forwarded-for": "192.0.2.1"}).status_code == 200
