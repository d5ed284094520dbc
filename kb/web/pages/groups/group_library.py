"""The library of a group, and its part with a given tag."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.errors import NotFound
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.services.groups.group_views import readable_group
from kb.services.items.related_items import related_tags
from kb.services.tags.tag_edit import new_name_of_tag
from kb.services.tags.tags import TagCount
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope, tag_and_format
from kb.web.pages.exports.exports import whole_group_link
from kb.web.pages.items.incomplete_items import incomplete_link
from kb.web.pages.listing.listing import Listing, find_results, last_visit_link, listing_of
from kb.web.pages.search.saved_searches import saved_search_links
from kb.web.ui.display_text import Link, group_name
from kb.web.ui.group_header import LIBRARY, GroupHeader, header_of_group
from kb.web.ui.link_preview import LinkPreview, link_preview_of
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

MOST_RELATED_TAGS = 8
MOST_SAVED_LINKS = 2


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """`news` lead to what is new since the user's last visit, or to the page of the only tag; `more` to the import and
    to the items to complete; `saved` are the group's saved searches, `related` the tags related to that of `scope`,
    with the counts in common: all of them only without a query. `renamed` links to the new name of the page's tag.
    `preview` is what other sites show of a link to a public group.
    """

    title: str
    head: GroupHeader
    form: SearchForm
    listing: Listing
    news: tuple[Link, ...]
    more: tuple[Link, ...]
    saved: tuple[Link, ...]
    scope: ListingScope
    related: tuple[TagCount, ...]
    renamed: Link | None
    preview: LinkPreview | None


def library_page(context: RequestContext) -> Response:
    """All items of a group, or the results of a search in it."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    return _page_response(context, group, ListingScope(group.slug))


def tag_page(context: RequestContext) -> Response:
    """The items of a group with a tag, which is the end of the path."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    tag, _ = tag_and_format(context.path_params["tag"], context.params)
    if not tag.strip():
        raise NotFound("There is nothing at this address.")
    return _page_response(context, group, ListingScope(group.slug, tag))


def _page_response(context: RequestContext, group: Group, place: ListingScope) -> Response:
    request = place.request_of(context.params)
    asks_nothing = request == place.cleared(SearchRequest())
    bare = place.tag is None and asks_nothing
    archive = whole_group_link(context, group, context.addresses.group(group.slug, "export")) if bare else None
    listing = replace(listing_of(context, place, request, find_results(context, request), group), archive=archive)
    name = group_name(group, context.translator)
    scope = f"{name} / {place.tag}" if place.tag else name
    quoted_query = context.translator.gettext("“%(query)s”", query=request.q) if request.q else ""
    head = header_of_group(context, group, LIBRARY, place.tag or "", bare=bare)
    page = LibraryPage(
        title=" – ".join(part for part in (quoted_query, place.tag, name) if part),
        head=head,
        form=search_form_of(context, request, place, scope),
        listing=listing,
        news=tuple(filter(None, (last_visit_link(context, (group.slug,)),)))
        if bare
        else _tag_page_link(context, place, request),
        more=tuple(filter(None, (head.import_link if listing.rows else None, incomplete_link(context, group))))
        if bare
        else (),
        saved=saved_search_links(context, group.slug, most=MOST_SAVED_LINKS) if bare else (),
        scope=place,
        related=related_tags(context.library, context.actor, group.slug, (place.tag,), MOST_RELATED_TAGS)
        if place.tag and asks_nothing
        else (),
        renamed=_renamed_tag_link(context, group, place.tag)
        if place.tag and asks_nothing and not listing.rows
        else None,
        preview=link_preview_of(context, group, "website", group.name, group.description or "") if bare else None,
    )
    return render(context, "groups/group_library.html", page)


def _tag_page_link(context: RequestContext, place: ListingScope, request: SearchRequest) -> tuple[Link, ...]:
    """From the library filtered by one tag alone, the page of this tag, which shows the same items."""
    tag = request.tag[0] if place.tag is None and len(request.tag) == 1 else ""
    if not tag or request != place.cleared(SearchRequest()).with_value("tag", tag):
        return ()
    return (Link(context.translator.gettext("The page of this tag"), context.addresses.tag(place.group or "", tag)),)


def _renamed_tag_link(context: RequestContext, group: Group, tag: str) -> Link | None:
    """The tag's new name, if the audit log still has it."""
    name = new_name_of_tag(context.library, context.actor, group.slug, tag)
    return Link(name, context.addresses.tag(group.slug, name)) if name and name != tag else None
