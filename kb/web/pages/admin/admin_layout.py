"""The layout of the administration pages: access check, header and navigation; the first steps of an administrator."""

from dataclasses import dataclass
from functools import wraps

from starlette.responses import Response

from kb.services.admin.account_administration import require_visible_administration
from kb.services.admin.first_steps import first_steps, incomplete_site_pages
from kb.web.http.context import Handler, LinkLocation, RequestContext
from kb.web.pages.accounts.account_layout import require_browser
from kb.web.ui.display_text import Link

SITE = "site"
OVERVIEW, ACCOUNTS, INVITATIONS, GROUPS, AUTHORS, SITE_LOG = "", "accounts", "invitations", "groups", "authors", "log"


@dataclass(frozen=True, slots=True)
class AdminHeader:
    """`breadcrumb` leads here from the home page; `pages` are the administration pages, one of which may be current.

    `page_title` is that of the browser's window.
    """

    breadcrumb: tuple[Link, ...]
    title: str
    page_title: str
    pages: tuple[Link, ...]


def administrators_only(handler: Handler) -> Handler:
    """A handler for administrators only, logged in with a browser: no token gives access."""

    @wraps(handler)
    def run(context: RequestContext) -> Response:
        require_visible_administration(context.actor)
        require_browser(context)
        return handler(context)

    return run


def admin_header(context: RequestContext, part: str, title: str = "") -> AdminHeader:
    """The header of a page; a page with a `title` of its own is below a part."""
    addresses = context.addresses
    _ = context.translator.gettext
    named = (
        (OVERVIEW, _("Overview")),
        (ACCOUNTS, _("Accounts")),
        (INVITATIONS, _("Invitations")),
        (GROUPS, _("Groups")),
        (AUTHORS, _("Imported authors")),
        *((link.path, _(link.label)) for link in context.feature_links(LinkLocation.ADMINISTRATION)),
        (SITE, _("The site")),
        (SITE_LOG, _("Log")),
    )
    parts = {key: Link(name, addresses.admin(key), current=key == part and not title) for key, name in named}
    home, administration = Link(_("Home"), addresses.home()), _("Administration")
    if part == OVERVIEW:
        return AdminHeader((home,), administration, administration, tuple(parts.values()))
    shown = title or parts[part].label
    breadcrumb = (home, Link(administration, addresses.admin()), *((parts[part],) if title else ()))
    return AdminHeader(breadcrumb, shown, f"{shown} – {administration}", tuple(parts.values()))


@dataclass(frozen=True, slots=True)
class FirstStep:
    """`link` leads to where the step is taken."""

    link: Link
    is_done: bool


def first_step_links(context: RequestContext) -> tuple[FirstStep, ...]:
    """The first steps of a new site; none for others than administrators, or once they are done or dismissed."""
    if not context.actor.administrator:
        return ()
    steps = first_steps(context.library, context.actor)
    if not steps:
        return ()
    addresses = context.addresses
    _ = context.translator.gettext
    page = next(iter(incomplete_site_pages(context.library)), "mentions-legales")
    links = {
        "name": Link(_("Name the site"), addresses.admin(SITE)),
        "group": Link(_("Create a first group"), addresses.own("groups/new")),
        "items": Link(_("Save a first page, or import a file into a group"), addresses.save()),
        "people": Link(_("Invite people to the site"), addresses.admin(INVITATIONS)),
        "pages": Link(_("Complete the legal pages"), addresses.admin(SITE, page)),
        "email": Link(_("Set a mail server"), addresses.help("administrer")),
    }
    return tuple(FirstStep(links[name], is_done) for name, is_done in steps.items())
