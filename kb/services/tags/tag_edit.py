"""Edit the tags of a group: rename a tag, merge several, delete one.

A large action is written in batches, so that other writers do not wait for long; it counts as one action, and one undo
reverses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from urllib.parse import quote

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Invalid, NotFound
from kb.model.followed_search import followed_parameters, followed_request
from kb.model.items.item_fields import checked_tags
from kb.model.items.tag import replace_tags, tag_form
from kb.model.items.undo import SavedSearchChange, TagsChange
from kb.model.people.group import Group
from kb.model.saved_search import SavedSearch
from kb.search.searched_tags import asks_for_tag, with_renamed_tag
from kb.services.authentication.authentication import current_actor
from kb.services.core.audit_log import AuditEvent, tag_subject, write_audit_log
from kb.services.core.library import Library
from kb.services.core.read_your_writes import item_write_transaction
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot, WriteTransaction

ITEMS_PER_TRANSACTION = 2_500
"""Items of one transaction: it takes a quarter of a second, in a database of 100,000 items."""
MOST_MERGED = 50
"""Tags that one action merges."""
_UNUSED_TAG = "No item in this group has this tag."
NAME_SEPARATOR = "\n"
"""Separates the old name of a tag from the new one in the audit log; a name has no line break."""


@dataclass(frozen=True, slots=True)
class TagSpellings:
    """A tag in its most used spelling; `ways` are all spellings, with their number of items; items by order."""

    label: str
    ways: tuple[tuple[str, int], ...]
    items: frozenset[int]

    @property
    def count(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class TagRenamePreview:
    """The effect of renaming tags of a group.

    `there` is another tag that has the new name already; then the tags are merged, and it keeps its spelling.
    `searches` are the group's saved searches that would be changed, `left` those that name one of the tags but also
    search other groups, or would no longer find it. `terms` are the vocabulary's labels among these tags.
    """

    group: Group
    tags: tuple[TagSpellings, ...]
    name: str
    there: TagSpellings | None
    items: int
    searches: tuple[SavedSearch, ...]
    left: tuple[SavedSearch, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TagEditResult:
    """The counts of changed items and saved searches; `undo` is the id to undo it, if anything changed."""

    group: Group
    name: str
    items: int
    searches: int
    undo: str | None


def tag_rename_preview(
    library: Library, actor: Actor, slug: str, tags: Sequence[str], name: str = ""
) -> TagRenamePreview:
    """The effect of renaming tags. Without a name, the one that most items have is used.

    Raises NotFound, LoginNeeded, Forbidden; Invalid for an invalid name.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.EDIT_VOCABULARY, reading.groups.by_slug(slug))
        forms, typed_name = _checked_forms(tags), tag_name(name)
        every = _spellings_by_form(reading, group, (*forms, tag_form(typed_name)))
        used = sorted((every[form] for form in forms if form in every), key=lambda tag_spellings: -tag_spellings.count)
        if not used:
            raise NotFound(_UNUSED_TAG)
        new_name = typed_name or used[0].label
        there = None if tag_form(new_name) in forms else every.get(tag_form(new_name))
        searches = reading.saved_searches.of_groups([group.id])
        naming_any = [search for search in searches if asks_for_tag(search.request, forms)]
        matchers = library.vocabulary_cache.of(reading, (group,))
        labels = (text for matcher in matchers for _, text, _ in matcher.spelt)
        return TagRenamePreview(
            group,
            tuple(used),
            there.label if there else new_name,
            there,
            len(frozenset[int]().union(*(tag_spellings.items for tag_spellings in used))),
            tuple(search for search in naming_any if _searches_only_group(search, group)),
            tuple(search for search in naming_any if not _searches_only_group(search, group)),
            tuple(dict.fromkeys(text for text in labels if tag_form(text) in forms)),
        )


def rename_tags(library: Library, actor: Actor, slug: str, tags: Sequence[str], name: str) -> TagEditResult:
    """Rename one or several tags of a group; if another tag has the name already, they are merged.

    Each item keeps the order of its tags, without duplicates. The group's saved searches that name them are changed
    too. Raises NotFound, LoginNeeded, Forbidden; Invalid for an invalid name.
    """
    if not tag_name(name):
        raise Invalid("A tag needs a name.")
    return _replace_tags(library, actor, slug, tags, name)


def delete_tags(library: Library, actor: Actor, slug: str, tags: Sequence[str]) -> TagEditResult:
    """Remove tags from all items of a group. Raises NotFound, LoginNeeded, Forbidden."""
    return _replace_tags(library, actor, slug, tags, None)


def tag_name(text: str) -> str:
    """A name in the form of a tag; empty for none. Raises Invalid."""
    return next(iter(checked_tags([text])), "")


def new_name_of_tag(library: Library, actor: Actor, slug: str, tag: str) -> str | None:
    """The last new name of a renamed tag of a group, as long as the audit log has it. Raises NotFound."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(slug))
        entry = reading.moderation.last_log_entry(group.id, tag_subject(tag_form(tag)))
    return entry.detail.rpartition(NAME_SEPARATOR)[2] or None if entry is not None and entry.detail else None


def _replace_tags(library: Library, actor: Actor, slug: str, tags: Sequence[str], name: str | None) -> TagEditResult:
    """Replace or remove tags in batches; items that get one of the tags meanwhile are changed at the end."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.EDIT_VOCABULARY, reading.groups.by_slug(slug))
        forms = _checked_forms(tags)
        new_name = "" if name is None else _most_used_spelling(reading, group, forms, name)
        numbers = _items_to_change(reading, group, forms, new_name)
        if not numbers and not _spellings_by_form(reading, group, forms):
            raise NotFound(_UNUSED_TAG)
    done = TagEditResult(group, new_name, 0, 0, None)
    while numbers:
        for start in range(0, len(numbers), ITEMS_PER_TRANSACTION):
            done = _replace_tags_in_batch(library, actor, done, tags, numbers[start : start + ITEMS_PER_TRANSACTION])
        with library.store.read() as reading:
            numbers = _items_to_change(reading, group, forms, new_name)
    return done


def _replace_tags_in_batch(
    library: Library, actor: Actor, done: TagEditResult, tags: Sequence[str], numbers: Sequence[int]
) -> TagEditResult:
    """One batch; changes that belong to no item are made with the first."""
    forms = _checked_forms(tags)
    with item_write_transaction(library, actor) as writing:
        # The actor may have lost access since the previous batch.
        group = require_permission(
            current_actor(writing, actor), Action.EDIT_VOCABULARY, writing.groups.by_slug(done.group.slug)
        )
        tags_by_item = writing.tag_assignments.tags_of(writing.tag_assignments.ids(numbers))
        tag_changes = [
            TagsChange(item_id, before, after)
            for item_id, (group_id, before) in tags_by_item.items()
            if group_id == group.id and (after := replace_tags(before, forms, done.name)) != before
        ]
        writing.tag_assignments.set_tags({change.item_id: change.after for change in tag_changes})
        is_first = done.undo is None
        renames = is_first and bool(done.name)
        search_changes = _rename_in_saved_searches(writing, group, forms, done.name) if renames else []
        followed_changes = _rename_in_followed_searches(writing, group, forms, done.name) if renames else []
        if is_first:
            _log_tag_edit(writing, actor, group, tags, done.name)
        undo = save_undo(
            writing,
            actor,
            tag_changes=tag_changes,
            search_changes=(*search_changes, *followed_changes),
            part_of=done.undo,
        )
    return replace(done, items=done.items + len(tag_changes), searches=done.searches + len(search_changes), undo=undo)


def _items_to_change(reading: ReadSnapshot, group: Group, forms: Sequence[str], name: str) -> list[int]:
    """The items of a group with one of the tags in another spelling than this name, by their order."""
    written = [spelling for spelling in reading.tag_assignments.spellings(forms) if spelling != name]
    return sorted(set(chain.from_iterable(reading.tag_assignments.items_with_tags(group.id, written).values())))


def _spellings_by_form(reading: ReadSnapshot, group: Group, forms: Sequence[str]) -> dict[str, TagSpellings]:
    ways_by_form: dict[str, dict[str, list[int]]] = {}
    written = reading.tag_assignments.spellings(forms)
    for tag, numbers in reading.tag_assignments.items_with_tags(group.id, written).items():
        ways_by_form.setdefault(tag_form(tag), {})[tag] = numbers
    spellings = {}
    for form, ways in ways_by_form.items():
        counted = sorted(((tag, len(numbers)) for tag, numbers in ways.items()), key=lambda pair: (-pair[1], pair[0]))
        spellings[form] = TagSpellings(counted[0][0], tuple(counted), frozenset(chain.from_iterable(ways.values())))
    return spellings


def _most_used_spelling(reading: ReadSnapshot, group: Group, forms: Sequence[str], text: str) -> str:
    """The name in the spelling that most items have, if another tag of the group has the name already."""
    name = tag_name(text)
    form = tag_form(name)
    there = None if form in forms else _spellings_by_form(reading, group, [form]).get(form)
    return there.label if there else name


def _checked_forms(tags: Sequence[str]) -> tuple[str, ...]:
    forms = tuple(dict.fromkeys(map(tag_form, tags)))
    if not forms:
        raise Invalid("Choose at least one tag.")
    if len(forms) > MOST_MERGED:
        raise Invalid("At most %(limit)s tags become one at once.", limit=MOST_MERGED)
    return forms


def _searches_only_group(saved: SavedSearch, group: Group) -> bool:
    """Whether a search covers only this group: in other groups, the tag keeps its name."""
    return saved.request.group == (group.slug,)


def _rename_in_saved_searches(
    writing: WriteTransaction, group: Group, forms: Sequence[str], name: str
) -> list[SavedSearchChange]:
    changes: list[SavedSearchChange] = []
    for saved in writing.saved_searches.of_groups([group.id]):
        if not _searches_only_group(saved, group):
            continue
        after = replace(saved, request=with_renamed_tag(saved.request, forms, name))
        if after != saved:
            writing.saved_searches.update_parameters(after)
            changes.append(SavedSearchChange(saved.id, saved.parameters, after.parameters))
    return changes


def _rename_in_followed_searches(
    writing: WriteTransaction, group: Group, forms: Sequence[str], name: str
) -> list[SavedSearchChange]:
    """The same for searches that people follow, of which nobody else learns: they are not counted."""
    changes: list[SavedSearchChange] = []
    for search in writing.followed_searches.naming((quote(group.slug), group.slug)):
        request = followed_request(search.parameters)
        if request.group != (group.slug,):
            continue
        after = followed_parameters(with_renamed_tag(request, forms, name), most=None)
        if after != search.parameters:
            writing.followed_searches.set_parameters(search.id, after)
            changes.append(SavedSearchChange(search.id, search.parameters, after))
    return changes


def _log_tag_edit(writing: WriteTransaction, actor: Actor, group: Group, tags: Sequence[str], name: str) -> None:
    """Log an entry for each tag that was removed or got another spelling."""
    done = AuditEvent.TAG_RENAMED if name else AuditEvent.TAG_DELETED
    for tag in {tag_form(tag): tag for tag in tags}.values():
        form = tag_form(tag)
        if form == tag_form(name) and (len(tags) > 1 or tag == name):
            continue
        # Users' own libraries are private: nothing is logged.
        subject, detail = (None, None) if group.is_personal else (tag_subject(form), tag + NAME_SEPARATOR + name)
        write_audit_log(writing, actor, done, group_id=group.id, subject=subject, detail=detail)
