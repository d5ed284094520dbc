"""The reading view in Chromium: at both widths, by keyboard, without JavaScript, on paper; nothing runs or asks."""

import re
from itertools import accumulate
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kb.indexer import catch_up
from kb.model.items.annotation import AnnotationKind
from kb.model.web_pages.text_layout import Picture, TextLayout
from tests.browser.conftest import Opening, serving
from tests.browser.support.addresses import MEMBER
from tests.browser.support.site import QUOTES, READ_ITEM, TEXT
from tests.browser.test_kept_copies import watched
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.fixtures.hostile_pages import VECTORS

pytestmark = pytest.mark.browser
TEXTS = """() => [...document.querySelectorAll("[data-start]")].map((block) => {
  const copy = block.cloneNode(true);
  for (const aside of copy.querySelectorAll(".ref, .cite")) aside.remove();
  return [Number(block.dataset.start), copy.textContent];
})"""
POSITIONS = [*accumulate((len(line) + 1 for _, line in TEXT), initial=0)][:-1]


def view(opening: Opening, site: str, query: str = "", **options: object) -> Page:
    return opening(f"{site}/items/{READ_ITEM}/read{query}", **options)


@pytest.mark.parametrize("width", [1280, 360, 320])
@pytest.mark.parametrize("by", ["", MEMBER])
def test_the_text_is_whole_and_nothing_scrolls_sideways(opening: Opening, site: str, width: int, by: str) -> None:
    page = view(opening, site, "?q=agents", width=width, by=by)
    assert page.evaluate(TEXTS) == [[start, line] for start, (_, line) in zip(POSITIONS, TEXT, strict=True)]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # A line of text has 66 characters or so, on a wide window too.
    assert page.locator(".block > p").first.evaluate("(block) => block.getBoundingClientRect().width") < 640


@pytest.mark.parametrize("width", [1280, 360])
def test_notes_stand_beside_their_passage_or_below_it(opening: Opening, site: str, width: int) -> None:
    page = view(opening, site, width=width)
    mark = page.locator("mark.pen", has_text=QUOTES[2]).first
    note = page.locator(f"#a-{mark.get_attribute('data-annotation')}")
    text, margin = mark.bounding_box(), note.bounding_box()
    assert text is not None
    assert margin is not None
    if width == 1280:
        assert margin["x"] > text["x"] + text["width"]
        assert abs(margin["y"] - text["y"]) < 300
    else:
        assert margin["y"] >= text["y"] + text["height"]
    # The same passage is marked several times: their lines are below each other.
    levels = page.locator("mark.pen").evaluate_all("(marks) => [...new Set(marks.map((mark) => mark.classList[2]))]")
    assert set(levels) >= {"level-0", "level-1"}


def test_a_search_opens_at_the_words(opening: Opening, site: str) -> None:
    page = opening(f"{site}/items/{READ_ITEM}/read?q=agents#found", height=300)
    expect(page.locator("#found")).to_be_in_viewport()


@pytest.mark.parametrize("javascript", [True, False])
def test_numbers_lead_to_notes_and_back_by_keyboard(opening: Opening, site: str, javascript: bool) -> None:
    page = view(opening, site, java_script_enabled=javascript)
    reference = page.locator(".ref").first
    reference.focus()
    page.keyboard.press("Enter")
    number = reference.get_attribute("href") or ""
    expect(page.locator(number)).to_be_in_viewport()
    assert page.url.endswith(number)
    page.locator(f"{number} .note-number").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#m-{number.removeprefix('#a-')}")).to_be_in_viewport()


def test_without_javascript_a_paragraph_is_quoted_with_two_presses(opening: Opening, site: str) -> None:
    page = view(opening, site, by=MEMBER, java_script_enabled=False)
    # Each paragraph has the link, in sight.
    links = page.locator(".cite")
    # The two lines of code have one.
    assert links.count() == len(TEXT) - 1
    assert links.first.evaluate("(link) => getComputedStyle(link).opacity") == "1"
    page.locator("li .cite").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#f-quote")).to_have_value("Un passage des agents.")
    start = POSITIONS[4]
    assert page.locator("input[name=start]").get_attribute("value") == str(start)
    assert page.locator("input[name=end]").get_attribute("value") == str(start + len("Un passage des agents."))
    page.get_by_role("link", name="Renoncer").click()
    expect(page).to_have_url(re.compile(rf"/items/{READ_ITEM}/read"))


def test_paper_has_the_text_and_the_notes_without_controls(opening: Opening, site: str) -> None:
    page = view(opening, site, by=MEMBER)
    page.emulate_media(media="print")
    for hidden in (".cite", ".reading-views", ".reading-side", ".site-nav", ".footer"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".notes > li").first.is_visible()
    assert page.locator(".block > p").first.is_visible()
    for section in page.locator(".reading-section").all():
        assert section.is_visible() == (section.locator(".notes").count() > 0)
    page.emulate_media(media="screen")


def test_the_focus_shows_the_link_to_quote_which_is_not_in_the_way_of_a_pointer(opening: Opening, site: str) -> None:
    page = view(opening, site, by=MEMBER)
    link = page.locator(".cite").nth(1)
    page.locator(".block").nth(1).hover()
    assert link.evaluate("(link) => getComputedStyle(link).opacity") == "0"
    place = """(link) => { const box = link.getBoundingClientRect();
      return document.elementFromPoint(box.x + 20, box.y + 10).matches(".cite"); }"""
    assert [one.evaluate(place) for one in page.locator(".cite").all()[:5]] == [False] * 5
    link.focus()
    assert link.evaluate("(link) => getComputedStyle(link).opacity") == "1"


def test_hostile_texts_run_nothing_and_ask_nothing(browser: Browser, tmp_path: Path) -> None:
    """Each attack is a line of each kind in turn, a passage, a note, the description of a picture and a caption."""
    attacks = [" ".join(source.split())[:2000] for source in VECTORS.values()]
    kinds = "pqx1aAiRr"
    lines = [(kinds[number % len(kinds)], attack) for number, attack in enumerate(attacks)]
    annotations = [
        an_annotation(attack[:300], id=f"a{number}", body=attack, color="pink", kind=AnnotationKind.NOTE)
        for number, attack in enumerate(attacks)
    ]
    pictures = tuple(Picture(number, f"{number:016x}", attack[:300]) for number, attack in enumerate(attacks))
    library = an_empty_library(tmp_path)
    item = an_item(attacks[0], id="hostile", url="https://exemple.fr/", annotations=annotations, byline=attacks[1])
    add_items(library, item, groups=(a_group(),))
    with library.store.write() as writing:
        layout = TextLayout("".join(kind for kind, _ in lines), pictures=pictures)
        writing.page_texts.put("hostile", "\n".join(text for _, text in lines), layout)
    catch_up(library)
    for address in serving(library):
        with watched(browser, address) as (context, watch):
            page = context.new_page()
            page.on("dialog", lambda dialog: dialog.dismiss())
            page.goto(f"{address}/items/hostile/read?q=script#found")
            page.wait_for_timeout(500)
            assert page.url.startswith(f"{address}/items/hostile/read")
            assert page.title() != "agi"
            assert len(page.frames) == 1
            assert watch.asked == []
            assert page.evaluate(TEXTS) == [[start, line] for start, line in positions([text for _, text in lines])]
            assert page.locator("mark.pen").count() > len(attacks) // 2
    library.close()


def positions(lines: list[str]) -> list[tuple[int, str]]:
    starts = accumulate((len(line) + 1 for line in lines), initial=0)
    return list(zip(starts, lines, strict=False))
