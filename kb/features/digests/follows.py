"""What a user follows on the site: searches with all their filters, and lists, in an order, each with what is new."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user
from kb.errors import Conflict, Invalid, NotFound
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.records.follow_records import CountedFollow, Follow, Follows, FollowsReading
from kb.features.digests.subscribers import stop_email_follow
from kb.model.followed_search import (
    FollowedSearch,
    can_have_labels,
    followed_list_id,
    followed_parameters,
    followed_request,
    parameters_to_follow,
    with_labels,
)
from kb.model.ids import is_id, new_id
from kb.model.people.group import Group, Visibility
from kb.model.people.user import User
from kb.model.search_request import SearchRequest, VocabularyMode
from kb.search.marks import matched_texts_of_hit
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.followed_searches.following import (
    NewMatches,
    follow,
    followed_list,
    followed_vocabularies,
    may_read_followed,
    new_matches_in,
    position_of,
    require_readable,
    scope_of_new_matches,
)
from kb.services.search.result_types import SearchHit
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

MOST_FOLLOWS = 200
"""Searches that one user follows."""
MOST_FOLLOWED_CHARACTERS = 100_000
"""Characters of the parameters of all that one user follows, because one page lists them."""
LONGEST_NAME = 200
MOST_SHOWN = 100
"""New items of one search that a page shows."""
MOST_MARKED = 1_000
"""New items of one search that are marked in the results."""
_UNKNOWN = "You do not follow this."
MoreOfFollow = Callable[[WriteTransaction, str], None]
"""What else is stored about a follow: it gets the id of the search, in the same transaction."""


@dataclass(frozen=True, slots=True)
class FollowWish:
    """How a search is followed. `seen` is a position that an undo gives back; `group` the slug of a group whose members
    see it too.
    """

    name: str
    is_counted: bool = True
    group: str = ""
    seen: int | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class FollowView:
    """What a user follows. `group` is the one whose members see it too; `shareable` the one that it could be shared
    with: the only one that it searches, or that of the list. Not `is_shown`: it is of a list or names groups that the
    user may not read now, so that nothing of it is told but the name that they gave it. `home` is the group of a list.
    `has_feed`: some of its groups have feeds; `needs_key`: not everyone may read all that it finds for the user.
    """

    follow: Follow
    search: FollowedSearch
    new: int
    group: Group | None
    shareable: Group | None
    is_shown: bool
    home: Group | None
    has_feed: bool
    needs_key: bool


@dataclass(frozen=True, slots=True)
class RemovedFollow:
    """What a user followed until now, so that it can be followed again; without the search if the user may not read it
    or the groups that it names. `rhythm` is how often it came by e-mail, `group` the one whose members saw it.
    """

    follow: Follow
    search: FollowedSearch | None
    rhythm: Rhythm | None
    group: Group | None


@dataclass(frozen=True, slots=True)
class SharedFollow:
    """What another member of a group follows and shows to its members."""

    follow: Follow
    search: FollowedSearch
    group: Group
    by: User


@dataclass(frozen=True, slots=True)
class NewItems:
    """What is new in a search that a user follows: `hits` are the newest of `total` items. `through` is the position up
    to which it is seen, once it is marked so.
    """

    view: FollowView
    hits: tuple[SearchHit, ...]
    total: int
    through: int


def checked_name(text: str) -> str:
    """The name of what is followed, on one line. Raises Invalid."""
    name = " ".join(text.split())
    if not name:
        raise Invalid("Give a name to what you follow.")
    return name[:LONGEST_NAME]


def follow_listing(
    library: Library,
    actor: Actor,
    params: Iterable[tuple[str, str]],
    wish: FollowWish,
    more: MoreOfFollow = lambda _writing, _search_id: None,
) -> Follow:
    """Follow a listing or a list, or change how it is followed; `more` gets the id of the search, in one transaction.

    Raises LoginNeeded, Invalid, Conflict beyond MOST_FOLLOWS, NotFound for the list and for a group that the search
    names, NotFound and Forbidden for the group to share with, Unavailable.
    """
    user_id = require_signed_in_user(actor)
    name = checked_name(wish.name)
    pairs = tuple(params)
    parameters = parameters_to_follow(pairs)
    with library.store.read() as reading:
        require_readable(reading, readable_groups(reading, actor), user_id, parameters)
        _group_to_share_with(reading, actor, parameters, wish.group)
        _check_limits(reading, user_id, parameters)
    search_id = follow(library, pairs)
    with library.store.write() as writing:
        search = writing.followed_searches.by_id(search_id)
        if search is None:
            raise NotFound(_UNKNOWN)
        group = _group_to_share_with(writing, actor, search.parameters, wish.group)
        _check_limits(writing, user_id, search.parameters)
        records = Follows(writing.connection)
        own = records.of_user(user_id)
        known = next((one for one in own if one.search_id == search_id), None)
        position = position_of(writing)
        last = max((one.place for one in own), default=0)
        before = known or Follow(
            new_id(),
            user_id,
            search_id,
            None,
            name,
            wish.place if wish.place is not None and 0 <= wish.place <= last else last + 1,
            wish.is_counted,
            position if wish.seen is None else max(0, min(wish.seen, position)),
            timestamp_now(),
        )
        after = replace(before, name=name, is_counted=wish.is_counted, group_id=group.id if group else None)
        records.put(after)
        more(writing, search_id)
        if not search.list_id:
            _end_other(writing, user_id, followed_request(search.parameters))
    return after


def _end_other(writing: WriteTransaction, user_id: str, request: SearchRequest) -> None:
    """Of a search with the labels of a vocabulary and without, a user follows one: end the other."""
    other = with_labels(request, added=request.vocabulary is not VocabularyMode.LABELS)
    parameters = followed_parameters(other, most=None)
    search = writing.followed_searches.by_parameters(parameters)
    if search is None or parameters == followed_parameters(request, most=None):
        return
    records = Follows(writing.connection)
    for one in records.of_user(user_id):
        if one.search_id == search.id:
            records.remove(one.id)
            stop_email_follow(writing, user_id, search.id)


def _check_limits(reading: ReadSnapshot, user_id: str, parameters: str) -> None:
    """Raise Conflict if a user follows too much to follow one more search."""
    records = FollowsReading(reading.connection)
    if records.seen_of(user_id, parameters) is not None:
        return
    if len(records.of_user(user_id)) >= MOST_FOLLOWS:
        raise Conflict(
            "You follow as many searches as you may (%(limit)s): stop following one first.", limit=MOST_FOLLOWS
        )
    if records.characters(user_id) + len(parameters) > MOST_FOLLOWED_CHARACTERS:
        raise Conflict(
            "All that you follow together has at most %(limit)s characters: stop following something first.",
            limit=MOST_FOLLOWED_CHARACTERS,
        )


def remove_follow(library: Library, actor: Actor, follow_id: str) -> RemovedFollow:
    """Stop following a search, on the site and by e-mail. Raises NotFound."""
    with library.store.write() as writing:
        before = _own(writing, actor, follow_id)
        Follows(writing.connection).remove(before.id)
        rhythm = stop_email_follow(writing, before.user_id, before.search_id)
        search = writing.followed_searches.by_id(before.search_id)
        readable = readable_groups(writing, actor)
        if search and not may_read_followed(writing.lists, readable, before.user_id, search.parameters):
            search = None
        group = next((one for one in readable.groups if one.id == before.group_id), None)
        return RemovedFollow(before, search, rhythm, group)


def move_follow(library: Library, actor: Actor, follow_id: str, *, up: bool) -> None:
    """Move what a user follows by one place. Raises NotFound."""
    with library.store.write() as writing:
        moved = _own(writing, actor, follow_id)
        records = Follows(writing.connection)
        every = list(records.of_user(moved.user_id))
        place = every.index(moved)
        other = place - 1 if up else place + 1
        if 0 <= other < len(every):
            every[place], every[other] = every[other], every[place]
        for number, one in enumerate(every, 1):
            if one.place != number:
                records.put(replace(one, place=number))


def mark_seen(library: Library, actor: Actor, follow_id: str, through: int) -> None:
    """Note that a user has seen what is new in a search up to a position. Raises NotFound."""
    with library.store.write() as writing:
        before = _own(writing, actor, follow_id)
        seen = max(before.seen, min(through, writing.followed_searches.position()))
        Follows(writing.connection).put(replace(before, seen=seen))


def mark_all_seen(library: Library, actor: Actor, through: int) -> None:
    """The same for all that a user follows."""
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        records, position = Follows(writing.connection), writing.followed_searches.position()
        for one in records.of_user(user_id):
            if one.seen < min(through, position):
                records.put(replace(one, seen=min(through, position)))


def own_follows(library: Library, actor: Actor) -> tuple[FollowView, ...]:
    """What the actor follows, in their order. Raises LoginNeeded."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        return tuple(_views(reading, actor, FollowsReading(reading.connection).of_user(user_id)))


def followed_by(library: Library, actor: Actor, parameters: str) -> FollowView | None:
    """How the actor follows a list or a search, with the labels of a vocabulary or without, if they do."""
    if actor.user_id is None:
        return None
    with library.store.read() as reading:
        searches = map(reading.followed_searches.by_parameters, _variants(parameters))
        ids = {search.id for search in searches if search is not None}
        own = FollowsReading(reading.connection).of_user(actor.user_id)
        views = _views(reading, actor, [one for one in own if one.search_id in ids])
        return next((view for view in views if view.is_shown), None)


def _variants(parameters: str) -> tuple[str, ...]:
    """The parameters of a search without the labels of a vocabulary, and with them; those of a list."""
    if followed_list_id(parameters):
        return (parameters,)
    request = followed_request(parameters)
    every = (followed_parameters(with_labels(request, added=added), most=None) for added in (False, True))
    return tuple(dict.fromkeys(every))


def vocabulary_group(library: Library, actor: Actor, request: SearchRequest) -> Group | None:
    """The group whose vocabulary can add labels to a followed search: the only one that it searches."""
    if not can_have_labels(request):
        return None
    with library.store.read() as reading:
        with_vocabulary = reading.vocabularies.versions()
        groups = readable_groups(reading, actor).groups
        return next((one for one in groups if one.slug == request.group[0] and one.id in with_vocabulary), None)


def shareable_group(library: Library, actor: Actor, parameters: str) -> Group | None:
    """The group whose members may see that the actor follows a search or a list: the only one that it searches, or that
    of the list.
    """
    with library.store.read() as reading:
        return _shareable(reading, actor, parameters)


def shared_follows(library: Library, actor: Actor) -> tuple[SharedFollow, ...]:
    """What other members of the actor's groups follow, show to them, and the actor does not follow."""
    user_id = require_signed_in_user(actor, reading=True)
    with library.store.read() as reading:
        mine = {membership.group_id for membership in actor.memberships}
        groups = {group.id: group for group in readable_groups(reading, actor).groups if group.id in mine}
        records = FollowsReading(reading.connection)
        known = {one.search_id for one in records.of_user(user_id)}
        found: dict[str, SharedFollow] = {}
        for one, by in records.shared(groups, user_id):
            search = reading.followed_searches.by_id(one.search_id)
            if search is None or one.group_id is None or one.search_id in known:
                continue
            # A list may have become private since.
            if not search.list_id or may_read_followed(
                reading.lists, readable_groups(reading, actor), user_id, search.parameters
            ):
                found.setdefault(one.search_id, SharedFollow(one, search, groups[one.group_id], by))
        return tuple(found.values())


def counted_follows(library: Library, actor: Actor) -> tuple[CountedFollow, ...]:
    """What the actor has counted on the home page; without parameters that name groups that they may not read, and
    without anything of such a list.
    """
    if actor.user_id is None:
        return ()
    with library.store.read() as reading:
        readable = readable_groups(reading, actor)
        counted = FollowsReading(reading.connection).counted(actor.user_id, readable.scope.group_ids)
        return tuple(
            one
            if one.parameters is None or may_read_followed(reading.lists, readable, actor.user_id, one.parameters)
            else replace(one, parameters=None, new=0 if followed_list_id(one.parameters) else one.new)
            for one in counted
        )


def unseen_of_listing(library: Library, actor: Actor, request: SearchRequest) -> tuple[str, NewMatches] | None:
    """What the actor has not seen of what a search finds, with the id under which they follow it; None if they do not,
    or have seen all.
    """
    if actor.user_id is None:
        return None
    try:
        parameters = followed_parameters(request)
    except Invalid:
        return None
    with library.store.read() as reading:
        records, user_id = FollowsReading(reading.connection), actor.user_id
        found = (records.seen_of(user_id, variant) for variant in _variants(parameters))
        known = next((one for one in found if one is not None), None)
        if known is None:
            return None
        follow_id, search_id, seen = known
        new = new_matches_in(reading, readable_groups(reading, actor).scope, search_id, seen, MOST_MARKED)
    return (follow_id, new) if new.total else None


def new_items(library: Library, actor: Actor, follow_id: str) -> NewItems:
    """What is new for the actor in a search that they follow. Raises LoginNeeded, NotFound, Unavailable."""
    with library.store.read() as reading:
        view = next(iter(_views(reading, actor, [_own(reading, actor, follow_id)])), None)
        if view is None:
            raise NotFound(_UNKNOWN)
        readable = readable_groups(reading, actor)
        scope = scope_of_new_matches(reading, readable, actor.user_id, view.search)
        new: NewMatches = new_matches_in(reading, scope, view.search.id, view.follow.seen, MOST_SHOWN)
        items = reading.items.beginnings((match.item_id for match in new.matches), scope)
        marker = None
        if not view.search.list_id:
            matchers = followed_vocabularies(library, reading, view.search.request, readable.groups)
            marker = library.catalogue.search(view.search.request, readable, matchers).marker()
    groups = {group.id: group for group in readable.groups}
    hits = (
        SearchHit(item, groups[item.group_id], None, None, matched_texts_of_hit(item, None, marker) if marker else ())
        for item in items.values()
    )
    return NewItems(view, tuple(hits), new.total, new.through)


def _own(reading: ReadSnapshot, actor: Actor, follow_id: str) -> Follow:
    user_id = require_signed_in_user(actor, reading=not isinstance(reading, WriteTransaction))
    found = FollowsReading(reading.connection).by_id(follow_id) if is_id(follow_id) else None
    if found is None or found.user_id != user_id:
        raise NotFound(_UNKNOWN)
    return found


def _views(reading: ReadSnapshot, actor: Actor, follows: Iterable[Follow]) -> Iterable[FollowView]:
    readable = readable_groups(reading, actor)
    by_slug = {group.slug: group for group in readable.groups}
    for one in follows:
        search = reading.followed_searches.by_id(one.search_id)
        if search is None:
            continue
        scope = scope_of_new_matches(reading, readable, actor.user_id, search)
        new = reading.followed_searches.new_count(search.id, one.seen, scope)
        shareable = _shareable(reading, actor, search.parameters)
        group = shareable if shareable and shareable.id == one.group_id else None
        is_shown = may_read_followed(reading.lists, readable, actor.user_id, search.parameters)
        listed = followed_list(reading.lists, readable, actor.user_id, search.list_id) if search.list_id else None
        home = listed[1] if listed else None
        if listed:
            of_items = reading.lists.groups_of_items(search.list_id)
            searched = [listed[1], *(group for group in readable.groups if group.id in of_items)]
        else:
            slugs = () if search.list_id else search.request.group
            searched = [by_slug[slug] for slug in slugs if slug in by_slug]
        is_private = listed is not None and listed[0].private
        yield FollowView(
            one,
            search,
            new,
            group,
            shareable,
            is_shown,
            home,
            has_feed=is_shown and (home.feeds if home else not searched or any(group.feeds for group in searched)),
            needs_key=not searched or is_private or any(one.visible is not Visibility.EVERYONE for one in searched),
        )


def _shareable(reading: ReadSnapshot, actor: Actor, parameters: str) -> Group | None:
    group: Group | None = None
    if list_id := followed_list_id(parameters):
        item_list = reading.lists.headers([list_id]).get(list_id)
        group = reading.groups.by_id(item_list.group_id) if item_list and not item_list.private else None
    elif len(slugs := followed_request(parameters).group) == 1:
        group = reading.groups.by_slug(slugs[0])
    may_share = group is not None and not group.is_personal and is_allowed(actor, Action.CONTRIBUTE, group)
    return group if may_share else None


def _group_to_share_with(reading: ReadSnapshot, actor: Actor, parameters: str, slug: str) -> Group | None:
    if not slug:
        return None
    group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
    shareable = _shareable(reading, actor, parameters)
    if shareable is None or shareable.id != group.id:
        raise Invalid("Only what searches one group alone can be shown to its members.")
    return group
