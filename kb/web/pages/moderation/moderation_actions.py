"""What one may do about an item, or something in it: report, hide, remove; beside the thing, or on its own page."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.moderation.moderation_actions import flag, hide, remove, restore
from kb.services.moderation.moderation_views import Deeds, deeds_in, thing_of
from kb.services.trash.item_parts import parts_of, text_of
from kb.services.undo.undo import Undone, can_undo, undo
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved, without_notice
from kb.web.ui.fragments import Link, beginning, foreign, title_of
from kb.web.ui.rendering import render

MOST_FORMS = 100
"""Things of a page beside which there is a form each."""
LONGEST_SHOWN = 600
"""Characters of a thing that stand where something is to be done about it."""


@dataclass(frozen=True, slots=True)
class DeedForm:
    """A small form beside a thing: `part` is its id, empty for the item; `label` names what can be done.

    `href` leads to the page of the thing instead, where a page has too many of them for so many forms.
    """

    action: str
    form_token: str
    part: str
    label: str
    deeds: Deeds
    href: str = ""


@dataclass(frozen=True, slots=True)
class ThingPage:
    """One thing, and what can be done about it; `keeps` says how long what is removed can be put back."""

    title: str
    trail: tuple[Link, ...]
    what: str
    text: str
    language: str | None
    wrong: str
    why: str
    deed: DeedForm
    keeps: str
    back: str


def deed_maker(context: Context, item: Item, group: Group) -> Callable[[str | None], DeedForm | None]:
    """Makes the form of each thing of an item by its id; none for who may do nothing about it."""
    # Whoever is not signed in sees nothing of it: no thing need be looked at.
    if context.actor.user_id is None:
        return lambda _: None
    parts, about = parts_of(item), deeds_in(context.actor, group)

    def make(part_id: str | None) -> DeedForm | None:
        deeds = about(parts[part_id])
        return _form(context, item.id, part_id, deeds, linked=len(parts) > MOST_FORMS) if deeds else None

    return make


def thing_page(context: Context) -> Response:
    """One thing, and what can be done about it."""
    return _answer(context, context.param("part"))


def act_on_thing(context: Context) -> Response:
    """Report, hide or remove it; what cannot be done is told above the page."""
    try:
        return _done(context)
    except (Invalid, Conflict) as error:
        return _answer(context, context.form_value("part"), error)


def put_back(context: Context) -> Response:
    """Undo what was just hidden, removed or changed."""
    undo_id = context.path_params["id"]
    if can_undo(context.library, context.actor, undo_id):
        return _undone(context, undo(context.library, context.actor, undo_id))
    aside, _ = restore(context.library, context.actor, undo_id)
    return moved(context.addresses.item(aside.item_id, annotation=aside.annotation_id), "restored")


def _undone(context: Context, undone: Undone) -> Response:
    """Where one looks at what was undone: the item, or the page that one came from."""
    key = "undone" if not undone.stayed else "undone-in-part"
    if len(undone.item_ids) == 1:
        return moved(context.addresses.item(undone.item_ids[0]), key)
    if undone.list_ids:
        return moved(context.addresses.outline(undone.list_ids[0], "edit"), key)
    return moved(without_notice(context.came_from) or context.addresses.home(), key)


def kind_named(kind: str, words: Translator) -> str:
    """The word for a kind of thing."""
    match kind:
        case "highlight":
            return words.say("Highlight")
        case "note":
            return words.say("Note")
        case "comment":
            return words.say("Comment")
        case "reply":
            return words.say("Reply")
        case _:
            return words.say("Item")


def _done(context: Context) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    item_id, part_id, addresses = context.path_params["id"], field("part") or None, context.addresses
    match field("act"):
        case "flag":
            flag(library, actor, item_id, part_id, field("why"))
            return moved(addresses.item(item_id, annotation=part_id), "flagged")
        case "hide":
            aside, done = hide(library, actor, item_id, part_id, field("why")), "hidden"
        case "remove":
            aside, done = remove(library, actor, item_id, part_id, field("why")), "removed"
        case _:
            raise Invalid("What was sent is not a form of this site.")
    if part_id is not None:
        return moved(addresses.item(item_id), done, aside.id)
    with library.store.read() as reading:
        slug = reading.groups.by_ids([aside.group_id])[aside.group_id].slug
    return moved(addresses.group(slug), done, aside.id)


def _form(context: Context, item_id: str, part_id: str | None, deeds: Deeds, *, linked: bool = False) -> DeedForm:
    addresses = context.addresses
    href = addresses.thing(item_id, part_id) if linked else ""
    label = _label(deeds, context.words)
    return DeedForm(addresses.thing(item_id), context.form_token, part_id or "", label, deeds, href)


def _label(deeds: Deeds, words: Translator) -> str:
    match deeds.flag, deeds.hide, deeds.remove:
        case False, True, True:
            return words.say("Hide or remove")
        case _, _, True:
            return words.say("Remove")
        case _, True, _:
            return words.say("Hide")
        case _:
            return words.say("Report")


def _answer(context: Context, part_id: str, error: FlorilegeError | None = None) -> Response:
    words, addresses = context.words, context.addresses
    item, group, part, deeds = thing_of(context.library, context.actor, context.path_params["id"], part_id or None)
    label = _label(deeds, words)
    page = ThingPage(
        title=f"{label} – {beginning(title_of(item), 80)}",
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(beginning(title_of(item), 80), addresses.item(item.id)),
        ),
        what=label,
        text=beginning(text_of(part), LONGEST_SHOWN),
        language=foreign(item, words),
        wrong=words.sentence(error) if error else "",
        why=context.form_value("why"),
        deed=_form(context, item.id, part_id or None, deeds),
        keeps=words.plural(
            "What is removed can be put back for %(count)s day.",
            "What is removed can be put back for %(count)s days.",
            context.library.settings.bin_days,
        ),
        back=addresses.item(item.id, annotation=part_id or None),
    )
    return render(
        context,
        "moderation/moderation_actions.html",
        page,
        409 if isinstance(error, Conflict) else 400 if error else 200,
    )
