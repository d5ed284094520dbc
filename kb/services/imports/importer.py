"""One running import: match each draft to an item, merge it, and count the results."""

from collections.abc import Sequence
from dataclasses import replace

from kb.access.actor import Actor
from kb.model.ids import is_id, new_id
from kb.model.items.import_draft import GroupDraft, ItemDraft, PrivateRecords, RecordWarning, draft_warning, warning_of
from kb.model.items.import_job import ImportReport
from kb.model.items.item import Item
from kb.model.items.item_fields import fields_of_item
from kb.model.items.moderation import Removal, RemovalKind
from kb.model.people.group import Group, Visibility
from kb.model.slugs import is_slug, slug_of
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.core.library import Library
from kb.services.groups.group_languages import detected_language, effective_languages
from kb.services.imports.allowed_changes import allowed_draft, changes_words_of_others, without_future_dates
from kb.services.imports.bounded_draft import fit_draft
from kb.services.imports.diigo_item_merge import DiigoRun
from kb.services.imports.draft_merge import DraftMerge
from kb.services.imports.import_authors import ImportAuthors
from kb.services.imports.import_groups import ImportGroups
from kb.services.imports.import_names import may_name_others
from kb.services.imports.import_report import ADDED, SKIPPED, UNCHANGED, UPDATED, ImportOptions, ReportBuilder
from kb.services.imports.imported_attachments import import_attachments
from kb.services.imports.record_bounds import (
    MEMBER_BOUNDS,
    OPERATOR_BOUNDS,
    fitted_excess,
    is_within_bounds,
    item_bounds_excess,
    member_form_excess,
)
from kb.services.item_matching.item_matching import KnownItems, PlacedDraft
from kb.services.item_matching.removed_items import REMOVED_ITEM_MESSAGES, RemovedItems
from kb.services.items.item_edit import item_at_new_address
from kb.services.undo.undo import save_undo
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

_STAYS_VISIBLE = {
    Visibility.EVERYONE: "The group “%(group)s” was there before: it stays visible to everyone.",
    Visibility.SIGNED_IN: (
        "The group “%(group)s” was there before: it stays visible to everybody who has an account on this site."
    ),
    Visibility.MEMBERS: "The group “%(group)s” was there before: it stays visible to its members only.",
}


class ImportRun:
    """The state of one import. A dry run remembers all that it would have written; otherwise batches share nothing."""

    def __init__(self, actor: Actor, options: ImportOptions, library: Library) -> None:
        self._actor = actor
        self._operator = actor.operator
        self._bounds = OPERATOR_BOUNDS if actor.operator else MEMBER_BOUNDS
        self._options = options
        self._library = library
        self._groups = ImportGroups(actor, options.visible)
        self._people = ImportAuthors(options.author_map, trusted=actor.operator)
        self._known_items = KnownItems()
        self._removed_items = RemovedItems()
        self._diigo_run = DiigoRun()
        self._report = ReportBuilder(options.own_library)
        self._undo = options.part_of
        self._order = 0

    def report(self) -> ImportReport:
        """The counts so far."""
        return self._report.report(self._undo, has_erased_people=self._people.erased.met)

    def take(
        self,
        actor: Actor,
        entries: Sequence[ItemDraft | RecordWarning],
        reading: ReadSnapshot,
        writing: WriteTransaction | None,
    ) -> None:
        """Import one batch, in one transaction, with the rights that `actor` has in it.

        Without `writing`, nothing is written. Raises NotFound or Forbidden if the actor may not import.
        """
        self._groups.recheck_permissions(actor)
        batch = self._drafts_with_groups(entries, reading, writing)
        self._people.look_up((placed.draft for placed in batch), reading)
        if self._people.erased.have_texts:
            batch = [replace(placed, draft=self._people.erased.without_texts(placed.draft)) for placed in batch]
        self._known_items.look_up(batch, reading)
        self._removed_items.look_up(batch, reading)
        for annotation_id in self._removed_items.reserved_ids():
            self._known_items.take(annotation_id)
        self._order = writing.items.next_order() if writing is not None else self._order
        merges = (
            DraftMerge(
                self._people, self._known_items, reading, placed, self._report.warn, self._actor, self._diigo_run
            )
            for placed in batch
        )
        outcomes = [self._take_one(merge) for merge in merges]
        for outcome, item_id in outcomes:
            # An item that this batch changed back has not changed.
            is_same = outcome == UPDATED and not self._known_items.is_changed(item_id)
            self._report.count(UNCHANGED if is_same else outcome)
        if writing is not None:
            writing.users.add(self._people.new)
            for (group_id, name), (group, user) in self._people.given.items():
                confirmed = self._operator or group.is_personal or may_name_others(actor, group)
                writing.imported_names.put(group_id, name, user.id, confirmed=confirmed)
            changes = self._known_items.changes()
            writing.items.add([change.after for change in changes if change.before is None and change.after])
            writing.items.update([change.after for change in changes if change.before and change.after])
            self._write_names(writing)
            self._undo = save_undo(writing, actor, changed=changes, part_of=self._undo, is_import=True)
            self._people.forget()
        placed_items = ((placed, item_id) for placed, (_, item_id) in zip(batch, outcomes, strict=True))
        import_attachments(reading, writing, placed_items, self._report.warn, self._library if self._operator else None)
        self._people.new.clear()
        self._known_items.settle(reading, keep=writing is None)

    def _write_names(self, writing: WriteTransaction) -> None:
        """Write the names of people of whom only a login was known, beside all that they shared or wrote."""
        for user in self._people.renamed.values():
            writing.users.rename(user)
            writing.contributions.mark_changed(writing.contributions.item_ids(user.id))
        self._people.renamed.clear()

    def _drafts_with_groups(
        self, entries: Sequence[ItemDraft | RecordWarning], reading: ReadSnapshot, writing: WriteTransaction | None
    ) -> list[PlacedDraft]:
        """The valid drafts, each with its group; problems of the others are reported."""
        placed = []
        for entry in map(self._fitted, entries):
            problem = entry if isinstance(entry, RecordWarning) else self._problem_of_draft(entry)
            if problem is not None:
                self._report.warn(problem)
                if problem.skipped:
                    self._report.count(SKIPPED)
            elif isinstance(entry, ItemDraft):
                slug, group_draft = _target_group(entry, self._options.group_slug)
                group = self._groups.group_of(slug, group_draft, reading, writing)
                target = self._group_of_private(group, reading, writing) if entry.private else group
                if target is None:
                    self._report.count(SKIPPED)
                else:
                    placed.append(PlacedDraft(entry, target, canonical_url(entry.url)))
        for group in self._groups.other_visibility:
            self._report.warn(warning_of(_STAYS_VISIBLE[group.visible], group=group.slug))
        self._groups.other_visibility.clear()
        return placed

    def _fitted(self, entry: ItemDraft | RecordWarning) -> ItemDraft | RecordWarning:
        """A record within the bounds; what is too long in it is shortened or left out, and reported.

        So is a date in the future, which the operator alone may give.
        """
        if isinstance(entry, RecordWarning):
            return entry
        fitted, warnings = entry, tuple[RecordWarning, ...]()
        if not is_within_bounds(entry, self._bounds):
            fitted, warnings = fit_draft(entry, self._bounds)
        if not self._operator:
            fitted, late = without_future_dates(fitted)
            warnings += late
        for change in warnings:
            self._report.warn(change)
        return fitted

    def _group_of_private(self, group: Group, reading: ReadSnapshot, writing: WriteTransaction | None) -> Group | None:
        """The group of a record that is private in its file; None if it is left out.

        In a group that its members alone read, such a record stays as private as it can be.
        """
        what, own = self._options.private, self._options.own_library
        if group.visible is Visibility.MEMBERS or what is PrivateRecords.SHARE:
            if not group.is_personal:
                self._report.count_private(PrivateRecords.SHARE)
            return group
        if what is PrivateRecords.OWN and own is not None:
            target = self._groups.group_of(own, GroupDraft(visible=Visibility.MEMBERS), reading, writing)
            # Nothing private goes where others read, whatever the options are.
            if target.visible is Visibility.MEMBERS:
                self._report.count_private(PrivateRecords.OWN)
                return target
        self._report.count_private(PrivateRecords.SKIP)
        return None

    def _problem_of_draft(self, draft: ItemDraft) -> RecordWarning | None:
        """The reason why a draft is invalid, if it is; bounds are checked first, before any function reads a text."""
        problem = fitted_excess(draft, self._bounds) or _draft_problem(draft, self._options.group_slug)
        return problem if problem is not None or self._operator else member_form_excess(draft)

    def _take_one(self, merge: DraftMerge) -> tuple[str, str]:
        """Import one draft: the outcome, and the id of its item."""
        placed, reading = merge.placed, merge.reading
        draft, group = placed.draft, placed.group
        if self._known_items.is_elsewhere(placed) or self._removed_items.is_elsewhere(placed):
            if self._operator:
                self._report.warn(
                    draft_warning(draft, "The id %(id)s is that of another group's item.", skipped=True, id=draft.id)
                )
                return SKIPPED, ""
            # The actor may not read the other group and must not learn of its items: ignore the id.
            draft = replace(draft, id=None)
        item = self._known_items.by_id(placed)
        if item is None:
            sharers = (*merge.earlier_users(draft.author), None)
            matches = (self._known_items.alike(placed, user or merge.user(draft.author)) for user in sharers)
            item = next(filter(None, matches), None)
            if item is None and (removal := self._removal_of(merge)) is not None:
                why = draft_warning(draft, REMOVED_ITEM_MESSAGES[removal.kind], skipped=True)
                self._report.warn(replace(why, removal=removal.id if removal.kind is RemovalKind.REMOVED else ""))
                return SKIPPED, ""
        if item is None:
            return self._add(merge, draft)
        # By the ids of the file, then by those of the group.
        draft = self._removed_items.without_removed_annotations(draft, item, reading)
        draft = self._removed_items.without_removed_annotations(merge.with_ids_here(draft, item), item, reading)
        after = self._merged_item(item, draft, merge)
        if self._operator or after != item:
            after = self._with_language(after, group)
        if after == item:
            return UNCHANGED, item.id
        if (excess := item_bounds_excess(draft, item, after, self._bounds)) is not None:
            self._report.warn(excess)
            return SKIPPED, ""
        self._known_items.hold(after)
        return UPDATED, item.id

    def _add(self, merge: DraftMerge, draft: ItemDraft) -> tuple[str, str]:
        """Add the item of a draft that means no item of its group; returns as `_take_one`."""
        draft = merge.with_ids_here(draft, None)
        item_id = draft.id
        if not self._operator and item_id and merge.reading.item_merges.merged_into(item_id):
            # The address of an item that was merged redirects to the merged item.
            item_id = None
        detected = None if draft.language is not None else self._detected_language(draft, merge.placed.group)
        item = merge.new_item(draft, item_id or new_id(), self._order, detected)
        if (excess := item_bounds_excess(draft, None, item, self._bounds)) is not None:
            self._report.warn(excess)
            return SKIPPED, ""
        self._order += 1
        self._report.undated += item.added is None
        self._known_items.hold(item)
        return ADDED, item.id

    def _removal_of(self, merge: DraftMerge) -> Removal | None:
        """The removal of the item that a draft matches, by its sharer or by whoever an earlier import took for them."""
        author = merge.placed.draft.author
        sharers = (*merge.earlier_users(author), merge.user(author))
        logins = (user.login if user else None for user in sharers)
        return next(filter(None, (self._removed_items.whole(merge.placed, login) for login in logins)), None)

    def _merged_item(self, item: Item, draft: ItemDraft, merge: DraftMerge) -> Item:
        """An item with a draft merged into it; for a member, only with changes that the member may make."""
        if self._operator:
            return merge.merged_item(item, draft)
        if changes_words_of_others(item, draft, self._actor):
            self._report.warn(
                draft_warning(draft, "Words of others stay as they are: only their author can change them.")
            )
        after = merge.merged_item(item, allowed_draft(item, draft))
        if item_at_new_address(merge.reading, item, after):
            self._report.warn(
                draft_warning(draft, "Another item of this group has this address: the item keeps its own.")
            )
            after = replace(after, url=item.url)
        return after if fields_of_item(after) == fields_of_item(item) else replace(after, updated=timestamp_now())

    def _with_language(self, item: Item, group: Group) -> Item:
        """The item with its detected language, if none was entered or detected before."""
        if item.language is not None:
            return item
        return replace(item, language=self._detected_language(item, group), language_decided=True)

    def _detected_language(self, item: Item | ItemDraft, group: Group) -> str:
        return detected_language(item, effective_languages(group, self._library.settings))


def _draft_problem(draft: ItemDraft, group_slug: str | None) -> RecordWarning | None:
    if not (draft.title or "").strip() and not (draft.url or "").strip():
        return draft_warning(draft, "This record has neither a title nor an address.", skipped=True)
    if draft.id is not None and not is_id(draft.id):
        message = "“%(id)s” cannot be an id: 1 to 64 letters, digits, - and _ only."
        return draft_warning(draft, message, skipped=True, id=draft.id[:80])
    if group_slug is not None:
        return None
    group = draft.group or GroupDraft()
    if group.slug is None and not (group.name or "").strip():
        return draft_warning(draft, "This record names no group: say which with --group.", skipped=True)
    if group.slug is not None and not is_slug(group.slug):
        message = "“%(slug)s” cannot be the address of a group: a-z, 0-9, ~ and - only."
        return draft_warning(draft, message, skipped=True, slug=group.slug[:80])
    return None


def _target_group(draft: ItemDraft, group_slug: str | None) -> tuple[str, GroupDraft]:
    """The slug of a draft's group, and what the file says about that group."""
    group = draft.group or GroupDraft()
    if group_slug is None:
        return group.slug or slug_of(group.name or ""), group
    # The file's own slug names another group, whose name does not apply to the target group; its visibility does.
    return group_slug, GroupDraft(name=group.name if group.slug is None else None, visible=group.visible)
