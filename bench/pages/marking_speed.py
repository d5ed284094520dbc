"""Time marking in place on the reading view, in Chromium: a text of 200,000 characters with 500 marks.

    python -m bench.pages.marking_speed [--rounds 5]

Prints the bytes of the scripts, compressed, and of each round in milliseconds: `first_paint` (first contentful paint
since the request, of a browser with an empty cache), `selecting` (from the release of the mouse to the toolbar in the
next frame) and `saving` (from the button to the new mark in the text). The server runs in the same process.
"""

import argparse
import gzip
import json
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, serving
from tests.browser.libraries.marking import a_library_to_mark
from tests.browser.support.checked_pages import OWNER
from tests.browser.support.site import cookies_of

STATIC = Path(__file__).resolve().parents[2] / "kb" / "features" / "reading" / "static"
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
NO_MARK = """() => {
  const blocks = [...document.querySelectorAll("#text [data-start]")];
  const walker = document.createTreeWalker(blocks[Math.floor(blocks.length / 2)], NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { currentNode: node } = walker;
    if (node.length < 60 || node.parentElement.closest("mark, .cite")) continue;
    node.parentElement.scrollIntoView({ block: "center" });
    const range = new Range(), start = 5 + Math.floor(Math.random() * 10);
    range.setStart(node, start);
    range.setEnd(node, start + 40);
    const boxes = [...range.getClientRects()];
    return [boxes[0].left, boxes[0].top + 5, boxes.at(-1).right, boxes.at(-1).bottom - 5];
  }
}"""
RELEASED = """() => {
  window.shown = null;
  addEventListener("pointerup", () => {
    const started = performance.now();
    const look = () => (document.querySelector("form.marker")
      ? requestAnimationFrame(() => setTimeout(() => { window.shown = performance.now() - started; }))
      : setTimeout(look, 1));
    look();
  }, { once: true, capture: true });
}"""
SAVED = """() => new Promise((done) => {
  const started = performance.now(), before = document.querySelectorAll("#text mark").length;
  const look = () => (document.querySelectorAll("#text mark").length > before && !document.querySelector("form.marker")
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)))
    : setTimeout(look, 1));
  document.querySelector("form.marker [name=save]").click();
  look();
})"""


def round_of(browser: Browser, site: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR", reduced_motion="reduce")
    cookies = [{"name": name, "value": value, "url": site} for name, value in cookies_of(OWNER).items()]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site}/items/long/read")
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    times = {"first_paint": page.evaluate(FIRST_PAINT), "selecting": selecting(page), "saving": page.evaluate(SAVED)}
    context.close()
    return {name: round(milliseconds, 1) for name, milliseconds in times.items()}


def selecting(page: Page) -> float:
    left, top, right, bottom = page.evaluate(NO_MARK)
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, top)
    page.mouse.move(right, bottom)
    page.evaluate(RELEASED)
    page.mouse.up()
    page.wait_for_function("() => window.shown !== null")
    milliseconds: float = page.evaluate("window.shown")
    return milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parser.parse_args().rounds
    for name in ("marking.js", "marking.css", "reading.css", "pages.js"):
        print(json.dumps({name: len(gzip.compress((STATIC / name).read_bytes()))}))
    with contextmanager(serving)(a_library_to_mark()) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # The first answer compiles templates.
        round_of(browser, site)
        for _ in range(rounds):
            print(json.dumps(round_of(browser, site)), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
