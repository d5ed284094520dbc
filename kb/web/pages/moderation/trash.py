"""The bin of a group: what was removed, put back or removed for good."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.people.group import Group
from kb.services.moderation.moderation_actions import purge, restore
from kb.services.moderation.moderation_views import Out, bin_of, one_out
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.moderation.moderation_layout import CarePage, ThingRow, care_of, row_of, status_of
from kb.web.ui.fragments import Link
from kb.web.ui.group_header import BIN
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class BinPage:
    """`whole`: all that was removed, and not only what one removed; `keeps` says for how long."""

    care: CarePage
    removed: tuple[ThingRow, ...]
    keeps: str
    whole: bool


@dataclass(frozen=True, slots=True)
class PurgePage:
    """The question before something is gone for good."""

    title: str
    trail: tuple[Link, ...]
    form_token: str
    action: str
    thing: ThingRow
    back: str


def bin_page(context: Context) -> Response:
    """What was removed; with `purge`, the question before one of them is gone for good."""
    asked = context.param("purge")
    if asked:
        return _purge(context, *one_out(context.library, context.actor, context.path_params["group"], asked))
    return _bin(context)


def act_on_bin(context: Context) -> Response:
    """Put something back, or remove it for good."""
    slug = context.path_params["group"]
    bin_of(context.library, context.actor, slug)
    try:
        done = _emptied(context)
    except (Invalid, NotFound, Conflict) as error:
        return _bin(context, error)
    return moved(context.addresses.group(slug, BIN), done)


def _emptied(context: Context) -> str:
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "restore":
            restore(library, actor, field("id"))
            return "restored"
        case "purge":
            purge(library, actor, field("id"))
            return "purged"
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _bin(context: Context, error: FlorilegeError | None = None) -> Response:
    seen = bin_of(context.library, context.actor, context.path_params["group"])
    page = BinPage(
        care=care_of(context, seen.group, BIN, error),
        removed=tuple(row_of(one, seen.group, context, may_purge=seen.may_purge) for one in seen.removed),
        keeps=context.words.plural(
            "What is removed can be put back for %(count)s day.",
            "What is removed can be put back for %(count)s days.",
            context.library.settings.bin_days,
        ),
        whole=seen.whole,
    )
    return render(context, "moderation/trash.html", page, status_of(error))


def _purge(context: Context, group: Group, one: Out) -> Response:
    words, addresses = context.words, context.addresses
    label = words.say("Remove for good")
    page = PurgePage(
        title=label,
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(words.say("Bin"), addresses.group(group.slug, BIN)),
        ),
        form_token=context.form_token,
        action=addresses.group(group.slug, BIN),
        thing=row_of(one, group, context, may_purge=False),
        back=addresses.group(group.slug, BIN),
    )
    return render(context, "moderation/delete_permanently.html", page)
