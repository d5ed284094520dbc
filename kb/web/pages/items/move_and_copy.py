"""The form that moves or copies an item to another group."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, NotFound
from kb.services.item_actions.move_and_copy import (
    Destination,
    MoveDestinations,
    MovedItem,
    WiderAudience,
    copy_item,
    move_destinations,
    move_item,
)
from kb.services.items.item_creation import AlreadySaved
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.search.saved_search_edit import group_name
from kb.web.ui.display_text import Link, title_or_url, truncate
from kb.web.ui.group_choices import FormOption, visibility_name
from kb.web.ui.rendering import render

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class MovePage:
    """`groups` are the possible destinations; `moves`: a move to at least one of them is possible.

    `confirm` names the additional readers, if the user must confirm. `other` links to the item that is there already.
    """

    title: str
    breadcrumb: tuple[Link, ...]
    form_token: str
    action: str
    name: str
    wrong: str
    other: Link | None
    confirm: str
    groups: tuple[FormOption, ...]
    moves: bool
    back: str
    new_group: str


def move_page(context: RequestContext) -> Response:
    """The possible destinations of an item. Raises NotFound, LoginNeeded, Forbidden."""
    return _form(context)


def handle_move_post(context: RequestContext) -> Response:
    """Move or copy the item; an error is shown above the form."""
    try:
        placed, done = _apply_form(context)
    except (Invalid, Conflict, Forbidden, NotFound) as error:
        # If the user may no longer read the item, the form raises the same error.
        return _form(context, error)
    return redirect_with_flash(context.addresses.item(placed.item.id), done, undo=placed.undo or "")


def _apply_form(context: RequestContext) -> tuple[MovedItem, str]:
    """The result, and the key of its flash message."""
    library, actor, field, item_id = context.library, context.actor, context.form_value, context.path_params["id"]
    group, confirmed = field("group"), field("confirmed") == field("group")
    match field("act"):
        case "move":
            return move_item(library, actor, item_id, group, confirmed=confirmed), "item-moved"
        case "copy":
            placed = copy_item(library, actor, item_id, group, confirmed=confirmed)
            return placed, "words-left" if placed.left_behind else "item-copied"
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _form(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    words, addresses = context.words, context.addresses
    found = move_destinations(context.library, context.actor, context.path_params["id"])
    name, wider = truncate(title_or_url(found.item), _LONGEST_NAME), isinstance(error, WiderAudience)
    other = addresses.item(error.item_id) if isinstance(error, AlreadySaved) else ""
    chosen = context.form_value("group")
    page = MovePage(
        title=words.say("Move or copy “%(title)s”", title=name),
        breadcrumb=(
            Link(words.say("First page"), addresses.home()),
            Link(found.group.name, addresses.group(found.group.slug)),
            Link(name, addresses.item(found.item.id)),
        ),
        form_token=context.form_token,
        action=addresses.move(found.item.id),
        name=name,
        wrong=words.sentence(error) if error else "",
        other=Link(words.say("See the item that has it"), other) if other else None,
        confirm=_confirmation(found, chosen, words) if wider else "",
        groups=tuple(
            FormOption(
                one.group.slug,
                group_name(one.group, words),
                _hint(found, one, words),
                chosen=one.group.slug == chosen or len(found.groups) == 1,
            )
            for one in found.groups
        ),
        moves=any(one.moves for one in found.groups),
        back=addresses.item(found.item.id),
        new_group=addresses.own("groups/new"),
    )
    return render(context, "items/move_and_copy.html", page, _status(error))


def _hint(found: MoveDestinations, one: Destination, words: Translator) -> str:
    """The readers of a group, and the content that would not go there."""
    if one.group.is_personal:
        said = [words.say("you alone read it")]
    else:
        said = [words.say("read by: %(who)s", who=visibility_name(one.group.visible, words))]
    if found.has_words and not one.with_words:
        said.append(words.say("the words of others stay"))
    if not one.moves and any(other.moves for other in found.groups):
        said.append(words.say("as a copy only"))
    return " · ".join(said)


def _confirmation(found: MoveDestinations, chosen: str, words: Translator) -> str:
    group = next((one.group for one in found.groups if one.group.slug == chosen), None)
    if group is None:
        return ""
    return words.say(
        "I know that others read “%(group)s” than “%(source)s”: %(who)s.",
        group=group.name,
        source=group_name(found.group, words),
        who=visibility_name(group.visible, words),
    )


def _status(error: FlorilegeError | None) -> int:
    match error:
        case None:
            return 200
        case Forbidden():
            return 403
        case NotFound():
            return 404
        case Conflict():
            return 409
        case _:
            return 400
