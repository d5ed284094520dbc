"""The form that edits an item. If another user changed it meanwhile, the page shows both versions side by side."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.bibliographic_record import RECORD_FIELDS
from kb.model.items.item import Item
from kb.model.items.item_fields import (
    ItemFields,
    fields_of_item,
)
from kb.model.items.moderation import RemovedContent
from kb.model.people.group import Group
from kb.services.items.item_creation import AlreadySaved
from kb.services.items.item_edit import ItemChangedMeanwhile, edit_item, item_to_edit
from kb.services.moderation.moderation_views import allowed_moderation_actions
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.items.item_fields import (
    FIELD_NAMES,
    field_labels,
    field_texts,
    item_fields_of_form,
    language_choices,
    pack_fields,
    shown_field,
    take_fields,
    unpack_fields,
)
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.display_text import Link, title_or_url, truncate
from kb.web.ui.group_choices import FormOption
from kb.web.ui.rendering import render

LARGEST_ITEM_FORM = 1 << 21
"""Bytes of the form: the longest fields, in their old and new values, in any script."""
_LONGEST_NAME = 80
_LONGEST = {one.name: one.longest for one in RECORD_FIELDS}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `theirs` is another user's version, shown beside it if it `differs`; `take`: it is preselected."""

    name: str
    label: str
    value: str
    longest: int
    hint: str = ""
    differs: bool = False
    theirs: str = ""
    take: bool = False


@dataclass(frozen=True, slots=True)
class ItemEditPage:
    """`read` are the fields before the edit; `whose` is the author of the other version, if there is one.

    `other` links to the item that has the address already. `remove` links to the page that removes the item, for a user
    with the right.
    """

    title: str
    breadcrumb: tuple[Link, ...]
    form_token: str
    action: str
    read: str
    wrong: str
    whose: str
    other: Link | None
    fields: tuple[FormField, ...]
    languages: tuple[FormOption, ...]
    suggest: str
    back: str
    remove: str


@dataclass(frozen=True, slots=True)
class LostTextPage:
    """The typed texts for an item that no longer exists, to be copied: `texts` are labels and texts."""

    title: str
    texts: tuple[tuple[str, str], ...]


def item_edit_page(context: RequestContext) -> Response:
    """The form. Raises NotFound, LoginNeeded, Forbidden."""
    seen = item_to_edit(context.library, context.actor, context.path_params["id"])
    return _form(context, seen, fields_of_item(seen[0]))


def handle_item_edit_post(context: RequestContext) -> Response:
    """Save the fields; an error is shown above the form, with the typed values."""
    library, actor, item_id = context.library, context.actor, context.path_params["id"]
    given = item_fields_of_form(context)
    try:
        read = unpack_fields(context.form_value("read"))
        theirs = [name for name in FIELD_NAMES if context.form_value(f"take-{name}") == "theirs"]
        given = take_fields(given, read, theirs)
        edited = edit_item(library, actor, item_id, given, read=read)
    except ItemChangedMeanwhile as error:
        return _page_with_error(context, given, error, read)
    except (Invalid, Conflict) as error:
        return _page_with_error(context, given, error)
    except NotFound as error:
        return _lost_text_page(context, given, error)
    address = context.addresses.item(item_id)
    return (
        redirect_with_flash(address, "item-changed", undo=edited.undo)
        if edited.undo
        else redirect_with_flash(address, "unchanged")
    )


def _page_with_error(
    context: RequestContext, given: ItemFields, error: FlorilegeError, read: ItemFields | None = None
) -> Response:
    """The form as it was sent, with its error; beside another user's version, if there is one."""
    try:
        seen = item_to_edit(context.library, context.actor, context.path_params["id"])
    except NotFound as gone:
        return _lost_text_page(context, given, gone)
    return _form(context, seen, given, error, read)


def _form(
    context: RequestContext,
    seen: tuple[Item, Group],
    given: ItemFields,
    error: FlorilegeError | None = None,
    read: ItemFields | None = None,
) -> Response:
    (item, group), words, addresses = seen, context.words, context.addresses
    name = truncate(title_or_url(item), _LONGEST_NAME)
    meanwhile = isinstance(error, ItemChangedMeanwhile)
    deeds = allowed_moderation_actions(context.actor, group)(RemovedContent(item=item))
    other = addresses.item(error.item_id) if isinstance(error, AlreadySaved) else ""
    page = ItemEditPage(
        title=words.say("Edit “%(title)s”", title=name),
        breadcrumb=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(name, addresses.item(item.id)),
        ),
        form_token=context.form_token,
        action=addresses.edit(item.id),
        # After an error, the fields that the form began with count: the item may have changed since.
        read=context.form_value("read") if error and not meanwhile else pack_fields(fields_of_item(item)),
        wrong=words.sentence(error) if error else "",
        whose=_conflict_notice(context, error) if isinstance(error, ItemChangedMeanwhile) else "",
        other=Link(words.say("See the item that has it"), other) if other else None,
        fields=_fields(context, given, fields_of_item(item), read) if meanwhile else _fields(context, given),
        languages=language_choices(group, context.library.settings, given.language or "", words),
        suggest=tag_autocomplete_address(group.slug),
        back=addresses.item(item.id),
        remove=addresses.thing(item.id) if deeds.remove else "",
    )
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 400
    return render(context, "items/item_edit.html", page, status)


def _fields(
    context: RequestContext, given: ItemFields, theirs: ItemFields | None = None, read: ItemFields | None = None
) -> tuple[FormField, ...]:
    """The fields; those that another user has changed, with that version."""
    words, mine = context.words, field_texts(given)
    begun = field_texts(read) if read else mine
    there = field_texts(theirs) if theirs else mine
    hints = {
        "url": words.say("Without one, the item is found by its title: a book, a paper file, a meeting."),
        "published": words.say("Year, month or day, as far as you know: 2014, 2014-11 or 2014-11-07."),
        "byline": words.say("Who wrote the page, as it signs it."),
        "source": words.say("The newspaper, the site or the publisher."),
    }
    made = []
    for name, label in field_labels(words).items():
        differs = not _is_same_text(there[name], mine[name])
        made.append(
            FormField(
                name,
                label,
                mine[name],
                _LONGEST.get(name, 0),
                hints.get(name, ""),
                differs,
                shown_field(name, theirs, words).value if theirs and differs else "",
                # Use the other user's version of a field that this user has not changed.
                take=_is_same_text(mine[name], begun[name]),
            )
        )
    return tuple(made)


def _is_same_text(one: str, other: str) -> bool:
    """Whether two texts are the same to a reader: spaces are not stored as typed."""
    return one.split() == other.split()


def _conflict_notice(context: RequestContext, error: ItemChangedMeanwhile) -> str:
    words = context.words
    day = words.instant(error.item.changed_at or "")
    if error.by is not None and error.by.id == context.actor.user_id:
        return words.say("Your other version, of %(day)s", day=day)
    if error.by is not None:
        return words.say("Version of %(name)s, %(day)s", name=error.by.name, day=day)
    return words.say("Version of %(day)s", day=day)


def _lost_text_page(context: RequestContext, given: ItemFields, error: FlorilegeError) -> Response:
    """The typed texts, if the item no longer exists, so that the user need not type them again."""
    words = context.words
    if not any(field_texts(given).values()):
        raise error
    texts = tuple(
        (label, field_texts(given)[name]) for name, label in field_labels(words).items() if field_texts(given)[name]
    )
    return render(context, "items/deleted_while_editing.html", LostTextPage(words.sentence(error), texts), 404)
