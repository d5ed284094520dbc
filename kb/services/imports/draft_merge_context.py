"""The people and annotation ids named in one draft; each fault is reported with the line of the draft."""

from collections.abc import Callable
from dataclasses import dataclass

from kb.access.actor import Actor
from kb.model.ids import is_id, new_id
from kb.model.items.import_draft import AuthorDraft, ItemDraft, Remark, remark
from kb.model.people.user import User
from kb.services.imports.import_authors import ImportAuthors
from kb.services.imports.import_permissions import is_written_by_actor
from kb.services.item_matching.item_matching import KnownItems, PlacedDraft
from kb.store import ReadSnapshot

_LONGEST_TITLE = 200
"""Characters of a title that a remark shows to name its record."""


@dataclass(frozen=True, slots=True)
class DraftMergeContext:
    """See `MergeContext` in `draft_merge`. Only for the operator, a warning may name content of other groups."""

    people: ImportAuthors
    known: KnownItems
    reading: ReadSnapshot
    placed: PlacedDraft
    warn: Callable[[Remark], None]
    actor: Actor

    @property
    def draft(self) -> ItemDraft:
        """The draft that names them."""
        return self.placed.draft

    @property
    def may_set_authors(self) -> bool:
        """Whether the import may set the author and the date of existing texts."""
        return self.actor.operator

    def may_change(self, author: User | None) -> bool:
        """Whether the import may change texts of this author."""
        return self.actor.operator or is_written_by_actor(self.actor, author)

    def user(self, author: AuthorDraft | None) -> User | None:
        """The user that a draft names."""
        user = self.people.user_of(author, self.reading, self.placed.group)
        if author is not None and user is not None and self.people.has_new_name(author, user):
            message = "The author “%(login)s” keeps the name “%(name)s” that the base has."
            self.warn(draft_remark(self.draft, message, login=user.login, name=user.name))
        return user

    def annotation_id(self, wanted: str | None) -> str:
        """An id for a new annotation or reply: the wanted one, if it is free."""
        if wanted is not None and not is_id(wanted):
            message = "“%(id)s” cannot be an annotation's id: it got a new one."
            self.warn(draft_remark(self.draft, message, id=wanted[:80]))
        elif wanted is not None and self.known.is_used_annotation_id(wanted):
            message = "The id “%(id)s” is another annotation's: this one got a new one."
            if self.actor.operator:
                self.warn(draft_remark(self.draft, message, id=wanted))
        elif wanted is not None:
            self.known.take(wanted)
            return wanted
        return new_id()


def draft_remark(draft: ItemDraft, message: str, *, skipped: bool = False, **values: object) -> Remark:
    """A remark on a draft, with its line, or its title if it has no line."""
    item = draft.title[:_LONGEST_TITLE] if draft.line is None and draft.title else None
    return remark(message, draft.line, item, skipped=skipped, **values)
