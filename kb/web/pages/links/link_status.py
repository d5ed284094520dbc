"""Whether the links of items still work: the dead links of a group, the state of a page fetch."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.services.links.link_status import dead_links, request_link_check
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.moderation.moderation_layout import moderation_header
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import DEAD_LINKS, GroupHeader
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class DeadLinksPage:
    """`links` are items with their checks, and the addresses of old copies; `days` is the number of days in which all
    addresses are checked, 0 if they are not.
    """

    head: GroupHeader
    total: int
    days: int
    links: tuple[tuple[Item, LinkCheck, str], ...]
    pager: Pager


def dead_links_page(context: RequestContext) -> Response:
    """The dead links of a group, with the actions on each."""
    slug = context.path_params["group"]
    dead = dead_links(context.library, context.actor, slug, requested_page(context.param("page")))
    page = DeadLinksPage(
        head=moderation_header(context, dead.group, DEAD_LINKS),
        total=dead.total,
        days=context.library.settings.link_check_days,
        links=tuple((item, check, archive_address(check.address)) for item, check in dead.links),
        pager=list_pager(
            dead.page,
            dead.pages,
            lambda number: context.addresses.group(slug, DEAD_LINKS, (("page", str(number)),)),
            context.translator,
        ),
    )
    return render(context, "links/dead_links.html", page)


@handle_form(dead_links_page, {NotFound: 400})
def handle_dead_links_post(context: RequestContext) -> Response:
    """Request a check of one of them."""
    request_link_check(context.library, context.actor, context.form_value("id"))
    return redirect_with_flash(context.addresses.group(context.path_params["group"], DEAD_LINKS), "looked-again")


def fetch_sentence(fetch: Fetch, translator: Translator) -> str:
    """Whether a page was read, or why not, and what that means for the user."""
    _ = translator.gettext
    if fetch.state is FetchState.DONE:
        return _("The page was read: what was empty is filled in.")
    if fetch.failure is None:
        return _("The page is being read; you need not wait for it.")
    retry = _("It will be tried again; you need not wait for it.")
    enough = _("What you write yourself is enough.")
    return f"{_(fetch.failure.message)} {enough if fetch.state is FetchState.FAILED else retry}"


def archive_address(address: str) -> str:
    """The old copies of a page in the Internet Archive: a link for users, to which this site sends no request."""
    return "https://web.archive.org/web/*/" + quote(address, safe=":/?&=%#,;+@!$'()*~[]")
