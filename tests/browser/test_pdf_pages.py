"""The pages of a PDF in Chromium: drawn, marked, and unable to do anything."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from kb.model.items.item_fields import ItemFields
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile, upload_file
from tests.browser.conftest import Opening, serving
from tests.browser.libraries.marking import a_library_to_mark, item_titled
from tests.browser.support.addresses import MEMBER, OWNER, STRANGER
from tests.browser.support.selections import select_by_mouse
from tests.factories.documents import a_pdf
from tests.factories.group import as_

pytestmark = pytest.mark.browser
WORDS = "sans que personne n’ait changé"
DRAWN = """() => [...CSS.highlights].flatMap(([name, marks]) =>
  name.startsWith("mark-") ? [...marks].map((range) => [name, String(range)]) : [])"""


@pytest.fixture(scope="module")
def marked_library() -> Library:
    return a_library_to_mark()


@pytest.fixture(scope="module")
def marking_site(marked_library: Library) -> Iterator[str]:
    yield from serving(marked_library)


def pages_of(opening: Opening, site: str, library: Library, title: str, by: str, **options: object) -> Page:
    return opening(f"{site}/items/{item_titled(library, title)}/read/pages", by=by, **options)


def test_a_passage_is_marked_on_the_page_of_a_pdf_and_shown_to_others_and_undone(
    opening: Opening, marking_site: str, marked_library: Library
) -> None:
    page = pages_of(opening, marking_site, marked_library, "rapport.pdf", OWNER)
    expect(page.locator(".pdf-page[data-drawn]").first).to_be_visible()
    select_by_mouse(page, WORDS)
    page.get_by_label("vert").check(force=True)
    page.get_by_label("Note", exact=True).fill("Le chiffre à retenir.")
    page.get_by_role("button", name="Surligner", exact=True).click()
    expect(page.locator("#marked")).to_contain_text("C’est ajouté.")
    expect(page.locator("#pages-passages")).to_contain_text("Le chiffre à retenir.")
    assert page.evaluate(DRAWN) == [["mark-green", WORDS]]

    # The member sees it on opening, and keeps another one for themselves alone.
    other = pages_of(opening, marking_site, marked_library, "rapport.pdf", MEMBER, width=360)
    other.wait_for_function(f"() => ({DRAWN})().length === 1")
    select_by_mouse(other, "Le circuit de signature est passé de neuf jours")
    box = other.locator("form.marker").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(900, abs=1)
    other.get_by_label("Garder pour moi").check()
    other.get_by_role("button", name="Surligner", exact=True).click()
    other.wait_for_function(f"() => ({DRAWN})().length === 2")

    page.locator("#marked").get_by_role("button", name="Annuler").click()
    expect(page.locator("#pages-passages")).not_to_contain_text("Le chiffre à retenir.")
    assert page.evaluate(DRAWN) == []
    # The same once more is another mark, and not the form that was sent before.
    select_by_mouse(page, WORDS)
    page.get_by_role("button", name="Surligner", exact=True).click()
    page.wait_for_function(f"() => ({DRAWN})().length === 1")


def test_a_passage_of_a_pdf_is_marked_by_keyboard_alone(
    opening: Opening, marking_site: str, marked_library: Library
) -> None:
    page = pages_of(opening, marking_site, marked_library, "rapport.pdf", STRANGER)
    expect(page.locator(".pdf-page[data-drawn]").first).to_be_visible()
    expect(page.get_by_text("Tab mène de paragraphe en paragraphe")).to_be_visible()
    # The heading, then the first paragraph, which the focus frames.
    page.locator("#page-1 .cite").first.focus()
    page.keyboard.press("Tab")
    second = page.locator("#page-1 .cite").nth(1)
    expect(second).to_be_focused()
    expect(second).to_have_accessible_name(re.compile("^Surligner ce passage « Le circuit de signature"))
    assert second.evaluate("(one) => getComputedStyle(one).opacity") == "1"
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Commencer un mot plus tôt")).to_be_focused()
    page.get_by_role("button", name="Finir un mot plus tôt").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#marker-status")).to_contain_text("n’ait changé de logiciel »")
    page.get_by_label("Note", exact=True).focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(f"() => ({DRAWN})().some(([, words]) => words.startsWith('Le circuit de signature'))")
    expect(page.locator("#pages-passages")).to_contain_text("sans que personne n’ait changé de logiciel")
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("form.marker")).to_have_count(0)
    expect(second).to_be_focused()


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_as_wide_as_the_window_and_larger_ones_scroll_in_their_box(
    opening: Opening, marking_site: str, marked_library: Library, width: int
) -> None:
    page = pages_of(opening, marking_site, marked_library, "rapport.pdf", MEMBER, width=width)
    first = page.locator("#page-1")
    expect(page.locator("#page-1[data-drawn]")).to_be_visible()
    plain = first.evaluate("(one) => one.offsetWidth")
    assert plain == (page.evaluate("document.body.clientWidth") if width == 360 else 864)
    expect(page.get_by_role("button", name="Plus petit")).to_have_attribute("aria-disabled", "true")
    for _ in range(3):
        page.get_by_role("button", name="Plus grand").click()
    expect(page.locator("#pages-size output")).to_have_text("200\u202f%")
    assert first.evaluate("(one) => one.offsetWidth") == pytest.approx(2 * plain, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The text follows its page: a passage is selected and marked where it stands.
    select_by_mouse(page, "Le circuit de signature")
    expect(page.locator("form.marker")).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("Escape")
    page.get_by_role("region", name="Pages du PDF").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.getElementById('pages').scrollLeft > 0")


def test_without_javascript_the_pages_of_a_pdf_lead_to_its_text(
    opening: Opening, marking_site: str, marked_library: Library
) -> None:
    page = pages_of(opening, marking_site, marked_library, "rapport.pdf", MEMBER, java_script_enabled=False)
    assert not page.get_by_text("Tab mène de paragraphe en paragraphe").is_visible()
    page.get_by_role("link", name="Lire le texte").click()
    expect(page.get_by_role("link", name="Surligner ce passage").first).to_be_visible()


def test_a_reader_without_the_right_to_write_reads_the_pages(
    opening: Opening, marking_site: str, marked_library: Library
) -> None:
    page = pages_of(opening, marking_site, marked_library, "rapport.pdf", "")
    expect(page.locator(".pdf-page[data-drawn]").first).to_be_visible()
    select_by_mouse(page, WORDS)
    assert page.locator("form.marker, .cite").count() == 0


def test_a_broken_pdf_says_so_and_not_how_to_mark(opening: Opening, marking_site: str, marked_library: Library) -> None:
    page = pages_of(opening, marking_site, marked_library, "rapport.pdf", MEMBER)
    expect(page.locator(".how-to-mark")).to_have_count(1)
    item = item_titled(marked_library, "rapport.pdf")
    page.route(f"**/items/{item}/file", lambda route: route.fulfill(body=b"%PDF-1.7 rien", content_type="text/plain"))
    page.reload()
    expect(page.locator("#pages-status")).to_contain_text("Ce PDF ne peut pas être montré ici")
    expect(page.locator(".how-to-mark")).to_have_count(0)
    page.unroute_all()


def test_a_hostile_pdf_runs_nothing_and_asks_for_nothing(
    opening: Opening, marking_site: str, marked_library: Library
) -> None:
    """The window of the test fails on each request to another host, and on each error."""
    library, elsewhere = marked_library, "https://elsewhere.example/"
    writer = PdfWriter(clone_from=PdfReader(BytesIO(a_pdf("Un rapport hostile.", title="Hostile"))))
    script = f"app.alert('x'); app.launchURL('{elsewhere}', true); this.submitForm('{elsewhere}');"
    action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    writer.add_annotation(0, Link(rect=(0, 0, 600, 800), url=elsewhere))
    writer.add_annotation(0, Link(rect=(0, 0, 600, 800), url="javascript:alert(1)"))
    file = BytesIO()
    writer.write(file)
    sent = SentFile("hostile.pdf", iter([file.getvalue()]))
    upload_file(library, as_(library, OWNER), "lectures", sent, ItemFields(title="hostile.pdf"))
    page = pages_of(opening, marking_site, library, "hostile.pdf", STRANGER, own=True)
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    expect(page.locator(".pdf-page[data-drawn]")).to_contain_text("Un rapport hostile.")
    page.locator(".pdf-page").click(position={"x": 20, "y": 20})
    page.wait_for_timeout(100)
    assert page.locator("#pages a").count() == 0
    assert page.url.endswith("/read/pages")
