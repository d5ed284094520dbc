"""The first steps and the tasks of an administrator, as links."""

from dataclasses import dataclass

from kb.services.admin.first_steps import admin_tasks, first_steps, incomplete_site_pages
from kb.services.admin.site_pages import site_page, template_values
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link
from kb.web.ui.markdown_rendering import fill_in_facts

SITE = "site"
_MOST = 20
"""Links of one kind: the lists of the administration have the others."""


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


def task_links(context: RequestContext, *, with_pages: bool) -> tuple[Link, ...]:
    """What waits for an administrator: requests to join, groups without an owner, invitations to the site that were not
    delivered, and `with_pages`, which are one of
    the first steps, legal pages to complete.
    """
    translator, addresses, library = context.translator, context.addresses, context.library
    _ = translator.gettext
    tasks, facts = admin_tasks(library, context.actor), template_values(library.settings, context.site_name)
    return (
        *(
            Link(
                group.name,
                addresses.group(group.slug, "members"),
                translator.ngettext("%(count)s request", "%(count)s requests", count),
            )
            for group, count in tasks.requests[:_MOST]
        ),
        *(Link(group.name, addresses.group(group.slug, "members"), _("no owner")) for group in tasks.ownerless[:_MOST]),
        *(
            (
                Link(
                    _("Invitations that were not delivered"),
                    addresses.admin("invitations"),
                    translator.number(tasks.undelivered_invitations),
                ),
            )
            if tasks.undelivered_invitations
            else ()
        ),
        *(
            Link(
                fill_in_facts(site_page(library, name, translator.language).title, facts),
                addresses.admin(SITE, name),
                _("to be completed"),
            )
            for name in (tasks.incomplete_pages if with_pages else ())
        ),
    )
