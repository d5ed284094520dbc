"""The page of a user's mentions, and the autocomplete of logins in texts."""

from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid
from kb.model.storable_text import is_storable
from kb.model.truncation import truncate
from kb.services.email.outbox import can_send_email
from kb.services.groups.membership import require_signed_in
from kb.services.mentions.mentions import (
    MentionView,
    mark_mentions_seen,
    mention_completions,
    mentions_of,
    set_mention_emails,
    wants_mention_emails,
)
from kb.services.trash.item_parts import part_text
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.ui.rendering import render

MENTIONS = "mentions"


@dataclass(frozen=True, slots=True)
class MentionsPage:
    """Each mention comes with its text; `wants_emails` says whether the user wants e-mail messages, None if the site
    sends none.
    """

    unread: tuple[tuple[MentionView, str], ...]
    read: tuple[tuple[MentionView, str], ...]
    login: str
    wants_emails: bool | None


def mentions_page(context: RequestContext) -> Response:
    """The mentions of the logged-in user. Raises LoginNeeded."""
    require_signed_in(context.actor)
    library = context.library
    rows = [(view, truncate(part_text(view.part), LONGEST_SHOWN)) for view in mentions_of(library, context.actor)]
    page = MentionsPage(
        unread=tuple(row for row in rows if not row[0].mention.seen_at),
        read=tuple(row for row in rows if row[0].mention.seen_at),
        login=context.actor.login,
        wants_emails=wants_mention_emails(library, context.actor) if can_send_email(library.settings) else None,
    )
    return render(context, "annotations/mentions.html", page)


def handle_mentions_post(context: RequestContext) -> Response:
    """Mark a mention as read, or all; or turn e-mail messages on or off."""
    library, actor = context.library, context.actor
    require_signed_in(actor)
    match context.form_value("act"):
        case "seen" if is_storable(context.form_value("id")):
            mark_mentions_seen(library, actor, context.form_value("id"))
            return redirect_with_flash(context.addresses.own(MENTIONS))
        case "all-seen":
            mark_mentions_seen(library, actor)
            return redirect_with_flash(context.addresses.own(MENTIONS), "all-seen")
        case "letters":
            set_mention_emails(library, actor, enabled=bool(context.form_value("wanted")))
            return redirect_with_flash(context.addresses.own(MENTIONS), "kept")
        case _:
            raise Invalid("The request is not a form of this site.")


def mentionable_people(context: RequestContext) -> Response:
    """Members of a group whose login or name begins with the typed text. Raises NotFound, LoginNeeded, Forbidden."""
    users = mention_completions(context.library, context.actor, context.path_params["group"], context.param("q")[:100])
    answer = JSONResponse([{"login": user.login, "name": user.name} for user in users])
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
