"""The forms on an item's page to contribute texts, and the user's private note about the item."""

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


@dataclass(frozen=True, slots=True)
class PrivateNote:
    """One note: `passage` and `body` as stored; `change` links to the form that edits it."""

    id: str
    passage: str
    body: str
    change: str


@dataclass(frozen=True, slots=True)
class ContributionForms:
    """The forms, None for a user without the right; `likes` is the address of the like buttons. `own` links to the
    user's own item.

    `writes`: the page has a form for which the script is useful.
    """

    passage: AnnotationForm | None
    comment: AnnotationForm | None
    likes: str
    form_token: str
    private: AnnotationForm | None
    notes: tuple[PrivateNote, ...]
    own: str

    @property
    def writes(self) -> bool:
        return self.comment is not None


def contribution_forms_of(context: RequestContext, item: Item, group: Group) -> ContributionForms | None:
    """The forms of the user on an item's page; None for an anonymous visitor."""
    if context.actor.user_id is None:
        return None
    addresses = context.addresses
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, group)
    action = addresses.of_item(item.id, "annotate")
    held = item_with_private_notes(context.library, context.actor, item, group)
    private = addresses.of_item(item.id, "private")
    return ContributionForms(
        passage=annotation_form(context, AnnotationFormKind.PASSAGE, action, AnnotationFields(), group.slug)
        if contributes
        else None,
        comment=annotation_form(context, AnnotationFormKind.COMMENT, action, AnnotationFields(), group.slug)
        if contributes
        else None,
        likes=addresses.of_item(item.id, "like") if contributes else "",
        form_token=context.form_token,
        private=annotation_form(context, AnnotationFormKind.PRIVATE, private, AnnotationFields())
        if may_write_private_note(context.actor, group)
        else None,
        notes=tuple(_note(context, held, one) for one in held.annotations) if held else (),
        own=addresses.item(held.id) if held else "",
    )


def _note(context: RequestContext, own: Item, one: Annotation) -> PrivateNote:
    change = context.addresses.of_item(own.id, "words", (("part", one.id),))
    is_own = one.author is not None and one.author.id == context.actor.user_id
    return PrivateNote(one.id, one.quote or "", one.body or "", change if is_own else "")
