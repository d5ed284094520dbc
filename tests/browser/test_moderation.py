"""Reports, hidden content and undo in a browser, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opening, arriving
from tests.browser.support.addresses import MEMBER, OWNER

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("javascript", "passage"), [(True, "h-20-1"), (False, "h-20-2")])
def test_a_passage_is_reported_hidden_and_had_back(
    own_site: str, opening: Opening, javascript: bool, passage: str
) -> None:
    luc = arriving(opening, own_site, "/items/item-20", MEMBER, javascript=javascript)
    comment = luc.locator(f"#a-{passage}")
    comment.locator(".more-actions > summary").first.click()
    comment.get_by_label("Motif du signalement").fill("Ce passage n’est pas dans la page.")
    comment.get_by_role("button", name="Signaler").click()
    expect(luc.get_by_role("status").filter(has_text="la modération du groupe va s’en occuper")).to_be_visible()
    expect(comment).to_be_visible()

    claire = arriving(opening, own_site, "/g/lectures", OWNER, javascript=javascript)
    claire.locator("summary", has_text="Gérer (4)").click()
    claire.get_by_role("link", name="Modération (4)").click()
    report = claire.locator("form", has=claire.locator(f"input[value='{passage}']"))
    expect(claire.get_by_text("Ce passage n’est pas dans la page.")).to_be_visible()
    report.get_by_role("button", name="Masquer").click()
    expect(report).to_have_count(0)
    luc.reload()
    expect(comment).to_have_count(0)

    claire.get_by_role("button", name="Annuler").click()
    expect(claire.get_by_role("status").filter(has_text="C’est restauré")).to_be_visible()
    expect(claire.locator(f"#a-{passage}")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_removed_item_is_had_back_from_the_page_of_its_group(
    own_site: str, opening: Opening, javascript: bool
) -> None:
    claire = arriving(opening, own_site, "/items/item-22", OWNER, javascript=javascript)
    about = claire.locator("article .link-group > .more-actions")
    about.locator("summary").click()
    about.get_by_role("button", name="Supprimer").click()
    notice = claire.locator("form.flash")
    # A message that appears after the page has settled does not replace it.
    claire.wait_for_timeout(400)
    expect(notice).to_contain_text("la corbeille du groupe le garde")
    notice.get_by_role("button", name="Annuler").click()
    expect(claire).to_have_url(f"{own_site}/items/item-22?done=restored")


def test_an_anonymous_visitor_sees_no_moderation(own_site: str, opening: Opening) -> None:
    page = opening(f"{own_site}/items/item-20")
    expect(page.get_by_text("Signaler")).to_have_count(0)
    expect(page.locator("link[href*=forms]")).to_have_count(0)
