"""Moderation of a group: open reports, hidden content, and the trash, from which removed content is restored or deleted
permanently.
"""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound
from kb.services.moderation.hidden_corrections import refuse_correction
from kb.services.moderation.moderation_actions import (
    delete_content_permanently,
    dismiss_reports,
    hide_content,
    remove_content,
    restore_content,
)
from kb.services.moderation.moderation_views import group_trash, moderation_queue, removed_content
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.pages.moderation.moderation_actions import retention_notice
from kb.web.pages.moderation.moderation_layout import ModerationRow, moderation_header, removed_row, reported_row
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import MODERATION, TRASH, GroupHeader
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ModerationPage:
    head: GroupHeader
    reported: tuple[ModerationRow, ...]
    corrected: tuple[ModerationRow, ...]
    hidden: tuple[ModerationRow, ...]


@dataclass(frozen=True, slots=True)
class GroupTrashPage:
    """`whole`: all removed content, and not only the user's removals; `retention_notice` says how long it is kept."""

    head: GroupHeader
    removed: tuple[ModerationRow, ...]
    retention_notice: str
    whole: bool


@dataclass(frozen=True, slots=True)
class PermanentDeletionPage:
    """The confirmation of a permanent deletion."""

    title: str
    breadcrumb: tuple[Link, ...]
    removed: ModerationRow


def moderation_page(context: RequestContext) -> Response:
    """The open reports, and the hidden content."""
    queue = moderation_queue(context.library, context.actor, context.path_params["group"])
    page = ModerationPage(
        head=moderation_header(context, queue.group, MODERATION),
        reported=tuple(reported_row(content, context) for content in queue.reported),
        corrected=tuple(
            removed_row(view, queue.group, context, may_delete_permanently=False) for view in queue.corrected
        ),
        hidden=tuple(
            removed_row(view, queue.group, context, may_delete_permanently=queue.may_delete_permanently)
            for view in queue.hidden
        ),
    )
    return render(context, "moderation/moderation.html", page)


@handle_form(moderation_page, {NotFound: 400})
def handle_moderation_post(context: RequestContext) -> Response:
    """Dismiss reports, hide or remove reported content, restore hidden content, or leave it so after a correction."""
    library, actor, field, slug = context.library, context.actor, context.form_value, context.path_params["group"]
    # Check read permission first, so that a refusal does not reveal that reports exist.
    moderation_queue(library, actor, slug)
    part, undo = field("part") or None, ""
    match field("act"):
        case "dismiss":
            dismiss_reports(library, actor, slug, field("id"), part)
            done = "dismissed"
        case "hide":
            undo, done = hide_content(library, actor, field("id"), part, field("why")).id, "hidden"
        case "remove":
            undo, done = remove_content(library, actor, field("id"), part, field("why")).id, "removed"
        case "restore":
            restore_content(library, actor, field("id"))
            done = "restored"
        case "refuse":
            refuse_correction(library, actor, slug, field("id"))
            done = "correction-refused"
        case _:
            raise Invalid("The request is not a form of this site.")
    back = context.form_value("next")
    return redirect_with_flash(safe_next(back) if back else context.addresses.group(slug, MODERATION), done, undo)


def group_trash_page(context: RequestContext) -> Response:
    """The removed content; with `purge`, the confirmation that one part of it is deleted permanently."""
    library, actor, slug = context.library, context.actor, context.path_params["group"]
    removal_id = context.param("purge")
    if removal_id and not context.form_error:
        group, view = removed_content(library, actor, slug, removal_id)
        trash = Link(context.translator.gettext("Trash"), context.addresses.group(group.slug, TRASH))
        deletion = PermanentDeletionPage(
            title=context.translator.gettext("Delete permanently"),
            breadcrumb=breadcrumb(context, group_link(context, group), trash),
            removed=removed_row(view, group, context, may_delete_permanently=False),
        )
        return render(context, "moderation/delete_permanently.html", deletion)
    content = group_trash(library, actor, slug)
    page = GroupTrashPage(
        head=moderation_header(context, content.group, TRASH),
        removed=tuple(
            removed_row(view, content.group, context, may_delete_permanently=content.may_delete_permanently)
            for view in content.removed
        ),
        retention_notice=retention_notice(context),
        whole=content.whole,
    )
    return render(context, "moderation/trash.html", page)


@handle_form(group_trash_page, {NotFound: 400})
def handle_trash_post(context: RequestContext) -> Response:
    """Restore removed content, or delete it permanently."""
    library, actor, field, slug = context.library, context.actor, context.form_value, context.path_params["group"]
    whole = group_trash(library, actor, slug).whole
    try:
        match field("act"):
            case "restore":
                restore_content(library, actor, field("id"))
                done = "restored"
            case "purge":
                delete_content_permanently(library, actor, field("id"))
                done = "purged"
            case _:
                raise Invalid("The request is not a form of this site.")
    except NotFound as error:
        if whole:
            raise
        # The removals of others are refused to members as those that do not exist.
        raise Forbidden(error.message) from error
    return redirect_with_flash(context.addresses.group(slug, TRASH), done)
