"""An editor makes a newsletter, and makes, tries out and sends an issue of ten entries; clicks are counted."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, expect

from kb.features.newsletters.messages import MESSAGE_KINDS
from kb.features.newsletters.sending import send_due_issues
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from kb.store.database.clock import timestamp_in
from tests.browser.conftest import Opening, serving
from tests.browser.support.checked_pages import MEMBER, OWNER
from tests.browser.support.site import the_library
from tests.factories.items import a_group, a_user, an_annotation, an_item
from tests.factories.library import add_items
from tests.support.mail_server import PostOffice, a_post_office

pytestmark = pytest.mark.browser
GROUP = a_group("veille", "Veille juridique")
MOST_CLICKS = 25


def ten_items() -> Iterator[Item]:
    for number in range(10):
        yield an_item(
            f"Arrêt numéro {number}",
            id=f"arret-{number}",
            group=GROUP,
            order=1_000 + number,
            url=f"https://exemple.fr/arret/{number}",
            source="Le Bulletin",
            added=timestamp_in(days=-1),
            annotations=[an_annotation(f"Attendu que {number}.", id=f"attendu-{number}")],
        )


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with a_post_office() as office:
        yield office


@pytest.fixture(scope="module")
def newsroom(office: PostOffice) -> Iterator[tuple[str, Library]]:
    """A site with a group of ten new items, and its library."""
    library = the_library()
    with library.store.write() as writing:
        writing.groups.add(GROUP)
        writing.groups.set_role(a_user(OWNER).id, GROUP.id, Role.OWNER)
    add_items(library, *ten_items())
    catch_up(library)
    settings = replace(library.settings, mail_url=office.url, mail_from="Florilège <florilege@exemple.fr>")
    library = replace(library, settings=settings, message_kinds=lambda: {kind.name: kind for kind in MESSAGE_KINDS})
    with ExitStack() as stack:
        yield stack.enter_context(contextmanager(serving)(library)), library


class Clicks:
    """Counts clicks."""

    def __init__(self) -> None:
        self.count = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.count += 1


def run_background_tasks(library: Library) -> None:
    """What the background process does."""
    send_due_issues(library)
    while send_due_messages(library):
        pass
    send_due_issues(library)


@pytest.mark.parametrize("javascript", [True, False], ids=["JavaScript", "no JavaScript"])
def test_an_issue_of_ten_entries_is_made_tried_out_and_sent(
    opening: Opening, newsroom: tuple[str, Library], office: PostOffice, *, javascript: bool
) -> None:
    site, library = newsroom
    office.taken.clear()
    name = f"La lettre {'vive' if javascript else 'calme'}"
    page, clicks = opening(f"{site}/g/veille", by=OWNER, java_script_enabled=javascript), Clicks()
    clicks.click(page.get_by_text("Gérer", exact=True).first)
    clicks.click(page.get_by_role("link", name="Lettres d’information"))
    fold = page.locator("summary", has_text="Créer une lettre d’information")
    if fold.count():
        clicks.click(fold)
    page.get_by_label("Nom de la lettre d’information").fill(name)
    clicks.click(page.get_by_role("button", name="Créer cette lettre"))
    page.get_by_label("Objet").fill("Les arrêts de la semaine")
    clicks.click(page.get_by_role("button", name="Préparer ce numéro"))
    draft = page.url
    expect(page.locator(".entry")).to_have_count(10)
    clicks.click(page.get_by_role("link", name="Ordonner les entrées"))
    page.go_back()
    expect(page).to_have_url(draft)
    page.get_by_label("Introduction").fill("Bonjour à tous,\nvoici les arrêts.")
    clicks.click(page.get_by_role("button", name="M’envoyer un essai"))
    run_background_tasks(library)
    (test,) = office.letters
    assert test["Subject"] == "[Essai] Les arrêts de la semaine"
    with page.context.expect_page() as window:
        clicks.click(page.get_by_role("link", name="Le voir mis en forme, dans une nouvelle fenêtre"))
    expect(window.value.get_by_role("heading", level=1)).to_have_text(name)
    expect(window.value.locator("h2, h3")).to_have_count(10)
    window.value.close()
    reader = opening(page.url.partition("drafts/")[0], by=MEMBER, java_script_enabled=javascript)
    reader.get_by_role("button", name="La recevoir par courriel").click()
    clicks.click(page.get_by_role("button", name="Enregistrer et envoyer maintenant"))
    run_background_tasks(library)
    if not javascript:
        page.reload()
    expect(page.locator(".issue-state")).to_contain_text("Il est envoyé")
    expect(page.get_by_role("row", name="Destinataires")).to_contain_text("1")
    text = office.letters[-1].get_body(("plain",))
    assert text is not None
    assert all(f"Arrêt numéro {number}" in text.get_content() for number in range(10))
    clicks.click(page.get_by_role("link", name="Le voir dans les archives"))
    expect(page.locator(".entry")).to_have_count(10)
    assert clicks.count <= MOST_CLICKS
