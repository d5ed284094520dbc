"""How calm the pages are: what stands before their content, at the width of a computer and of a phone.

    python bench/pages/calmness.py [--pictures FOLDER] [--json FILE] [group results …]

Serves the sample library to a user who owns a group, opens each page in Chromium and prints, for 1280 and 360 px: the
controls before the first content in the order of the page (links, buttons, fields, folds that are shown), the height at
which it begins, and the words of the page. `--pictures` also writes what was measured: light at 1280 px, dark at 360.
"""

import argparse
import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.harness import KB, Base, check

CHROMIUM = "/usr/bin/chromium-headless-shell"
WIDTHS: dict[int, Literal["light", "dark"]] = {1280: "light", 360: "dark"}
GROUP = "usages-numeriques"
GROUPS = {GROUP: "owner", "accueil-et-mediation": "member", "eau-et-territoires": "member"}
LOGIN, PASSWORD = "maud", "une phrase assez longue"
PAGES = {
    "group": (f"/g/{GROUP}", ".results .row"),
    "results": (f"/search?q=agents&group={GROUP}", ".results .row"),
    "home": ("/", "main :is(.lines > li, .groups > li, .row)"),
    "follow": (f"/follow?feed=/search.atom%3Fq%3Dagents%26group%3D{GROUP}", "main .sheet-form"),
    "review": ("{list}/review", ".review-sheet"),
    "list": ("{list}/edit", ".list-row"),
    "report": (f"/g/{GROUP}/report", "main :is(.figures, dl, table)"),
    "admin": ("/admin", "main h2"),
}
"""Of each page its address, and the selector of its content."""
_MEASURE = """(selector) => {
    const shown = (part) => {
        if (!part.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
        const {width, height, bottom, right} = part.getBoundingClientRect();
        return width > 1 && height > 1 && bottom > 0 && right > 0;
    };
    const first = [...document.querySelectorAll(selector)].find(shown);
    if (!first) return null;
    const controls = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(
        (part) => shown(part)
            && first.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_PRECEDING
            && !(first.compareDocumentPosition(part) & Node.DOCUMENT_POSITION_CONTAINED_BY));
    const words = document.body.innerText.split(/\\s+/).filter((word) => /[\\p{L}\\p{N}]/u.test(word));
    return {
        controls: controls.length, top: Math.round(first.getBoundingClientRect().y + scrollY), words: words.length,
    };
}"""


@dataclass(frozen=True, slots=True)
class Calmness:
    """`top` is in pixels, from the beginning of the page to its first content."""

    page: str
    width: int
    controls: int
    top: int
    words: int


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The address of the sample library, whose user owns a group and belongs to two others."""
    base = Base(folder)
    base.environment |= {"KB_LANGUAGE": "fr", "KB_RATE_READ": "0", "KB_RATE_WRITE": "0"}
    process = base.start("demo", "--port", "0")
    assert process.stdout is not None
    address = next((line.split()[-1] for line in process.stdout if "http://" in line), "")
    try:
        check(bool(address), "the server did not start")
        adding = [*KB, "user", "add", LOGIN, "--name", "Maud Kerhervé", "--email", "maud@example.org", "--admin"]
        subprocess.run([*adding, "--password-stdin"], input=PASSWORD, text=True, env=base.environment, check=True)
        for group, role in GROUPS.items():
            base.run("group", "member", group, LOGIN, "--role", role)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def _log_in(page: Page, site: str) -> None:
    page.goto(f"{site}/login")
    page.fill("[name=login]", LOGIN)
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(f"{site}/**")


def _make_list(page: Page, site: str) -> str:
    """The path of a list of some items, which its owner has just made."""
    page.goto(f"{site}/g/{GROUP}/lists")
    page.fill("form:has([name=description]) [name=name]", "Revue de la semaine 48")
    page.locator("form:has([name=description]) button[type=submit]").first.click()
    page.wait_for_url("**/lists/**")
    path = urlsplit(page.url).path.removesuffix("/edit")
    page.goto(f"{site}{path}/edit?q=agents")
    for box in page.locator("#adds > ul > li > label [name=add]").all()[:6]:
        box.check()
    page.locator("#adds [value=add]").click()
    page.wait_for_load_state()
    return path


def _measured(context: BrowserContext, site: str, names: list[str], pictures: Path | None) -> Iterator[Calmness]:
    page = context.new_page()
    _log_in(page, site)
    list_path = _make_list(page, site)
    for name in names:
        path, selector = PAGES[name]
        for width, scheme in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.goto(site + path.format(list=list_path))
            figures = page.evaluate(_MEASURE, selector)
            check(figures is not None, f"{name}: nothing is {selector}")
            check(page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls at {width} px")
            if pictures:
                page.screenshot(path=pictures / f"{name}-{width}-{scheme}.png", full_page=True)
            yield Calmness(name, width, **figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"of {', '.join(PAGES)}; all by default")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if unknown := set(arguments.pages) - set(PAGES):
        parser.error(f"no such page: {', '.join(sorted(unknown))}")
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="florilege-calmness-") as folder,
        _served(Path(folder)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(locale="fr-FR", reduced_motion="reduce")
        measured = [*_measured(context, site, arguments.pages or [*PAGES], arguments.pictures)]
        browser.close()
    print("| page | px | controls before | content begins at | words |\n| --- | --- | --- | --- | --- |")
    for line in measured:
        print(f"| {line.page} | {line.width} | {line.controls} | {line.top} | {line.words} |")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(line) for line in measured], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
