"""A browser that reports scripts that run, requests to other hosts, and violations of the content security policy."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import category

from playwright.sync_api import Browser, BrowserContext, Page

_WATCH = """
window.ran = () => console.error("ran()");
addEventListener("securitypolicyviolation", (event) =>
  console.error(`violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
_STIR = """() => {
  const foreign = new Set(("applet area audio base basefont bgsound canvas embed fencedframe font frame frameset " +
    "iframe image img isindex keygen marquee math object param picture plaintext portal source style template " +
    "track video xml foreignobject animate set use").split(" "));
  const found = [];
  for (const one of document.querySelectorAll("*")) {
    if (foreign.has(one.localName.toLowerCase())) found.push(`<${one.localName}>`);
    for (const { name, value } of one.attributes) {
      if (/^on|^style$|^srcdoc$|^ping$|^background$|^popover/.test(name)) found.push(`${name}=${value}`);
    }
    // A block of data never runs, and holds nothing that could end it.
    const isData = one.type === "application/ld+json" && !/[<>&]/.test(one.textContent) && JSON.parse(one.textContent);
    if (one.localName === "script" && !one.integrity && !isData) found.push("a script");
    if (one.localName === "meta" && one.httpEquiv) found.push("http-equiv");
    const leads = one.getAttribute("href") ?? one.getAttribute("xlink:href");
    const sends = one.getAttribute("action") ?? one.getAttribute("formaction");
    // The bookmark that keeps pages is the one script among our links.
    const isOurs = one.matches(".tools a.button");
    if (leads !== null && !isOurs && !/^https?:$/.test(new URL(leads, location.href).protocol)) found.push(leads);
    if (sends !== null && new URL(sends, location.href).origin !== location.origin) found.push(sends);
  }
  if (new Set([...document.querySelectorAll("[id]")].map((one) => one.id)).size !==
    document.querySelectorAll("[id]").length) found.push("an id twice");
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const one of document.querySelectorAll("body *")) one.dispatchEvent(new MouseEvent("mouseover"));
  const reached = [...document.querySelectorAll("main *")].filter((one) => one.tabIndex >= 0);
  for (const one of reached.slice(0, 30)) one.focus({ preventScroll: true });
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A user's window and its reports: `complaints`, with the page of each."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)

    def visit(self, path: str, status: int = 200) -> Page:
        """Open a page of the site and use it as in `stir`."""
        answer = self.page.goto(self.site + path)
        assert answer is not None
        assert answer.status == status, f"{answer.status} {path}"
        self.stir()
        return self.page

    def stir(self) -> None:
        """Expand the page, hover over all of it, focus its first elements, and record whatever does not belong
        there.
        """
        self.visited.append(self.page.url.removeprefix(self.site))
        self.complaints.extend(f"{complaint} on {self.page.url}" for complaint in self.page.evaluate(_STIR))

    def shown(self) -> str:
        """The text of the page, without spaces."""
        return visible_characters(self.page.evaluate("document.body.textContent"))


def watched(browser: Browser, site: str, files: Path, **options: Any) -> tuple[BrowserContext, Watched]:
    """A new browser that watches all of its windows; it may request `site` alone, and read files of a folder."""
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce", **options)
    context.set_default_timeout(15_000)
    context.add_init_script(_WATCH)
    window = Watched(context.new_page(), site)
    complaints = window.complaints

    def note(kind: str, message: str) -> None:
        complaints.append(f"{kind}: {message} on {window.page.url}")

    context.on("console", lambda message: None if _is_status(message.text) else note("console", message.text))
    context.on("weberror", lambda error: note("error", str(error.error)))
    context.on("dialog", lambda dialog: (note("dialog", dialog.message), dialog.dismiss()))
    context.on("page", lambda page: note("window", page.url))
    own = (f"{site}/", files.as_uri())
    context.on("request", lambda request: None if request.url.startswith(own) else note("request", request.url))
    return context, window


def visible_characters(text: str) -> str:
    """A text without spaces and control characters, whose display is not tested."""
    return "".join(character for character in text if not character.isspace() and category(character) != "Cc")


def _is_status(text: str) -> bool:
    # Chromium logs this for each page with an error status.
    return "Failed to load resource: the server responded with a status of" in text
