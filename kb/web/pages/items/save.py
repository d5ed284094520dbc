"""Save a page: show the form, handle it, and report the progress of the page fetch."""

from dataclasses import replace

from starlette.responses import JSONResponse, RedirectResponse, Response

from kb.access.actor import Actor
from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound, RateLimited
from kb.language import known_languages
from kb.model.web_pages.address import canonical_url
from kb.model.web_pages.page_fetch import Fetch
from kb.services.core.idempotency import in_one_transaction
from kb.services.core.library import Library
from kb.services.groups.membership import require_signed_in
from kb.services.items.item_creation import SavedItem, save_item, writable_group
from kb.services.items.item_edit import add_to_item
from kb.services.items.reading_list import add_to_reading_list
from kb.services.page_fetch.page_fetch import own_fetch, request_page_fetch
from kb.web.http.authentication import with_last_group_cookie
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.accounts.account_layout import form_error_status, with_retry_after
from kb.web.pages.items.save_fields import (
    SaveFields,
    clear_page_facts,
    fill_from_page,
    save_fields_of_form,
    save_fields_of_params,
    with_another_passage,
)
from kb.web.pages.items.save_form import fetch_of_form, save_page_of
from kb.web.pages.links.link_status import fetch_sentence
from kb.web.ui.rendering import render

_SHOWN_ERRORS = (Invalid, Conflict, Forbidden, NotFound)
"""Errors that are shown beside the form, with the typed values."""
_OLD_FORM = "This form was too old: look at it, then send it once more; nothing of it is lost."
LARGEST_SAVE_FORM = 1024 * 1024
"""Bytes: several long quotes, each letter of which may take six."""


def save_page(context: RequestContext) -> Response:
    """The form, with the values in the address. It sends no request to other sites. Raises LoginNeeded."""
    require_signed_in(context.actor)
    return _page_response(context, save_fields_of_params(context.params))


def group_save_redirect(context: RequestContext) -> Response:
    """The form for one group. Raises NotFound, LoginNeeded, Forbidden."""
    group = writable_group(context.library, context.actor, context.path_params["group"])
    return RedirectResponse(context.addresses.keep(group=group.slug), 303, headers={"Cache-Control": "no-store"})


def handle_save_post(context: RequestContext) -> Response:
    """Save the item, add to the existing item, or show the form again with the requested change."""
    typed = save_fields_of_form(context.fields)
    match context.form_value("act"):
        case "save":
            return _save(context, typed)
        case "add":
            return _add_to_item(context, typed)
        case "look":
            return _fetch_page(context, typed)
        case "again":
            return _page_response(context, _with_page(typed, fetch_of_form(context, typed)))
        case "more":
            more = with_another_passage(typed)
            return _page_response(context, more, focus=f"quote-{len(more.passages)}")
        case _:
            raise Invalid("What was sent is not a form of this site.")


def handle_stale_save_post(context: RequestContext) -> Response:
    """The form of a user who has logged out meanwhile, or of an expired page: nothing is saved, and no value is
    lost.
    """
    if context.actor.user_id is None:
        message = "You are signed out: sign in in another tab, then send this form once more; nothing of it is lost."
        return _page_response(context, save_fields_of_form(context.fields), LoginNeeded(message))
    return _page_response(context, save_fields_of_form(context.fields), Forbidden(_OLD_FORM))


def page_fetch_state(context: RequestContext) -> Response:
    """The state of a requested page fetch: once it is finished, the script requests the form again."""
    fetch = own_fetch(context.library, context.actor, context.path_params["fetch"])
    answer = {"over": fetch.is_over, "told": fetch_sentence(fetch, context.words)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _save(context: RequestContext, typed: SaveFields) -> Response:
    try:
        with in_one_transaction(context.library) as library:
            kept = save_item(
                library,
                context.actor,
                typed.group,
                typed.whole,
                typed.words,
                once=typed.once,
                fetch_id=typed.fetch,
            )
            _put_on_reading_list(library, context.actor, typed, kept)
    except _SHOWN_ERRORS as error:
        return _page_response(context, typed, error)
    # A form sent twice is saved by its first request, whose answer offers the undo.
    return _redirect_to_item(context, typed, kept.item.id, "item-kept", kept.undo)


def _add_to_item(context: RequestContext, typed: SaveFields) -> Response:
    try:
        with in_one_transaction(context.library) as library:
            kept = add_to_item(library, context.actor, context.form_value("item"), typed.whole, typed.words)
            _put_on_reading_list(library, context.actor, typed, kept)
    except _SHOWN_ERRORS as error:
        return _page_response(context, typed, error)
    key = "item-added-to" if kept.undo else "item-has-all"
    return _redirect_to_item(context, typed, kept.item.id, key, kept.undo)


def _fetch_page(context: RequestContext, typed: SaveFields) -> Response:
    """Request the page fetch, unless it was requested before; values from another page are removed."""
    url = (typed.fields.url or "").strip()
    if not url:
        return _page_response(context, typed, Invalid("Give the address of the page first."))
    before = fetch_of_form(context, typed)
    if before is not None and before.facts is not None and canonical_url(before.address) != canonical_url(url):
        typed = clear_page_facts(typed, before.facts, known_languages())
    try:
        fetch = request_page_fetch(context.library, context.actor, url)
    except (Invalid, RateLimited, Forbidden) as error:
        return _page_response(context, replace(typed, fetch=""), error)
    return _page_response(context, _with_page(replace(typed, fetch=fetch.id), fetch))


def _with_page(typed: SaveFields, fetch: Fetch | None) -> SaveFields:
    facts = fetch.facts if fetch else None
    return fill_from_page(typed, facts, known_languages()) if facts else typed


def _put_on_reading_list(library: Library, actor: Actor, typed: SaveFields, kept: SavedItem) -> None:
    """Runs in the transaction that saves the item: a full reading list prevents the save, and the form keeps its
    values.
    """
    if typed.later:
        add_to_reading_list(library, actor, kept.item.id)


def _redirect_to_item(context: RequestContext, typed: SaveFields, item_id: str, key: str, undo: str | None) -> Response:
    response = redirect_with_flash(context.addresses.item(item_id), key, undo or "")
    return with_last_group_cookie(response, typed.group, context.library.settings)


def _page_response(
    context: RequestContext, typed: SaveFields, error: FlorilegeError | None = None, *, focus: str = ""
) -> Response:
    status = 401 if isinstance(error, LoginNeeded) else form_error_status(error)
    response = render(context, "items/save_form.html", save_page_of(context, typed, error, focus=focus), status)
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return with_retry_after(response, error)
