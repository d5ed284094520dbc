"""The dead links of a group, with the actions on each."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, NotFound
from kb.fetcher import fetch_failure_sentence
from kb.model.items.item import Item
from kb.model.web_pages.link_check import LinkCheck
from kb.services.links.dead_links import dead_links, request_link_check
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.links.link_status import archive_address, dead_link_sentence
from kb.web.pages.moderation.moderation_layout import ModerationLayout, moderation_error_status, moderation_layout_of
from kb.web.ui.display_text import Link, foreign_language, title_or_url
from kb.web.ui.group_header import DEAD_LINKS
from kb.web.ui.pager import Pager, list_pager, requested_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class DeadLink:
    """One item: `told` says since when its link is dead, and why. `asked`: a check is requested."""

    key: str
    link: Link
    language: str | None
    address: str
    told: str
    archive: str
    edit: str
    asked: bool


@dataclass(frozen=True, slots=True)
class DeadLinksPage:
    """`days` is the number of days in which all addresses are checked; empty if they are not checked."""

    layout: ModerationLayout
    count: str
    days: str
    links: tuple[DeadLink, ...]
    pager: Pager


def dead_links_page(context: RequestContext) -> Response:
    """The list."""
    return _page_response(context)


def handle_dead_links_post(context: RequestContext) -> Response:
    """Request a check of one of them."""
    try:
        request_link_check(context.library, context.actor, context.form_value("id"))
    except (NotFound, Conflict) as error:
        return _page_response(context, error)
    return redirect_with_flash(context.addresses.group(context.path_params["group"], DEAD_LINKS), "looked-again")


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    words, addresses, slug = context.words, context.addresses, context.path_params["group"]
    found = dead_links(context.library, context.actor, slug, requested_page(context.param("page")))
    here = addresses.group(slug, DEAD_LINKS)
    joint = "&" if "?" in here else "?"
    days = context.library.settings.link_check_days
    page = DeadLinksPage(
        layout=moderation_layout_of(context, found.group, DEAD_LINKS, error),
        count=words.plural("%(count)s dead address", "%(count)s dead addresses", found.total) if found.total else "",
        days=words.plural(
            "Each address is looked at again after %(count)s day, and is dead once it led nowhere on two days.",
            "Each address is looked at again after %(count)s days, and is dead once it led nowhere on two days.",
            days,
        )
        if days
        else "",
        links=tuple(_link(context, item, check) for item, check in found.links),
        pager=list_pager(found.page, found.pages, lambda one: f"{here}{joint}page={one}", words),
    )
    return render(context, "links/dead_links.html", page, status=moderation_error_status(error))


def _link(context: RequestContext, item: Item, check: LinkCheck) -> DeadLink:
    words, addresses = context.words, context.addresses
    why = words.say(fetch_failure_sentence(check.failure)) if check.failure else ""
    return DeadLink(
        item.id,
        Link(title_or_url(item), addresses.item(item.id)),
        foreign_language(item, words),
        check.address,
        f"{dead_link_sentence(check, words)} {why}".strip(),
        archive_address(check.address),
        addresses.edit(item.id),
        check.asked_at is not None,
    )
