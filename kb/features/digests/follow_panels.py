"""What pages of the core show of what a user follows: how to follow a listing, and what is new, on the home page."""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup

from kb.errors import Invalid
from kb.features.digests.email_follows import EmailChoices, email_choices
from kb.features.digests.followed_address import followed_address
from kb.features.digests.follows import (
    LONGEST_NAME,
    counted_follows,
    followed_by,
    shareable_group,
    unseen_of_listing,
    vocabulary_group,
)
from kb.features.digests.records.follow_records import MOST_COUNTED
from kb.model.followed_search import (
    MOST_PARAMETER_CHARACTERS,
    followed_list_id,
    followed_request,
    parameters_to_follow,
    with_labels,
)
from kb.model.search_request import AddedSince, SearchRequest
from kb.model.truncation import truncate_within
from kb.services.search.search import run_search
from kb.web.http.context import Panel, PanelLocation, RequestContext, Unseen
from kb.web.ui.display_text import Link, date_label, facts_line, group_name, title_or_url
from kb.web.ui.rendering import render_fragment

FOLLOWING = "following"
"""The path of the page of what a user follows."""
_MOST_RECENT = 3


@dataclass(frozen=True, slots=True)
class FollowForm:
    """The form that follows a listing. `follow_id` is empty as long as the user does not follow it; `group` is the one
    whose members may see it, `vocabulary` the name of the one whose vocabulary can add labels. `recent` are the last
    items of the past week, of `recent_total`, None if they are not shown; `news` leads to what is new.
    """

    action: str
    form_token: str
    parameters: str
    name: str
    follow_id: str
    is_counted: bool
    group: Link | None
    is_shared: bool
    vocabulary: str
    has_labels: bool
    recent: tuple[Link, ...] | None
    recent_total: int
    others: str
    news: Link | None
    email: EmailChoices | None


@dataclass(frozen=True, slots=True)
class HomePanel:
    """`follows` lead to what is new, or to all that is found where nothing is; their hints are the numbers."""

    follows: tuple[Link, ...]
    all_address: str


def _follow_panel(context: RequestContext, subject: str) -> Markup:
    pairs = parse_qsl(subject)
    parameters, name = parameters_to_follow(pairs), dict(pairs).get("name", "")
    if context.actor.user_id is None or context.actor.read_only:
        return Markup()
    if followed_list_id(parameters):
        return _form(context, _follow_form(context, parameters, name))
    request = SearchRequest.from_params(pairs)
    week = replace(request.newest(AddedSince.WEEK), per_page=_MOST_RECENT, facet_limit=1).verbatim()
    recent = run_search(context.library, context.actor, week)
    rows = tuple(
        Link(
            title_or_url(row.item),
            context.addresses.item(row.item.id),
            facts_line(row.item.source or "", date_label(row.item, context.translator)),
        )
        for row in recent.rows
    )
    return _form(context, replace(_follow_form(context, parameters, name), recent=rows, recent_total=recent.total))


def sent_follow_form(context: RequestContext) -> Markup:
    """The form that follows a listing as it was sent, if it is to be shown again."""
    parameters, is_follow = context.form_value("parameters"), context.form_value("act") == "follow"
    is_known = context.actor.user_id is not None and not context.actor.read_only
    if not (context.form_error and is_known and is_follow and 0 < len(parameters) <= 2 * MOST_PARAMETER_CHARACTERS):
        return Markup()
    try:
        asked = parameters_to_follow(parse_qsl(parameters))
    except Invalid:
        return Markup()
    return _form(context, _follow_form(context, asked, ""))


def _form(context: RequestContext, form: FollowForm) -> Markup:
    return Markup(render_fragment(context.choice.language, "digests/follow_form.html", form))  # noqa: S704


def _follow_form(context: RequestContext, parameters: str, name: str) -> FollowForm:
    known = followed_by(context.library, context.actor, parameters)
    request = None if followed_list_id(parameters) else followed_request(parameters)
    vocabulary = vocabulary_group(context.library, context.actor, request) if request else None
    has_labels = bool(known and known.search.vocabulary_group)
    group = shareable_group(context.library, context.actor, parameters)
    is_sent, addresses = context.form_error is not None, context.addresses
    is_counted, is_shared = known.follow.is_counted if known else True, bool(known and known.group)
    return FollowForm(
        action=addresses.own(FOLLOWING),
        form_token=context.credentials.form_token,
        parameters=urlencode(with_labels(request, added=False).to_params()) if request else parameters,
        name=context.typed_value("name", known.follow.name if known else _short_name(request) or name[:LONGEST_NAME]),
        follow_id=known.follow.id if known else "",
        is_counted=context.form_value("counted") == "on" if is_sent else is_counted,
        group=Link(group_name(group, context.translator), group.slug) if group else None,
        is_shared=bool(context.form_value("share")) if is_sent else is_shared,
        vocabulary=group_name(vocabulary, context.translator) if vocabulary else "",
        has_labels=context.form_value("labels") == "on" if is_sent else has_labels,
        recent=None,
        recent_total=0,
        others=addresses.own(FOLLOWING),
        news=Link(str(known.new), addresses.own(f"{FOLLOWING}/{known.follow.id}")) if known and known.new else None,
        email=email_choices(context, known.search.parameters if known else parameters),
    )


def _short_name(request: SearchRequest | None) -> str:
    """The words and the values of a search, without their names; empty for a list, which has a name."""
    if request is None:
        return ""
    words = (request.q, *request.tag, *request.byline, *request.source, *request.site)
    return truncate_within(", ".join(" ".join(word.split()) for word in words if word.strip()), LONGEST_NAME)


def _count(new: int) -> str:
    return f"{new - 1}+" if new >= MOST_COUNTED else f"+{new}" if new else ""


def _home_panel(context: RequestContext, _subject: str) -> Markup:
    counted = counted_follows(context.library, context.actor)
    if not counted:
        return Markup()
    addresses = context.addresses
    panel = HomePanel(
        tuple(
            Link(
                one.name,
                addresses.own(f"{FOLLOWING}/{one.id}")
                if one.new or one.parameters is None
                else followed_address(addresses, one.parameters),
                _count(one.new),
            )
            for one in counted
        ),
        addresses.own(FOLLOWING),
    )
    return Markup(render_fragment(context.choice.language, "digests/home_panel.html", panel))  # noqa: S704


def unseen_items(context: RequestContext, request: SearchRequest) -> Unseen | None:
    """What the user has not seen of a search that they follow."""
    found = unseen_of_listing(context.library, context.actor, request)
    if found is None:
        return None
    follow_id, new = found
    ids = frozenset(match.item_id for match in new.matches)
    return Unseen(ids, new.total, context.addresses.own(f"{FOLLOWING}/{follow_id}"))


FOLLOW_PANELS = (Panel(PanelLocation.FOLLOW, _follow_panel), Panel(PanelLocation.HOME, _home_panel))
