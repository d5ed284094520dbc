"""The pages of a subscriber, by the key in each message: without login, also for a mail program (RFC 8058)."""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response

from kb.errors import NotFound
from kb.features.newsletters.subscribers import KeyOwner, confirm, newsletter_of_key, stop
from kb.web.http.context import RequestContext
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.ui.rendering import render

_UNKNOWN = "This link stops nothing: it is incomplete, or the newsletter is no more."
_NOT_ASKED = "This link confirms nothing: it is incomplete, too old, or was used already."


@dataclass(frozen=True, slots=True)
class SubscriberPage:
    title: str
    owner: KeyOwner


def stop_page(context: RequestContext) -> Response:
    """The page that asks whether to stop: opening it changes nothing, since programs open the links of messages.

    Raises NotFound.
    """
    return _page(context, "newsletters/stop.html", context.translator.gettext("Stop a newsletter"), _UNKNOWN)


def handle_stop(context: RequestContext, _headers: Headers) -> Response:
    """Stop it, for its reader or for their mail program. Raises NotFound."""
    if not stop(context.library, context.path_params["key"]):
        raise NotFound(_UNKNOWN)
    return stop_page(context)


def confirm_page(context: RequestContext) -> Response:
    """The page that asks the owner of an address to confirm it. Raises NotFound."""
    return _page(context, "newsletters/confirm.html", context.translator.gettext("Receive a newsletter"), _NOT_ASKED)


def handle_confirm(context: RequestContext, _headers: Headers) -> Response:
    """Subscribe the owner of an address. Raises NotFound."""
    if not confirm(context.library, context.path_params["key"]):
        raise NotFound(_NOT_ASKED)
    return confirm_page(context)


def _page(context: RequestContext, template: str, title: str, unknown: str) -> Response:
    owner = newsletter_of_key(context.library, context.path_params["key"])
    if owner is None:
        raise NotFound(unknown)
    return with_secret_headers(render(context, template, SubscriberPage(title, owner)))
