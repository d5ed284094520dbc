"""No text is lost and none is saved twice after random interruptions of every form by the user or the network.
`INTERRUPTIONS=200`, as in `scripts/test-thorough`, runs more of them, and `SEED` draws others: `docs/reliability.md`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from random import Random
from urllib.parse import urlsplit

import pytest
from lxml import html
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Route, expect
from sqlalchemy import String, cast, func, or_, select
from starlette.testclient import TestClient

from kb.formats.import_formats import AUTO
from kb.model.items.import_job import ImportJob, ImportJobState, ImportReport
from kb.model.people.account import Session
from kb.model.people.secret import secret_hash
from kb.services.authentication.passwords import hash_password
from kb.services.core.library import Library
from kb.site import all_routes, create_app
from kb.store.database.clock import timestamp_now
from kb.store.tables.table_columns import metadata
from tests.browser.conftest import serving
from tests.browser.support.addresses import PAGES
from tests.browser.support.checked_pages import MEMBER, OWNER, STRANGER
from tests.browser.support.site import KNOWN, LECTURES, cookie_of, the_library
from tests.browser.support.typed_forms import FORMS, TypedForm
from tests.factories.items import a_user
from tests.support.browser_sessions import PASSWORD

pytestmark = pytest.mark.browser
ROUNDS = int(os.environ.get("INTERRUPTIONS", "18"))
SEED = int(os.environ.get("SEED", "19"))
_LONG_AGO, _LONG_AFTER = "2015-01-01T09:00:00.000000Z", "2999-01-01T09:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Site:
    """A server and its library, in which the test looks up what was saved."""

    address: str
    library: Library

    def sign_in(self, context: BrowserContext, login: str, secret: str) -> None:
        with self.library.store.write() as writing:
            session = Session(secret, a_user(login).id, "Firefox", _LONG_AGO, _LONG_AFTER, _LONG_AFTER)
            writing.credentials.add_session(session, secret_hash(secret))
        context.add_cookies([{"name": "kb-session", "value": secret, "url": self.address}])

    def end_sessions(self, login: str) -> None:
        with self.library.store.write() as writing:
            writing.credentials.revoke_sessions(a_user(login).id)

    def rows_with(self, table: str, text: str) -> int:
        """The number of rows of a table that contain a text."""
        rows = metadata.tables[table]
        has_text = or_(*(cast(column, String).contains(text) for column in rows.columns))
        with self.library.store.read() as reading:
            counted = select(func.count()).select_from(rows).where(has_text)
            return int(reading.items.connection.execute(counted).scalar_one())


@dataclass(slots=True)
class Typing:
    """One form on a page in a browser, with a unique text."""

    site: Site
    form: TypedForm
    page: Page
    path: str
    text: str
    javascript: bool

    @property
    def element(self) -> Locator:
        field = self.page.locator(f'[name="{next(iter(self.form.fields))}"]')
        button = self.page.locator("button", has_text=self.form.button)
        return self.page.locator("main form[method=post]").filter(has=field).filter(has=button).first

    def field(self, name: str) -> Locator:
        return self.element.locator(f'[name="{name}"]').first

    def open(self) -> None:
        self.page.goto(self.site.address + self.path)

    def type(self) -> None:
        self.unfold()
        for name, value in self.form.fields.items():
            self.field(name).fill(value.format(text=self.text))
        if self.form.ticks:
            self.field(self.form.ticks).check()
        self.choose_file()

    def choose_file(self) -> None:
        """Choose the file, unless it is chosen."""
        if self.form.file is not None and not self.element.locator("[type=file]").input_value():
            name, content = self.form.file
            payload = {"name": name, "mimeType": "", "buffer": content.format(text=self.text).encode()}
            self.element.locator("[type=file]").set_input_files(payload)  # type: ignore[arg-type]

    def unfold(self) -> None:
        """Expand what is collapsed around the form, as a user does before typing."""
        folded = "xpath=ancestor-or-self::details[not(@open)]/summary | .//details[not(@open)]/summary"
        for fold in self.element.locator(folded).all():
            if fold.is_visible():
                fold.click()

    def expect_text(self) -> None:
        """Check that the page shows the form with all of the typed text."""
        for name, value in self.form.fields.items():
            expect(self.field(name)).to_have_value(value.format(text=self.text))

    def has_text(self) -> bool:
        """Whether the form has the text, which can be sent again."""
        return all(self.element.count() and self.text in self.field(name).input_value() for name in self.form.fields)

    @property
    def button(self) -> Locator:
        return self.element.locator("button:not(.sr-only)", has_text=self.form.button).first

    def send(self) -> None:
        self.unfold()
        self.choose_file()
        self.button.click()

    def expect_saved_once(self) -> None:
        self.page.wait_for_load_state()
        rows = self.site.rows_with(self.form.table, self.text)
        assert rows == 1, f"{rows} rows"
        if self.javascript:
            assert not self.has_draft(), self.drafts()

    def has_draft(self) -> bool:
        return any(self.text in value for _, value in self.drafts())

    def drafts(self) -> list[tuple[str, str]]:
        """The drafts of the browser, read while no navigation replaces the page."""
        stored = "Object.entries(localStorage).filter(([key]) => key.startsWith('draft '))"
        for _ in range(5):
            try:
                return list(self.page.evaluate(stored))
            except Error as error:
                # A second click may start another navigation at any moment.
                if "context was destroyed" not in str(error):
                    raise
                self.page.wait_for_load_state()
        raise AssertionError("The page does not come to rest.")

    def send_and_expect_saved(self) -> None:
        self.expect_text()
        with self.page.expect_navigation():
            self.send()
        self.expect_saved_once()

    def log_in(self) -> None:
        self.page.get_by_label("Identifiant ou adresse").fill(self.form.by)
        self.page.get_by_label("Mot de passe").fill(PASSWORD)
        self.page.get_by_role("button", name="Se connecter").click()


def session_ended(typing: Typing) -> None:
    typing.site.end_sessions(typing.form.by)
    _log_in_again(typing)


def cookies_gone(typing: Typing) -> None:
    typing.page.context.clear_cookies()
    _log_in_again(typing)


def _log_in_again(typing: Typing) -> None:
    typing.send()
    expect(typing.page.get_by_role("alert")).to_contain_text("Rien n’en est perdu")
    typing.log_in()
    if not typing.javascript:
        typing.page.get_by_role("button", name="Revoir le formulaire").click()
    sentence = "choisissez de nouveau vos fichiers" if typing.form.file else "Rien n’est encore envoyé"
    expect(typing.page.get_by_role("alert")).to_contain_text(sentence)
    typing.send_and_expect_saved()


def session_ended_and_reloaded(typing: Typing) -> None:
    typing.site.end_sessions(typing.form.by)
    typing.page.reload()
    if not typing.page.get_by_label("Mot de passe").count():
        typing.page.goto(f"{typing.site.address}/login")
    typing.log_in()
    typing.page.wait_for_load_state()
    typing.open()
    typing.send_and_expect_saved()


def network_cut(typing: Typing) -> None:
    typing.page.context.set_offline(True)
    typing.send()
    typing.page.wait_for_url("chrome-error://**")
    typing.page.context.set_offline(False)
    typing.open()
    typing.send_and_expect_saved()


def answer_lost(typing: Typing) -> None:
    """The server acts, and the network is cut before its response arrives: the user sends the form again."""

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    typing.page.route("**/*", lose)
    typing.send()
    typing.page.wait_for_url("chrome-error://**")
    typing.page.unroute("**/*")
    typing.open()
    # A waiting request has no form any more in which a draft could be shown.
    if typing.element.count():
        _send_if_shown(typing)


def tab_closed(typing: Typing) -> None:
    context = typing.page.context
    typing.page.close()
    typing.page = context.new_page()
    typing.open()
    if typing.form.file:
        expect(typing.page.get_by_role("status").filter(has_text="Choisissez de nouveau votre fichier")).to_be_visible()
    typing.send_and_expect_saved()


def left_and_back(typing: Typing) -> None:
    typing.page.goto(f"{typing.site.address}/aide")
    typing.page.go_back()
    typing.send_and_expect_saved()


def reloaded(typing: Typing) -> None:
    typing.page.reload()
    typing.send_and_expect_saved()


def sent_and_reloaded(typing: Typing) -> None:
    typing.send_and_expect_saved()
    typing.page.reload()
    typing.expect_saved_once()


def sent_and_back(typing: Typing) -> None:
    typing.send_and_expect_saved()
    typing.page.go_back()
    _send_if_shown(typing)


def _send_if_shown(typing: Typing) -> None:
    if typing.has_text():
        with typing.page.expect_navigation():
            typing.send()
    typing.expect_saved_once()


def sent_twice(typing: Typing) -> None:
    typing.expect_text()
    typing.unfold()
    typing.button.dblclick(no_wait_after=True)
    # The second click cancels the navigation of the first: wait until the server has acted, then for its page, which
    # removes the draft.
    for _ in range(100):
        is_saved = typing.site.rows_with(typing.form.table, typing.text)
        if is_saved and not (typing.javascript and typing.has_draft()):
            break
        typing.page.wait_for_timeout(50)
    typing.page.wait_for_load_state("networkidle")
    typing.expect_saved_once()


Interruption = Callable[[Typing], None]
WITHOUT_SCRIPT: tuple[Interruption, ...] = (session_ended, cookies_gone, sent_and_reloaded, sent_and_back, sent_twice)
INTERRUPTIONS: tuple[Interruption, ...] = (
    *WITHOUT_SCRIPT,
    session_ended_and_reloaded,
    network_cut,
    answer_lost,
    tab_closed,
    left_and_back,
    reloaded,
)


@pytest.fixture(scope="module")
def interrupted_site() -> Iterator[Site]:
    library = the_library()
    hashed = hash_password(PASSWORD)
    with library.store.write() as writing:
        for login in (OWNER, MEMBER, STRANGER):
            writing.accounts.set_password(a_user(login).id, hashed)
    with contextmanager(serving)(library) as address:
        yield Site(address, library)


def interruptions() -> Iterator[tuple[TypedForm, Interruption, bool]]:
    """Triples of a form, an interruption, and whether scripts run. Each form occurs as often as any other."""
    random = Random(SEED)
    while True:
        for form in random.sample(FORMS, len(FORMS)):
            javascript = random.random() < 0.75
            yield form, random.choice(INTERRUPTIONS if javascript else WITHOUT_SCRIPT), javascript


_NOT_TYPED = frozenset("login proof sure place email password file logo present quota day recipients".split())
"""Fields of one word or number that the user knows by heart, passwords, and files."""
_TYPED = ".//textarea[not(@readonly)] | .//input[not(contains('hidden checkbox radio', @type))]"
_KEEP_SECRETS = (
    "/login",
    "/login/provider/new",
    "/welcome/{secret}",
    "/reset/{secret}",
    "/reset",
    # The typed address lets anyone write in the chat that gives it.
    "/g/{group}/webhooks",
)


def forms_of(client: TestClient, address: str, by: str) -> Iterator[tuple[str, frozenset[str], str]]:
    """The forms of a page into which a user types: the target route, the typed fields, the buttons."""
    client.cookies.clear()
    answer = client.get(address, headers=cookie_of(by))
    for form in html.fromstring(answer.text).xpath("//main//form[@method='post']"):
        fields = form.xpath(
            ".//textarea[not(@readonly)] | .//input[not(@type='hidden' or @type='checkbox' or @type='radio')]"
        )
        names = frozenset(field.get("name") for field in fields) - _NOT_TYPED
        path = urlsplit(form.get("action") or address).path
        route = next(route.path for route in all_routes() if route.path_regex.match(path))
        if names:
            yield route, names, " ".join(button.text_content() for button in form.xpath(".//button"))


def test_every_form_with_typed_text_is_interrupted() -> None:
    with TestClient(create_app(the_library())) as client:
        forms_found = {
            (route, names)
            for pages in PAGES.values()
            for page in pages
            if page.status == 200 and "lang=en" not in page.address
            for route, names, _ in forms_of(client, page.at(KNOWN), page.by)
            if route not in _KEEP_SECRETS
        }
        covered = {
            (route, name)
            for form in FORMS
            for route, names, buttons in forms_of(client, form.path.format(item="item-13", n=13, number=0), form.by)
            if form.button in buttons
            for name in names & set(form.fields)
        }
    assert not {pair for pair in forms_found if not any((pair[0], name) in covered for name in pair[1])}


@pytest.mark.timeout(60 + 10 * ROUNDS)
def test_no_text_is_lost_and_none_is_saved_twice(browser: Browser, interrupted_site: Site) -> None:
    lost = []
    numbers = (number for number in count(1) if number % 3)
    for _, number, (form, interruption, javascript) in zip(range(ROUNDS), numbers, interruptions(), strict=False):
        context = browser.new_context(locale="fr-FR", reduced_motion="reduce", java_script_enabled=javascript)
        text = f"zq{SEED}x{number}"
        _forget(interrupted_site.library)
        try:
            interrupted_site.sign_in(context, form.by, f"{form.by}-{number}")
            path = form.path.format(item=f"item-{number % 45}", n=number % 45, number=number)
            typing = Typing(interrupted_site, form, context.new_page(), path, text, javascript)
            typing.open()
            typing.type()
            interruption(typing)
        except (AssertionError, Error) as error:
            lost.append(f"{number}: {form.name}, {interruption.__name__}, JavaScript {javascript}: {error}"[:600])
        finally:
            context.close()
    assert not lost, "\n".join(lost)


def _forget(library: Library) -> None:
    """Reset the limits of a user: forms and logins in a minute, one request for each group, one report, five files, one
    choice of columns while a file waits.
    """
    with library.store.write() as writing:
        for name in ("rate_limits", "join_requests", "reports", "import_jobs"):
            writing.items.connection.execute(metadata.tables[name].delete())
        at, counts = timestamp_now(), ImportReport(1, formats=("csv",))
        owner, group = a_user(OWNER).id, LECTURES.id
        job = ImportJob("montre", owner, group, "table.csv", AUTO, ImportJobState.SHOWN, at, at, report=counts)
        writing.import_jobs.put(job)
