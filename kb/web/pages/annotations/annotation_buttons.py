"""What a user can do beside an annotation, or beside its item: cite, reply, edit, like, add to a list, moderate."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.services.annotations.likes import like, likes_of, unlike
from kb.services.groups.group_views import allowed_actions
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.pages.moderation.moderation_actions import ModerationForm, moderation_form_maker
from kb.web.ui.item_links import address_of_ids

_MOST_NAMES = 12
"""Users shown by name beside a like button."""


@dataclass(frozen=True, slots=True)
class LikeButton:
    """The number of likes; the button likes `part_id`, empty for a user who may not; members see `names`."""

    count: int
    part_id: str = ""
    pressed: bool = False
    names: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationActions:
    """`cite` links to the citation; `reply`, `change` and `list_add` link to forms, empty for a user without the
    right.
    """

    cite: str = ""
    reply: str = ""
    change: str = ""
    list_add: str = ""
    like: LikeButton | None = None
    moderation: ModerationForm | None = None


AnnotationActionsOf = Callable[[str, User | None], AnnotationActions]
"""Gives the actions on a part of an item, by its id and its author."""


def annotation_actions_of(context: RequestContext, item: Item, group: Group) -> AnnotationActionsOf:
    """The user's actions on each part of an item, and on the item itself by its own id."""
    addresses, user_id = context.addresses, context.actor.user_id
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, group) and user_id is not None
    likes, moderation = likes_of(context.library, item), moderation_form_maker(context, item, group)
    listable = {item.id, *(annotation.id for annotation in item.annotations)} if user_id is not None else set()

    def actions(part_id: str, author: User | None) -> AnnotationActions:
        people, part = likes.get(part_id, ()), part_id if part_id != item.id else None
        own = part is not None and author is not None and author.id == user_id
        return AnnotationActions(
            cite=addresses.cite(item.id, part),
            reply=addresses.of_item(item.id, "reply", (("to", part),)) if contributes and part else "",
            change=addresses.of_item(item.id, "words", (("part", part_id),)) if contributes and own else "",
            list_add=addresses.list_add(item.id, part or "") if part_id in listable else "",
            like=_like_button(part_id, people, user_id) if contributes else LikeButton(len(people)) if people else None,
            moderation=moderation(part),
        )

    return actions


def handle_like_post(context: RequestContext) -> Response:
    """Like an item or an annotation, or remove a like, then return to its place, or to the page `next`: a repeated
    request changes nothing.
    """
    item_id = context.path_params["id"]
    act, _, subject = context.form_value("like").partition(" ")
    match act:
        case "like":
            like(context.library, context.actor, item_id, subject)
        case "unlike":
            unlike(context.library, context.actor, item_id, subject)
        case _:
            raise Invalid("The request is not a form of this site.")
    context.mark_item_parts_seen(item_id, ["" if subject == item_id else subject])
    if onward := context.form_value("next"):
        return redirect_with_flash(safe_next(onward))
    return redirect_with_flash(address_of_ids(context, item_id, subject if subject != item_id else None))


def _like_button(part_id: str, people: tuple[User, ...], user_id: str | None) -> LikeButton:
    pressed = any(person.id == user_id for person in people)
    names = ", ".join(person.name for person in people[:_MOST_NAMES]) + (", …" if len(people) > _MOST_NAMES else "")
    return LikeButton(len(people), part_id, pressed, names)
