"""The home page: what the site is, a search box, the groups, the newest items, and the saved searches to follow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.model.people.group import Group
from kb.model.search_request import MAX_VALUES, AddedSince, SearchRequest
from kb.services.admin.site_pages import home_text
from kb.services.groups.group_views import GroupView, group_views
from kb.services.groups.invitations import own_invitations
from kb.services.groups.membership import pending_join_requests
from kb.services.items.item_creation import writable_groups
from kb.services.search.example_searches import example_searches, query_check
from kb.services.search.result_types import SearchResults
from kb.services.search.search import result_count, run_search
from kb.web.http.context import RequestContext
from kb.web.pages.admin.admin_layout import FirstStep, first_step_links
from kb.web.pages.groups.group_deletion import deleted_group_links
from kb.web.pages.items.incomplete_items import incomplete_link
from kb.web.pages.listing.listing import last_visit_link
from kb.web.pages.listing.result_rows import ResultRow, RowBuilder
from kb.web.pages.search.saved_searches import SavedSearchLink, saved_search_links
from kb.web.ui.display_text import Link, ListingContext
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

RECENT = 5
MOST_SAVED_LINKS = 6
MOST_IMPORT_LINKS = 4
MOST_USED_TAGS = 12
"""Tags of which the example searches are made."""


@dataclass(frozen=True, slots=True)
class HomePage:
    """`text` has the paragraphs of the organisation. `examples` are example searches.

    `mine` are the user's groups, the own library first, with the numbers of `requests` to join by slug; `deleted` those
    that the user may restore; `steps` are the first steps of a new site, for an administrator; `news` lead to what was
    added to the user's groups since the last visit and in the last days, to what was added to other groups, and to the
    user's incomplete items. `imports`, where nothing is to be read yet, are the groups that a user can import into.
    """

    text: tuple[str, ...]
    steps: tuple[FirstStep, ...]
    form: SearchForm
    total: int
    examples: tuple[Link, ...]
    groups: tuple[GroupView, ...]
    mine: tuple[GroupView, ...]
    requests: Mapping[str, int]
    deleted: tuple[Link, ...]
    invitations: int
    news: tuple[Link, ...]
    rows: tuple[ResultRow, ...]
    saved: tuple[SavedSearchLink, ...]
    imports: tuple[Group, ...]


def home_page(context: RequestContext) -> Response:
    library, actor = context.library, context.actor
    results = run_search(library, actor, SearchRequest(per_page=RECENT, facet_limit=MOST_USED_TAGS))
    views, own_ids = group_views(library, actor), {membership.group_id for membership in actor.memberships}
    mine = sorted((view for view in views if view.group.id in own_ids), key=lambda view: not view.group.is_personal)
    slugs = tuple(view.group.slug for view in mine if not view.group.is_personal)[:MAX_VALUES]
    listing = ListingContext(SearchRequest(), context.translator, context.addresses)
    maker = RowBuilder(listing, library.settings.base_url, many_groups=len(views) > 1, most=1)
    text = home_text(library, context.translator.language)
    page = HomePage(
        text=tuple(filter(None, map(str.strip, text.split("\n\n")))),
        steps=first_step_links(context),
        form=search_form_of(context),
        total=results.total,
        examples=_example_links(context, results),
        groups=tuple(view for view in views if view not in mine),
        mine=tuple(mine),
        requests=pending_join_requests(library, actor),
        deleted=deleted_group_links(context, own=True) if actor.user_id else (),
        invitations=len(own_invitations(library, actor)) if actor.user_id else 0,
        news=_news_links(context, slugs) if actor.user_id else (),
        rows=tuple(maker.item_row(row) for row in results.rows),
        saved=saved_search_links(context, most=MOST_SAVED_LINKS),
        imports=() if results.total else writable_groups(library, actor)[:MOST_IMPORT_LINKS],
    )
    return render(context, "site/home.html", page)


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
