"""Delete a group after a question, and restore a deleted one."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.people.group import Group
from kb.services.groups.group_states import (
    DELETED_GROUP_DAYS,
    closable_group,
    delete_group,
    deleted_groups,
    purge_date,
    restore_group,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import DELETION
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class GroupDeletionPage:
    """`until` is the last day on which a deleted group can be restored, empty for a group that is not deleted."""

    breadcrumb: tuple[Link, ...]
    group: Group
    until: str
    days: int


def group_deletion_page(context: RequestContext) -> Response:
    """What a deletion does, before it is done; for a deleted group, how to restore it. Raises NotFound, Forbidden."""
    group, translator = closable_group(context.library, context.actor, context.path_params["group"]), context.translator
    until = translator.instant(purge_date(group)) if group.deleted_at else ""
    page = GroupDeletionPage(
        breadcrumb=breadcrumb(context) if until else breadcrumb(context, group_link(context, group)),
        group=group,
        until=until,
        days=DELETED_GROUP_DAYS,
    )
    return render(context, "groups/group_deletion.html", page)


@handle_form(group_deletion_page)
def handle_group_deletion_post(context: RequestContext) -> Response:
    """Delete a group, or restore it."""
    slug = context.path_params["group"]
    match context.form_value("act"):
        case "delete":
            deleted = delete_group(context.library, context.actor, slug)
            return redirect_with_flash(context.addresses.group(deleted.slug, DELETION), "group-deleted")
        case "restore":
            restored = restore_group(context.library, context.actor, slug)
            return redirect_with_flash(context.addresses.group(restored.slug), "group-restored")
        case _:
            raise Invalid("The request is not a form of this site.")


def deleted_group_links(context: RequestContext, *, own: bool = False) -> tuple[Link, ...]:
    """The deleted groups that the user may restore, with the day until then; `own`: the user is an owner."""
    translator = context.translator
    return tuple(
        Link(
            group.name,
            context.addresses.group(group.slug, DELETION),
            translator.gettext("deleted; can be restored until %(day)s", day=translator.instant(purge_date(group))),
        )
        for group in deleted_groups(context.library, context.actor, own=own)
    )
