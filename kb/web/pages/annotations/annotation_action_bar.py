"""Actions of a member beside an annotation: reply, edit one's own, like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.access.actor import Action
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.services.groups.group_views import allowed_actions
from kb.translation import Translator
from kb.web.http.context import RequestContext

_MOST_NAMES = 12
"""Users shown by name beside a like button."""


@dataclass(frozen=True, slots=True)
class LikeButton:
    """The number of likes; `value` is what the button sends, empty for a user who may not like; members see `names`."""

    label: str
    value: str = ""
    pressed: bool = False
    names: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationActions:
    """`reply`, `change` and `listing` link to the forms, empty for a user without the right."""

    reply: str = ""
    change: str = ""
    like: LikeButton | None = None
    listing: str = ""

    def __bool__(self) -> bool:
        return bool(self.reply or self.change or self.like or self.listing)


AnnotationActionsOf = Callable[[str, User | None], AnnotationActions]
"""Gives the actions on a part of an item, by its id and its author."""


def annotation_actions_of(
    context: RequestContext, item: Item, group: Group, likes: Mapping[str, tuple[User, ...]]
) -> AnnotationActionsOf:
    """The user's actions on each part of an item, and on the item itself by its own id."""
    contributes = Action.CONTRIBUTE in allowed_actions(context.actor, group) and context.actor.user_id is not None
    addresses, words, user_id = context.addresses, context.words, context.actor.user_id

    listed = {one.id for one in item.annotations} if user_id is not None else set()

    def hands(part_id: str, author: User | None) -> AnnotationActions:
        people = likes.get(part_id, ())
        listing = addresses.list_add(item.id, part_id) if part_id in listed else ""
        if not contributes:
            return AnnotationActions(like=_like_count(people, words), listing=listing)
        is_part = part_id != item.id
        own = is_part and author is not None and author.id == user_id
        return AnnotationActions(
            addresses.of_item(item.id, "reply", (("to", part_id),)) if is_part else "",
            addresses.of_item(item.id, "words", (("part", part_id),)) if own else "",
            _like_button(part_id, people, user_id, words),
            listing,
        )

    return hands


def _like_count(people: tuple[User, ...], words: Translator) -> LikeButton | None:
    if not people:
        return None
    return LikeButton(words.plural("%(count)s person likes this", "%(count)s people like this", len(people)))


def _like_button(part_id: str, people: tuple[User, ...], user_id: str | None, words: Translator) -> LikeButton:
    pressed = any(one.id == user_id for one in people)
    count = f" ({words.number(len(people))})" if people else ""
    names = ", ".join(one.name for one in people[:_MOST_NAMES]) + (", …" if len(people) > _MOST_NAMES else "")
    return LikeButton(words.say("Like") + count, f"{'unlike' if pressed else 'like'} {part_id}", pressed, names)
