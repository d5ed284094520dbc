"""The members page of a group, by keyboard, with and without JavaScript, on a phone and on a desktop."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opening
from tests.browser.support.checked_pages import OWNER

ADDRESS = "/g/lectures/members"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("javascript", [True, False])
def test_a_role_is_changed_and_changed_back_by_keyboard(
    opening: Opening, own_site: str, javascript: bool, width: int
) -> None:
    # Log in at `/`: the cookie gets the path of its page, and the undo has another path.
    page = opening(own_site + "/", width=width, height=600, by=OWNER, java_script_enabled=javascript)
    page.goto(own_site + ADDRESS)
    select = page.locator("#member-luc")
    before = select.input_value()
    after = "reader" if before != "reader" else "member"
    select.focus()
    select.select_option(after)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    notice = page.locator("#m-luc + .row-notice")
    expect(notice.get_by_role("status")).to_have_text("Le rôle est changé.")
    expect(notice).to_be_in_viewport(ratio=1)
    expect(page.locator("[role=status]:visible")).to_have_count(1)
    assert page.locator("#member-luc").input_value() == after
    notice.get_by_role("button", name="Annuler").press("Enter")
    expect(notice.get_by_role("status")).to_have_text("C’est annulé.")
    expect(notice).to_be_in_viewport(ratio=1)
    assert page.locator("#member-luc").input_value() == before


def test_the_table_is_a_table_at_both_widths(opening: Opening, own_site: str) -> None:
    for width in (360, 1280):
        page = opening(own_site + ADDRESS, width=width, by=OWNER)
        row = page.get_by_role("row", name="Luc")
        assert row.get_by_role("rowheader").count() == 1
        assert row.get_by_role("combobox", name="Rôle").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
