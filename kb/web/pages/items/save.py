"""Save a page: show the form, handle it, and report the progress of the page fetch."""

from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response

from kb.access.actor import Action
from kb.errors import Forbidden, Invalid, NotFound, RateLimited, Unavailable
from kb.language import known_languages
from kb.model.items.item_fields import LONGEST_TYPED_TITLE, AnnotationFields, HighlightColor, InvalidTitle
from kb.model.people.group import Group
from kb.model.truncation import truncate
from kb.model.web_pages.canonical_address import canonical_url
from kb.model.web_pages.page_fetch import Fetch
from kb.services.core.idempotency import in_one_transaction
from kb.services.groups.group_views import allowed_actions
from kb.services.groups.membership import require_signed_in
from kb.services.items.item_creation import readable_items_with_url, save_item, writable_group, writable_groups
from kb.services.items.item_edit import add_to_item
from kb.services.items.items import ItemView
from kb.services.items.reading_list import add_to_reading_list
from kb.services.page_fetch.fetch_requests import own_fetch, request_page_fetch
from kb.services.tags.tag_suggestions import PageToTag, SuggestionReason, suggested_tags
from kb.translation import Translator
from kb.web.http.authentication import with_last_group_cookie
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.typed_dates import is_iso_date
from kb.web.pages.annotations.annotation_forms import color_choices
from kb.web.pages.items.file_upload import FileForm, file_form, group_to_save_in
from kb.web.pages.items.save_fields import (
    MOST_FORM_PASSAGES,
    FormField,
    SaveFields,
    clear_page_facts,
    detail_fields,
    fill_from_page,
    has_typed_details,
    save_fields_of_form,
    save_fields_of_params,
    with_another_passage,
)
from kb.web.pages.links.link_status import fetch_sentence
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import facts_line
from kb.web.ui.form_errors import field_errors, handle_form
from kb.web.ui.form_options import FormOption, document_type_choices, language_choices, writable_group_options
from kb.web.ui.rendering import render

LARGEST_SAVE_FORM = 1024 * 1024
"""Bytes of the form: several long quotes, in which a letter may take six bytes."""
PREVIEWED = ("source", "published", "byline")
_LONGEST_PREVIEW = 120
"""Characters of each value of the preview."""
_MOST_EXISTING = 5
"""Items of the same address that are shown."""


@dataclass(frozen=True, slots=True)
class ExistingItem:
    """An item that has the address already; `may_add`: the user may add to it, `is_here`: it is in the selected
    group.
    """

    view: ItemView
    may_add: bool
    is_here: bool


@dataclass(frozen=True, slots=True)
class SavePage:
    """`typed` are the values of the form. `fetch` is the requested page fetch, and `fetch_sentence` its state; `looks`:
    a script starts the page fetch at once.

    `details` are the fields of the collapsed section; `is_fold_open`: one of them holds a value that the user typed,
    which may be what was refused. `passages` are the fields for quotes, with their highlight colours; `more` is shown
    if there is room for another. `errors` are the sentences about fields that cannot be saved. `upload` is the form
    that uploads a file instead. `preview` is the line of PREVIEWED values below the title.
    """

    typed: SaveFields
    suggest: str
    fetch: Fetch | None
    fetch_sentence: str
    looks: bool
    existing: tuple[ExistingItem, ...]
    suggested_tags: tuple[FormOption, ...]
    passages: tuple[tuple[AnnotationFields, tuple[FormOption, ...]], ...]
    more: bool
    groups: tuple[FormOption, ...]
    details: tuple[FormField, ...]
    languages: tuple[FormOption, ...]
    document_types: tuple[FormOption, ...]
    upload: FileForm | None
    focus: str
    errors: dict[str, str]
    preview: str
    is_fold_open: bool
    previewed: ClassVar[tuple[str, ...]] = PREVIEWED


def save_page(context: RequestContext) -> Response:
    """The form, with the values in the address. It sends no request to other sites. Raises LoginNeeded."""
    require_signed_in(context.actor)
    return _page_response(context, save_fields_of_params(context.params))


def group_save_redirect(context: RequestContext) -> Response:
    """The form for one group. Raises NotFound, LoginNeeded, Forbidden."""
    group = writable_group(context.library, context.actor, context.path_params["group"])
    return RedirectResponse(context.addresses.save(group=group.slug), 303, headers={"Cache-Control": "no-store"})


def handle_save_post(context: RequestContext) -> Response:
    """Save the item, add to the existing item, or show the form again with the requested change."""
    require_signed_in(context.actor)
    match context.form_value("act"):
        case "save" | "add":
            return _save(context)
        case "look":
            return _fetch_page(context)
        case "again":
            typed = save_fields_of_form(context.fields)
            return _page_response(context, _with_page(typed, _fetch_of_form(context, typed)))
        case "more":
            more = with_another_passage(save_fields_of_form(context.fields))
            return _page_response(context, more, focus=f"quote-{len(more.passages)}")
        case _:
            raise Invalid("The request is not a form of this site.")


def page_fetch_state(context: RequestContext) -> Response:
    """The state of a requested page fetch: once it is finished, the script requests the form again."""
    fetch = own_fetch(context.library, context.actor, context.path_params["fetch"])
    answer = {"over": fetch.is_over, "told": fetch_sentence(fetch, context.translator)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def sent_page(context: RequestContext) -> Response:
    """The form as it was sent."""
    return _page_response(context, save_fields_of_form(context.fields))


@handle_form(sent_page, {Forbidden: 403, NotFound: 404})
def _save(context: RequestContext) -> Response:
    """Save the item, or add to an existing one: a full reading list prevents both."""
    typed, actor = save_fields_of_form(context.fields), context.actor
    if len(typed.fields.title or "") > LONGEST_TYPED_TITLE:
        raise InvalidTitle
    fields, passages = typed.fields_with_tags, typed.written_passages
    with in_one_transaction(context.library) as library:
        if context.form_value("act") == "add":
            saved = add_to_item(library, actor, context.form_value("item"), fields, passages)
            done = "item-added-to" if saved.undo else "item-has-all"
        else:
            if not typed.group:
                raise Invalid("Choose the group to save the page in.")
            # A form sent twice is saved by its first request, whose answer offers the undo.
            saved = save_item(
                library,
                actor,
                typed.group,
                fields,
                passages,
                once=typed.once,
                fetch_id=typed.fetch,
            )
            done = "item-kept"
        if typed.later:
            add_to_reading_list(library, actor, saved.item.id)
    response = redirect_with_flash(context.addresses.item(saved.item.id), done, saved.undo or "")
    return with_last_group_cookie(response, typed.group, context.library.settings)


def _page_without_fetch(context: RequestContext) -> Response:
    """The form as it was sent, without the page fetch that failed, and without values from another page."""
    typed = _without_other_page(context, save_fields_of_form(context.fields))
    return _page_response(context, replace(typed, fetch="") if typed.url else typed)


@handle_form(_page_without_fetch, {RateLimited: 429, Forbidden: 403})
def _fetch_page(context: RequestContext) -> Response:
    """Request the page fetch, unless it was requested before; values from another page are removed."""
    typed = _without_other_page(context, save_fields_of_form(context.fields))
    if not typed.url:
        raise Invalid("Give the address of the page first.")
    fetch = request_page_fetch(context.library, context.actor, typed.url)
    return _page_response(context, _with_page(replace(typed, fetch=fetch.id), fetch))


def _without_other_page(context: RequestContext, typed: SaveFields) -> SaveFields:
    before = _fetch_of_form(context, typed) if typed.url else None
    if before is None or before.facts is None or canonical_url(before.address) == canonical_url(typed.url):
        return typed
    return clear_page_facts(typed, before.facts, known_languages())


def _with_page(typed: SaveFields, fetch: Fetch | None) -> SaveFields:
    facts = fetch.facts if fetch else None
    return fill_from_page(typed, facts, known_languages()) if facts else typed


def _page_response(context: RequestContext, typed: SaveFields, *, focus: str = "") -> Response:
    """The form with the typed values, the items with the same address, and the suggestions."""
    translator = context.translator
    groups = writable_groups(context.library, context.actor)
    group = group_to_save_in(context, groups, typed.group)
    errors = field_errors(context)
    fetch, language = _fetch_of_form(context, typed), typed.fields.language or ""
    page = SavePage(
        typed=typed,
        suggest=tag_autocomplete_address(),
        fetch=fetch,
        fetch_sentence=fetch_sentence(fetch, translator) if fetch else "",
        looks=fetch is None and context.form_error is None and _is_on_web(typed.fields.url or ""),
        existing=_existing_items(context, typed.url, group, fetch),
        suggested_tags=_suggested_tags(context, typed, group, fetch),
        passages=tuple(
            (
                passage,
                color_choices(
                    passage.color if passage.color in set(HighlightColor) else HighlightColor.YELLOW, translator
                ),
            )
            for passage in typed.passages
        ),
        more=len(typed.passages) < MOST_FORM_PASSAGES,
        groups=writable_group_options(groups, group, translator),
        details=detail_fields(typed, errors, translator),
        # The detectable languages, by name; another one stays if it was given.
        languages=language_choices(
            sorted(known_languages() | ({language} if language else set()), key=translator.language_name),
            language,
            translator.gettext("Detect from the text"),
            translator,
        ),
        document_types=document_type_choices(typed.fields.document_type or "", translator),
        upload=file_form(context, groups, group) if groups and not context.form_error else None,
        focus=focus,
        errors=errors,
        preview=_preview(typed, translator),
        is_fold_open=has_typed_details(typed, fetch.facts if fetch else None, known_languages()),
    )
    response = render(context, "items/save_form.html", page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _preview(typed: SaveFields, translator: Translator) -> str:
    """Source, date and author, as the page of the item will show them; no date that is none."""
    values = {name: getattr(typed.fields, name) or "" for name in PREVIEWED}
    values["published"] = translator.period(values["published"]) if is_iso_date(values["published"]) else ""
    return facts_line(*(truncate(value, _LONGEST_PREVIEW) for value in values.values()))


def _existing_items(
    context: RequestContext, url: str, group: Group | None, fetch: Fetch | None
) -> tuple[ExistingItem, ...]:
    """The readable items of the typed address, or of an address that the page gives."""
    slug = group.slug if group else ""
    urls: list[str | None] = [url]
    if fetch is not None and fetch.facts is not None:
        urls += [fetch.facts.url, fetch.facts.canonical_url]
    views: dict[str, ItemView] = {}
    for address in dict.fromkeys(filter(None, urls)):
        found = readable_items_with_url(context.library, context.actor, slug, address, _MOST_EXISTING)
        views |= {view.item.id: view for view in found}
    return tuple(
        ExistingItem(view, Action.CONTRIBUTE in allowed_actions(context.actor, view.group), view.group.slug == slug)
        for view in list(views.values())[:_MOST_EXISTING]
    )


def _fetch_of_form(context: RequestContext, typed: SaveFields) -> Fetch | None:
    """The requested page fetch; None if there is none, or if it belongs to another user or has expired."""
    if not typed.fetch or context.actor.user_id is None:
        return None
    try:
        return own_fetch(context.library, context.actor, typed.fetch)
    except NotFound:
        return None


def _suggested_tags(
    context: RequestContext, typed: SaveFields, group: Group | None, fetch: Fetch | None
) -> tuple[FormOption, ...]:
    """Suggested tags, after those that the user has already taken from them."""
    _ = context.translator.gettext
    options = tuple(FormOption(label, label, selected=True) for label in dict.fromkeys(typed.selected))
    if group is None:
        return options
    facts, fields = fetch.facts if fetch else None, typed.fields
    about = PageToTag(
        fields.title or (facts.title if facts else None) or "",
        fields.description or (facts.description if facts else None) or "",
        facts.text if facts else "",
        tuple(text for passage in typed.passages for text in (passage.quote, passage.body) if text),
        facts.keywords if facts else (),
        typed.all_tags,
    )
    try:
        suggestions = suggested_tags(context.library, context.actor, group.slug, about)
    except Unavailable:
        # Suggestions need the index: without it, the form still works.
        return options
    reasons = {
        SuggestionReason.TERM: _("recommended"),
        SuggestionReason.PAGE: _("on the page"),
        SuggestionReason.LIKE: _("on similar items"),
    }
    return (
        *options,
        *(FormOption(suggestion.label, suggestion.label, reasons[suggestion.reason]) for suggestion in suggestions),
    )


def _is_on_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False
