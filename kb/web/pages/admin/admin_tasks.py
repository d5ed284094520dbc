"""The first steps of an administrator, as links."""

from dataclasses import dataclass

from kb.services.admin.first_steps import first_steps, incomplete_site_pages
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link

SITE = "site"


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
        "people": Link(_("Invite people to the site"), addresses.admin("invitations")),
        "pages": Link(_("Complete the legal pages"), addresses.admin(SITE, page)),
        "email": Link(_("Set a mail server"), addresses.help("administrer")),
    }
    return tuple(FirstStep(links[name], is_done) for name, is_done in steps.items())
