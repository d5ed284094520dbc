"""Save a search under a name from its results page; rename, delete and restore a saved search."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.model.people.group import Group
from kb.model.saved_search import LONGEST_NAME, SavedSearch, checked_search_name, saved_request
from kb.model.search_request import SearchRequest, VocabularyMode
from kb.services.groups.membership import require_signed_in
from kb.services.search.saved_searches import (
    SavedSearchView,
    changeable_saved_search,
    create_saved_search,
    drop_saved_search,
    rename_saved_search,
    restore_saved_search,
    saved_search_groups,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.ui.display_text import Link
from kb.web.ui.group_choices import FormOption
from kb.web.ui.rendering import render

_PLAIN = SearchRequest()


@dataclass(frozen=True, slots=True)
class SaveSearchForm:
    """`parameters` are those of the search; `writable_groups` the groups in which the user can save it. `bad_name`: the
    name is invalid or in use.
    """

    action: str
    form_token: str
    parameters: str
    name: str
    longest: int
    writable_groups: tuple[FormOption, ...]
    bad_name: bool = False


@dataclass(frozen=True, slots=True)
class NewSavedSearchPage:
    """`save_search_form` is None if the user cannot save searches; `back` links to the results."""

    title: str
    breadcrumb: tuple[Link, ...]
    wrong: str
    save_search_form: SaveSearchForm | None
    back: Link | None


@dataclass(frozen=True, slots=True)
class SavedSearchEditPage:
    """`group_name` is the name of the group of the saved search."""

    title: str
    breadcrumb: tuple[Link, ...]
    action: str
    form_token: str
    wrong: str
    name: str
    longest: int
    group_name: str


@dataclass(frozen=True, slots=True)
class RemovedSavedSearchPage:
    """`held` is the data that the form sends to restore the search."""

    title: str
    breadcrumb: tuple[Link, ...]
    action: str
    form_token: str
    wrong: str
    held: tuple[tuple[str, str], ...]


def save_search_form_of(context: RequestContext, place: ListingScope, request: SearchRequest) -> SaveSearchForm | None:
    """The form that saves a listing's search; None without a query, or for a user who cannot save searches."""
    asked = replace(
        request,
        page=1,
        per_page=_PLAIN.per_page,
        facet_limit=_PLAIN.facet_limit,
        vocabulary=VocabularyMode.ON,
        sort=None,
    )
    if asked == ListingScope(place.group).cleared(_PLAIN):
        return None
    groups = saved_search_groups(context.library, context.actor)
    if not groups:
        return None
    words = (request.q, *request.tag, *request.source)
    name = next((word for word in words if word.strip()), "")
    return _form(context, groups, request, name[:LONGEST_NAME], place.group or "")


def group_name(group: Group, words: Translator) -> str:
    """The name of a group in a choice: the user's own library is not called by the user's name."""
    return words.say("My own library") if group.is_personal else group.name


def new_saved_search_page(context: RequestContext) -> Response:
    """The form alone, for the search in the address. Raises LoginNeeded, Invalid."""
    require_signed_in(context.actor)
    return _new(context, SEARCH_SCOPE.request_of(context.params))


def handle_new_saved_search_post(context: RequestContext) -> Response:
    """Save a search, and redirect to its page."""
    field = context.form_value
    try:
        request = saved_request(field("parameters"))
    except Invalid as error:
        return _new(context, _PLAIN, error)
    try:
        checked_search_name(field("name"))
    except Invalid as error:
        return _new(context, request, error, bad_name=True)
    try:
        saved = create_saved_search(context.library, context.actor, field("group"), field("name"), field("parameters"))
    except (Invalid, Conflict) as error:
        return _new(context, request, error, bad_name=isinstance(error, Conflict))
    return redirect_with_flash(_address(context, saved), "search-saved")


def saved_search_edit_page(context: RequestContext) -> Response:
    """The actions on a saved search. Raises NotFound, LoginNeeded, Forbidden."""
    saved = changeable_saved_search(context.library, context.actor, context.path_params["id"])
    return _edit(context, saved, saved.search.name)


def handle_saved_search_edit_post(context: RequestContext) -> Response:
    """Rename a saved search, delete it, or restore it."""
    library, actor, search_id = context.library, context.actor, context.path_params["id"]
    match context.form_value("act"):
        case "rename":
            saved = changeable_saved_search(library, actor, search_id)
            try:
                saved = rename_saved_search(library, actor, search_id, context.form_value("name"))
            except (Invalid, Conflict) as error:
                return _edit(context, saved, context.form_value("name"), error)
            return redirect_with_flash(_address(context, saved), "kept")
        case "remove":
            saved = drop_saved_search(library, actor, search_id)
            held = _held(saved)
            return _removed(context, saved.search.name, held)
        case "restore":
            return _restore(context)
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _restore(context: RequestContext) -> Response:
    field = context.form_value
    gone = SavedSearch.of(context.path_params["id"], "", field("name"), field("parameters"), field("created"))
    try:
        saved = restore_saved_search(context.library, context.actor, field("group"), gone)
    except Conflict as error:
        names = ("group", "name", "parameters", "created")
        return _removed(context, gone.name, tuple((name, field(name)) for name in names), error)
    return redirect_with_flash(_address(context, saved), "search-restored")


def _new(
    context: RequestContext, request: SearchRequest, error: FlorilegeError | None = None, *, bad_name: bool = False
) -> Response:
    words = context.words
    groups = saved_search_groups(context.library, context.actor)
    asks = request != _PLAIN
    saving = _form(context, groups, request, context.form_value("name") or request.q, context.form_value("group"))
    back = Link(words.say("What it finds"), context.addresses.listing(SEARCH_SCOPE, request)) if asks else None
    page = NewSavedSearchPage(
        title=words.say("Save this search"),
        breadcrumb=_breadcrumb(context),
        wrong=words.sentence(error) if error else "",
        save_search_form=replace(saving, bad_name=bad_name) if groups and asks else None,
        back=back,
    )
    return render(context, "search/save_search.html", page, _status(error))


def _form(
    context: RequestContext, groups: tuple[Group, ...], request: SearchRequest, name: str, chosen: str
) -> SaveSearchForm:
    words, slugs = context.words, {group.slug for group in groups}
    first = chosen if chosen in slugs else groups[0].slug if groups else ""
    return SaveSearchForm(
        action=context.addresses.own("saved/new"),
        form_token=context.form_token,
        parameters=urlencode(replace(request, page=1).to_params()),
        name=name,
        longest=LONGEST_NAME,
        writable_groups=tuple(
            FormOption(group.slug, group_name(group, words), chosen=group.slug == first) for group in groups
        ),
    )


def _edit(context: RequestContext, saved: SavedSearchView, name: str, error: FlorilegeError | None = None) -> Response:
    words = context.words
    page = SavedSearchEditPage(
        title=words.say("Change “%(name)s”", name=saved.search.name),
        breadcrumb=(*_breadcrumb(context), Link(saved.search.name, _address(context, saved))),
        action=context.addresses.own(f"saved/{saved.search.id}/edit"),
        form_token=context.form_token,
        wrong=words.sentence(error) if error else "",
        name=name,
        longest=LONGEST_NAME,
        group_name=group_name(saved.group, words),
    )
    return render(context, "search/saved_search_edit.html", page, _status(error))


def _removed(
    context: RequestContext, name: str, held: tuple[tuple[str, str], ...], error: FlorilegeError | None = None
) -> Response:
    words = context.words
    page = RemovedSavedSearchPage(
        title=words.say("The search “%(name)s” is removed", name=name),
        breadcrumb=_breadcrumb(context),
        action=context.addresses.own(f"saved/{context.path_params['id']}/edit"),
        form_token=context.form_token,
        wrong=words.sentence(error) if error else "",
        held=held,
    )
    response = render(context, "search/saved_search_deleted.html", page, _status(error))
    response.headers["Cache-Control"] = "no-store"
    return response


def _held(saved: SavedSearchView) -> tuple[tuple[str, str], ...]:
    search = saved.search
    return (
        ("group", saved.group.slug),
        ("name", search.name),
        ("parameters", search.parameters),
        ("created", search.created_at),
    )


def _breadcrumb(context: RequestContext) -> tuple[Link, ...]:
    words, addresses = context.words, context.addresses
    return (Link(words.say("First page"), addresses.home()), Link(words.say("Saved searches"), addresses.saved()))


def _address(context: RequestContext, saved: SavedSearchView) -> str:
    return context.addresses.listing(ListingScope(saved=saved.search), saved.search.request)


def _status(error: FlorilegeError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, Conflict) else 400
