"""The weekly job: choose ten new items of three groups, make a press review, download its e-mail file or send it by a
newsletter; clicks are counted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from kb.access.actor import OPERATOR
from kb.features.newsletters.issues import draft_issue
from kb.features.newsletters.messages import MESSAGE_KINDS
from kb.features.newsletters.newsletters import LetterName, NewsletterText, create_newsletter
from kb.features.newsletters.subscribers import subscribe
from kb.indexer import catch_up
from kb.model.people.account import Account, Session
from kb.model.people.group import Role
from kb.model.people.secret import secret_hash
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.store.database.clock import timestamp_in
from kb.web.pages.items.bulk import bulk_portions
from tests.browser.conftest import Opening, arriving, serving
from tests.browser.support.checked_pages import MEMBER, OWNER
from tests.browser.support.site import secret_of, the_library
from tests.browser.test_newsletters import run_background_tasks
from tests.browser.test_reading import unfold
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import add_items
from tests.support.mail_server import a_post_office
from tests.support.thoroughness import IS_THOROUGH

pytestmark = pytest.mark.browser
JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["JavaScript", "no JavaScript"])
GROUPS = tuple(a_group(f"veille-{number}", f"Veille {number}") for number in range(3))
ADMINISTRATOR = a_user("albane", "Albane Petit")
GROUPS_OF = {OWNER: "mes groupes", ADMINISTRATOR.login: "tous les groupes"}
MOST_CLICKS = 15


def in_windows(half: int) -> pytest.MarkDecorator:
    """Run a test as both users, on a phone and on a desk, with JavaScript and without.

    `scripts/test-thorough` combines all of them; the gate runs one half, with each pair of two. The other half has the
    other combinations.
    """
    combined = list(enumerate(product(GROUPS_OF, (360, 1280), (True, False))))
    chosen = [one for place, one in combined if IS_THOROUGH or place.bit_count() % 2 == half]
    return pytest.mark.parametrize(("login", "width", "javascript"), chosen)


def the_week() -> Library:
    """The library of the other tests, three groups of the owner with twelve new items each, and an administrator who is
    in none of the groups.
    """
    library = the_library()
    with library.store.write() as writing:
        writing.users.add([ADMINISTRATOR])
        writing.accounts.add(Account(ADMINISTRATOR, None, True, False, timestamp_in(days=-9)), None)
        session = Session("s-albane", ADMINISTRATOR.id, "", timestamp_in(days=-1), *[timestamp_in(days=1)] * 2)
        writing.credentials.add_session(session, secret_hash(secret_of(ADMINISTRATOR.login)))
        for group in GROUPS:
            writing.groups.add(group)
            writing.groups.set_role(a_user(OWNER).id, group.id, Role.OWNER)
    items = (
        an_item(
            f"Nouvelle {place} de {group.name}",
            id=f"neuf-{number}-{place}",
            group=group,
            order=1_000 + number * 100 + place,
            added=timestamp_in(days=-1),
        )
        for number, group in enumerate(GROUPS)
        for place in range(12)
    )
    add_items(library, *items)
    catch_up(library)
    return library


@pytest.fixture(scope="module")
def week() -> Iterator[str]:
    with contextmanager(serving)(the_week()) as site:
        yield site


class Clicks:
    """Counts clicks."""

    def __init__(self) -> None:
        self.count = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.count += 1


def chosen_ten(page: Page, clicks: Clicks) -> list[str]:
    """Ten titles of the page; every second one is ticked."""
    boxes = page.locator(".tick input")
    titles = []
    for place in range(0, 20, 2):
        box = boxes.nth(place)
        titles.append(box.locator("xpath=..").inner_text().strip())
        clicks.click(box)
    return titles


@in_windows(0)
def test_ten_new_items_become_a_mail_in_fifteen_clicks(
    opening: Opening, week: str, login: str, width: int, *, javascript: bool
) -> None:
    page, clicks = opening(f"{week}/", width=width, by=login, java_script_enabled=javascript), Clicks()
    clicks.click(page.get_by_role("link", name=f"Nouveautés de {GROUPS_OF[login]} cette semaine (36)"))
    clicks.click(page.get_by_role("link", name="Sélectionner", exact=True))
    expect(page.get_by_role("checkbox", name="Les 36 résultats")).to_be_visible()
    titles = chosen_ten(page, clicks)
    if javascript:
        expect(page.locator(".selection [role=status]")).to_have_text("10 cochés")
    clicks.click(page.locator("#selection").get_by_role("button", name="Revue de presse"))
    expect(page.locator(".review-sheet h3")).to_have_text(titles)
    with page.expect_download() as download:
        clicks.click(page.get_by_role("button", name="Courriel à envoyer"))
    mail = message_from_bytes(Path(download.value.path()).read_bytes(), policy=policy.default)
    text = mail.get_body(("plain",))
    assert text is not None
    assert all(title in text.get_content() for title in titles)
    assert clicks.count <= MOST_CLICKS


@in_windows(1)
def test_ten_new_items_are_sent_by_a_newsletter_in_fifteen_clicks(
    opening: Opening, login: str, width: int, *, javascript: bool
) -> None:
    with a_post_office() as office:
        plain = the_week()
        settings = replace(plain.settings, mail_url=office.url, mail_from="Florilège <florilege@exemple.fr>")
        kinds = {kind.name: kind for kind in MESSAGE_KINDS}
        library = replace(plain, settings=settings, message_kinds=lambda: kinds)
        letter = LetterName(GROUPS[0].slug, "hebdo")
        create_newsletter(library, OPERATOR, GROUPS[0].slug, NewsletterText("L’hebdo", "hebdo"))
        with library.store.read() as reading:
            reader, maker = (actor_of_user(reading, a_user(one).id) for one in (MEMBER, login))
        subscribe(library, reader, letter)
        # The site has another newsletter, but this one was made last week.
        draft_issue(library, maker, letter, "La semaine passée")
        with contextmanager(serving)(library) as site:
            page, clicks = opening(f"{site}/", width=width, by=login, java_script_enabled=javascript), Clicks()
            clicks.click(page.get_by_role("link", name=f"Nouveautés de {GROUPS_OF[login]} cette semaine (36)"))
            clicks.click(page.get_by_role("link", name="Sélectionner", exact=True))
            expect(page.get_by_role("checkbox", name="Les 36 résultats")).to_be_visible()
            titles = chosen_ten(page, clicks)
            clicks.click(page.locator("#selection").get_by_role("button", name="Revue de presse"))
            expect(page.locator(".review-sheet h3")).to_have_text(titles)
            page.get_by_label("Introduction").fill("Bonjour, voici la semaine.")
            clicks.click(page.get_by_role("button", name="Envoyer par la lettre «\u202fL’hebdo\u202f»"))
            expect(page.locator(".sheet")).to_contain_text("Bonjour, voici la semaine.")
            expect(page.locator(".entry")).to_have_count(10)
            clicks.click(page.get_by_role("button", name="Enregistrer et envoyer maintenant"))
            expect(page.locator(".issue-state")).to_contain_text("envoyé")
            run_background_tasks(library)
        (mail,) = office.letters
    text = mail.get_body(("plain",))
    assert text is not None
    content = text.get_content()
    assert all(title in content for title in ("Bonjour, voici la semaine.", *titles))
    assert clicks.count <= MOST_CLICKS, clicks.count


def test_links_and_searches_keep_what_is_selected(opening: Opening, week: str) -> None:
    page = opening(f"{week}/g/{GROUPS[0].slug}?select=1", by=OWNER)
    said = page.locator(".selection [role=status]")
    page.locator(".tick input").nth(1).check()
    unfold(page, "Date")
    page.get_by_role("link", name="7 jours", exact=True).click()
    page.wait_for_url("**since=7d**")
    expect(said).to_have_text("1 coché")
    # No passage is found: the bar stays for what is ticked.
    page.locator(".views").get_by_role("link", name="Passages").click()
    page.wait_for_url("**view=passages**")
    expect(said).to_have_text("1 coché")
    page.goto(f"{week}/search?select=1&q=nouvelle&group={GROUPS[1].slug}&item=neuf-0-3")
    page.locator(".tick input").first.check()
    page.locator("#q").fill("veille")
    page.locator("#q").press("Enter")
    page.wait_for_url("**q=veille**")
    expect(said).to_have_text("2 cochés")
    page.locator("summary", has_text="Trier").click()
    page.get_by_role("link", name="titre", exact=True).click()
    page.wait_for_url("**sort=title**")
    expect(said).to_have_text("2 cochés")
    page.locator(".tick input").first.check()
    page.reload()
    expect(said).to_have_text("3 cochés")
    page.get_by_role("link", name="Quitter la sélection").click()
    expect(said).to_have_count(0)
    page.go_back()
    expect(said).to_have_text("3 cochés")
    page.locator("#selection").get_by_role("button", name="Revue de presse").click()
    expect(page.locator(".review-sheet h3")).to_have_count(3)


@JAVASCRIPT
def test_a_file_holds_the_introduction_that_was_typed_and_the_items_left_ticked(
    opening: Opening, week: str, *, javascript: bool
) -> None:
    page, clicks = opening(f"{week}/", by=OWNER, java_script_enabled=javascript), Clicks()
    clicks.click(page.get_by_role("link", name="Nouveautés de mes groupes cette semaine (36)"))
    clicks.click(page.locator("summary", has_text="Exporter"))
    clicks.click(page.get_by_role("link", name="Revue de presse", exact=True))
    page.get_by_label("Introduction").fill("Bonjour,\nvoici la semaine.")
    clicks.click(page.get_by_role("button", name="Choisir les signets et les passages"))
    boxes = page.locator(".review-sheet .tickable > input")
    expect(boxes).to_have_count(36)
    left_out = page.locator(".review-sheet h3").first.inner_text()
    clicks.click(boxes.first)
    with page.expect_download() as download:
        clicks.click(page.locator("summary", has_text="Télécharger"))
        clicks.click(page.get_by_role("button", name="Texte brut"))
    text = Path(download.value.path()).read_text()
    assert "Bonjour,\n\nvoici la semaine." in text
    assert left_out not in text
    assert text.count("Nouvelle") == 35
    with page.expect_download() as download:
        clicks.click(page.get_by_role("button", name="HTML"))
    html = Path(download.value.path()).read_text()
    assert "<p>Bonjour,</p>\n<p>voici la semaine.</p>" in html
    assert clicks.count <= MOST_CLICKS


@JAVASCRIPT
def test_ticks_and_the_typed_introduction_come_back_from_a_review_and_go_into_the_next(
    opening: Opening, week: str, *, javascript: bool
) -> None:
    page = arriving(opening, week, "/search?since=7d&page=2&select=1", OWNER, javascript=javascript)
    for place in range(3):
        page.locator(".tick input").nth(place).check()
    page.get_by_role("button", name="Revue de presse").click()
    page.get_by_label("Introduction").fill("Bonjour,\nvoici la semaine.")
    page.locator(".review-sheet .tickable > input").first.uncheck()
    page.get_by_role("button", name="Revenir aux résultats").first.click()
    if javascript:
        expect(page.locator(".selection [role=status]")).to_have_text("2 cochés")
    else:
        # Without JavaScript, no number is updated when boxes are ticked.
        bar = page.locator(".selection p").first
        assert bar.inner_text().strip().startswith("2 cochés à l’ouverture de cette page")
        expect(bar.get_by_role("status")).to_be_empty()
    assert [box.is_checked() for box in page.locator(".tick input").all()[:4]] == [False, True, True, False]
    page.locator(".tick input").nth(5).check()
    page.get_by_role("button", name="Revue de presse").click()
    expect(page.locator(".review-sheet h3")).to_have_count(3)
    expect(page.locator(".review-sheet")).to_contain_text("voici la semaine.")


def test_boxes_come_without_a_load_and_the_bar_stays_in_view(opening: Opening, week: str) -> None:
    page = arriving(opening, week, "/search?since=7d", OWNER, javascript=True)
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="Sélectionner", exact=True).click()
    box = page.locator(".tick").first
    expect(box).to_be_visible()
    assert page.evaluate("window.sameDocument")
    assert page.url.endswith("select=1")
    # The keyboard reaches the first box, and not the filters before it.
    expect(page.get_by_role("checkbox").first).to_be_focused()
    expect(page.locator(".selection").get_by_role("status")).to_have_text("0 coché")
    size = box.bounding_box()
    assert size is not None
    assert min(size["width"], size["height"]) >= 44
    bar = page.locator("#selection")
    expect(bar).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Cocher les 20").click()
    assert page.evaluate("window.sameDocument")
    expect(bar.get_by_role("status")).to_have_text("20 cochés")
    page.get_by_role("button", name="Décocher les 20").click()
    expect(bar.get_by_role("status")).to_have_text("0 coché")
    page.get_by_role("button", name="Cocher les 20", exact=True).click()
    page.get_by_role("checkbox", name="Les 36 résultats").check()
    expect(bar.get_by_role("status")).to_have_text("36 cochés")


@JAVASCRIPT
def test_an_action_leads_back_to_the_same_page_of_the_same_results(
    opening: Opening, week: str, *, javascript: bool
) -> None:
    page = arriving(opening, week, "/search?since=7d&page=2&select=1", OWNER, javascript=javascript)
    page.locator(".tick input").first.check()
    page.get_by_role("button", name="Mots-clés").click()
    page.get_by_label("Mots-clés à ajouter").fill("hebdo")
    page.get_by_role("button", name="Modifier 1 signet").click()
    assert page.url.startswith(f"{week}/search?since=7d&page=2&select=1&done=items-tagged")
    expect(page.locator(".flash")).to_contain_text("Les mots-clés des signets choisis sont modifiés")
    page.locator(".flash").get_by_role("button", name="Annuler").click()
    expect(page.locator(".flash")).to_contain_text("annulé")


@JAVASCRIPT
def test_ticks_on_one_page_count_on_the_next(opening: Opening, week: str, *, javascript: bool) -> None:
    page = arriving(opening, week, "/search?since=7d&select=1", OWNER, javascript=javascript)
    page.locator(".tick input").nth(1).check()
    page.get_by_role("button", name="Suivante").click()
    page.locator(".tick input").first.check()
    page.get_by_role("button", name="Exporter").click()
    expect(page.locator(".facts")).to_contain_text("2 signets")


@JAVASCRIPT
def test_a_long_action_goes_on_by_itself_or_by_a_button(
    opening: Opening, week: str, monkeypatch: pytest.MonkeyPatch, *, javascript: bool
) -> None:
    monkeypatch.setattr(bulk_portions, "PORTIONS", dict.fromkeys(bulk_portions.PORTIONS, 15))
    page = arriving(opening, week, "/search?since=7d&select=1", OWNER, javascript=javascript)
    page.get_by_role("checkbox", name="Les 36 résultats").check()
    page.get_by_role("button", name="Mots-clés").click()
    page.get_by_label("Mots-clés à ajouter").fill(f"long {javascript}")
    page.get_by_role("button", name="Modifier 36 signets").click()
    if not javascript:
        for portion in (15, 30):
            expect(page.get_by_role("status")).to_have_text(f"Signets\u202f: {portion} sur 36")
            page.get_by_role("button", name="Continuer").click()
    page.wait_for_url(f"{week}/search?since=7d&select=1&done=items-tagged**")
    page.locator(".flash").get_by_role("button", name="Annuler").click()
    if not javascript:
        for portion in (1, 2):
            expect(page.get_by_role("status")).to_have_text(f"Parties\u202f: {portion} sur 3")
            page.get_by_role("button", name="Continuer").click()
    expect(page.locator(".flash")).to_contain_text("annulé")
