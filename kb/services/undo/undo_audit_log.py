"""The lines that an undo adds to the audit logs of groups."""

from collections import Counter
from collections.abc import Iterable

from kb.access.actor import Actor
from kb.model.items.undo import Undo
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.store import WriteTransaction


def log_undo(
    writing: WriteTransaction, actor: Actor, undo: Undo, changed_back: Iterable[str], tagged_back: Iterable[str]
) -> None:
    """Write one line for each group, with the number of its items that were changed back, or had their tags back.

    An item that goes back to another group counts in both. Users' own libraries are private: nothing is logged.
    """
    groups_of: dict[str, set[str]] = {}
    for change in undo.changed:
        for item in (change.before, change.after):
            if item is not None:
                groups_of.setdefault(item.id, set()).add(item.group_id)
    tagged = writing.tag_assignments.tags_of(tagged_back)
    counts = Counter(group_id for item_id in changed_back for group_id in groups_of.get(item_id, ()))
    counts.update(group_id for group_id, _ in tagged.values())
    for group in writing.groups.by_ids(counts).values():
        if not group.is_personal:
            write_audit_log(writing, actor, AuditEvent.UNDONE, group_id=group.id, detail=str(counts[group.id]))
