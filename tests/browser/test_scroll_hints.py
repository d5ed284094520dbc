"""On a phone, content that is cut at an edge always has a sign that it scrolls."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import Opening
from tests.browser.support.checked_pages import OWNER

GROUP = "/g/lectures"


def edge_colours(page: Page, selector: str) -> tuple[str, str]:
    """The colours at the left and right edges of a box, in its upper corners, where there is no letter."""
    image = Image.open(BytesIO(page.locator(selector).screenshot())).convert("RGB")
    return tuple("#{:02x}{:02x}{:02x}".format(*image.getpixel((x, 2))) for x in (0, image.width - 1))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("address", "selector"),
    [
        (GROUP, ".tabs"),
        (f"{GROUP}?select=1", ".selection .acts"),
        (f"{GROUP}/report?from=2012&to=2030", ".chart[aria-labelledby=tag]"),
    ],
)
def test_a_line_that_scrolls_is_shaded_where_it_is_cut(
    opening: Opening, site: str, address: str, selector: str, scheme: str
) -> None:
    page = opening(site + address, width=360, by=OWNER, color_scheme=scheme)
    room, needed = page.evaluate(
        "(one) => { const box = document.querySelector(one); return [box.clientWidth, box.scrollWidth]; }", selector
    )
    assert needed > room
    paper = {"light": "#fcfaf5", "dark": "#171613"}[scheme]
    move = "([one, x]) => { document.querySelector(one).scrollLeft = x; }"
    signs = []
    for place in (0, (needed - room) // 2, needed):
        page.evaluate(move, [selector, place])
        signs.append(tuple(colour != paper for colour in edge_colours(page, selector)))
    assert signs == [(False, True), (True, True), (True, False)]
