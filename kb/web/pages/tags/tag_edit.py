"""Edit some tags of a group: preview a rename or merge, and apply it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.saved_search import SavedSearch
from kb.services.tags.tag_edit import (
    TagRenamePreview,
    delete_tags,
    rename_tags,
    tag_rename_preview,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.pages.tags.tag_management import (
    PAGE_BEFORE,
    position_before,
    tag_edit_address,
    tag_list_address,
    tag_management_page,
)
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import TAGS, GroupHeader, header_of_group
from kb.web.ui.rendering import render

_DELETING = "delete"


@dataclass(frozen=True, slots=True)
class TagEditPage:
    """The actions on some tags. `typed` is the typed name; `is_known`: the effect of `act` is shown.

    `position` is that in the list of tags from which the user comes, and `back` its address.
    """

    head: GroupHeader
    preview: TagRenamePreview
    typed: str
    act: str
    is_known: bool
    suggest: str
    searches: tuple[Link, ...]
    left: tuple[Link, ...]
    delete: str
    position: Pairs
    back: str


def _edit_response(context: RequestContext) -> Response:
    """The actions on the tags of the request; with an error, without a preview."""
    slug, labels, failed = context.path_params["group"], _labels(context), context.form_error
    before = position_before(context)
    position = before.pairs(PAGE_BEFORE) if before else ()
    typed = context.form_value("name") or context.param("name")
    deleting = not failed and context.param("act") == _DELETING
    preview = tag_rename_preview(context.library, context.actor, slug, labels, "" if failed else typed)
    names = [tag.label for tag in preview.tags]
    # The name of the only tag, on all items that have it, changes nothing.
    is_unchanged = names == [typed.strip()] and len(preview.tags[0].ways) == 1
    has_name = bool(typed.strip()) and not failed and not is_unchanged
    translator = context.translator
    title = (
        translator.gettext("The tag “%(tag)s”", tag=names[0])
        if len(names) == 1
        else translator.ngettext("%(count)s tag to merge", "%(count)s tags to merge", len(names))
    )

    def links(some: tuple[SavedSearch, ...]) -> tuple[Link, ...]:
        return tuple(
            Link(search.name, context.addresses.listing(ListingScope(saved=search), search.request)) for search in some
        )

    searches = (*preview.searches, *preview.left) if deleting else preview.left
    page = TagEditPage(
        head=header_of_group(context, preview.group, TAGS, below=title),
        preview=preview,
        typed=typed or preview.name,
        act=_DELETING if deleting else "rename",
        is_known=has_name or deleting,
        suggest=tag_autocomplete_address(slug),
        searches=links(preview.searches) if has_name and not deleting else (),
        left=links(searches) if has_name or deleting else (),
        delete=tag_edit_address(context, slug, names, (("act", _DELETING), *position)),
        position=position,
        back=tag_list_address(context, slug, before),
    )
    return render(context, "tags/tag_edit.html", page)


_edit_page = handle_form(tag_management_page, {NotFound: 404})(_edit_response)
"""The actions on the tags; the tags to choose from, if the tags are invalid."""


@handle_form(_edit_page, {NotFound: 404})
def tag_edit_page(context: RequestContext) -> Response:
    """The tags to choose from, or the actions on those in the address. For moderators.

    A page of the list is asked for with the tags that are selected already: these stay selected.
    """
    choosing = context.param("page") or not _labels(context)
    return tag_management_page(context) if choosing else _edit_response(context)


@handle_form(_edit_page, {NotFound: 404})
def handle_tag_edit_post(context: RequestContext) -> Response:
    """Rename tags, or delete them; then the user is where they came from, or at what is left of the tags."""
    library, actor, slug, labels = context.library, context.actor, context.path_params["group"], _labels(context)
    before = position_before(context)
    match context.form_value("act"):
        case "rename":
            done = rename_tags(library, actor, slug, labels, context.form_value("name"))
            key = "tag-renamed" if len(labels) == 1 else "tags-merged"
            after = tag_list_address(context, slug, before) if before else context.addresses.tag(slug, done.name)
            return redirect_with_flash(after, key, done.undo or "")
        case "delete":
            done = delete_tags(library, actor, slug, labels)
            after = tag_list_address(context, slug, before) if before else context.addresses.group(slug, TAGS)
            return redirect_with_flash(after, "tag-deleted", done.undo or "")
        case _:
            raise Invalid("The request is not a form of this site.")


def _labels(context: RequestContext) -> tuple[str, ...]:
    """The selected tags, in the form or in the address."""
    pairs = context.fields or context.params
    return tuple(dict.fromkeys(value for name, value in pairs if name == "tag" and value.strip()))
