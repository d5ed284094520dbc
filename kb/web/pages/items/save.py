"""Keeping a page: the form, what it sends, and how far the page is that was looked for."""

from dataclasses import replace

from starlette.responses import JSONResponse, RedirectResponse, Response

from kb.access.actor import Actor
from kb.errors import Conflict, FlorilegeError, Invalid, NotFound, Refused, SignInNeeded, TooOften
from kb.language import known_languages
from kb.model.web_pages.address import canonical_url
from kb.model.web_pages.page_fetch import Fetch
from kb.services.core.idempotency import together
from kb.services.core.library import Library
from kb.services.groups.membership import require_signed_in
from kb.services.items.item_additions import add_to
from kb.services.items.item_creation import Kept, keep, keeper
from kb.services.items.reading_list import read_later
from kb.services.page_fetch.page_fetch import ask_for_page, fetch_of
from kb.web.http.authentication import with_group
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.accounts.account_layout import patient, status_of
from kb.web.pages.items.save_fields import Typed, emptied, filled, from_address, from_form, with_another_passage
from kb.web.pages.items.save_form import found_for, keep_page
from kb.web.pages.links.page_fetch import told_of
from kb.web.ui.rendering import render

_KNOWN = (Invalid, Conflict, Refused, NotFound)
"""What goes wrong and is told beside the form, which keeps what was typed."""
_OLD = "This form was too old: look at it, then send it once more; nothing of it is lost."
LARGEST_FORM = 1024 * 1024
"""Bytes: some long passages, each letter of which may take six."""


def form_page(context: Context) -> Response:
    """The form, with what the address brings. It asks nobody else for anything. Raises SignInNeeded."""
    require_signed_in(context.actor)
    return _answer(context, from_address(context.params))


def group_form(context: Context) -> Response:
    """The form for one group. Raises NotFound, SignInNeeded, Refused."""
    group = keeper(context.library, context.actor, context.path_params["group"])
    return RedirectResponse(context.addresses.keep(group=group.slug), 303, headers={"Cache-Control": "no-store"})


def act(context: Context) -> Response:
    """Keep it, add it to what is kept already, or show the form again with what was asked of it."""
    typed = from_form(context.fields)
    match context.form_value("act"):
        case "save":
            return _save(context, typed)
        case "add":
            return _add(context, typed)
        case "look":
            return _look(context, typed)
        case "again":
            return _answer(context, _with_page(typed, found_for(context, typed)))
        case "more":
            more = with_another_passage(typed)
            return _answer(context, more, focus=f"quote-{len(more.passages)}")
        case _:
            raise Invalid("What was sent is not a form of this site.")


def again(context: Context) -> Response:
    """The form of somebody who is signed out meanwhile, or whose page is too old: nothing is done, nothing is lost."""
    if context.actor.user_id is None:
        message = "You are signed out: sign in in another tab, then send this form once more; nothing of it is lost."
        return _answer(context, from_form(context.fields), SignInNeeded(message))
    return _answer(context, from_form(context.fields), Refused(_OLD))


def page_state(context: Context) -> Response:
    """How far a page is that one has looked for: as soon as it is over, the form is asked for again."""
    fetch = fetch_of(context.library, context.actor, context.path_params["fetch"])
    answer = {"over": fetch.is_over, "told": told_of(fetch, context.words)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _save(context: Context, typed: Typed) -> Response:
    try:
        with together(context.library) as library:
            kept = keep(
                library,
                context.actor,
                typed.group,
                typed.whole,
                typed.words,
                once=typed.once,
                fetch_id=typed.fetch,
            )
            _put_on_reading_list(library, context.actor, typed, kept)
    except _KNOWN as error:
        return _answer(context, typed, error)
    # What was sent twice was kept by the first of both, which can be undone where that one is answered.
    return _done(context, typed, kept.item.id, "item-kept", kept.undo)


def _add(context: Context, typed: Typed) -> Response:
    try:
        with together(context.library) as library:
            kept = add_to(library, context.actor, context.form_value("item"), typed.whole, typed.words)
            _put_on_reading_list(library, context.actor, typed, kept)
    except _KNOWN as error:
        return _answer(context, typed, error)
    key = "item-added-to" if kept.undo else "item-has-all"
    return _done(context, typed, kept.item.id, key, kept.undo)


def _look(context: Context, typed: Typed) -> Response:
    """Ask for the page, unless it was asked for; what another page had filled in goes."""
    url = typed.fields.url.strip()
    if not url:
        return _answer(context, typed, Invalid("Give the address of the page first."))
    before = found_for(context, typed)
    if before is not None and before.facts is not None and canonical_url(before.address) != canonical_url(url):
        typed = emptied(typed, before.facts, known_languages())
    try:
        fetch = ask_for_page(context.library, context.actor, url)
    except (Invalid, TooOften, Refused) as error:
        return _answer(context, replace(typed, fetch=""), error)
    return _answer(context, _with_page(replace(typed, fetch=fetch.id), fetch))


def _with_page(typed: Typed, fetch: Fetch | None) -> Typed:
    facts = fetch.facts if fetch else None
    return filled(typed, facts, known_languages()) if facts else typed


def _put_on_reading_list(library: Library, actor: Actor, typed: Typed, kept: Kept) -> None:
    """In the transaction that saves the item: a full reading list saves nothing, and the form keeps what was typed."""
    if typed.later:
        read_later(library, actor, kept.item.id)


def _done(context: Context, typed: Typed, item_id: str, key: str, undo: str | None) -> Response:
    response = moved(context.addresses.item(item_id), key, undo or "")
    return with_group(response, typed.group, context.library.settings)


def _answer(context: Context, typed: Typed, error: FlorilegeError | None = None, *, focus: str = "") -> Response:
    status = 401 if isinstance(error, SignInNeeded) else status_of(error)
    response = render(context, "items/save_form.html", keep_page(context, typed, error, focus=focus), status)
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return patient(response, error)
