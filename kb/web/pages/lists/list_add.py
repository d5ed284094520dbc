"""Add an item, or a highlight of it, to an existing list or a new one."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Conflict
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import Group
from kb.services.groups.group_views import allowed_actions
from kb.services.lists.lists import add_list_entry, create_list, lists_to_add_to
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.ui.display_text import Link, foreign_language, title_or_url, truncate
from kb.web.ui.forms import handle_form
from kb.web.ui.group_choices import FormOption
from kb.web.ui.item_links import item_breadcrumb
from kb.web.ui.rendering import render

_NEW = ""
_LONGEST_SHOWN = 600


@dataclass(frozen=True, slots=True)
class ListAddPage:
    """`text` is what is added to a list; `places` are the possible places of a new list."""

    title: str
    breadcrumb: tuple[Link, ...]
    text: str
    language: str | None
    item: str
    annotation: str
    lists: tuple[FormOption, ...]
    places: tuple[FormOption, ...]
    name: str
    words: str
    back: str


def list_add_page(context: RequestContext) -> Response:
    """The lists to choose from."""
    words, part = context.words, context.typed_value("annotation", context.param("annotation"))
    item_id = context.typed_value("item", context.param("item"))
    item, group, lists = lists_to_add_to(context.library, context.actor, item_id)
    annotation = next((one for one in item.annotations if one.id == part), None)
    text = (annotation.quote or annotation.body or "") if annotation else title_or_url(item)
    breadcrumb, chosen = item_breadcrumb(context, group, item), context.form_value("list")
    page = ListAddPage(
        title=f"{words.say('Add to a list')} – {breadcrumb[-1].label}",
        breadcrumb=breadcrumb,
        text=truncate(text, _LONGEST_SHOWN),
        language=foreign_language(item, words),
        item=item.id,
        annotation=annotation.id if annotation else "",
        lists=(
            *(
                FormOption(
                    one.id,
                    one.name,
                    words.say("only you see it") if one.private else "",
                    one.id == chosen or (not chosen and place == 0),
                )
                for place, one in enumerate(lists)
            ),
            FormOption(_NEW, words.say("A new list"), chosen=not chosen and not lists),
        ),
        places=_places(context, group),
        name=context.form_value("name"),
        words=context.form_value("words"),
        back=context.addresses.annotation(item, part or None),
    )
    return render(context, "lists/list_add.html", page)


@handle_form(list_add_page, {Conflict: 400})
def handle_list_add_post(context: RequestContext) -> Response:
    """Add it to the list."""
    library, actor, field = context.library, context.actor, context.form_value
    item_id, part, list_id = field("item"), field("annotation"), field("list")
    _, group, _ = lists_to_add_to(library, actor, item_id)
    # A typed name means a new list, whatever list is selected.
    if list_id == _NEW or field("name").strip():
        # If the user may not contribute to the group, the new list goes into the user's own library.
        slug = group.slug if field("where") == "group" else f"~{actor.login}"
        list_id = create_list(library, actor, slug, field("name")).id
    kind = ListEntryKind.PASSAGE if part else ListEntryKind.ITEM
    added = add_list_entry(
        library, actor, list_id, kind, item_id=item_id, annotation_id=part or None, words=field("words")
    )
    address = f"{context.addresses.item_list(added.item_list.id)}#e-{added.entry_id}"
    return redirect_with_flash(address, "listed", added.undo or "")


def _places(context: RequestContext, group: Group) -> tuple[FormOption, ...]:
    """The places of a new list: the group, for contributors, or the user's own library."""
    words, chosen = context.words, context.form_value("where")
    own = FormOption("own", words.say("In my own library"), words.say("only you see it"), chosen == "own")
    if group.is_personal or Action.CONTRIBUTE not in allowed_actions(context.actor, group):
        return (replace(own, chosen=True),)
    named = FormOption("group", words.say("In the group “%(group)s”", group=group.name), chosen=chosen != "own")
    return (named, own)
