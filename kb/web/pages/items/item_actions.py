"""What a logged-in user can do on an item's page: edit, move, read later, write about it, note something in private."""

from dataclasses import dataclass

from kb.access.actor import Action
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import Group
from kb.services.annotations.private_notes import item_with_private_notes, may_write_private_note
from kb.services.groups.group_views import allowed_actions
from kb.web.http.context import RequestContext
from kb.web.pages.annotations.annotation_forms import AnnotationForm, AnnotationFormKind, annotation_form
from kb.web.pages.items.reading_list import ReadingListForm, reading_list_form


@dataclass(frozen=True, slots=True)
class PrivateNote:
    """One note: `passage` and `body` as stored; `change` links to the form that edits it."""

    passage: str
    body: str
    change: str


@dataclass(frozen=True, slots=True)
class ItemActions:
    """`edit` and `move` link to forms, `likes` is the address of the like buttons, `own` links to the user's own item.

    All are empty, and forms None, for a user without the right.
    """

    edit: str
    move: str
    later: ReadingListForm | None
    likes: str
    passage: AnnotationForm | None
    comment: AnnotationForm | None
    private: AnnotationForm | None
    notes: tuple[PrivateNote, ...]
    own: str


def item_actions_of(context: RequestContext, item: Item, group: Group) -> ItemActions | None:
    """The actions of a logged-in user; None for an anonymous visitor."""
    if context.actor.user_id is None:
        return None
    addresses, own = context.addresses, item_with_private_notes(context.library, context.actor, item, group)
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, group)
    may_note = may_write_private_note(context.actor, group)

    def form(kind: AnnotationFormKind, part: str, slug: str = "") -> AnnotationForm:
        return annotation_form(context, kind, addresses.of_item(item.id, part), AnnotationFields(), slug)

    return ItemActions(
        edit=addresses.of_item(item.id, "edit") if contributes else "",
        move=addresses.of_item(item.id, "move"),
        later=reading_list_form(context, item),
        likes=addresses.of_item(item.id, "like") if contributes else "",
        passage=form(AnnotationFormKind.PASSAGE, "annotate", group.slug) if contributes else None,
        comment=form(AnnotationFormKind.COMMENT, "annotate", group.slug) if contributes else None,
        private=form(AnnotationFormKind.PRIVATE, "private") if may_note else None,
        notes=tuple(_note(context, own, one) for one in own.annotations) if own else (),
        own=addresses.item(own.id) if own else "",
    )


def _note(context: RequestContext, own: Item, one: Annotation) -> PrivateNote:
    change = context.addresses.of_item(own.id, "words", (("part", one.id),))
    is_own = one.author is not None and one.author.id == context.actor.user_id
    return PrivateNote(one.quote or "", one.body or "", change if is_own else "")
