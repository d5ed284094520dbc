"""A stranger follows a theme by e-mail, and a member a list; clicks are counted."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from kb.features.digests.digest_messages import MESSAGE_KINDS
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from tests.browser.conftest import Opening, serving
from tests.browser.support.checked_pages import MEMBER
from tests.browser.support.site import the_library
from tests.support.mail_server import PostOffice, a_post_office

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with a_post_office() as office:
        yield office


@pytest.fixture(scope="module")
def mailing_site(office: PostOffice) -> Iterator[tuple[str, Library]]:
    """A site that sends e-mail, and its library."""
    library = the_library()
    settings = replace(library.settings, mail_url=office.url, mail_from="Florilège <florilege@exemple.fr>")
    library = replace(library, settings=settings, message_kinds=lambda: {kind.name: kind for kind in MESSAGE_KINDS})
    with ExitStack() as stack:
        yield stack.enter_context(contextmanager(serving)(library)), library


@pytest.mark.parametrize("javascript", [True, False], ids=["JavaScript", "no JavaScript"])
def test_a_stranger_follows_a_theme_by_three_clicks_and_one_confirmation(
    opening: Opening, mailing_site: tuple[str, Library], office: PostOffice, *, javascript: bool
) -> None:
    site, library = mailing_site
    office.taken.clear()
    page = opening(f"{site}/search?q=agents", java_script_enabled=javascript)
    page.get_by_role("link", name="Suivre", exact=True).click()
    page.get_by_role("link", name="Suivre par courriel, sans compte").click()
    page.get_by_label("Adresse électronique").fill(f"lectrice-{javascript}@exemple.org".lower())
    page.get_by_role("button", name="Suivre").click()
    expect(page.get_by_text("un message vous demande de confirmer")).to_be_visible()
    while not office.taken:
        send_due_messages(library)
    (letter,) = office.letters
    part = letter.get_body(("plain",))
    assert part is not None
    link = re.search(r"/subscribe/\S+", str(part.get_content()))
    assert link is not None
    page.goto(site + link[0])
    page.get_by_role("button", name="Confirmer").click()
    expect(page.get_by_text("C’est confirmé")).to_be_visible()
    page.get_by_label("« agents »").select_option(label="chaque jour")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Vos choix sont enregistrés.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["JavaScript", "no JavaScript"])
def test_a_member_follows_a_list_by_two_clicks(
    opening: Opening, mailing_site: tuple[str, Library], *, javascript: bool
) -> None:
    site, _ = mailing_site
    page = opening(f"{site}/lists/plan", by=MEMBER, java_script_enabled=javascript)
    name = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="Suivre", exact=True).click()
    page.get_by_role("button", name="Suivre").or_(page.get_by_role("button", name="Enregistrer")).first.click()
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_be_visible()
