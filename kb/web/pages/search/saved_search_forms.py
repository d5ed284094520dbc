"""Save a search under a name from its results page; rename, delete and restore a saved search."""

from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlencode

from starlette.responses import Response

from kb.errors import Conflict, Invalid
from kb.model.people.group import Group
from kb.model.saved_search import LONGEST_NAME, SavedSearch, checked_search_name, saved_request
from kb.model.search_request import Fusion, SearchRequest, VocabularyMode
from kb.services.groups.membership import require_signed_in
from kb.services.search.saved_searches import (
    SavedSearchView,
    SearchNameTaken,
    change_saved_search,
    changeable_saved_search,
    create_saved_search,
    drop_saved_search,
    rename_saved_search,
    restore_saved_search,
    saved_search_groups,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope, Pairs
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.listing.listing import find_results
from kb.web.ui.display_text import Link, group_name
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.rendering import render
from kb.web.ui.search_form import filter_summary

_PLAIN = SearchRequest()
_STORED_FIELDS = ("group", "name", "parameters", "created")


@dataclass(frozen=True, slots=True)
class SaveSearchForm:
    """`parameters` are those of the search; `writable_groups` the groups in which the user can save it. `bad_name`: the
    name is invalid or in use. `taken` is the saved search that has the name, and can be changed to this one.
    `has_words`: it searches for words, to which a saved search keeps.
    """

    action: str
    parameters: str
    name: str
    writable_groups: tuple[FormOption, ...]
    has_words: bool
    bad_name: bool = False
    taken: SavedSearch | None = None
    longest: ClassVar[int] = LONGEST_NAME


@dataclass(frozen=True, slots=True)
class NewSavedSearchPage:
    """`save_search_form` is None if the user cannot save searches; `results` is the address of what it finds."""

    save_search_form: SaveSearchForm | None
    results: str


@dataclass(frozen=True, slots=True)
class SavedSearchEditPage:
    """`address` is that of its page, `search` links to the search page with it."""

    saved: SavedSearchView
    address: str
    search: Link
    longest: ClassVar[int] = LONGEST_NAME


@dataclass(frozen=True, slots=True)
class DeletedSavedSearchPage:
    """`stored` is the data that the form sends to restore the search."""

    name: str
    stored: Pairs


def save_search_form_of(context: RequestContext, scope: ListingScope, request: SearchRequest) -> SaveSearchForm | None:
    """The form that saves a listing's search; None without a query, or for a user who cannot save searches."""
    bare = replace(
        request,
        page=1,
        per_page=_PLAIN.per_page,
        facet_limit=_PLAIN.facet_limit,
        vocabulary=VocabularyMode.ON,
        fusion=Fusion.ON,
        sort=None,
    )
    if bare == ListingScope(scope.group).cleared(_PLAIN):
        return None
    groups = saved_search_groups(context.library, context.actor)
    if not groups:
        return None
    words = (request.q, *request.tag, *request.source)
    name = next((word for word in words if word.strip()), "")
    return _form(context, groups, request, name[:LONGEST_NAME], scope.group or "")


def new_saved_search_page(context: RequestContext) -> Response:
    """The form alone, for the search in the address, or for the sent one. Raises LoginNeeded, Invalid."""
    field, error = context.form_value, context.form_error
    if error is None:
        require_signed_in(context.actor)
    request = _sent_request(field("parameters")) if error else SEARCH_SCOPE.request_of(context.params)
    groups = saved_search_groups(context.library, context.actor)
    form = None
    if request != _PLAIN and groups:
        form = replace(
            _form(context, groups, request, field("name") or request.q[:LONGEST_NAME], field("group")),
            bad_name=error is not None and (isinstance(error.error, Conflict) or not _is_name(field("name"))),
            taken=error.error.search if error and isinstance(error.error, SearchNameTaken) else None,
        )
    page = NewSavedSearchPage(form, context.addresses.listing(SEARCH_SCOPE, request))
    return render(context, "search/save_search.html", page)


@handle_form(new_saved_search_page)
@once
def handle_new_saved_search_post(context: RequestContext) -> Response:
    """Save a search, or change the saved one that has the name, and redirect to its page."""
    field = context.form_value
    if field("change"):
        saved = change_saved_search(context.library, context.actor, field("change"), field("parameters"))
        return redirect_with_flash(_address(context, saved), "kept")
    saved_request(field("parameters"))
    checked_search_name(field("name"))
    saved = create_saved_search(context.library, context.actor, field("group"), field("name"), field("parameters"))
    return redirect_with_flash(_address(context, saved), "search-saved")


def saved_search_edit_page(context: RequestContext) -> Response:
    """The actions on a saved search. Raises NotFound, LoginNeeded, Forbidden."""
    saved = changeable_saved_search(context.library, context.actor, context.path_params["id"])
    request = saved.search.request
    results = find_results(context, replace(request, per_page=1).verbatim())
    page = SavedSearchEditPage(
        saved=saved,
        address=_address(context, saved),
        search=Link(
            filter_summary(SEARCH_SCOPE, results, context.translator), context.addresses.listing(SEARCH_SCOPE, request)
        ),
    )
    return render(context, "search/saved_search_edit.html", page)


def handle_saved_search_edit_post(context: RequestContext) -> Response:
    """Rename a saved search, delete it, or restore it."""
    match context.form_value("act"):
        case "rename":
            return _rename(context)
        case "remove":
            saved = drop_saved_search(context.library, context.actor, context.path_params["id"])
            search = saved.search
            stored = (saved.group.slug, search.name, search.parameters, search.created_at)
            return _deleted_page(context, tuple(zip(_STORED_FIELDS, stored, strict=True)))
        case "restore":
            return _restore(context)
        case _:
            raise Invalid("The request is not a form of this site.")


@handle_form(saved_search_edit_page)
def _rename(context: RequestContext) -> Response:
    saved = rename_saved_search(context.library, context.actor, context.path_params["id"], context.form_value("name"))
    return redirect_with_flash(_address(context, saved), "kept")


def _deleted_page(context: RequestContext, stored: Pairs) -> Response:
    page = DeletedSavedSearchPage(dict(stored)["name"], stored)
    response = render(context, "search/saved_search_deleted.html", page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _sent_deleted_page(context: RequestContext) -> Response:
    return _deleted_page(context, tuple((name, context.form_value(name)) for name in _STORED_FIELDS))


@handle_form(_sent_deleted_page)
def _restore(context: RequestContext) -> Response:
    slug, name, parameters, created = map(context.form_value, _STORED_FIELDS)
    search = SavedSearch.of(context.path_params["id"], "", name, parameters, created)
    saved = restore_saved_search(context.library, context.actor, slug, search)
    return redirect_with_flash(_address(context, saved), "search-restored")


def _sent_request(parameters: str) -> SearchRequest:
    """The search of a form; none if it is invalid."""
    try:
        return saved_request(parameters)
    except Invalid:
        return _PLAIN


def _is_name(text: str) -> bool:
    try:
        checked_search_name(text)
    except Invalid:
        return False
    return True


def _form(
    context: RequestContext, groups: tuple[Group, ...], request: SearchRequest, name: str, selected: str
) -> SaveSearchForm:
    translator, slugs = context.translator, {group.slug for group in groups}
    first = selected if selected in slugs else groups[0].slug
    return SaveSearchForm(
        action=context.addresses.own("saved/new"),
        parameters=urlencode(replace(request, page=1).to_params()),
        name=name,
        writable_groups=tuple(
            FormOption(group.slug, group_name(group, translator), selected=group.slug == first) for group in groups
        ),
        has_words=bool(request.q),
    )


def _address(context: RequestContext, saved: SavedSearchView) -> str:
    return context.addresses.listing(ListingScope(saved=saved.search), saved.search.request)
