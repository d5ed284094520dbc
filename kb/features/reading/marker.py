"""The toolbar that marks a selected passage, for the script of the reading view."""

from dataclasses import dataclass

from kb.access.actor import Action
from kb.model.items.item import Item
from kb.model.items.item_fields import LONGEST_WORDS, HighlightColor
from kb.model.people.group import Group
from kb.services.annotations.private_notes import may_write_private_note
from kb.services.groups.group_views import allowed_actions
from kb.web.http.context import RequestContext
from kb.web.pages.annotations.annotation_forms import color_choices
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.form_options import FormOption


@dataclass(frozen=True, slots=True)
class Marker:
    """`annotate` is the address of the group's annotations and `private` that of the user's own; one of them may be
    empty. `suggest` completes tags and `people` logins; `login` is where a user whose session has ended logs in.
    """

    annotate: str
    private: str
    colors: tuple[FormOption, ...]
    suggest: str
    people: str
    login: str
    longest: int = LONGEST_WORDS


def marker_of(context: RequestContext, item: Item, group: Group) -> Marker | None:
    """The toolbar of a user who may mark passages of an item, for all to see or for oneself; None for anybody else."""
    actor, addresses = context.actor, context.addresses
    if actor.user_id is None:
        return None
    contributes = Action.CONTRIBUTE in allowed_actions(actor, group)
    annotate = addresses.of_item(item.id, "annotate") if contributes else ""
    private = addresses.of_item(item.id, "private") if may_write_private_note(actor, group) else ""
    if not annotate and not private:
        return None
    return Marker(
        annotate,
        private,
        color_choices(HighlightColor.YELLOW, context.translator),
        tag_autocomplete_address(group.slug),
        addresses.group(group.slug, "people") if contributes else "",
        addresses.login(),
    )
