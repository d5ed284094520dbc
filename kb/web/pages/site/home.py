"""The home pages: of a visitor, what the site is; of a user, what waits and what is new."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.model.people.group import Group
from kb.model.search_request import MAX_VALUES, AddedSince, SearchRequest
from kb.services.admin.site_pages import home_text
from kb.services.groups.group_views import GroupView, group_views
from kb.services.groups.invitations import own_invitations
from kb.services.groups.membership import pending_join_requests
from kb.services.items.item_creation import writable_groups
from kb.services.lists.list_windows import OwnList, own_lists
from kb.services.moderation.moderation_views import pending_report_count
from kb.services.search.example_searches import example_searches, query_check
from kb.services.search.result_types import SearchResults
from kb.services.search.search import run_search
from kb.web.http.context import LinkLocation, RequestContext
from kb.web.pages.admin.admin_layout import FirstStep, first_step_links
from kb.web.pages.groups.group_deletion import deleted_group_links
from kb.web.pages.items.incomplete_items import incomplete_link
from kb.web.pages.listing.listing import last_visit_link
from kb.web.pages.listing.result_rows import ResultRow, RowBuilder
from kb.web.pages.search.saved_searches import saved_search_links
from kb.web.ui.display_text import Link, ListingContext, group_name
from kb.web.ui.group_header import MEMBERS, MODERATION
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

RECENT = 5
MOST_SAVED_LINKS = 6
MOST_IMPORT_LINKS = 4
MOST_LISTS = 5
MOST_USED_TAGS = 12
"""Tags of which the example searches are made."""


@dataclass(frozen=True, slots=True)
class HomePage:
    """`text` has the paragraphs of the organisation. `examples` are example searches. No `rows`: nothing is here."""

    text: tuple[str, ...]
    form: SearchForm
    examples: tuple[Link, ...]
    groups: tuple[GroupView, ...]
    rows: tuple[ResultRow, ...]
    saved: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class OwnHomePage:
    """`mine` are the user's groups, the own library first, `new` the numbers of items of this week by slug; `deleted`
    those groups that the user may restore; `steps` are the first steps of a new site, for an administrator; `news`
    lead to what was added since the last visit and this week, and to everything. `imports`, where nothing is to be read
    yet, are the groups that a user can import into. `waiting_links` lead to pages of features.
    """

    waiting: tuple[Link, ...]
    waiting_links: tuple[Link, ...]
    steps: tuple[FirstStep, ...]
    mine: tuple[GroupView, ...]
    others: tuple[GroupView, ...]
    new: Mapping[str, int]
    deleted: tuple[Link, ...]
    saved: tuple[Link, ...]
    lists: tuple[OwnList, ...]
    news: tuple[Link, ...]
    rows: tuple[ResultRow, ...]
    imports: tuple[Group, ...]


def home_page(context: RequestContext) -> Response:
    library, actor = context.library, context.actor
    results = run_search(library, actor, SearchRequest(per_page=RECENT, facet_limit=MOST_USED_TAGS))
    views = group_views(library, actor)
    listing = ListingContext(SearchRequest(), context.translator, context.addresses)
    base_url = library.settings.base_url
    builder = RowBuilder(listing, base_url, many_groups=len(views) > 1, text_address=context.text_links)
    rows = tuple(builder.item_row(row) for row in results.rows)
    if actor.user_id is not None:
        return render(context, "site/own_home.html", _own_home(context, tuple(views), rows))
    text = home_text(library, context.translator.language)
    page = HomePage(
        text=tuple(filter(None, map(str.strip, text.split("\n\n")))),
        form=search_form_of(context),
        examples=_example_links(context, results),
        groups=tuple(views),
        rows=rows,
        saved=saved_search_links(context, most=MOST_SAVED_LINKS),
    )
    return render(context, "site/home.html", page)


def _own_home(context: RequestContext, views: tuple[GroupView, ...], rows: tuple[ResultRow, ...]) -> OwnHomePage:
    library, actor = context.library, context.actor
    own_ids = {membership.group_id for membership in actor.memberships}
    mine = sorted((view for view in views if view.group.id in own_ids), key=lambda view: not view.group.is_personal)
    this_week = SearchRequest(since=AddedSince.WEEK, per_page=1, facet_limit=MAX_VALUES)
    new = {value.value: value.count for value in run_search(library, actor, this_week).facets.get("group", ())}
    return OwnHomePage(
        waiting=(*_group_lines(context, mine), *_other_lines(context)),
        waiting_links=tuple(
            Link(context.translator.gettext(link.label), context.addresses.own(link.path))
            for link in context.feature_links(LinkLocation.HOME_WAITING)
        ),
        steps=first_step_links(context),
        mine=tuple(mine),
        others=tuple(view for view in views if view not in mine),
        new=new,
        deleted=deleted_group_links(context, own=True),
        saved=saved_search_links(context, most=MOST_SAVED_LINKS),
        lists=own_lists(library, actor).rows[:MOST_LISTS],
        news=_news_links(context, mine, new),
        rows=rows,
        imports=() if rows else writable_groups(library, actor)[:MOST_IMPORT_LINKS],
    )


def _news_links(context: RequestContext, mine: list[GroupView], new: Mapping[str, int]) -> tuple[Link, ...]:
    slugs = tuple(view.group.slug for view in mine if not view.group.is_personal)[:MAX_VALUES]
    translator, addresses = context.translator, context.addresses
    in_own, in_all = sum(new.get(slug, 0) for slug in slugs), sum(new.values())
    own = translator.ngettext(
        "New in my groups this week (%(count)s)", "New in my groups this week (%(count)s)", in_own
    )
    every = translator.ngettext(
        "New in all groups this week (%(count)s)", "New in all groups this week (%(count)s)", in_all
    )
    this_week = SearchRequest(since=AddedSince.WEEK)
    links = (
        last_visit_link(context, slugs),
        Link(own, addresses.search(replace(this_week, group=slugs))) if in_own else None,
        Link(every, addresses.search(this_week)) if in_all > in_own else None,
        Link(translator.gettext("All the items"), addresses.own("search")),
    )
    return tuple(filter(None, links))


def _group_lines(context: RequestContext, mine: list[GroupView]) -> Iterator[Link]:
    """Requests to join, and reports, in the groups that the user looks after."""
    translator, addresses = context.translator, context.addresses
    requests = pending_join_requests(context.library, context.actor)
    for view in mine:
        group, name = view.group, group_name(view.group, translator)
        if count := requests.get(group.slug, 0):
            label = translator.ngettext(
                "%(count)s request to join %(group)s", "%(count)s requests to join %(group)s", count, group=name
            )
            yield Link(label, addresses.group(group.slug, MEMBERS))
        if count := pending_report_count(context.library, context.actor, group):
            label = translator.ngettext(
                "%(count)s report in %(group)s", "%(count)s reports in %(group)s", count, group=name
            )
            yield Link(label, addresses.group(group.slug, MODERATION))


def _other_lines(context: RequestContext) -> Iterator[Link]:
    """Invitations, and the user's incomplete items."""
    if invitations := own_invitations(context.library, context.actor):
        translator, count = context.translator, len(invitations)
        label = translator.ngettext("%(count)s group invites you", "%(count)s groups invite you", count)
        if count == 1:
            label = translator.gettext("“%(group)s” invites you", group=invitations[0].group.name)
        yield Link(label, context.addresses.own("invitations"))
    if link := incomplete_link(context, None):
        yield link


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
