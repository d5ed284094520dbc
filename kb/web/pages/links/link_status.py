"""Whether the links of items still work: the notice on an item's page, the dead links of a group, the state of a page
fetch.
"""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.web_pages.link_check import LinkCheck
from kb.model.web_pages.page_fetch import Fetch, FetchState
from kb.services.groups.group_views import allowed_actions
from kb.services.items.items import ItemView
from kb.services.links.link_status import dead_links, request_link_check, visible_link_check
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.moderation.moderation_layout import moderation_header
from kb.web.ui.display_text import Link, foreign_language, title_or_url
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import DEAD_LINKS, GroupHeader
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render

ARCHIVE = "https://web.archive.org/web/*/"
"""A site with old copies of pages, as a link for users: this site sends no request to it."""


@dataclass(frozen=True, slots=True)
class DeadLinkNotice:
    """`sentence` says since when the link of an item is dead; `ways` are the possible actions."""

    sentence: str
    ways: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class DeadLink:
    """One item: `reason` says since when its link is dead, and why. `is_requested`: a check is requested."""

    id: str
    link: Link
    language: str | None
    address: str
    reason: str
    archive: str
    edit: str
    is_requested: bool


@dataclass(frozen=True, slots=True)
class DeadLinksPage:
    """`days` is the number of days in which all addresses are checked; empty if they are not checked."""

    head: GroupHeader
    count: str
    days: str
    links: tuple[DeadLink, ...]
    pager: Pager


def dead_links_page(context: RequestContext) -> Response:
    """The dead links of a group, with the actions on each."""
    translator, addresses, slug = context.translator, context.addresses, context.path_params["group"]
    links = dead_links(context.library, context.actor, slug, requested_page(context.param("page")))
    days = context.library.settings.link_check_days
    page = DeadLinksPage(
        head=moderation_header(context, links.group, DEAD_LINKS),
        count=translator.ngettext("%(count)s dead address", "%(count)s dead addresses", links.total)
        if links.total
        else "",
        days=translator.ngettext(
            "Each address is looked at again after %(count)s day, and is dead once it led nowhere on two days.",
            "Each address is looked at again after %(count)s days, and is dead once it led nowhere on two days.",
            days,
        )
        if days
        else "",
        links=tuple(_dead_link(context, item, check) for item, check in links.links),
        pager=list_pager(
            links.page,
            links.pages,
            lambda number: addresses.group(slug, DEAD_LINKS, (("page", str(number)),)),
            translator,
        ),
    )
    return render(context, "links/dead_links.html", page)


@handle_form(dead_links_page, {NotFound: 400})
def handle_dead_links_post(context: RequestContext) -> Response:
    """Request a check of one of them."""
    request_link_check(context.library, context.actor, context.form_value("id"))
    return redirect_with_flash(context.addresses.group(context.path_params["group"], DEAD_LINKS), "looked-again")


def dead_link_notice(context: RequestContext, view: ItemView) -> DeadLinkNotice | None:
    """None unless the item's link is dead."""
    check = visible_link_check(context.library, context.actor, view.item, view.group)
    if check is None or not check.is_dead:
        return None
    translator, addresses = context.translator, context.addresses
    ways = [Link(translator.gettext("Look for a copy in the Internet Archive"), _archive_address(view.item.url or ""))]
    if Action.CONTRIBUTE in allowed_actions(context.actor, view.group):
        ways.append(
            Link(translator.gettext("All dead addresses of the group"), addresses.group(view.group.slug, DEAD_LINKS))
        )
    return DeadLinkNotice(_dead_link_sentence(check, translator), tuple(ways))


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


def _dead_link(context: RequestContext, item: Item, check: LinkCheck) -> DeadLink:
    translator, addresses = context.translator, context.addresses
    why = translator.gettext(check.failure.message) if check.failure else ""
    return DeadLink(
        item.id,
        Link(title_or_url(item), addresses.item(item.id)),
        foreign_language(item, translator),
        check.address,
        f"{_dead_link_sentence(check, translator)} {why}".strip(),
        _archive_address(check.address),
        addresses.of_item(item.id, "edit"),
        check.requested_at is not None,
    )


def _dead_link_sentence(check: LinkCheck, translator: Translator) -> str:
    return translator.gettext(
        "The address has led nowhere since %(day)s.", day=translator.instant(check.failing_since or "")
    )


def _archive_address(address: str) -> str:
    return ARCHIVE + quote(address, safe=":/?&=%#,;+@!$'()*~[]")
