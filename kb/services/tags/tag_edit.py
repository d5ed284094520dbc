"""Edit the tags of a group: rename a tag, merge several, delete one.

A large action is written in batches, so that other writers do not wait for long; it counts as one action, and one undo
reverses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Invalid, NotFound
from kb.model.items.item_fields import checked_tags
from kb.model.items.tag import replace_tags, tag_form
from kb.model.items.undo import SavedSearchChange, TagsChange
from kb.model.people.group import Group
from kb.model.saved_search import SavedSearch
from kb.search.tag_rename import asks_for_tag, with_renamed_tag
from kb.services.authentication.authentication import current_actor
from kb.services.core.audit_log import AuditEvent, tag_subject, write_audit_log
from kb.services.core.library import Library
from kb.services.core.write_transaction import item_write_transaction
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot, WriteTransaction

ITEMS_PER_TRANSACTION = 2_500
"""Items of one transaction: a quarter of a second, in a base of 100,000 items."""
MOST_MERGED = 50
"""Tags that become one at once."""
_UNUSED_TAG = "No item of this group bears this tag."
NAME_SEPARATOR = "\n"
"""Stands in the log between the old name of a tag and the new one; a name is one line."""


@dataclass(frozen=True, slots=True)
class TagSpellings:
    """A tag of a group, as most items write it: `ways` are all, with the number of items; the items by their order."""

    label: str
    ways: tuple[tuple[str, int], ...]
    items: frozenset[int]

    @property
    def count(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class TagRenamePreview:
    """What giving some tags of a group a name would do.

    `there` is another tag that has this name already; then they become one, and it keeps its spelling. `searches` are
    those of the group that would follow, `left` those that name a tag of them and search elsewhere too, or would not
    find it any more. `is_term`: the vocabulary has one of these tags as a label.
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
    """What was done: to so many items, and searches; `undo` is the id by which it is undone, if anything was."""

    group: Group
    name: str
    items: int
    searches: int
    undo: str | None


def tag_rename_preview(
    library: Library, actor: Actor, slug: str, tags: Sequence[str], name: str = ""
) -> TagRenamePreview:
    """What giving tags another name, or none, would do. Without a name, it is that which most items have.

    Raises NotFound, LoginNeeded, Forbidden; Invalid for what is no name.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.MODERATE, reading.groups.by_slug(slug))
        return _rename_preview(library, reading, group, tags, name)


def rename_tags(library: Library, actor: Actor, slug: str, tags: Sequence[str], name: str) -> TagEditResult:
    """Give one tag of a group, or several, a name: where another tag has it already, they become one.

    Each item keeps its tags in their order, and has none twice. The group's saved searches that name them follow.
    Raises NotFound, LoginNeeded, Forbidden; Invalid for what is no name.
    """
    if not tag_name(name):
        raise Invalid("A tag needs a name.")
    return _replace_tags(library, actor, slug, tags, name)


def delete_tags(library: Library, actor: Actor, slug: str, tags: Sequence[str]) -> TagEditResult:
    """Take tags of a group away from all its items. Raises NotFound, LoginNeeded, Forbidden."""
    return _replace_tags(library, actor, slug, tags, None)


def group_for_tag_edit(library: Library, actor: Actor, slug: str) -> Group:
    """A group, for who may put its tags in order. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        return require_permission(actor, Action.MODERATE, reading.groups.by_slug(slug))


def tag_name(text: str) -> str:
    """A name as a tag has it; empty for none. Raises Invalid."""
    return next(iter(checked_tags([text])), "")


def new_name_of_tag(library: Library, actor: Actor, slug: str, tag: str) -> str | None:
    """The name that a tag of a group was last given, as the log still knows it. Raises NotFound."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(slug))
        act = reading.moderation.last_act(group.id, tag_subject(tag_form(tag)))
    return act.detail.rpartition(NAME_SEPARATOR)[2] or None if act is not None and act.detail else None


def _replace_tags(library: Library, actor: Actor, slug: str, tags: Sequence[str], name: str | None) -> TagEditResult:
    """Put a name in the place of tags, or nothing, portion by portion; who gets one meanwhile is met at the end."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MODERATE, reading.groups.by_slug(slug))
        forms = _checked_forms(tags)
        given = "" if name is None else _most_used_spelling(reading, group, forms, name)
        numbers = _items_to_change(reading, group, forms, given)
        if not numbers and not _spellings_by_form(reading, group, forms):
            raise NotFound(_UNUSED_TAG)
    done = TagEditResult(group, given, 0, 0, None)
    while numbers:
        for start in range(0, len(numbers), ITEMS_PER_TRANSACTION):
            done = _replace_tags_in_batch(library, actor, done, tags, numbers[start : start + ITEMS_PER_TRANSACTION])
        with library.store.read() as reading:
            numbers = _items_to_change(reading, group, forms, given)
    return done


def _replace_tags_in_batch(
    library: Library, actor: Actor, done: TagEditResult, tags: Sequence[str], numbers: Sequence[int]
) -> TagEditResult:
    """One portion; what is no item's own goes with the first."""
    forms = _checked_forms(tags)
    with item_write_transaction(library, actor) as writing:
        # Other portions came before: the actor may have been expelled meanwhile.
        group = require_permission(
            current_actor(writing, actor), Action.MODERATE, writing.groups.by_slug(done.group.slug)
        )
        held = writing.tagging.tags_of(writing.tagging.ids(numbers))
        retagged = [
            TagsChange(item_id, before, after)
            for item_id, (group_id, before) in held.items()
            if group_id == group.id and (after := replace_tags(before, forms, done.name)) != before
        ]
        writing.tagging.set_tags({one.item_id: one.after for one in retagged})
        is_first = done.undo is None
        reworded = _rename_in_saved_searches(writing, group, forms, done.name) if is_first and done.name else []
        if is_first:
            _log_tag_edit(writing, actor, group, tags, done.name)
        undo = save_undo(writing, actor, retagged=retagged, reworded=reworded, part_of=done.undo)
    return replace(done, items=done.items + len(retagged), searches=done.searches + len(reworded), undo=undo)


def _items_to_change(reading: ReadSnapshot, group: Group, forms: Sequence[str], name: str) -> list[int]:
    """The items of a group that bear some tags otherwise than by this name, by their order."""
    written = [one for one in reading.tagging.spellings(forms) if one != name]
    return sorted({number for numbers in reading.tagging.bearing(group.id, written).values() for number in numbers})


def _spellings_by_form(reading: ReadSnapshot, group: Group, forms: Sequence[str]) -> dict[str, TagSpellings]:
    """Tags of a group by their form: those that items bear."""
    found: dict[str, dict[str, list[int]]] = {}
    for tag, numbers in reading.tagging.bearing(group.id, reading.tagging.spellings(forms)).items():
        found.setdefault(tag_form(tag), {})[tag] = numbers
    return {form: _spellings(ways) for form, ways in found.items()}


def _spellings(ways: dict[str, list[int]]) -> TagSpellings:
    counted = sorted(((tag, len(numbers)) for tag, numbers in ways.items()), key=lambda pair: (-pair[1], pair[0]))
    items = frozenset(number for numbers in ways.values() for number in numbers)
    return TagSpellings(counted[0][0], tuple(counted), items)


def _rename_preview(
    library: Library, reading: ReadSnapshot, group: Group, tags: Sequence[str], name: str
) -> TagRenamePreview:
    forms, asked = _checked_forms(tags), tag_name(name)
    every = _spellings_by_form(reading, group, (*forms, tag_form(asked)))
    borne = sorted((every[form] for form in forms if form in every), key=lambda one: -one.count)
    if not borne:
        raise NotFound(_UNUSED_TAG)
    given = asked or borne[0].label
    there = None if tag_form(given) in forms else every.get(tag_form(given))
    naming_any = [one for one in reading.saved_searches.of_groups([group.id]) if asks_for_tag(one.request, forms)]
    return TagRenamePreview(
        group,
        tuple(borne),
        there.label if there else given,
        there,
        len(frozenset[int]().union(*(one.items for one in borne))),
        tuple(one for one in naming_any if _searches_only_group(one, group)),
        tuple(one for one in naming_any if not _searches_only_group(one, group)),
        _vocabulary_labels(library, reading, group, forms),
    )


def _most_used_spelling(reading: ReadSnapshot, group: Group, forms: Sequence[str], text: str) -> str:
    """A name; as most items write it, where another tag of the group has it already."""
    name = tag_name(text)
    there = (
        None if tag_form(name) in forms else _spellings_by_form(reading, group, [tag_form(name)]).get(tag_form(name))
    )
    return there.label if there else name


def _vocabulary_labels(library: Library, reading: ReadSnapshot, group: Group, forms: Sequence[str]) -> tuple[str, ...]:
    """The labels of the vocabulary that are these tags."""
    lexicons = library.lexicons.of(reading, (group,))
    labels = (text for lexicon in lexicons for _, text, _ in lexicon.spelt)
    return tuple(dict.fromkeys(text for text in labels if tag_form(text) in forms))


def _checked_forms(tags: Sequence[str]) -> tuple[str, ...]:
    forms = tuple(dict.fromkeys(map(tag_form, tags)))
    if not forms:
        raise Invalid("Choose a tag: one at least.")
    if len(forms) > MOST_MERGED:
        raise Invalid("At most %(limit)s tags become one at once.", limit=MOST_MERGED)
    return forms


def _searches_only_group(saved: SavedSearch, group: Group) -> bool:
    """Whether a search looks in this group alone: elsewhere, a tag keeps its name."""
    return saved.request.group == (group.slug,)


def _rename_in_saved_searches(
    writing: WriteTransaction, group: Group, forms: Sequence[str], name: str
) -> list[SavedSearchChange]:
    """Give the group's saved searches the name too."""
    told: list[SavedSearchChange] = []
    for saved in writing.saved_searches.of_groups([group.id]):
        if not _searches_only_group(saved, group):
            continue
        after = replace(saved, request=with_renamed_tag(saved.request, forms, name))
        if after != saved:
            writing.saved_searches.reword(after)
            told.append(SavedSearchChange(saved.id, saved.parameters, after.parameters))
    return told


def _log_tag_edit(writing: WriteTransaction, actor: Actor, group: Group, tags: Sequence[str], name: str) -> None:
    """A line for each tag that is no more, or is written otherwise."""
    done = AuditEvent.TAG_RENAMED if name else AuditEvent.TAG_DELETED
    for tag in {tag_form(one): one for one in tags}.values():
        form = tag_form(tag)
        if form == tag_form(name) and (len(tags) > 1 or tag == name):
            continue
        # What somebody has in their own library is nobody else's business.
        subject, detail = (None, None) if group.is_personal else (tag_subject(form), tag + NAME_SEPARATOR + name)
        write_audit_log(writing, actor, done, group_id=group.id, subject=subject, detail=detail)
