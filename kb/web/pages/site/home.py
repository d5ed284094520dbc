"""The home page: what the site is, a search box, the groups, the newest items, and the saved searches to follow."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.model.search_request import MAX_VALUES, AddedSince, SearchRequest
from kb.services.admin.home_text import home_text
from kb.services.groups.group_views import GroupView, group_views
from kb.services.groups.invitations import own_invitations
from kb.services.groups.membership import pending_join_requests
from kb.services.items.item_creation import writable_groups
from kb.services.search.example_searches import example_searches, query_check
from kb.services.search.result_types import SearchResults
from kb.services.search.search import result_count, run_search
from kb.web.http.context import RequestContext
from kb.web.pages.admin.admin_tasks import FirstStep, first_step_links
from kb.web.pages.groups.group_deletion import deleted_group_links
from kb.web.pages.items.incomplete_items import incomplete_link
from kb.web.pages.listing.last_visit import last_visit_link
from kb.web.pages.listing.result_rows import ResultRow, RowBuilder
from kb.web.pages.search.saved_searches import SavedSearchLink, saved_search_links
from kb.web.ui.display_text import Link, ListingContext, archived_mark, facts_line, group_name
from kb.web.ui.group_header import IMPORT
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

RECENT = 5
MOST_SAVED_LINKS = 6
MOST_IMPORT_LINKS = 4
MOST_USED_TAGS = 12
"""Tags of which the example searches are made."""


@dataclass(frozen=True, slots=True)
class HomePage:
    """`text` has the paragraphs of the organisation. `examples` are example searches; a group is its link, with counts,
    and its description.

    `mine` are the user's groups, the own library first; `deleted` those that the user may restore; `new_group` links to
    a form, for a logged-in user; `steps` are the first steps of a new site, for an administrator; `news` to what was
    added to the user's groups since the last visit and in the last days, to what was added to other groups, and to the
    user's incomplete items. `imports`, where nothing is to be read yet, are the import forms of the user's groups.
    """

    title: str
    text: tuple[str, ...]
    steps: tuple[FirstStep, ...]
    form: SearchForm
    total: str
    examples: tuple[Link, ...]
    groups: tuple[tuple[Link, str], ...]
    mine: tuple[tuple[Link, str], ...]
    deleted: tuple[Link, ...]
    new_group: str
    invitations: Link | None
    news: tuple[Link, ...]
    rows: tuple[ResultRow, ...]
    all_items: str
    saved: tuple[SavedSearchLink, ...]
    all_saved: str
    imports: tuple[Link, ...]


def home_page(context: RequestContext) -> Response:
    translator, addresses = context.translator, context.addresses
    results = run_search(context.library, context.actor, SearchRequest(per_page=RECENT, facet_limit=MOST_USED_TAGS))
    views = group_views(context.library, context.actor)
    mine, requests = _own_groups(context, views), pending_join_requests(context.library, context.actor)
    slugs = tuple(view.group.slug for view in mine if not view.group.is_personal)[:MAX_VALUES]
    listing_context, base_url = (
        ListingContext(SearchRequest(), translator, addresses),
        context.library.settings.base_url,
    )
    maker = RowBuilder(listing_context, base_url, many_groups=len(views) > 1, most=1)
    page = HomePage(
        title=context.site_name,
        text=tuple(filter(None, map(str.strip, home_text(context.library, translator.language).split("\n\n")))),
        steps=first_step_links(context),
        form=search_form_of(context),
        total=translator.ngettext("%(count)s item", "%(count)s items", results.total) if results.total else "",
        examples=_example_links(context, results),
        groups=tuple((_link(context, view), view.group.description or "") for view in views if view not in mine),
        mine=tuple(
            (_link(context, view, requests.get(view.group.slug, 0)), view.group.description or "") for view in mine
        ),
        deleted=deleted_group_links(context, own=True) if context.actor.user_id else (),
        new_group=addresses.own("groups/new") if context.actor.user_id else "",
        invitations=_invitations(context),
        news=_news_links(context, slugs) if context.actor.user_id else (),
        rows=tuple(maker.item_row(row) for row in results.rows),
        all_items=addresses.search(SearchRequest()),
        saved=saved_search_links(context, most=MOST_SAVED_LINKS),
        all_saved=addresses.own("saved"),
        imports=() if results.total else _import_links(context),
    )
    return render(context, "site/home.html", page)


def _own_groups(context: RequestContext, views: tuple[GroupView, ...]) -> list[GroupView]:
    """The user's groups, the own library first."""
    own_ids = {membership.group_id for membership in context.actor.memberships}
    return sorted((view for view in views if view.group.id in own_ids), key=lambda view: not view.group.is_personal)


def _invitations(context: RequestContext) -> Link | None:
    """The link to the user's invitations, if there are any."""
    if context.actor.user_id is None:
        return None
    waiting = own_invitations(context.library, context.actor)
    if not waiting:
        return None
    label = context.translator.ngettext("%(count)s group invites you", "%(count)s groups invite you", len(waiting))
    return Link(label, context.addresses.own("invitations"))


def _news_links(context: RequestContext, slugs: tuple[str, ...]) -> tuple[Link, ...]:
    """Links to what is new in the user's groups, in all groups that the user reads, and to incomplete items."""
    every = SearchRequest(since=AddedSince.WEEK)
    own = replace(every, group=slugs)
    in_all = result_count(context.library, context.actor, every)
    in_own = result_count(context.library, context.actor, own) if slugs and in_all else 0
    translator, addresses = context.translator, context.addresses
    mine = translator.ngettext(
        "New in my groups this week (%(count)s)", "New in my groups this week (%(count)s)", in_own
    )
    whole = translator.ngettext(
        "New in all groups this week (%(count)s)", "New in all groups this week (%(count)s)", in_all
    )
    links = (
        last_visit_link(context, slugs),
        Link(mine, addresses.search(own)) if in_own else None,
        Link(whole, addresses.search(every)) if in_all > in_own else None,
        incomplete_link(context, None),
    )
    return tuple(filter(None, links))


def _import_links(context: RequestContext) -> tuple[Link, ...]:
    translator, addresses = context.translator, context.addresses
    return tuple(
        Link(
            translator.gettext("Import a file into your own library")
            if group.is_personal
            else translator.gettext("Import a file into “%(group)s”", group=group.name),
            addresses.group(group.slug, IMPORT),
        )
        for group in writable_groups(context.library, context.actor)[:MOST_IMPORT_LINKS]
    )


def _link(context: RequestContext, view: GroupView, requests: int = 0) -> Link:
    translator = context.translator
    counts = (
        *filter(None, [archived_mark(view.group, translator)]),
        *([translator.ngettext("%(count)s request", "%(count)s requests", requests)] if requests else []),
        translator.ngettext("%(count)s item", "%(count)s items", view.items),
        translator.ngettext("%(count)s annotation", "%(count)s annotations", view.annotations),
    )
    name = group_name(view.group, translator)
    return Link(name, context.addresses.group(view.group.slug), facts_line(*counts))


def _example_links(context: RequestContext, results: SearchResults) -> tuple[Link, ...]:
    """Searches that show the query language, with the words of this library."""
    _ = context.translator.gettext
    tags = tuple(value.label for value in results.facets.get("tag", ()))
    titles = tuple(row.item.title or "" for row in results.rows)
    examples = example_searches(query_check(context.library, context.actor), tags, titles)
    tag = examples.tag if examples.tag.isalnum() else f'"{examples.tag}"'
    queries = (
        (examples.phrase and _("“%(query)s”", query=examples.phrase), _("the exact phrase")),
        (examples.prefix, _("words that begin with it")),
        (examples.exclusion, _("one word without another")),
        (examples.tag and _("tag:%(tag)s", tag=tag), _("the items that have a tag")),
    )
    return tuple(
        Link(query, context.addresses.search(SearchRequest(q=query)), meaning) for query, meaning in queries if query
    )
