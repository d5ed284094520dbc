"""What one was mentioned in, and how others are mentioned: completing a login as one types it."""

from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid
from kb.model.text_rules import is_keepable
from kb.services.email.outbox import can_write
from kb.services.groups.membership import require_signed_in
from kb.services.mentions.mentions import (
    MentionView,
    completions,
    mentions_of,
    see_mentions,
    want_letters,
    wants_letters,
)
from kb.services.trash.item_parts import text_of
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.ui.fragments import Link, beginning, foreign, title_of
from kb.web.ui.rendering import render

MENTIONS = "mentions"


@dataclass(frozen=True, slots=True)
class MentionRow:
    """One mention: `key` is sent to say that it was seen, empty where it is; `facts` say who, when and where."""

    key: str
    text: str
    language: str | None
    facts: str
    item: Link
    group: Link


@dataclass(frozen=True, slots=True)
class MentionsPage:
    """`letters` says whether letters are wanted; None where the site sends none."""

    title: str
    trail: tuple[Link, ...]
    action: str
    form_token: str
    unread: tuple[MentionRow, ...]
    read: tuple[MentionRow, ...]
    login: str
    letters: bool | None


def mentions_page(context: Context) -> Response:
    """The mentions of who is signed in. Raises SignInNeeded."""
    require_signed_in(context.actor)
    words, addresses = context.words, context.addresses
    rows = [_row(one, context) for one in mentions_of(context.library, context.actor)]
    page = MentionsPage(
        title=words.say("My mentions"),
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(words.say("My account"), addresses.own("account")),
        ),
        action=addresses.own(MENTIONS),
        form_token=context.form_token,
        unread=tuple(one for one in rows if one.key),
        read=tuple(one for one in rows if not one.key),
        login=context.actor.login,
        letters=wants_letters(context.library, context.actor) if can_write(context.library.settings) else None,
    )
    return render(context, "annotations/mentions.html", page)


def act_on_mentions(context: Context) -> Response:
    """Say that one has seen a mention, or all; or that one wants letters, or none."""
    library, actor = context.library, context.actor
    require_signed_in(actor)
    match context.form_value("act"):
        case "seen" if is_keepable(context.form_value("id")):
            see_mentions(library, actor, context.form_value("id"))
            return moved(context.addresses.own(MENTIONS))
        case "all-seen":
            see_mentions(library, actor)
            return moved(context.addresses.own(MENTIONS), "all-seen")
        case "letters":
            want_letters(library, actor, wanted=bool(context.form_value("wanted")))
            return moved(context.addresses.own(MENTIONS), "kept")
        case _:
            raise Invalid("What was sent is not a form of this site.")


def people(context: Context) -> Response:
    """Members of a group whose login or name begins as one types. Raises NotFound, SignInNeeded, Refused."""
    found = completions(context.library, context.actor, context.path_params["group"], context.param("q")[:100])
    answer = JSONResponse([{"login": one.login, "name": one.name} for one in found])
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _row(one: MentionView, context: Context) -> MentionRow:
    words, addresses, mention = context.words, context.addresses, one.mention
    day = words.instant(mention.at)
    facts = words.say("%(name)s, on %(day)s", name=one.by.name, day=day) if one.by else day
    return MentionRow(
        "" if mention.seen_at else mention.annotation_id,
        beginning(text_of(one.part), LONGEST_SHOWN),
        foreign(one.item, words),
        facts,
        Link(beginning(title_of(one.item), 90), addresses.item(one.item.id, annotation=mention.annotation_id)),
        Link(one.group.name, addresses.group(one.group.slug)),
    )
