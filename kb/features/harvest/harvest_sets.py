"""The sets of a harvest (OAI-PMH): public groups, and in each its tags and its saved searches.

A set is named `group`, `group:tag-<tag>` or `group:search-<id>`. A tag is written in the form in which tags are
compared, so that another spelling is the same set; each byte of its UTF-8 that no set may hold is `!` and two digits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kb.access.actor import ANONYMOUS
from kb.errors import NotFound
from kb.model.items.tag import tag_form
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.search.saved_searches import readable_saved_search, readable_saved_searches
from kb.services.tags.tags import tag_counts
from kb.store import ReadSnapshot

_TAG, _SEARCH = "tag-", "search-"
_LONGEST_TAG = 400
"""Bytes of a tag that is a set: an address of a harvest must hold it."""
_LONGEST_NAME = 2_000
_ENCODED_TAG = re.compile(r"(?:[A-Za-z0-9_-]|![0-9a-f]{2})++")
_ENCODED_BYTES = tuple(chr(byte) if _ENCODED_TAG.fullmatch(chr(byte)) else f"!{byte:02x}" for byte in range(256))
_NO_SET = "There is no such set."


@dataclass(frozen=True, slots=True)
class HarvestSet:
    """A set: the whole of a group, or what a search finds there, which is that for a `tag`, in its form to compare, or
    a saved one.
    """

    spec: str
    name: str
    group: Group
    description: str | None = None
    request: SearchRequest | None = None
    tag: str | None = None


def harvest_sets(library: Library, after: str = "") -> Iterator[HarvestSet]:
    """All sets whose names come after another one, in the order of names, group by group. Raises Unavailable."""
    with library.store.read() as reading:
        groups = readable_groups(reading, ANONYMOUS).groups
    for group in groups:
        if group.slug < after.partition(":")[0]:
            continue
        try:
            sets = _sets_of_group(library, group)
        except NotFound:
            # The group was closed meanwhile.
            continue
        yield from (
            harvest_set for harvest_set in sets if group.slug != after.partition(":")[0] or harvest_set.spec > after
        )


def _sets_of_group(library: Library, group: Group) -> list[HarvestSet]:
    searches = (view.search for view in readable_saved_searches(library, ANONYMOUS, group.slug))
    sets = {
        harvest_set.spec: harvest_set
        for harvest_set in (
            _group_set(group),
            *(_search_set(group, search.id, search.name, search.request) for search in searches),
            *(
                _tag_set(group, tag.label)
                for tag in tag_counts(library, ANONYMOUS, group.slug)
                if tag_spec(group, tag.label)
            ),
        )
    }
    return [sets[spec] for spec in sorted(sets)]


def harvest_set(library: Library, spec: str) -> HarvestSet:
    """The set of this name. Raises NotFound, with the same message for a set that not everyone may read."""
    slug, _, part = spec[:_LONGEST_NAME].partition(":")
    with library.store.read() as reading:
        group, public = reading.groups.by_slug(slug), public_groups_by_id(reading)
    if group is None or group.id not in public:
        raise NotFound(_NO_SET)
    if spec == slug:
        return _group_set(group)
    if part.startswith(_TAG) and _ENCODED_TAG.fullmatch(encoded := part.removeprefix(_TAG)):
        return _tag_set(group, _decoded(encoded))
    if part.startswith(_SEARCH):
        view = readable_saved_search(library, ANONYMOUS, part.removeprefix(_SEARCH))
        if view.group.id == group.id:
            return _search_set(group, view.search.id, view.search.name, view.search.request)
    raise NotFound(_NO_SET)


def tag_spec(group: Group, tag: str) -> str | None:
    """The name of the set of a tag; None for a tag that is too long to be one."""
    written = tag_form(tag).encode()
    return f"{group.slug}:{_TAG}{_encoded(written)}" if 0 < len(written) <= _LONGEST_TAG else None


def public_groups_by_id(reading: ReadSnapshot) -> dict[str, Group]:
    """The groups that everyone may read at this moment."""
    return {group.id: group for group in readable_groups(reading, ANONYMOUS).groups}


def _group_set(group: Group) -> HarvestSet:
    return HarvestSet(group.slug, group.name, group, group.description)


def _tag_set(group: Group, tag: str) -> HarvestSet:
    form, request = tag_form(tag), SearchRequest(group=(group.slug,), tag=(tag,))
    spec = f"{group.slug}:{_TAG}{_encoded(form.encode())}"
    return HarvestSet(spec, f"{group.name} — {tag}", group, request=request, tag=form)


def _search_set(group: Group, search_id: str, name: str, request: SearchRequest) -> HarvestSet:
    search_request = request.with_view(View.ITEMS)
    return HarvestSet(f"{group.slug}:{_SEARCH}{search_id}", f"{group.name} — {name}", group, request=search_request)


def _encoded(written: bytes) -> str:
    return "".join([_ENCODED_BYTES[byte] for byte in written])


def _decoded(encoded: str) -> str:
    """The tag of its encoded form. Raises NotFound if it is no text."""
    try:
        return re.sub("!(..)", lambda match: chr(int(match[1], 16)), encoded).encode("latin-1").decode()
    except UnicodeDecodeError:
        raise NotFound(_NO_SET) from None
