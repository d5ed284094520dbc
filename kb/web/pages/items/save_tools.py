"""The page of tools to save from other sites: a bookmarklet, and the site installed as an application."""

from dataclasses import dataclass
from functools import cache

from starlette.responses import Response

from kb.resources import static_dir
from kb.services.groups.membership import require_signed_in
from kb.web.http.context import RequestContext
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render

_LONGEST = 4_000
"""Characters of an address that every server and browser takes, signed in or not: the passage is cut to fit in."""


@dataclass(frozen=True, slots=True)
class SaveToolsPage:
    """`bookmarklet` is an address that is a program; `name` is what the bookmark is called."""

    title: str
    breadcrumb: tuple[Link, ...]
    bookmarklet: str
    name: str


def save_tools_page(context: RequestContext) -> Response:
    """The bookmarklet, and how to install it. Raises LoginNeeded."""
    require_signed_in(context.actor)
    words, addresses = context.words, context.addresses
    page = SaveToolsPage(
        title=words.say("Keep from the browser"),
        breadcrumb=(Link(words.say("First page"), addresses.home()), Link(words.say("Keep a page"), addresses.keep())),
        bookmarklet=bookmarklet(context.library.settings.base_url),
        name=words.say("Keep in %(site)s", site=context.library.settings.site_name),
    )
    return render(context, "items/save_tools.html", page)


def bookmarklet(base_url: str) -> str:
    """The address of the bookmark: it opens the form of a site with the page that one reads, and the words selected."""
    return "javascript:" + _source().replace("{keep}", f"{base_url}/keep").replace("{longest}", str(_LONGEST))


@cache
def _source() -> str:
    """The program on one line. Browsers take `%` in an address for an escape, and it holds none."""
    lines = (static_dir() / "bookmarklet.txt").read_text(encoding="utf-8").splitlines()
    return "".join(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("//"))
