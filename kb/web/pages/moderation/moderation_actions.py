"""Moderation actions on an item or an annotation (report, hide, remove): beside it, or on a page of their own."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.model.items.import_job import ImportJob, ImportJobState
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.imports.import_undo import undo_import
from kb.services.moderation.moderation_actions import hide_content, remove_content, report_content, restore_content
from kb.services.moderation.moderation_views import (
    AllowedModerationActions,
    allowed_moderation_actions,
    content_to_moderate,
)
from kb.services.trash.item_parts import all_item_parts, part_text
from kb.services.undo.undo import UndoResult, can_undo, undo_action
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash, without_flash
from kb.web.ui.display_text import Link, foreign_language, title_or_url, truncate
from kb.web.ui.item_links import address_of_ids
from kb.web.ui.rendering import render

MOST_FORMS = 100
"""The most parts of a page with a form beside each."""
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
    what: str
    text: str
    language: str | None
    wrong: str
    why: str
    deed: ModerationForm
    retention_notice: str
    back: str


def moderation_form_maker(
    context: RequestContext, item: Item, group: Group
) -> Callable[[str | None], ModerationForm | None]:
    """A function that builds the form of each part of an item by its id; none for a user without rights."""
    # An anonymous visitor has no forms, so no part need be examined.
    if context.actor.user_id is None:
        return lambda _: None
    parts, about = all_item_parts(item), allowed_moderation_actions(context.actor, group)

    def make(part_id: str | None) -> ModerationForm | None:
        deeds = about(parts[part_id])
        return _form(context, item.id, part_id, deeds, linked=len(parts) > MOST_FORMS) if deeds else None

    return make


def moderation_action_page(context: RequestContext) -> Response:
    """One item or part, and its moderation actions."""
    return _page_response(context, context.param("part"))


def handle_moderation_action_post(context: RequestContext) -> Response:
    """Report, hide or remove it; an error is shown above the page."""
    try:
        return _apply_form(context)
    except (Invalid, Conflict) as error:
        return _page_response(context, context.form_value("part"), error)


def handle_restore_post(context: RequestContext) -> Response:
    """Undo the last removal or change."""
    undo_id = context.path_params["id"]
    if can_undo(context.library, context.actor, undo_id):
        job = undo_import(context.library, context.actor, undo_id)
        if job is not None:
            return _redirect_to_import(context, job)
        return _redirect_after_undo(context, undo_action(context.library, context.actor, undo_id))
    aside, _ = restore_content(context.library, context.actor, undo_id)
    return redirect_with_flash(address_of_ids(context, aside.item_id, aside.annotation_id), "restored")


def _redirect_to_import(context: RequestContext, job: ImportJob) -> Response:
    """The page of an import, which says how far its undo is."""
    if job.state is ImportJobState.UNDOING:
        return redirect_with_flash(context.addresses.intake(job.id), "import-being-undone")
    key = "undone" if not job.report.not_undone else "undone-in-part"
    return redirect_with_flash(context.addresses.intake(job.id), key)


def _redirect_after_undo(context: RequestContext, undone: UndoResult) -> Response:
    """The page after an undo: the item, or the page that the user came from."""
    key = "undone" if not undone.not_undone else "undone-in-part"
    if len(undone.item_ids) == 1:
        return redirect_with_flash(context.addresses.item(undone.item_ids[0]), key)
    if undone.list_ids:
        return redirect_with_flash(context.addresses.outline(undone.list_ids[0], "edit"), key)
    return redirect_with_flash(without_flash(context.referrer) or context.addresses.home(), key)


def kind_name(kind: str, words: Translator) -> str:
    """The word for a kind of content."""
    match kind:
        case "highlight":
            return words.say("Highlight")
        case "note":
            return words.say("Note")
        case "comment":
            return words.say("Comment")
        case "reply":
            return words.say("Reply")
        case _:
            return words.say("Item")


def _apply_form(context: RequestContext) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    item_id, part_id, addresses = context.path_params["id"], field("part") or None, context.addresses
    match field("act"):
        case "flag":
            report_content(library, actor, item_id, part_id, field("why"))
            return redirect_with_flash(address_of_ids(context, item_id, part_id), "flagged")
        case "hide":
            aside, done = hide_content(library, actor, item_id, part_id, field("why")), "hidden"
        case "remove":
            aside, done = remove_content(library, actor, item_id, part_id, field("why")), "removed"
        case _:
            raise Invalid("What was sent is not a form of this site.")
    if part_id is not None:
        return redirect_with_flash(addresses.item(item_id), done, aside.id)
    with library.store.read() as reading:
        slug = reading.groups.by_ids([aside.group_id])[aside.group_id].slug
    return redirect_with_flash(addresses.group(slug), done, aside.id)


def _form(
    context: RequestContext, item_id: str, part_id: str | None, deeds: AllowedModerationActions, *, linked: bool = False
) -> ModerationForm:
    addresses = context.addresses
    href = addresses.thing(item_id, part_id) if linked else ""
    label = _label(deeds, context.words)
    return ModerationForm(addresses.thing(item_id), context.form_token, part_id or "", label, deeds, href)


def _label(deeds: AllowedModerationActions, words: Translator) -> str:
    match deeds.flag, deeds.hide, deeds.remove:
        case False, True, True:
            return words.say("Hide or remove")
        case _, _, True:
            return words.say("Remove")
        case _, True, _:
            return words.say("Hide")
        case _:
            return words.say("Report")


def _page_response(context: RequestContext, part_id: str, error: FlorilegeError | None = None) -> Response:
    words, addresses = context.words, context.addresses
    item, group, part, deeds = content_to_moderate(
        context.library, context.actor, context.path_params["id"], part_id or None
    )
    label = _label(deeds, words)
    page = ModerationActionPage(
        title=f"{label} – {truncate(title_or_url(item), 80)}",
        breadcrumb=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(truncate(title_or_url(item), 80), addresses.item(item.id)),
        ),
        what=label,
        text=truncate(part_text(part), LONGEST_SHOWN),
        language=foreign_language(item, words),
        wrong=words.sentence(error) if error else "",
        why=context.form_value("why"),
        deed=_form(context, item.id, part_id or None, deeds),
        retention_notice=words.plural(
            "What is removed can be put back for %(count)s day.",
            "What is removed can be put back for %(count)s days.",
            context.library.settings.bin_days,
        ),
        back=addresses.annotation(item, part_id or None),
    )
    return render(
        context,
        "moderation/moderation_actions.html",
        page,
        409 if isinstance(error, Conflict) else 400 if error else 200,
    )
