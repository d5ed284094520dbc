"""Pages for readers without an account, and of the preferences of all readers, which a key in a message opens."""

import logging
from dataclasses import dataclass

from starlette.background import BackgroundTask
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from kb.errors import FlorilegeError, NotFound, RateLimited
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.follow_panels import FOLLOWING
from kb.features.digests.followed_address import followed_address
from kb.features.digests.records.digest_records import DigestReader
from kb.features.digests.rhythm_choices import Choice, rhythm_choices, rhythm_of
from kb.features.digests.subscribers import (
    CONSENT,
    EmailFollow,
    Preferences,
    change_preferences,
    check_request,
    confirm_subscription,
    preferences,
    public_list,
    public_results,
    request_subscription,
    requested_subscription,
    stop_all,
)
from kb.model.followed_search import LIST, followed_list_id, parameters_to_follow
from kb.model.search_request import SearchRequest
from kb.services.authentication.authentication import check_link_rate
from kb.services.core.library import Library
from kb.services.email.outbox import can_send_email
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, Pairs
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render
from kb.web.ui.search_form import filter_summary
from kb.whole_numbers import parse_whole_number

SENT, CONFIRMED, CHANGED, STOPPED = "subscribe-sent", "subscribed", "subscription-changed", "subscription-stopped"
_OWN_FIELDS = frozenset(("email", "rhythm", "form_token", "done", "lang", "undo"))
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SubscribePage:
    """`title` names what would be followed, `params` are its parameters. `sent`: a message was sent just now."""

    title: str
    params: Pairs
    rhythms: tuple[Choice, ...]
    consent: str
    can_send_email: bool
    sent: bool


@dataclass(frozen=True, slots=True)
class FollowedRow:
    """A search of the page of preferences, and how often it is sent; an empty address if nothing of it is told."""

    id: str
    title: str
    address: str
    rhythms: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class PreferencesPage:
    """`done` says what was done just now. `email` is empty for a user with an account. `following` leads to what a user
    follows, whose names are shown to them alone: here the key opens, which a forwarded message has too.
    """

    rows: tuple[FollowedRow, ...]
    following: str
    weekdays: tuple[Choice, ...]
    hours: tuple[Choice, ...]
    email: str
    consent: str
    consented_at: str
    refusal: str
    done: str
    stop_address: str


def subscribe_page(context: RequestContext) -> Response:
    """The form with which a reader without an account follows a search by e-mail."""
    return _subscribe_page(context, context.params)


def _subscribe_page(context: RequestContext, pairs: Pairs) -> Response:
    params, title = _listing(context, pairs)
    page = SubscribePage(
        title,
        params,
        rhythm_choices(context.translator, Rhythm.WEEKLY, can_end=False),
        context.translator.gettext(CONSENT, site=context.site_name),
        can_send_email(context.library.settings),
        ("done", SENT) in context.params,
    )
    return with_secret_headers(render(context, "digests/subscribe.html", page))


def _listing(context: RequestContext, pairs: Pairs) -> tuple[Pairs, str]:
    """The parameters of what is followed, and its name. Raises Invalid."""
    asked = tuple(pair for pair in pairs if pair[0] not in _OWN_FIELDS)
    if list_id := followed_list_id(parameters_to_follow(asked)):
        return ((LIST, list_id),), public_list(context.library, list_id).name
    request = SearchRequest.from_params(asked)
    results = public_results(context.library, request)
    title = filter_summary(SEARCH_SCOPE, results, context.translator)
    return request.to_params(), title or context.translator.gettext("All that is new")


@handle_form(lambda context: _subscribe_page(context, context.fields or context.params), {RateLimited: 429})
def handle_subscribe_post(context: RequestContext) -> Response:
    """Send a message to the address, after the answer, so that it does not reveal whether the address is known."""
    library = context.library
    params, title = _listing(context, context.fields)
    if not can_send_email(library.settings):
        return _subscribe_page(context, context.fields)
    rhythm = rhythm_of(context.form_value("rhythm") or Rhythm.WEEKLY.value)
    address = check_request(library, context.client, context.form_value("email"))
    response = redirect_with_flash(context.addresses.own("subscribe", params), SENT)
    wish = EmailFollow(title, rhythm, context.choice.language)
    response.background = BackgroundTask(_send_request, library, address, parameters_to_follow(params), wish)
    return response


def _send_request(library: Library, address: str, parameters: str, wish: EmailFollow) -> None:
    try:
        request_subscription(library, address, parameters, wish)
    except FlorilegeError as error:
        _log.warning("a confirmation was not sent: %s", error)


def confirmation_page(context: RequestContext) -> Response:
    """The button that confirms. Opening the page confirms nothing, because scanners of mail open each link. After the
    confirmation, the link leads to the preferences.
    """
    request, confirmed = requested_subscription(context.library, context.path_params["key"])
    if confirmed is not None:
        return _redirect_to_preferences(context, confirmed)
    return with_secret_headers(render(context, "digests/confirmation.html", request))


@handle_form(confirmation_page, {RateLimited: 429})
def handle_confirmation_post(context: RequestContext) -> Response:
    """Follow what was asked for."""
    check_link_rate(context.library, context.client)
    return _redirect_to_preferences(context, confirm_subscription(context.library, context.path_params["key"]))


def _redirect_to_preferences(context: RequestContext, reader: DigestReader) -> Response:
    """Lead to the preferences, which say that it is confirmed."""
    return redirect_with_flash(context.addresses.own(f"subscription/{reader.key}"), CONFIRMED)


def preferences_page(context: RequestContext) -> Response:
    """What a reader follows by e-mail, how often, and how it is stopped."""
    if ("done", STOPPED) in context.params:
        return with_secret_headers(render(context, "digests/stopped.html", ""))
    try:
        known: Preferences = preferences(context.library, context.path_params["key"])
    except NotFound as error:
        # Most often a second click on the link that stops them.
        return with_secret_headers(render(context, "digests/stopped.html", context.translator.sentence(error), 404))
    reader, translator = known.reader, context.translator
    is_shown = reader.user_id is None or reader.user_id == context.actor.user_id
    rows = tuple(
        FollowedRow(
            one.subscription.search_id,
            one.subscription.title,
            followed_address(context.addresses, one.search.parameters) if one.search else "",
            rhythm_choices(translator, one.subscription.rhythm, can_end=True),
        )
        for one in (known.followed if is_shown else ())
    )
    page = PreferencesPage(
        rows,
        "" if is_shown else context.addresses.own(FOLLOWING),
        tuple(Choice(str(day), name, day == reader.weekday) for day, name in enumerate(_weekdays(translator))),
        tuple(
            Choice(str(hour), translator.gettext("%(hour)s:00", hour=hour), hour == reader.hour) for hour in range(24)
        ),
        reader.email or "",
        reader.consent,
        translator.instant(reader.consented_at) if reader.consented_at else "",
        reader.refusal if reader.refused_at else "",
        context.param("done"),
        context.addresses.own(f"subscription/{reader.key}/stop"),
    )
    return with_secret_headers(render(context, "digests/preferences.html", page))


@handle_form(preferences_page)
def handle_preferences_post(context: RequestContext) -> Response:
    """Store the choices, or stop all messages."""
    library, key = context.library, context.path_params["key"]
    own = context.addresses.own(f"subscription/{key}")
    if context.form_value("act") == "stop":
        stop_all(library, key)
        return redirect_with_flash(own, STOPPED)
    rhythms = {
        name.removeprefix("rhythm-"): rhythm_of(value) for name, value in context.fields if name.startswith("rhythm-")
    }
    weekday, hour = (parse_whole_number(context.form_value(name), -1) for name in ("weekday", "hour"))
    goes_on = change_preferences(library, key, weekday, hour, rhythms)
    return redirect_with_flash(own, CHANGED if goes_on else STOPPED)


def stop_page(context: RequestContext) -> Response:
    """A user who opens the address for programs gets the page with the button."""
    preferences = context.addresses.own(f"subscription/{context.path_params['key']}")
    return RedirectResponse(preferences, 303, headers={"Cache-Control": "no-store"})


def handle_stop_post(context: RequestContext, _headers: Headers) -> Response:
    """Stop all messages at once, without a session (RFC 8058): the key in the address is the right."""
    stop_all(context.library, context.path_params["key"])
    return PlainTextResponse(context.translator.gettext("No more e-mails are sent to you.") + "\n")


def _weekdays(translator: Translator) -> tuple[str, ...]:
    _ = translator.gettext
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
