"""The page of tools to save from other sites: a bookmarklet, and the site installed as an application."""

from dataclasses import dataclass
from functools import cache

from starlette.responses import Response

from kb.package_data import static_dir
from kb.services.groups.membership import require_signed_in
from kb.web.http.context import RequestContext
from kb.web.ui.rendering import render

_LONGEST = 4_000
"""Characters of an address that every server and browser accepts, with or without a login: the quote is cut to fit."""


@dataclass(frozen=True, slots=True)
class SaveToolsPage:
    """`bookmarklet` is an address with a script; `name` is the name of the bookmark."""

    bookmarklet: str
    name: str


def save_tools_page(context: RequestContext) -> Response:
    """The bookmarklet, and how to install it. Raises LoginNeeded."""
    require_signed_in(context.actor)
    translator = context.translator
    page = SaveToolsPage(
        bookmarklet=bookmarklet(context.library.settings.base_url),
        name=translator.gettext("Save in %(site)s", site=context.site_name),
    )
    return render(context, "items/save_tools.html", page)


def bookmarklet(base_url: str) -> str:
    """The address of the bookmark: it opens the save form of this site with the current page and the selected text."""
    return "javascript:" + _source().replace("{keep}", f"{base_url}/keep").replace("{longest}", str(_LONGEST))


@cache
def _source() -> str:
    """The script on one line. Browsers read `%` in an address as an escape, and the script contains none."""
    lines = (static_dir() / "bookmarklet.txt").read_text(encoding="utf-8").splitlines()
    return "".join(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("//"))
