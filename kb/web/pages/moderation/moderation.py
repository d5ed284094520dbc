"""The moderation pages of a group: open reports and hidden content."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.items.moderation import Report
from kb.model.people.user import User
from kb.services.moderation.moderation_actions import dismiss_reports, hide_content, remove_content, restore_content
from kb.services.moderation.moderation_views import ReportedContent, moderation_queue
from kb.services.trash.item_parts import part_author, part_text
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.pages.moderation.moderation_layout import (
    LONGEST_LISTED_TITLE,
    ModerationLayout,
    ModerationRow,
    author_name,
    moderation_error_status,
    moderation_layout_of,
    part_kind_name,
    removed_row,
)
from kb.web.ui.display_text import Link, title_or_url, truncate
from kb.web.ui.group_header import MODERATION
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ModerationPage:
    layout: ModerationLayout
    reported: tuple[ModerationRow, ...]
    hidden: tuple[ModerationRow, ...]


def moderation_page(context: RequestContext) -> Response:
    """The open reports, and the hidden content."""
    return _page_response(context)


def handle_moderation_post(context: RequestContext) -> Response:
    """Dismiss reports, hide or remove reported content, restore hidden content."""
    slug = context.path_params["group"]
    # Check read permission first, so that a refusal does not reveal that reports exist.
    moderation_queue(context.library, context.actor, slug)
    try:
        done, undo = _apply_form(context, slug)
    except (Invalid, NotFound, Conflict) as error:
        return _page_response(context, error)
    return redirect_with_flash(context.addresses.group(slug, MODERATION), done, undo)


def _apply_form(context: RequestContext, slug: str) -> tuple[str, str]:
    """Do the action; returns the flash message, and what it offers to undo."""
    library, actor, field = context.library, context.actor, context.form_value
    part = field("part") or None
    match field("act"):
        case "dismiss":
            dismiss_reports(library, actor, slug, field("id"), part)
            return "dismissed", ""
        case "hide":
            return "hidden", hide_content(library, actor, field("id"), part, field("why")).id
        case "remove":
            return "removed", remove_content(library, actor, field("id"), part, field("why")).id
        case "restore":
            restore_content(library, actor, field("id"))
            return "restored", ""
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    seen = moderation_queue(context.library, context.actor, context.path_params["group"])
    page = ModerationPage(
        layout=moderation_layout_of(context, seen.group, MODERATION, error),
        reported=tuple(_reported(one, context) for one in seen.reported),
        hidden=tuple(removed_row(one, seen.group, context, may_purge=seen.may_purge) for one in seen.hidden),
    )
    return render(context, "moderation/moderation.html", page, moderation_error_status(error))


def _reported(one: ReportedContent, context: RequestContext) -> ModerationRow:
    return ModerationRow(
        one.item.id,
        one.part_id or "",
        part_kind_name(one.part, context.words),
        # An item is named by its link.
        truncate(part_text(one.part), LONGEST_SHOWN) if one.part_id else "",
        author_name(part_author(one.part)),
        Link(
            truncate(title_or_url(one.item), LONGEST_LISTED_TITLE),
            context.addresses.annotation(one.item, one.part_id),
        ),
        tuple(_flag(flag, user, context.words) for flag, user in one.flags),
    )


def _flag(flag: Report, user: User | None, words: Translator) -> str:
    name, day = user.name if user else words.say("A former member"), words.instant(flag.created_at)
    if flag.why:
        return words.say("%(name)s, on %(day)s: “%(why)s”", name=name, day=day, why=flag.why)
    return words.say("%(name)s, on %(day)s, without a word", name=name, day=day)
