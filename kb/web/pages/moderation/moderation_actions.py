"""Moderation actions on an item or an annotation (report, hide, remove): beside it, or on a page of their own."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.items.import_job import ImportJobState
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.truncation import truncate
from kb.services.imports.import_jobs import undo_import
from kb.services.item_actions.bulk_actions import MOST_BULK_ITEMS
from kb.services.moderation.moderation_actions import (
    group_of_removal,
    hide_content,
    remove_content,
    report_content,
    restore_content,
)
from kb.services.moderation.moderation_views import (
    AllowedModerationActions,
    allowed_moderation_actions,
    content_to_moderate,
)
from kb.services.trash.item_parts import all_item_parts, part_text
from kb.services.undo.undo import UndoResult, can_undo, part_count, undo_action, undo_portion
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next, without_flash
from kb.web.ui.action_progress import ProgressPage, portion_address
from kb.web.ui.display_text import Link, foreign_language, title_or_url
from kb.web.ui.form_errors import handle_form
from kb.web.ui.item_links import LONGEST_PAGE_TITLE, address_of_ids, address_to_return_to, item_breadcrumb
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

MOST_FORMS = 100
"""The most parts of a page with a form beside each."""
MOST_PARTS_AT_ONCE = 2
"""Parts of an action that one request undoes: each is half a second of work at most."""
LONGEST_SHOWN = 600
"""Characters of a text shown on its moderation page."""


@dataclass(frozen=True, slots=True)
class ModerationForm:
    """A small form beside an item or part: `part` is its id, empty for the item; `label` names the actions.

    If a page has too many of them, `href` links to the page of the item or part instead.
    """

    action: str
    form_token: str
    part: str
    label: str
    actions: AllowedModerationActions
    href: str = ""


@dataclass(frozen=True, slots=True)
class ModerationActionPage:
    """One item or part, and its moderation actions; `retention_notice` says how long removed content can be
    restored.
    """

    title: str
    breadcrumb: tuple[Link, ...]
    label: str
    text: str
    language: str | None
    part: str
    actions: AllowedModerationActions
    retention_notice: str
    back: str


def moderation_form_maker(
    context: RequestContext, item: Item, group: Group
) -> Callable[[str | None], ModerationForm | None]:
    """A function that builds the form of each part of an item by its id; none for a user without rights."""
    # An anonymous visitor has no forms, so no part need be examined.
    if context.actor.user_id is None:
        return lambda _: None
    parts, allowed = all_item_parts(item), allowed_moderation_actions(context.actor, group)

    def make(part_id: str | None) -> ModerationForm | None:
        actions = allowed(parts[part_id])
        if not actions:
            return None
        href = context.addresses.moderation_action(item.id, part_id) if len(parts) > MOST_FORMS else ""
        label = _label(actions, context.translator)
        return ModerationForm(
            context.addresses.moderation_action(item.id),
            context.credentials.form_token,
            part_id or "",
            label,
            actions,
            href,
        )

    return make


def moderation_action_page(context: RequestContext) -> Response:
    """One item or part, and its moderation actions."""
    translator, part_id = context.translator, context.typed_value("part", context.param("part"))
    item, group, part, actions = content_to_moderate(
        context.library, context.actor, context.path_params["id"], part_id or None
    )
    label = _label(actions, translator)
    page = ModerationActionPage(
        title=f"{label} – {truncate(title_or_url(item), LONGEST_PAGE_TITLE)}",
        breadcrumb=item_breadcrumb(context, group, item),
        label=label,
        text=truncate(part_text(part), LONGEST_SHOWN),
        language=foreign_language(item, translator),
        part=part_id,
        actions=actions,
        retention_notice=retention_notice(context),
        back=context.addresses.annotation(item, part_id or None),
    )
    return render(context, "moderation/moderation_actions.html", page)


@handle_form(moderation_action_page)
def handle_moderation_action_post(context: RequestContext) -> Response:
    """Report, hide or remove it."""
    library, actor, field = context.library, context.actor, context.form_value
    item_id, part_id = context.path_params["id"], field("part") or None
    match field("act"):
        case "flag":
            report_content(library, actor, item_id, part_id, field("why"))
            return redirect_with_flash(address_of_ids(context, item_id, part_id), "flagged")
        case "hide":
            removal, done = hide_content(library, actor, item_id, part_id, field("why")), "hidden"
        case "remove":
            removal, done = remove_content(library, actor, item_id, part_id, field("why")), "removed"
        case _:
            raise Invalid("The request is not a form of this site.")
    if part_id is not None:
        return redirect_with_flash(address_to_return_to(context, context.addresses.item(item_id)), done, removal.id)
    return redirect_with_flash(context.addresses.group(group_of_removal(library, removal).slug), done, removal.id)


def retention_notice(context: RequestContext) -> str:
    """How long removed content is kept."""
    return context.translator.ngettext(
        "What is removed can be put back for %(count)s day.",
        "What is removed can be put back for %(count)s days.",
        context.library.settings.bin_days,
    )


def handle_restore_post(context: RequestContext) -> Response:
    """Undo the last removal or change."""
    undo_id = context.path_params["id"]
    if can_undo(context.library, context.actor, undo_id):
        job = undo_import(context.library, context.actor, undo_id)
        if job is not None:
            done = "undone-in-part" if job.report.not_undone else "undone"
            is_undoing = job.state is ImportJobState.UNDOING
            # The page of an import says how far its undo is.
            return redirect_with_flash(
                context.addresses.import_job(job.id), "import-being-undone" if is_undoing else done
            )
        if (total := part_count(context.library, context.actor, undo_id)) > MOST_PARTS_AT_ONCE:
            return _undo_in_portions(context, undo_id, total)
        return _redirect_after_undo(context, undo_action(context.library, context.actor, undo_id))
    removal, _ = restore_content(context.library, context.actor, undo_id)
    address = address_of_ids(context, removal.item_id, removal.annotation_id)
    return redirect_with_flash(address_to_return_to(context, address), "restored")


def _undo_in_portions(context: RequestContext, undo_id: str, total: int) -> Response:
    """Undo one part of a long action: then the page that sends the form of the next, or the end."""
    undone, remaining = undo_portion(context.library, context.actor, undo_id)
    not_undone = undone.not_undone + parse_whole_number(context.form_value("not-undone"), 0, most=MOST_BULK_ITEMS)
    back = _listing_before(context)
    if not remaining:
        return redirect_with_flash(back, "undone-in-part" if not_undone else "undone")
    page = ProgressPage(
        title=context.translator.gettext("Undo"),
        summary=context.translator.gettext("%(done)s of %(total)s parts", done=total - remaining, total=total),
        done=total - remaining,
        total=total,
        action=portion_address(context.path),
        hidden=(("not-undone", str(not_undone)), ("back", back)),
        undo="",
        back=back,
    )
    return render(context, "items/bulk_progress.html", page)


def _listing_before(context: RequestContext) -> str:
    """The page that the user came from, as the first of several requests knew it."""
    address = context.form_value("back")
    return safe_next(address) if address else without_flash(context.referrer) or context.addresses.home()


def _redirect_after_undo(context: RequestContext, undone: UndoResult) -> Response:
    """The page after an undo: the item, or the page that the user came from."""
    key = "undone" if not undone.not_undone else "undone-in-part"
    if len(undone.item_ids) == 1:
        return redirect_with_flash(address_to_return_to(context, context.addresses.item(undone.item_ids[0])), key)
    if undone.list_ids:
        return redirect_with_flash(context.addresses.item_list(undone.list_ids[0], "edit"), key)
    return redirect_with_flash(_listing_before(context), key)


def _label(actions: AllowedModerationActions, translator: Translator) -> str:
    _ = translator.gettext
    match actions.report, actions.hide, actions.remove:
        case False, True, True:
            return _("Hide or remove")
        case _, _, True:
            return _("Remove")
        case _, True, _:
            return _("Hide")
        case _:
            return _("Report")
