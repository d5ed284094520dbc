"""Private feeds: keys for feed readers to follow listings that are not public."""

from dataclasses import dataclass, replace
from urllib.parse import unquote

from starlette.responses import Response

from kb.errors import Conflict, Invalid, NotFound
from kb.model.people.account import FeedKey
from kb.services.accounts.feed_keys import check_followed_feed, create_feed_key, own_feed_keys, revoke_feed_key
from kb.web.http.context import FormError, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.feed_urls import parse_feed_address, with_feed_key
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.accounts.account_layout import (
    FEEDS,
    AccountHeader,
    account_breadcrumb,
    account_header,
    created_on,
    last_use,
    require_browser,
)
from kb.web.ui.display_text import facts_line
from kb.web.ui.form_errors import FormRow, handle_form
from kb.web.ui.new_secret import new_secret_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class FeedKeysPage:
    """`address` is the feed for which the user asks for a key, and `shown` its readable form; empty if there is none.

    `without` is a notice about the same address without a key, if that feed has entries.
    """

    head: AccountHeader
    address: str
    shown: str
    without: str
    rows: tuple[FormRow, ...]


def feed_keys_page(context: RequestContext) -> Response:
    """The feed keys of the logged-in user, and the form to create one. Raises LoginNeeded, NotFound for an unknown
    feed.
    """
    require_browser(context)
    translator, address, without = context.translator, "", ""
    feed_address = "" if context.form_error else context.param("feed")
    if feed_address:
        followed = parse_feed_address(context.library, context.actor, feed_address).key_target
        address = followed.address
        if followed.slug is None and followed.group_id is None:
            without = translator.gettext("Without a key, this address shows what everybody may read.")
        try:
            check_followed_feed(context.library, context.actor, followed)
        except Conflict as known:
            context, address = replace(context, form_error=FormError(known, 409)), ""
    page = FeedKeysPage(
        head=account_header(context, FEEDS),
        address=address,
        shown=_readable_address(context, address) if address else "",
        without=without,
        rows=tuple(_row(feed_key, context) for feed_key in own_feed_keys(context.library, context.actor)),
    )
    return render(context, "accounts/feed_keys.html", page)


@handle_form(feed_keys_page, {NotFound: 404})
def handle_feed_keys_post(context: RequestContext) -> Response:
    """Create a key, which is shown once in its address, or revoke one."""
    require_browser(context)
    library, actor = context.library, context.actor
    match context.form_value("act"):
        case "make":
            return _make_key(context)
        case "revoke":
            revoke_feed_key(library, actor, context.form_value("id"))
            return redirect_with_flash(context.addresses.own(FEEDS), "feed-key-revoked")
        case _:
            raise Invalid("The request is not a form of this site.")


@once
def _make_key(context: RequestContext) -> Response:
    followed = parse_feed_address(context.library, context.actor, context.form_value("feed")).key_target
    secret = create_feed_key(context.library, context.actor, followed)
    address, translator = with_feed_key(followed.address, secret), context.translator
    lead = translator.gettext(
        "Give this address to your feed reader now: it is not shown again. Anyone who has it reads this feed as you "
        "do: keep it to yourself."
    )
    return new_secret_page(
        context, translator.gettext("Your private feed"), account_breadcrumb(context, FEEDS), lead, address=address
    )


def _row(key: FeedKey, context: RequestContext) -> FormRow:
    translator = context.translator
    name = (
        _readable_address(context, key.address)
        if key.address
        else translator.gettext("A feed of what you may not read any more")
    )
    return FormRow(key.id, name, facts_line(created_on(key.created_at, translator), last_use(key.seen_at, translator)))


def _readable_address(context: RequestContext, address: str) -> str:
    """An address in readable form: decoded letters."""
    return context.library.settings.base_url + unquote(address.replace("+", " "))
