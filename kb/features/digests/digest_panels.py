"""What administrators see of digests: how many readers have no account, and whose mail servers refuse messages."""

from urllib.parse import parse_qsl

from markupsafe import Markup

from kb.features.digests.records.digest_records import DigestsReading
from kb.model.followed_search import parameters_to_follow
from kb.services.email.outbox import can_send_email
from kb.web.http.context import Panel, PanelLocation, RequestContext


def _warning(context: RequestContext, _subject: str) -> Markup:
    """How many readers get nothing any more, because their mail server refuses it."""
    with context.library.store.read() as reading:
        _, refused = DigestsReading(reading.connection).counts()
    if not refused:
        return Markup()
    text = context.translator.ngettext(
        "Digests to %(count)s reader have stopped: the mail server refuses the address (“Readers by e-mail”).",
        "Digests to %(count)s readers have stopped: mail servers refuse the addresses (“Readers by e-mail”).",
        refused,
    )
    return Markup('<p class="form-error">{}</p>\n').format(text)


def _state(context: RequestContext, _subject: str) -> Markup:
    """How many readers without an account there are."""
    with context.library.store.read() as reading:
        strangers, _ = DigestsReading(reading.connection).counts()
    if not strangers:
        return Markup()
    text = context.translator.ngettext(
        "%(count)s reader without an account gets digests.",
        "%(count)s readers without an account get digests.",
        strangers,
    )
    return Markup("<li>{}</li>\n").format(text)


def _subscribe_link(context: RequestContext, subject: str) -> Markup:
    """How a stranger follows a listing by e-mail; users have a form of their own."""
    if context.actor.user_id is not None or not can_send_email(context.library.settings):
        return Markup()
    params = tuple(parse_qsl(parameters_to_follow(parse_qsl(subject))))
    link = Markup('<p><a class="button-link" href="{}" rel="nofollow">{}</a></p>\n')
    _ = context.translator.gettext
    return link.format(context.addresses.own("subscribe", params), _("Follow by e-mail, without an account"))


DIGEST_PANELS = (
    Panel(PanelLocation.FOLLOW, _subscribe_link),
    Panel(PanelLocation.SITE_WARNINGS, _warning),
    Panel(PanelLocation.SITE_STATE, _state),
)
