"""The page of what a user follows, and the page of what is new in one of these searches."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from kb.errors import Invalid
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.email_follows import can_get_email, email_follow_of_form, email_rhythms
from kb.features.digests.follow_panels import FOLLOWING, sent_follow_form
from kb.features.digests.followed_address import followed_address
from kb.features.digests.followed_feeds import FILE, all_feeds_file
from kb.features.digests.follows import (
    FollowView,
    FollowWish,
    RemovedFollow,
    SharedFollow,
    follow_listing,
    mark_all_seen,
    mark_seen,
    move_follow,
    new_items,
    own_follows,
    remove_follow,
    shared_follows,
)
from kb.features.digests.rhythm_choices import Choice, rhythm_choices, rhythm_label
from kb.model.followed_search import MOST_PARAMETER_CHARACTERS, followed_request
from kb.model.search_request import SearchRequest, VocabularyMode
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.listing.result_rows import ResultRow, RowBuilder
from kb.web.ui.display_text import Link, ListingContext, facts_line, group_name
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

_DONE = {"followed", "changed", "seen"}
_MOST_NUMBER = 2**63 - 1
"""The largest number of a change, as databases have it."""


@dataclass(frozen=True, slots=True)
class FollowRow:
    """What the user follows: `address` is that of all it finds, empty if it is not shown; `news` that of what is new.
    `rhythm` says how often it comes by e-mail, `rhythms` are the choices, none if it cannot.
    """

    view: FollowView
    address: str
    news: str
    group_name: str
    is_first: bool
    is_last: bool
    rhythm: str
    rhythms: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class SharedRow:
    """What another member follows and shows to a group."""

    shared: SharedFollow
    address: str
    about: str


@dataclass(frozen=True, slots=True)
class FollowingPage:
    """`removed` are the fields of the form that follows again what the user has just ceased to follow. `done` says what
    was done just now, `followed` to what. `through` is the position up to which everything is seen, once it is marked
    so. `sent` is the form that follows a listing, if it was refused and is shown again. `feeds_file` is the address of
    the file with the feeds, empty without feeds; `has_private_feeds`: some of them need a key.
    """

    sent: Markup
    rows: tuple[FollowRow, ...]
    shared: tuple[SharedRow, ...]
    new: int
    through: int
    done: str
    followed: Link | None
    removed: Pairs
    removed_name: str
    feeds_file: str
    has_private_feeds: bool


@dataclass(frozen=True, slots=True)
class NewItemsPage:
    """What is new in `name`, of `total` items; `everything` leads to all that it finds, None if it is not shown."""

    name: str
    everything: Link | None
    following: str
    total: int
    through: int
    rows: tuple[ResultRow, ...]


def following_page(context: RequestContext) -> Response:
    """What the user follows. Raises LoginNeeded."""
    return _following_page(context, ())


def _following_page(context: RequestContext, removed: Pairs) -> Response:
    views = own_follows(context.library, context.actor)
    rhythms, has_email = email_rhythms(context.library, context.actor.user_id or ""), can_get_email(context)
    with context.library.store.read() as reading:
        through = reading.followed_searches.position()
    rows = tuple(
        FollowRow(
            view,
            followed_address(context.addresses, view.search.parameters) if view.is_shown else "",
            context.addresses.own(f"{FOLLOWING}/{view.follow.id}"),
            group_name(view.shareable, context.translator) if view.shareable else "",
            is_first=place == 0,
            is_last=place == len(views) - 1,
            rhythm=rhythm_label(rhythms[view.search.id], context.translator) if view.search.id in rhythms else "",
            rhythms=rhythm_choices(context.translator, rhythms.get(view.search.id, Rhythm.NEVER), can_end=True)
            if has_email
            else (),
        )
        for place, view in enumerate(views)
    )
    followed = next((row for row in rows if row.view.follow.id == context.param("follow")), None)
    page = FollowingPage(
        sent=sent_follow_form(context),
        rows=rows,
        shared=tuple(
            SharedRow(
                one,
                followed_address(context.addresses, one.search.parameters),
                facts_line(group_name(one.group, context.translator), one.by.name),
            )
            for one in shared_follows(context.library, context.actor)
        ),
        new=sum(view.new for view in views),
        through=through,
        done=context.param("did") if context.param("did") in _DONE else "",
        followed=_followed_link(context, followed) if followed else None,
        removed=removed,
        removed_name=dict(removed).get("name", ""),
        feeds_file=context.addresses.own(FILE) if any(view.has_feed for view in views) else "",
        has_private_feeds=any(view.has_feed and view.needs_key for view in views),
    )
    return render(context, "digests/following.html", page)


def _followed_link(context: RequestContext, row: FollowRow) -> Link:
    """What is followed now; the hint is the words that lead back to it."""
    _ = context.translator.gettext
    back = _("Back to the list") if row.view.search.list_id else _("Back to the results")
    return Link(row.view.follow.name, row.address, back)


def handle_following_post(context: RequestContext) -> Response:
    """Follow a listing, change how it is followed, stop following it, or move it; download the feeds of all."""
    library, actor, follow_id = context.library, context.actor, context.form_value("id")
    match context.form_value("act"):
        case "follow":
            return _follow(context)
        case "remove":
            response = _following_page(context, _fields(remove_follow(library, actor, follow_id)))
            response.headers["Cache-Control"] = "no-store"
            return response
        case "up" | "down" as way:
            move_follow(library, actor, follow_id, up=way == "up")
            return _redirect(context, "", follow_id)
        case "feeds":
            return _download_feeds(context)
        case "seen":
            mark_all_seen(library, actor, _number(context, "through") or 0)
            return _redirect(context, "seen", "")
        case _:
            raise Invalid("The request is not a form of this site.")


@handle_form(following_page)
def _follow(context: RequestContext) -> Response:
    field = context.form_value
    if len(field("parameters")) > 2 * MOST_PARAMETER_CHARACTERS:
        raise Invalid(
            "This search is too long to be followed: at most %(limit)s characters.", limit=MOST_PARAMETER_CHARACTERS
        )
    wish = FollowWish(
        field("name"), field("counted") == "on", field("share"), _number(context, "seen"), _number(context, "place")
    )
    params = parse_qsl(field("parameters"))
    if field("labels") == "on":
        params.append(("vocabulary", VocabularyMode.LABELS.value))
    followed = follow_listing(context.library, context.actor, params, wish, email_follow_of_form(context))
    return _redirect(context, "changed" if field("known") else "followed", followed.id)


_download_feeds = handle_form(following_page)(all_feeds_file)


def new_items_page(context: RequestContext) -> Response:
    """What is new in a search that the user follows. Raises LoginNeeded, NotFound, Unavailable."""
    new = new_items(context.library, context.actor, context.path_params["id"])
    search, _ = new.view.search, context.translator.gettext
    request = followed_request(search.parameters) if new.view.is_shown and not search.list_id else SearchRequest()
    listing = ListingContext(request, context.translator, context.addresses)
    builder = RowBuilder(
        listing, context.library.settings.base_url, many_groups=len(request.group) != 1, text_address=context.text_links
    )
    page = NewItemsPage(
        new.view.follow.name,
        Link(
            _("The whole list") if search.list_id else _("All that it finds"),
            followed_address(context.addresses, search.parameters),
        )
        if new.view.is_shown
        else None,
        context.addresses.own(FOLLOWING),
        new.total,
        new.through,
        tuple(builder.item_row(hit) for hit in new.hits),
    )
    return render(context, "digests/new_items.html", page)


def handle_new_items_post(context: RequestContext) -> Response:
    """Mark what is new in one search as seen."""
    follow_id = context.path_params["id"]
    mark_seen(context.library, context.actor, follow_id, _number(context, "through") or 0)
    return _redirect(context, "seen", follow_id)


def _fields(removed: RemovedFollow) -> Pairs:
    """The fields of the form that follows a search again as before."""
    follow, search = removed.follow, removed.search
    if search is None:
        return ()
    return (
        ("parameters", search.parameters),
        ("name", follow.name),
        ("counted", "on" if follow.is_counted else ""),
        ("share", removed.group.slug if removed.group else ""),
        ("seen", str(follow.seen)),
        ("place", str(follow.place)),
        *((("when", removed.rhythm.value),) if removed.rhythm else ()),
    )


def _number(context: RequestContext, name: str) -> int | None:
    return parse_whole_number(context.form_value(name), None, most=_MOST_NUMBER)


def _redirect(context: RequestContext, did: str, follow_id: str) -> Response:
    pairs = (*((("did", did),) if did else ()), *((("follow", follow_id),) if follow_id else ()))
    anchor = f"#f-{follow_id}" if follow_id and not did else ""
    address = context.addresses.own(FOLLOWING, pairs) + anchor
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
