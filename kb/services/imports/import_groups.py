"""The groups named in an import: existing groups, and those that the import creates."""

from dataclasses import replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.model.ids import new_id
from kb.model.items.import_draft import GroupDraft
from kb.model.people.group import Group, Visibility
from kb.store import ReadSnapshot, WriteTransaction


class ImportGroups:
    def __init__(self, actor: Actor, visible: Visibility | None) -> None:
        self._actor = actor
        self._visible = visible
        self._groups: dict[str, Group] = {}
        self._new_drafts: dict[str, GroupDraft] = {}
        """What the file has said of each group that this import made."""
        self._compared: set[str] = set()
        """Existing groups whose visibility was compared with the requested one."""
        self.other_visibility: list[Group] = []
        """Existing groups whose visibility differs from the requested one, each once."""

    def recheck_permissions(self, actor: Actor) -> None:
        """Check a member's rights again in the next batch, because they may have changed."""
        self._actor = actor
        if not actor.operator:
            self._groups.clear()

    def group_of(self, slug: str, draft: GroupDraft, reading: ReadSnapshot, writing: WriteTransaction | None) -> Group:
        """The group with this slug, created if needed. An existing group is never changed.

        Raises NotFound or Forbidden if the actor may not import there.
        """
        group = self._groups.get(slug)
        if group is None:
            group = reading.groups.by_slug(slug)
            if group is None and self._actor.operator:
                group = self._make(slug, draft, writing)
            else:
                # Only the operator creates groups by an import: for others, a group that does not exist is not found.
                group = require_permission(self._actor, Action.IMPORT, group)
                visibility = self._visible or draft.visible
                if visibility not in {None, group.visible} and slug not in self._compared:
                    self.other_visibility.append(group)
                self._compared.add(slug)
            self._groups[slug] = group
        elif slug in self._new_drafts:
            group = self._groups[slug] = self._complete(group, draft, writing)
        return group

    def _make(self, slug: str, draft: GroupDraft, writing: WriteTransaction | None) -> Group:
        visible = self._visible or draft.visible or Visibility.EVERYONE
        group = Group(new_id(), slug, draft.name or slug, draft.description, visible)
        self._new_drafts[slug] = draft
        if writing is not None:
            writing.groups.add(group)
        return group

    def _complete(self, group: Group, draft: GroupDraft, writing: WriteTransaction | None) -> Group:
        earlier_draft = self._new_drafts[group.slug]
        if draft == earlier_draft:
            return group
        visible = None if self._visible or earlier_draft.visible else draft.visible
        whole = replace(
            group,
            name=earlier_draft.name or draft.name or group.name,
            description=draft.description if earlier_draft.description is None else earlier_draft.description,
            visible=visible or group.visible,
        )
        if whole != group:
            self._new_drafts[group.slug] = replace(
                earlier_draft,
                name=earlier_draft.name or draft.name,
                description=whole.description,
                visible=earlier_draft.visible or visible,
            )
            if writing is not None:
                writing.groups.update(whole)
        return whole
