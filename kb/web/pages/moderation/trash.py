"""The trash of a group: restore removed content, or delete it permanently."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.group import Group
from kb.services.moderation.moderation_actions import delete_content_permanently, restore_content
from kb.services.moderation.moderation_views import RemovedContentView, group_trash, removed_content
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.moderation.moderation_layout import (
    ModerationLayout,
    ModerationRow,
    moderation_error_status,
    moderation_layout_of,
    removed_row,
)
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import TRASH
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class GroupTrashPage:
    """`whole`: all removed content, and not only the user's removals; `retention_notice` says how long it is kept."""

    layout: ModerationLayout
    removed: tuple[ModerationRow, ...]
    retention_notice: str
    whole: bool


@dataclass(frozen=True, slots=True)
class PermanentDeletionPage:
    """The confirmation of a permanent deletion."""

    title: str
    breadcrumb: tuple[Link, ...]
    form_token: str
    action: str
    thing: ModerationRow
    back: str


def group_trash_page(context: RequestContext) -> Response:
    """The removed content; with `delete_content_permanently`, the confirmation for one part."""
    asked = context.param("purge")
    if asked:
        return _deletion_response(
            context, *removed_content(context.library, context.actor, context.path_params["group"], asked)
        )
    return _page_response(context)


def handle_trash_post(context: RequestContext) -> Response:
    """Restore removed content, or delete it permanently."""
    slug = context.path_params["group"]
    group_trash(context.library, context.actor, slug)
    try:
        done = _apply_form(context)
    except (Invalid, NotFound, Conflict) as error:
        return _page_response(context, error)
    return redirect_with_flash(context.addresses.group(slug, TRASH), done)


def _apply_form(context: RequestContext) -> str:
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "restore":
            restore_content(library, actor, field("id"))
            return "restored"
        case "purge":
            delete_content_permanently(library, actor, field("id"))
            return "purged"
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    seen = group_trash(context.library, context.actor, context.path_params["group"])
    page = GroupTrashPage(
        layout=moderation_layout_of(context, seen.group, TRASH, error),
        removed=tuple(removed_row(one, seen.group, context, may_purge=seen.may_purge) for one in seen.removed),
        retention_notice=context.words.plural(
            "What is removed can be put back for %(count)s day.",
            "What is removed can be put back for %(count)s days.",
            context.library.settings.bin_days,
        ),
        whole=seen.whole,
    )
    return render(context, "moderation/trash.html", page, moderation_error_status(error))


def _deletion_response(context: RequestContext, group: Group, one: RemovedContentView) -> Response:
    words, addresses = context.words, context.addresses
    label = words.say("Remove for good")
    page = PermanentDeletionPage(
        title=label,
        breadcrumb=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(words.say("Bin"), addresses.group(group.slug, TRASH)),
        ),
        form_token=context.form_token,
        action=addresses.group(group.slug, TRASH),
        thing=removed_row(one, group, context, may_purge=False),
        back=addresses.group(group.slug, TRASH),
    )
    return render(context, "moderation/delete_permanently.html", page)
