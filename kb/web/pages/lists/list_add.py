"""Putting an item, or a passage of it, into a list: one that is there, or a new one."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Conflict, FlorilegeError, Invalid
from kb.model.items.item_list import EntryKind
from kb.model.people.group import Group
from kb.services.groups.groups import allowed_in
from kb.services.lists.lists import add_entry, begin_outline, outlines_to_add_to
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.ui.form_choices import Alternative
from kb.web.ui.fragments import Link, beginning, foreign, title_of
from kb.web.ui.rendering import render

_NEW = ""
_LONGEST_SHOWN = 600


@dataclass(frozen=True, slots=True)
class AddPage:
    """`what` is the text that is put into a list; `places` are where a new one can be made."""

    title: str
    trail: tuple[Link, ...]
    form_token: str
    action: str
    wrong: str
    what: str
    language: str | None
    item: str
    annotation: str
    lists: tuple[Alternative, ...]
    places: tuple[Alternative, ...]
    name: str
    words: str
    back: str


def add_page(context: Context) -> Response:
    """The lists to choose from."""
    return _answer(context, context.param("item"), context.param("annotation"))


def add(context: Context) -> Response:
    """Put it there."""
    library, actor, field = context.library, context.actor, context.form_value
    item_id, part = field("item"), field("annotation")
    try:
        _, group, _ = outlines_to_add_to(library, actor, item_id)
        outline_id = field("list")
        # Whoever has given a name means a new list, whatever was chosen beforehand.
        if outline_id == _NEW or field("name").strip():
            # Where one may not contribute, the new list is one's own.
            slug = group.slug if field("where") == "group" else f"~{actor.login}"
            outline_id = begin_outline(library, actor, slug, field("name")).id
        kind = EntryKind.PASSAGE if part else EntryKind.ITEM
        relaid = add_entry(
            library, actor, outline_id, kind, item_id=item_id, annotation_id=part or None, words=field("words")
        )
    except (Invalid, Conflict) as error:
        return _answer(context, item_id, part, error)
    return moved(f"{context.addresses.outline(relaid.outline.id)}#e-{relaid.entry_id}", "listed", relaid.undo or "")


def _answer(context: Context, item_id: str, part: str, error: FlorilegeError | None = None) -> Response:
    words, addresses = context.words, context.addresses
    item, group, lists = outlines_to_add_to(context.library, context.actor, item_id)
    annotation = next((one for one in item.annotations if one.id == part), None)
    text = (annotation.quote or annotation.body or "") if annotation else title_of(item)
    chosen = context.form_value("list")
    page = AddPage(
        title=f"{words.say('Add to a list')} – {beginning(title_of(item), 80)}",
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(beginning(title_of(item), 80), addresses.item(item.id)),
        ),
        form_token=context.form_token,
        action="/lists/add",
        wrong=words.sentence(error) if error else "",
        what=beginning(text, _LONGEST_SHOWN),
        language=foreign(item, words),
        item=item.id,
        annotation=annotation.id if annotation else "",
        lists=(
            *(
                Alternative(
                    one.id,
                    one.name,
                    words.say("only you see it") if one.private else "",
                    one.id == chosen or (not chosen and place == 0),
                )
                for place, one in enumerate(lists)
            ),
            Alternative(_NEW, words.say("A new list"), chosen=not chosen and not lists),
        ),
        places=_places(context, group),
        name=context.form_value("name"),
        words=context.form_value("words"),
        back=addresses.item(item.id, annotation=part or None),
    )
    return render(context, "lists/list_add.html", page, 400 if error else 200)


def _places(context: Context, group: Group) -> tuple[Alternative, ...]:
    """Where a new list can be: in the group, for who contributes there, or among one's own."""
    words, chosen = context.words, context.form_value("where")
    own = Alternative("own", words.say("In my own library"), words.say("only you see it"), chosen == "own")
    if group.is_personal or Action.CONTRIBUTE not in allowed_in(context.actor, group):
        return (replace(own, chosen=True),)
    named = Alternative("group", words.say("In the group “%(group)s”", group=group.name), chosen=chosen != "own")
    return (named, own)
