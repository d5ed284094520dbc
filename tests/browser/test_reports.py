"""The activity report on a narrow screen: names and titles are fully visible, and the figures beside them scroll."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opening, arriving
from tests.browser.support.addresses import OWNER

pytestmark = pytest.mark.browser


def test_the_names_of_a_report_are_read_on_a_narrow_screen(site: str, opening: Opening) -> None:
    page = arriving(opening, site, "/g/lectures/report?from=2012&to=2030", OWNER, javascript=False)
    page.set_viewport_size({"width": 360, "height": 900})
    names = page.locator("tbody th[scope=row]:visible")
    assert names.count() > 5
    widths = [name.bounding_box() for name in names.all()]
    assert min(box["width"] for box in widths if box) >= 150
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_printed_report_names_its_group_and_no_way_to_remove_a_filter(site: str, opening: Opening) -> None:
    page = opening(f"{site}/g/lectures/report?from=2012&to=2030&views=readers", by=OWNER)
    name = page.locator(".report .printed")
    expect(page.locator(".report .chips")).to_contain_text("×", use_inner_text=True)
    expect(name).to_be_hidden()
    page.emulate_media(media="print")
    expect(name).to_be_visible()
    expect(name).to_have_text("Lectures communes")
    expect(page.locator(".report .chips")).not_to_contain_text("×", use_inner_text=True)


def test_a_printed_report_has_one_page(site: str, opening: Opening) -> None:
    page = opening(f"{site}/g/lectures/report?from=2012&to=2030", by=OWNER)
    expect(page.locator(".notable li").first).to_be_visible()
    margin = "1cm"
    printed = page.pdf(format="A4", margin={"top": margin, "bottom": margin, "left": margin, "right": margin})
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
