"""Begin to follow a search, and ask what is new in it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kb.access.actor import AccessScope, Actor, ReadableGroups
from kb.errors import Conflict, NotFound, Unavailable
from kb.model.followed_search import (
    FollowedSearch,
    followed_list_id,
    followed_request,
    parameters_to_follow,
)
from kb.model.ids import new_id
from kb.model.items.item_list import ItemList
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View
from kb.search.percolator import require_few_wildcards
from kb.search.vocabulary_expansion import VocabularyMatcher
from kb.services.core.library import Library, require_current_index
from kb.services.core.readable_groups import readable_groups
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now, timestamp_of
from kb.store.items.followed_searches import NewMatch
from kb.store.items.lists import ItemListsReading

MOST_FOLLOWED = 20_000
"""Followed searches of a site."""
_TIME_TO_STORE = timedelta(minutes=1)
"""How long a caller has to store who follows a search, at a site that follows as many as it may."""
_ATTEMPTS = 5
"""How often a search is run until no change of the index falls into it."""

FollowedSearchId = str


@dataclass(frozen=True, slots=True)
class NewMatches:
    """What is new in a search for a reader: `total` items, and the newest of them. `through` is the position from which
    to ask the next time.
    """

    matches: tuple[NewMatch, ...]
    total: int
    through: int


def follow(library: Library, params: Iterable[tuple[str, str]]) -> FollowedSearchId:
    """Begin to follow the search of some parameters of a listing, or a list; one that is followed already is the same.

    What it finds at this moment is never new. Who may read what it finds is asked when that is read (`new_matches`).
    The caller stores who follows it, in a row that refers to it: without any, the search is deleted after an hour. It
    checks its own limits before too, so that no search is left that nobody may follow.
    Raises Invalid for parameters that are no search, too long, or with too many wildcards; Conflict if the site follows
    too many; Unavailable.
    """
    parameters = parameters_to_follow(params)
    search = FollowedSearch(new_id(), parameters, timestamp_now())
    number = 0
    item_ids: Collection[str] = ()
    if not search.list_id:
        require_few_wildcards(search.request)
        # Also run for one that is followed already: the time of the answer must not tell that somebody follows it.
        number, item_ids = _found_now(library, search.request)
    with library.store.write() as writing:
        followed = writing.followed_searches
        listed = writing.lists.last_added([search.list_id]) if search.list_id else {}
        known = followed.by_parameters(parameters)
        if known is not None:
            return known.id
        count = followed.count()
        if count >= MOST_FOLLOWED:
            followed.remove_unfollowed(timestamp_of(datetime.now(UTC) - _TIME_TO_STORE))
            count = followed.count()
        if count >= MOST_FOLLOWED:
            raise Conflict("No other search can be followed on this site: it follows %(limit)s already.", limit=count)
        if search.list_id:
            number = position_of(writing)
            followed.add_list(search, {item_id: added_at for (_, item_id), added_at in listed.items()})
        else:
            followed.add(search, item_ids)
        # Changes after those that it has seen are run again, which changes nothing for the others.
        followed.set_position(min(number, followed.position()) if count else number)
    return search.id


def reads_named_groups(readable: ReadableGroups, request: SearchRequest) -> bool:
    """Whether a reader may read each group that a search names. Otherwise nothing of the search is told to them: its
    parameters have the new names of groups and of tags.
    """
    return all(any(group.has_slug((slug,)) for group in readable.groups) for slug in request.group)


def may_read_followed(lists: ItemListsReading, readable: ReadableGroups, user_id: str | None, parameters: str) -> bool:
    """Whether a reader, a user or somebody without an account, may read the list that is followed, or each group that
    the search names.
    """
    if list_id := followed_list_id(parameters):
        return followed_list(lists, readable, user_id, list_id) is not None
    return reads_named_groups(readable, followed_request(parameters))


def followed_list(
    lists: ItemListsReading, readable: ReadableGroups, user_id: str | None, list_id: str
) -> tuple[ItemList, Group] | None:
    """A list without its entries, and its group, if a reader may read them."""
    item_list = lists.headers([list_id]).get(list_id)
    group = next((one for one in readable.groups if item_list is not None and one.id == item_list.group_id), None)
    if item_list is None or group is None or not item_list.is_open_to(user_id):
        return None
    return item_list, group


def require_readable(reading: ReadSnapshot, readable: ReadableGroups, user_id: str | None, parameters: str) -> None:
    """Raise NotFound for a list or a group of a search that a reader may not read, or that does not exist."""
    if not may_read_followed(reading.lists, readable, user_id, parameters):
        if followed_list_id(parameters):
            raise NotFound("This list does not exist, or you may not read it.")
        raise NotFound("This group does not exist, or you may not read it.")


def scope_of_new_matches(
    reading: ReadSnapshot, readable: ReadableGroups, user_id: str | None, search: FollowedSearch | None
) -> AccessScope:
    """From which groups a reader is told what a search found: those that they may read; of a list that they may not
    read, from none.
    """
    if search is None or (search.list_id and followed_list(reading.lists, readable, user_id, search.list_id) is None):
        return AccessScope(frozenset())
    return readable.scope


def followed_vocabularies(
    library: Library, reading: ReadSnapshot, request: SearchRequest, groups: Iterable[Group]
) -> tuple[VocabularyMatcher, ...]:
    """The vocabularies that add labels to a followed search, as its user chose, in groups that the reader may read."""
    return library.vocabulary_cache.for_search(reading, request, groups) if request.vocabulary.adds_labels else ()


def position_of(reading: ReadSnapshot) -> int:
    """The position of somebody who begins to follow a search now: what changed up to it is not new."""
    return reading.changes.newest()


def new_matches(library: Library, actor: Actor, search_id: FollowedSearchId, after: int, limit: int) -> NewMatches:
    """The items that a search found first after a position, that it still finds, and that the actor may read now; of a
    list that they may read, those of which an entry was added.

    It knows the changes up to the last `bring_up_to_date`. An item that it found in another group that the actor may
    read is not new. A search that is not followed has nothing new.
    """
    with library.store.read() as reading:
        search = reading.followed_searches.by_id(search_id)
        scope = scope_of_new_matches(reading, readable_groups(reading, actor), actor.user_id, search)
        return new_matches_in(reading, scope, search_id, after, limit)


def new_matches_in(
    reading: ReadSnapshot, scope: AccessScope, search_id: FollowedSearchId, after: int, limit: int
) -> NewMatches:
    """As `new_matches`, in a snapshot and a `scope_of_new_matches`."""
    followed = reading.followed_searches
    return NewMatches(
        followed.new(search_id, after, scope, limit),
        followed.new_count(search_id, after, scope),
        max(after, followed.position()),
    )


def _found_now(library: Library, request: SearchRequest) -> tuple[int, Collection[str]]:
    """The ids of the items that a search finds in all groups, and the number of the last change that the index has."""
    for _ in range(_ATTEMPTS):
        with library.store.read() as reading:
            require_current_index(library, reading)
            number = library.catalogue.checkpoint().number
            everything = ReadableGroups(AccessScope(everything=True), reading.groups.all())
            matchers = followed_vocabularies(library, reading, request, everything.groups)
        ids: Collection[str] = library.catalogue.search(request, everything, matchers).ids()
        if library.catalogue.checkpoint().number == number:
            break
    else:
        raise Unavailable("The index changes at this moment: try again in a moment.")
    if request.view is View.PASSAGES:
        with library.store.read() as reading:
            ids = frozenset(reading.items.taken_annotation_ids(ids).values())
    return number, ids
