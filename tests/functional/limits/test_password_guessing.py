"""A user who guesses passwords is slowed down, the owner of the login can still log in, and no answer reveals whether
an account exists.

The time of an answer is mainly the number of hashed passwords. The tests count these, because a busy machine does not
change the count. In `scripts/test-thorough`, those who guess go on for a thousand tries.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

import kb.services.authentication.authentication
import kb.services.authentication.passwords
from kb.access.actor import OPERATOR
from kb.services.accounts.account_lifecycle import close_account, set_password
from kb.services.accounts.one_time_links import create_password_link, first_administrator_link
from kb.services.core.library import Library
from kb.site import create_app
from kb.web.http.limits import request_pace
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account, send, sign_in, token_of
from tests.support.thoroughness import IS_THOROUGH

FRESH = "198.51.100.7"
MANY = 1000 if IS_THOROUGH else 100


class Hashing:
    """Counts how often a password was hashed or compared, with a cheap hash, because the tests try a thousand
    passwords.
    """

    def __init__(self) -> None:
        self.count = 0
        self._cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

    def hash(self, password: bytes) -> str:
        self.count += 1
        return self._cheap.hash(password)

    def verify(self, arguments: str, password: bytes) -> bool:
        self.count += 1
        return self._cheap.verify(arguments, password)

    def check_needs_rehash(self, arguments: str) -> bool:
        return self._cheap.check_needs_rehash(arguments)


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Hashing:
    counting = Hashing()
    monkeypatch.setattr(kb.services.authentication.passwords, "_HASHER", counting)
    of_nobody = counting.hash(b"florilege")
    monkeypatch.setattr(kb.services.authentication.passwords, "hash_of_nobody", lambda: of_nobody)
    return counting


@pytest.fixture
def library(hashing: Hashing) -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        # Without the limits for all forms: the limits for passwords must be enough.
        yield replace(library, settings=replace(library.settings, rate_read=0, rate_write=0))


@pytest.fixture
def app(library: Library, monkeypatch: pytest.MonkeyPatch) -> Starlette:
    # The pace of one address has tests of its own: at fifty a second, a thousand guesses take a quarter of a minute.
    monkeypatch.setattr(request_pace, "BURST", 100_000)
    an_account(library, "claire", email="claire@exemple.fr")
    app = create_app(library)
    stranger = a_browser(app)
    # One form for all who guess: to request it costs as much as to guess.
    app.state.form = token_of(stranger, "/login"), dict(stranger.cookies)
    return app


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass."""
    passed = [0.0]
    real = time.time
    monkeypatch.setattr(kb.services.authentication.authentication.time, "time", lambda: real() + passed[0])

    def pass_by(seconds: float) -> None:
        passed[0] += seconds

    return pass_by


def a_browser(app: Starlette, address: str = FRESH) -> TestClient:
    return TestClient(app, client=(address, 1), follow_redirects=False)


def guess(app: Starlette, address: str, times: int, login: str = "claire") -> Counter[int]:
    """The statuses of this number of wrong passwords from an address."""
    browser, statuses = a_browser(app, address), Counter[int]()
    token, browser.cookies = app.state.form
    for number in range(times):
        data = {"login": login, "password": f"devinette {number}", "form_token": token}
        answer = browser.post("/login", data=data)
        statuses[answer.status_code] += 1
        assert "kb-session" not in browser.cookies
        assert answer.status_code == 403 or int(answer.headers["retry-after"]) >= 1
    return statuses


def test_many_from_one_address(app: Starlette, hashing: Hashing) -> None:
    before = hashing.count
    statuses = guess(app, "192.0.2.66", MANY)
    # A rejected attempt is not even compared.
    assert statuses[403] == hashing.count - before <= 10
    assert statuses[403] + statuses[429] == MANY
    sign_in(a_browser(app))


def test_many_from_a_hundred_addresses(app: Starlette) -> None:
    known_browser = a_browser(app, "192.0.2.66")
    sign_in(known_browser)
    send(known_browser, "/logout")
    tries = 10 if IS_THOROUGH else 3
    statuses: Counter[int] = sum((guess(app, f"192.0.2.{number}", tries) for number in range(100)), Counter())
    assert statuses[403] + statuses[429] == 100 * tries
    # A hundred of them at first, then one from each address.
    assert statuses[403] <= 200
    # From a new address; and from one that guessed, in the browser that was logged in there before.
    sign_in(a_browser(app))
    sign_in(known_browser)


def test_many_logins_from_one_address(app: Starlette) -> None:
    statuses: Counter[int] = sum((guess(app, "192.0.2.66", 1, f"login-{number}") for number in range(MANY)), Counter())
    assert statuses[403] <= 40
    assert guess(app, FRESH, 1) == {403: 1}


def test_addresses_of_one_subscriber_count_as_one(app: Starlette) -> None:
    statuses: Counter[int] = sum((guess(app, f"2001:db8:1:2::{number:x}", 1) for number in range(20)), Counter())
    assert statuses[403] <= 6


def test_an_attacked_login_accepts_one_attempt_from_each_address(
    app: Starlette, later: Callable[[float], None]
) -> None:
    for number in range(20):
        guess(app, f"192.0.2.{number}", 5)
    assert guess(app, "203.0.113.1", 3) == {403: 1, 429: 2}
    later(601)
    # Ten minutes restore twenty attempts, and many attackers continue.
    for number in range(20, 40):
        guess(app, f"192.0.2.{number}", 5)
    assert guess(app, "203.0.113.1", 3) == {403: 1, 429: 2}
    later(24 * 3600)
    assert guess(app, "203.0.113.1", 6) == {403: 5, 429: 1}


def test_known_browsers_can_log_in_during_a_long_attack(
    app: Starlette, library: Library, later: Callable[[float], None]
) -> None:
    known_browser = a_browser(app)
    sign_in(known_browser)
    send(known_browser, "/logout")
    for number in range(1100):
        guess(app, f"10.{number // 250}.0.{number % 250}", 1)
    assert send(a_browser(app, "203.0.113.1"), "/login", login="claire", password=PASSWORD).status_code == 429
    sign_in(known_browser)
    # A link sent by e-mail still lets the user log in too.
    secret = create_password_link(library, OPERATOR, "claire")
    other = a_browser(app, "203.0.113.1")
    assert send(other, f"/reset/{secret}", password="une autre phrase longue").status_code == 303
    later(24 * 3600)
    sign_in(a_browser(app, "203.0.113.2"), password="une autre phrase longue")


def test_a_browser_that_is_known_guesses_slowly_too(app: Starlette, later: Callable[[float], None]) -> None:
    browser = a_browser(app)
    sign_in(browser)
    send(browser, "/logout")
    token = token_of(browser, "/login")
    data = {"login": "claire", "password": "devinette", "form_token": token}
    assert Counter(browser.post("/login", data=data).status_code for _ in range(50)) == {403: 10, 429: 40}
    # Attempts of a known browser do not count for its address: others log in from there.
    sign_in(a_browser(app))
    later(61)
    sign_in(browser)


def device_of(browser: TestClient) -> str:
    return browser.cookies["kb-device"]


def test_a_device_that_was_made_up_or_belongs_to_others_is_worth_nothing(app: Starlette, library: Library) -> None:
    an_account(library, "luc")
    browser = a_browser(app)
    sign_in(browser, "luc")
    of_luc = device_of(browser)
    number, _, proof = of_luc.partition(".")
    made_up = ("", ".", number, f"{number}.", f"autre.{proof}", f".{proof}", of_luc + "0", "a" * 5000, of_luc)
    for place, device in enumerate(made_up):
        thief = a_browser(app, f"192.0.2.{place}")
        token = token_of(thief, "/login")
        thief.cookies.set("kb-device", device)
        data = {"login": "claire", "password": "devinette", "form_token": token}
        assert Counter(thief.post("/login", data=data).status_code for _ in range(8)) == {403: 5, 429: 3}, device


def test_another_password_makes_strangers_of_all_browsers(app: Starlette, library: Library) -> None:
    browser = a_browser(app)
    sign_in(browser)
    send(browser, "/logout")
    set_password(library, OPERATOR, "claire", "une autre phrase longue")
    token = token_of(browser, "/login")
    data = {"login": "claire", "password": PASSWORD, "form_token": token}
    assert Counter(browser.post("/login", data=data).status_code for _ in range(8)) == {403: 5, 429: 3}


def test_the_device_cookie_names_no_user_and_is_hidden_from_scripts(app: Starlette) -> None:
    browser = a_browser(app)
    answer = send(browser, "/login", login="claire", password=PASSWORD)
    (line,) = [cookie for cookie in answer.headers.get_list("set-cookie") if cookie.startswith("kb-device=")]
    assert "httponly" in line.lower()
    assert "claire" not in line
    assert len(device_of(browser)) < 100
    # Two of the addresses belong to different networks.
    other = a_browser(app)
    sign_in(other)
    assert device_of(other) != device_of(browser)


def people(library: Library) -> dict[str, str]:
    """Texts that may be typed as a login, by the account that they name."""
    an_account(library, "fermee", email="fermee@exemple.fr")
    close_account(library, OPERATOR, "fermee", closed=True)
    return {
        "an account": "claire",
        "its address": "claire@exemple.fr",
        "a closed account": "fermee",
        "nobody": "personne",
        "nobody's address": "personne@exemple.fr",
        "nothing": "",
        "too much": "a" * 5000,
        "other letters": "\udce9é\0",
    }


@pytest.mark.parametrize("password", ["une phrase assez fausse", "", "a" * 5000])
def test_signing_in_costs_the_same_whether_there_is_an_account_or_not(
    app: Starlette, library: Library, hashing: Hashing, password: str
) -> None:
    answers: dict[str, tuple[int, str]] = {}
    for place, (login, typed) in enumerate(people(library).items()):
        browser = a_browser(app, f"192.0.2.{place}")
        token = token_of(browser, "/login")
        before = hashing.count
        data = {"login": typed.encode("utf-8", "surrogatepass"), "password": password, "form_token": token}
        answer = browser.post("/login", data=data)
        assert hashing.count - before == 1, login
        # The field keeps the typed text.
        answers[login] = (answer.status_code, re.sub(r'value="[^"]*"', "", answer.text))
    assert len(set(answers.values())) == 1
    assert answers["nobody"][0] == 403


def test_a_rate_limit_does_not_reveal_accounts_or_addresses(app: Starlette, hashing: Hashing) -> None:
    assert guess(app, "192.0.2.1", 8, "claire") == guess(app, "192.0.2.2", 8, "personne")
    # A blocked login does not block the e-mail address of the same account, which would reveal it.
    assert guess(app, "192.0.2.1", 1, "claire@exemple.fr") == {403: 1}
    before = hashing.count
    assert guess(app, "192.0.2.1", 3, "claire") == guess(app, "192.0.2.2", 3, "personne") == {429: 3}
    assert hashing.count == before


def test_links_that_never_existed_get_the_same_error_as_used_ones(
    app: Starlette, library: Library, hashing: Hashing
) -> None:
    used, other = create_password_link(library, OPERATOR, "claire"), first_administrator_link(library)
    assert send(a_browser(app), f"/reset/{used}", password=PASSWORD).status_code == 303
    for kind in ("reset", "welcome"):
        answers = []
        for secret in (used, "jamais-vu", "a" * 300, other if kind == "reset" else used):
            before = hashing.count
            answer = a_browser(app).get(f"/{kind}/{secret}")
            token = token_of(a_browser(app), "/login")
            posted = a_browser(app).post(f"/{kind}/{secret}", data={"form_token": token, "password": PASSWORD})
            assert hashing.count == before, "nothing is hashed for a link that is none"
            answers.append((answer.status_code, answer.text.replace(secret, ""), posted.status_code in {403, 404}))
        assert len(set(answers)) == 1, kind
        assert answers[0][0] == 404


def test_many_at_once_do_not_get_more_tries(app: Starlette, library: Library) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as threads:
        counts = sum(threads.map(lambda _: guess(app, "192.0.2.66", 10), range(8)), Counter())
    # Some were compared before the others were counted: at most as many as came at once.
    assert counts[403] <= 5 + 8
    sign_in(a_browser(app))
