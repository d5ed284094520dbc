"""The page of the webhooks of a group (`/g/<group>/webhooks`), for its owners."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import Response

from kb.errors import Conflict, Invalid, RateLimited
from kb.features.webhooks.group_webhooks import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    GroupWebhooks,
    WebhookDraft,
    add_webhook,
    change_webhook,
    remove_webhook,
    switch_webhook,
    test_webhook,
    webhooks_of_group,
)
from kb.features.webhooks.webhook import FAILURES, MOST_WEBHOOKS, SENT_NOTHING, Delivery, Shape, Webhook
from kb.model.people.group import Group
from kb.model.saved_search import saved_request
from kb.model.search_request import REPEATABLE_PARAMETERS, SearchRequest, View
from kb.model.truncation import truncate
from kb.model.web_pages.page_facts import FetchFailure
from kb.services.core.library import Library
from kb.settings import OFF
from kb.translation import LANGUAGES, Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import GroupHeader, header_of_group
from kb.web.ui.local_time import day_and_time
from kb.web.ui.rendering import render

WEBHOOKS = "webhooks"
"""The end of the address."""
_LONGEST_LABEL = 60
_LONGEST_SUMMARY = 200
_NOT_OF_SEARCH = frozenset({"lang", "page", "per_page", "since", "list", "sort", "facet_limit"})


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery: when it was made, what it is about, and what became of it. `next_at` is when it is tried
    again, as the page shows it.
    """

    at: str
    shown_time: str
    what: str
    result: str
    is_received: bool
    next_at: str


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """`name` is that of the other site, if it has no own; `address` is shortened; `failure` says why the site has
    switched it off; `change` leads to the form that changes it.
    """

    id: str
    name: str
    address: str
    facts: str
    search: Link
    is_on: bool
    failure: str
    secret: str
    change: str
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True)
class WebhookForm:
    """The form of a new webhook, or of the webhook `id`. `searches` are those between which one can choose; without
    any, it follows the search `parameters`.
    """

    id: str
    name: str
    address: str
    parameters: str
    searches: tuple[FormOption, ...]
    shapes: tuple[FormOption, ...]
    languages: tuple[FormOption, ...]
    with_passages: bool
    longest_address: int = LONGEST_ADDRESS
    longest_name: int = LONGEST_NAME


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """`refusal` says why no webhook can be made, and is empty if one can. `search` is that of the address, empty for
    all of the group. `changed` is the name of the webhook that `form` changes, empty for a new one; `plain` is the
    address of the page without either.
    """

    head: GroupHeader
    rows: tuple[WebhookRow, ...]
    refusal: str
    search: str
    changed: str
    form: WebhookForm
    plain: str


def webhooks_page(context: RequestContext) -> Response:
    """The webhooks of a group, and the form for another one, or for the one that the address or the sent form names.
    Raises NotFound, LoginNeeded, Forbidden, Invalid.
    """
    known = webhooks_of_group(context.library, context.actor, context.path_params["group"])
    request, parameters = _asked_search(context, known.group)
    translator = context.translator
    is_change = context.form_value("act") == "change"
    webhook_id = context.form_value("id") if is_change else "" if context.form_error else context.param("edit")
    changed = next((webhook for webhook in known.webhooks if webhook.id == webhook_id), None)
    page = WebhooksPage(
        head=header_of_group(context, known.group, WEBHOOKS),
        rows=tuple(_rows(context, known, parameters)),
        refusal=_refusal(context.library, known, translator),
        search=search_summary(request, translator) if parameters else "",
        changed=_name_of(changed) if changed else "",
        form=_form(context, known, changed, parameters),
        plain=context.addresses.group(known.group.slug, WEBHOOKS),
    )
    return with_secret_headers(render(context, "webhooks/webhooks.html", page))


@handle_form(webhooks_page, {Invalid: 400, Conflict: 409, RateLimited: 429})
@once
def handle_webhooks_post(context: RequestContext) -> Response:
    """Make, change, test, switch or delete a webhook."""
    library, actor, slug, webhook_id = (
        context.library,
        context.actor,
        context.path_params["group"],
        context.form_value("id"),
    )
    done = "kept"
    match context.form_value("act"):
        case "test":
            test_webhook(library, actor, slug, webhook_id)
            done = "webhook-tested"
        case "on" | "off" as act:
            switch_webhook(library, actor, slug, webhook_id, is_on=act == "on")
        case "remove":
            remove_webhook(library, actor, slug, webhook_id)
            done = "purged"
        case _:
            field = context.form_value
            draft = WebhookDraft(
                field("url"), field("shape"), field("language"), field("passages") == "on", field("parameters"),
                field("name"),
            )  # fmt: skip
            if context.form_value("act") == "change":
                change_webhook(library, actor, slug, webhook_id, draft)
            else:
                add_webhook(library, actor, slug, draft)
            done = "webhook-made"
    return redirect_with_flash(context.addresses.group(slug, WEBHOOKS), done)


def _asked_search(context: RequestContext, group: Group) -> tuple[SearchRequest, str]:
    """The search that the address, or the sent form, gives, and its parameters without the group."""
    if context.form_error:
        parameters = context.form_value("parameters")
        return saved_request(parameters), parameters
    scope = ListingScope(group.slug)
    asked = scope.request_of(tuple(pair for pair in context.params if pair[0] not in _NOT_OF_SEARCH))
    path, pairs = scope.address_of(asked)
    return asked, urlencode(pairs if path == scope.path else ())


def _form(context: RequestContext, known: GroupWebhooks, changed: Webhook | None, parameters: str) -> WebhookForm:
    """The form with what was typed, else with what is stored. `parameters` are those of the address or the form."""
    translator = context.translator
    shape = context.typed_value("shape", changed.shape if changed else Shape.MATTERMOST)
    language = context.typed_value("language", changed.language if changed else context.choice.language)
    own, searches = "", dict[str, str]()
    if changed:
        search = known.searches.get(changed.id)
        own = urlencode([pair for pair in parse_qsl(search.parameters if search else "") if pair[0] != "group"])
        for one in (own, parameters, ""):
            searches.setdefault(
                one, search_summary(saved_request(one), translator) or translator.gettext("All the items")
            )
    selected = parameters if context.form_error or parameters else own
    return WebhookForm(
        id=changed.id if changed else "",
        name=context.typed_value("name", changed.name if changed else ""),
        address=context.typed_value("url", changed.address if changed else ""),
        parameters=parameters,
        searches=tuple(FormOption(one, label, selected=one == selected) for one, label in searches.items()),
        shapes=tuple(FormOption(one, label, selected=one == shape) for one, label in _shape_labels(translator).items()),
        languages=tuple(FormOption(one, translator.language_name(one), selected=one == language) for one in LANGUAGES),
        with_passages=context.form_value("passages") == "on"
        if context.form_error
        else bool(changed and changed.with_passages),
    )


def search_summary(request: SearchRequest, translator: Translator) -> str:
    """The words and the values of a search, for a user who knows it."""
    parts = [translator.gettext("“%(query)s”", query=request.q)] if request.q else []
    parts += [value for name in REPEATABLE_PARAMETERS if name != "group" for value in getattr(request, name)]
    if request.date_from or request.date_to:
        parts.append(f"{request.date_from or '…'} – {request.date_to or '…'}")
    if request.view is View.PASSAGES:
        parts.append(translator.gettext("Passages"))
    return truncate(", ".join(map(str, parts)), _LONGEST_SUMMARY)


def _refusal(library: Library, known: GroupWebhooks, translator: Translator) -> str:
    if library.settings.fetch == OFF:
        return translator.gettext("This site sends nothing to other sites.")
    if len(known.webhooks) >= MOST_WEBHOOKS:
        return translator.gettext("A group has %(count)s webhooks at most.", count=MOST_WEBHOOKS)
    return ""


def _shape_labels(translator: Translator) -> dict[str, str]:
    _ = translator.gettext
    return {
        Shape.MATTERMOST: _("Mattermost, Rocket.Chat, and other chats that read Markdown"),
        Shape.MATRIX: _("Matrix (hookshot), Tchap"),
        Shape.JSON: _("A program (JSON, signed)"),
    }


def _name_of(webhook: Webhook) -> str:
    return webhook.name or urlsplit(webhook.address).hostname or ""


def _rows(context: RequestContext, known: GroupWebhooks, parameters: str) -> Iterator[WebhookRow]:
    """The webhooks; the link that changes one keeps the search of the address."""
    translator, asked = context.translator, tuple(parse_qsl(parameters))
    _ = translator.gettext
    shapes = _shape_labels(translator)
    for webhook in known.webhooks:
        search = known.searches.get(webhook.id)
        request = search.request if search else SearchRequest()
        summary = search_summary(request, translator) or _("All the items")
        facts = (
            shapes[webhook.shape],
            translator.language_name(webhook.language),
            _("with new passages") if webhook.with_passages else "",
        )
        yield WebhookRow(
            webhook.id,
            _name_of(webhook),
            truncate(webhook.address, _LONGEST_LABEL),
            " · ".join(filter(None, facts)),
            Link(summary, context.addresses.listing(ListingScope(known.group.slug), request)),
            webhook.is_on,
            _result(webhook.failure, translator) if webhook.failure else "",
            webhook.secret,
            context.addresses.group(known.group.slug, WEBHOOKS, (*asked, ("edit", webhook.id))) + "#change",
            tuple(_delivery_row(context, delivery) for delivery in known.deliveries[webhook.id]),
        )


def _delivery_row(context: RequestContext, delivery: Delivery) -> DeliveryRow:
    settings, translator = context.library.settings, context.translator
    ngettext, at = translator.ngettext, delivery.tried_at or delivery.created_at
    items, passages = len(delivery.item_ids) + delivery.others, len(delivery.passage_ids)
    what = ", ".join(
        part
        for part in (
            translator.gettext("Test") if delivery.is_test else "",
            ngettext("%(count)s item", "%(count)s items", items) if items else "",
            ngettext("%(count)s passage", "%(count)s passages", passages) if passages else "",
        )
        if part
    )
    return DeliveryRow(
        at,
        day_and_time(settings, translator, at),
        what,
        _result(delivery.status, translator) if delivery.status else translator.gettext("on its way"),
        delivery.is_received or delivery.status == SENT_NOTHING,
        day_and_time(settings, translator, delivery.next_at) if delivery.next_at and delivery.status else "",
    )


def _result(status: str, translator: Translator) -> str:
    """What became of a delivery, in words."""
    _ = translator.gettext
    if status == SENT_NOTHING:
        return _("nothing to send: it was deleted or hidden meanwhile")
    if status.startswith("2"):
        return _("received")
    if status.isdecimal():
        known = {one.value: one.phrase for one in HTTPStatus}
        return _("refused: %(status)s", status=f"{status} {known.get(int(status), '')}".strip())
    try:
        failure = FetchFailure(status)
    except ValueError:
        return status
    return _(FAILURES.get(failure, failure.message))
