"""On a phone, what scrolls sideways fades at its edges, and what stands at an end of it does not."""

import pytest

from tests.browser.conftest import Opening
from tests.browser.support.checked_pages import OWNER

pytestmark = pytest.mark.browser

GROUP = "/g/lectures"


@pytest.mark.parametrize(
    ("address", "selector"),
    [
        ("/admin", ".tabs"),
        (f"{GROUP}?select=1", ".selection .acts"),
        (f"{GROUP}/report?from=2012&to=2030", ".chart[aria-labelledby=c-saved]"),
    ],
)
def test_a_line_that_scrolls_fades_where_it_is_cut(opening: Opening, site: str, address: str, selector: str) -> None:
    page = opening(site + address, width=360, by=OWNER)
    room, needed, mask = page.evaluate(
        """(one) => {
            const box = document.querySelector(one);
            return [box.clientWidth, box.scrollWidth, getComputedStyle(box).maskImage];
        }""",
        selector,
    )
    assert needed > room
    assert "linear-gradient(90deg, rgba(0, 0, 0, 0)" in mask
    # The fades have 12 px: at both ends the first and the last part are outside of them.
    start, end = page.evaluate(
        """(one) => {
            const box = document.querySelector(one), parts = [...box.children];
            const edge = (side) => Math.abs(box.getBoundingClientRect()[side]
                - (side === "left" ? parts[0] : parts.at(-1)).getBoundingClientRect()[side]);
            const start = edge("left");
            box.scrollLeft = box.scrollWidth;
            return [start, edge("right")];
        }""",
        selector,
    )
    assert start >= 12
    assert end >= 12
