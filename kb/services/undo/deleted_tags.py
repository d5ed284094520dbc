"""Tags that an undo may restore: none that moderators deleted or renamed in the whole group since the action."""

from collections.abc import Sequence
from datetime import datetime

from kb.model.dates import instant_of
from kb.model.items.tag import tag_form
from kb.services.core.audit_log import AuditEvent, tag_subject
from kb.store import ReadSnapshot

_GROUP_EVENTS = frozenset({AuditEvent.TAG_DELETED, AuditEvent.TAG_RENAMED})


class DeletedTags:
    """The tags that were deleted or renamed in their groups since an action; each is looked up in the log once."""

    def __init__(self, reading: ReadSnapshot, since: datetime) -> None:
        self._reading = reading
        self._since = since
        self._known: dict[tuple[str, str], bool] = {}

    def without(self, group_id: str, now: Sequence[str], then: Sequence[str]) -> tuple[str, ...]:
        """The tags of a group's item after an undo, without deleted tags, which are not restored.

        `now` are its tags, `then` those that the undo would give it.
        """
        held = set(now)
        return tuple(tag for tag in then if tag in held or not self._is_deleted(group_id, tag_form(tag)))

    def _is_deleted(self, group_id: str, form: str) -> bool:
        if (group_id, form) not in self._known:
            act = self._reading.moderation.last_act(group_id, tag_subject(form))
            is_since = act is not None and act.act in _GROUP_EVENTS and instant_of(act.at) > self._since
            self._known[group_id, form] = is_since
        return self._known[group_id, form]
