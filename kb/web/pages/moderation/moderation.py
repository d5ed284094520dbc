"""What those who look after a group see and do: reports that wait, and what is hidden."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.items.moderation import Flag
from kb.model.people.user import User
from kb.services.moderation.moderation_actions import dismiss, hide, remove, restore
from kb.services.moderation.moderation_views import Reported, moderation_of
from kb.services.trash.item_parts import author_of, text_of
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.pages.moderation.moderation_layout import (
    LONGEST_TITLE,
    CarePage,
    ThingRow,
    by,
    care_of,
    kind_said,
    row_of,
    status_of,
)
from kb.web.ui.fragments import Link, beginning, title_of
from kb.web.ui.group_header import MODERATION
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ModerationPage:
    care: CarePage
    reported: tuple[ThingRow, ...]
    hidden: tuple[ThingRow, ...]


def moderation_page(context: Context) -> Response:
    """Reports that wait, and what is hidden."""
    return _moderation(context)


def act_on_moderation(context: Context) -> Response:
    """Dismiss reports, hide or remove what is reported, put back what is hidden."""
    slug = context.path_params["group"]
    # Who may not even see what waits must not learn it from what is refused.
    moderation_of(context.library, context.actor, slug)
    try:
        done, undo = _moderated(context, slug)
    except (Invalid, NotFound, Conflict) as error:
        return _moderation(context, error)
    return moved(context.addresses.group(slug, MODERATION), done, undo)


def _moderated(context: Context, slug: str) -> tuple[str, str]:
    """Do it; gives what the notice says, and what it offers to undo."""
    library, actor, field = context.library, context.actor, context.form_value
    part = field("part") or None
    match field("act"):
        case "dismiss":
            dismiss(library, actor, slug, field("id"), part)
            return "dismissed", ""
        case "hide":
            return "hidden", hide(library, actor, field("id"), part, field("why")).id
        case "remove":
            return "removed", remove(library, actor, field("id"), part, field("why")).id
        case "restore":
            restore(library, actor, field("id"))
            return "restored", ""
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _moderation(context: Context, error: FlorilegeError | None = None) -> Response:
    seen = moderation_of(context.library, context.actor, context.path_params["group"])
    page = ModerationPage(
        care=care_of(context, seen.group, MODERATION, error),
        reported=tuple(_reported(one, context) for one in seen.reported),
        hidden=tuple(row_of(one, seen.group, context, may_purge=seen.may_purge) for one in seen.hidden),
    )
    return render(context, "moderation/moderation.html", page, status_of(error))


def _reported(one: Reported, context: Context) -> ThingRow:
    return ThingRow(
        one.item.id,
        one.part_id or "",
        kind_said(one.part, context.words),
        # An item is named by its link.
        beginning(text_of(one.part), LONGEST_SHOWN) if one.part_id else "",
        by(author_of(one.part)),
        Link(beginning(title_of(one.item), LONGEST_TITLE), context.addresses.item(one.item.id, annotation=one.part_id)),
        tuple(_flag(flag, user, context.words) for flag, user in one.flags),
    )


def _flag(flag: Flag, user: User | None, words: Translator) -> str:
    name, day = user.name if user else words.say("A former member"), words.instant(flag.created_at)
    if flag.why:
        return words.say("%(name)s, on %(day)s: “%(why)s”", name=name, day=day, why=flag.why)
    return words.say("%(name)s, on %(day)s, without a word", name=name, day=day)
