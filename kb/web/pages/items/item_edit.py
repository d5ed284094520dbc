"""The form that changes an item, and both versions side by side where somebody else has changed it meanwhile."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound
from kb.model.items.item import Item
from kb.model.items.item_fields import (
    LONGEST_ADDRESS,
    LONGEST_DESCRIPTION,
    LONGEST_LINE,
    LONGEST_TITLE,
    ItemFields,
    fields_of,
)
from kb.model.items.moderation import Taken
from kb.model.people.group import Group
from kb.services.items.item_creation import AlreadyKept
from kb.services.items.item_edit import ChangedMeanwhile, edit, item_to_edit
from kb.services.moderation.moderation_views import deeds_in
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.items.item_fields import (
    NAMES,
    fields_sent,
    labels,
    language_choices,
    packed,
    shown,
    taken_over,
    texts_of,
    unpacked,
)
from kb.web.pages.tags.tag_autocomplete import proposals_address
from kb.web.ui.form_choices import Alternative
from kb.web.ui.fragments import Link, beginning, title_of
from kb.web.ui.rendering import render

LARGEST_ITEM = 1 << 21
"""Bytes of the form: the longest fields, as they were and as they are, in any script."""
_LONGEST_NAME = 80
_LONGEST = {
    "url": LONGEST_ADDRESS,
    "title": LONGEST_TITLE,
    "description": LONGEST_DESCRIPTION,
    "byline": LONGEST_LINE,
    "source": LONGEST_LINE,
    "published": 10,
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `theirs` is what somebody else has made of it, shown beside, when `differs`; `take`: begin with it."""

    name: str
    label: str
    value: str
    longest: int
    hint: str = ""
    differs: bool = False
    theirs: str = ""
    take: bool = False


@dataclass(frozen=True, slots=True)
class EditPage:
    """`read` are the fields that it begins with; `whose` says whose the other version is, where there is one.

    `other` leads to the item that has the address already. `remove` leads to where the item is removed, for who may.
    """

    title: str
    trail: tuple[Link, ...]
    form_token: str
    action: str
    read: str
    wrong: str
    whose: str
    other: Link | None
    fields: tuple[FormField, ...]
    languages: tuple[Alternative, ...]
    suggest: str
    back: str
    remove: str


@dataclass(frozen=True, slots=True)
class LostPage:
    """What was typed about an item that is not there any more, to be copied: `texts` are labels and texts."""

    title: str
    texts: tuple[tuple[str, str], ...]


def edit_page(context: Context) -> Response:
    """The form. Raises NotFound, SignInNeeded, Refused."""
    seen = item_to_edit(context.library, context.actor, context.path_params["id"])
    return _form(context, seen, fields_of(seen[0]))


def act_on_edit(context: Context) -> Response:
    """Keep what was written; what cannot be kept is told above the form, in which it still stands."""
    library, actor, item_id = context.library, context.actor, context.path_params["id"]
    given = fields_sent(context)
    try:
        read = unpacked(context.form_value("read"))
        theirs = [name for name in NAMES if context.form_value(f"take-{name}") == "theirs"]
        given = taken_over(given, read, theirs)
        edited = edit(library, actor, item_id, given, read=read)
    except ChangedMeanwhile as error:
        return _again(context, given, error, read)
    except (Invalid, Conflict) as error:
        return _again(context, given, error)
    except NotFound as error:
        return _lost(context, given, error)
    address = context.addresses.item(item_id)
    return moved(address, "item-changed", undo=edited.undo) if edited.undo else moved(address, "unchanged")


def _again(context: Context, given: ItemFields, error: FlorilegeError, read: ItemFields | None = None) -> Response:
    """The form as it was sent, with what is wrong with it; beside what somebody else has written, if they have."""
    try:
        seen = item_to_edit(context.library, context.actor, context.path_params["id"])
    except NotFound as gone:
        return _lost(context, given, gone)
    return _form(context, seen, given, error, read)


def _form(
    context: Context,
    seen: tuple[Item, Group],
    given: ItemFields,
    error: FlorilegeError | None = None,
    read: ItemFields | None = None,
) -> Response:
    (item, group), words, addresses = seen, context.words, context.addresses
    name = beginning(title_of(item), _LONGEST_NAME)
    meanwhile = isinstance(error, ChangedMeanwhile)
    deeds = deeds_in(context.actor, group)(Taken(item=item))
    other = addresses.item(error.item_id) if isinstance(error, AlreadyKept) else ""
    page = EditPage(
        title=words.say("Edit “%(title)s”", title=name),
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(group.name, addresses.group(group.slug)),
            Link(name, addresses.item(item.id)),
        ),
        form_token=context.form_token,
        action=addresses.edit(item.id),
        # Where the form was sent with a mistake, what it began with counts: it may be out of date by now.
        read=context.form_value("read") if error and not meanwhile else packed(fields_of(item)),
        wrong=words.sentence(error) if error else "",
        whose=_whose(context, error) if isinstance(error, ChangedMeanwhile) else "",
        other=Link(words.say("See the item that has it"), other) if other else None,
        fields=_fields(context, given, fields_of(item), read) if meanwhile else _fields(context, given),
        languages=language_choices(group, context.library.settings, given.language, words),
        suggest=proposals_address(group.slug),
        back=addresses.item(item.id),
        remove=addresses.thing(item.id) if deeds.remove else "",
    )
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 400
    return render(context, "items/item_edit.html", page, status)


def _fields(
    context: Context, given: ItemFields, theirs: ItemFields | None = None, read: ItemFields | None = None
) -> tuple[FormField, ...]:
    """The fields; those that somebody else has changed, with their version of it."""
    words, mine = context.words, texts_of(given)
    begun = texts_of(read) if read else mine
    there = texts_of(theirs) if theirs else mine
    hints = {
        "url": words.say("Without one, the item is found by its title: a book, a paper file, a meeting."),
        "published": words.say("Year, month or day, as far as you know: 2014, 2014-11 or 2014-11-07."),
        "byline": words.say("Who wrote the page, as it signs it."),
        "source": words.say("The newspaper, the site or the publisher."),
    }
    made = []
    for name, label in labels(words).items():
        differs = not _same(there[name], mine[name])
        made.append(
            FormField(
                name,
                label,
                mine[name],
                _LONGEST.get(name, 0),
                hints.get(name, ""),
                differs,
                shown(name, theirs, words).value if theirs and differs else "",
                # Who has not touched a field does not mind what others made of it.
                take=_same(mine[name], begun[name]),
            )
        )
    return tuple(made)


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same to who reads them: spaces are not kept as they are typed."""
    return one.split() == other.split()


def _whose(context: Context, error: ChangedMeanwhile) -> str:
    words = context.words
    day = words.instant(error.item.changed_at or "")
    if error.by is not None and error.by.id == context.actor.user_id:
        return words.say("Your other version, of %(day)s", day=day)
    if error.by is not None:
        return words.say("Version of %(name)s, %(day)s", name=error.by.name, day=day)
    return words.say("Version of %(day)s", day=day)


def _lost(context: Context, given: ItemFields, error: FlorilegeError) -> Response:
    """What was typed, where there is nothing any more that it could change: nobody types it twice."""
    words = context.words
    if not any(texts_of(given).values()):
        raise error
    texts = tuple((label, texts_of(given)[name]) for name, label in labels(words).items() if texts_of(given)[name])
    return render(context, "items/deleted_while_editing.html", LostPage(words.sentence(error), texts), 404)
