"""The form that edits an item. If another user changed it meanwhile, the page shows both versions side by side."""

import json
from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.errors import FlorilegeError, Invalid, NotFound
from kb.model.bibliographic_record import (
    RECORD_FIELDS,
    RECORD_NAMES,
    RecordFieldKind,
    record_values,
    with_record_values,
)
from kb.model.items.item import Item
from kb.model.items.item_fields import (
    LONGEST_TYPED_TITLE,
    InvalidTitle,
    ItemFields,
    fields_of_item,
    parse_tags,
    tags_as_text,
)
from kb.model.items.moderation import RemovedContent
from kb.model.people.group import Group
from kb.model.storable_text import is_storable
from kb.model.written_dates import day_first
from kb.services.groups.group_languages import effective_languages
from kb.services.items.item_creation import AlreadySaved
from kb.services.items.item_edit import ItemChangedMeanwhile, edit_item, item_to_edit
from kb.services.moderation.moderation_views import allowed_moderation_actions
from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.items.incomplete_items import address_after, queue_of
from kb.web.pages.items.save_fields import FormField, longest_typed, typed_record_values
from kb.web.pages.tags.tag_autocomplete import tag_autocomplete_address
from kb.web.ui.form_errors import field_errors, handle_form
from kb.web.ui.form_options import FormOption, document_type_choices, document_type_name, language_choices
from kb.web.ui.rendering import render

LARGEST_ITEM_FORM = 1 << 21
"""Bytes of the form: the longest fields, in their old and new values, in any script."""
COMMON_LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "ca", "eu", "br", "oc", "ar")
"""Languages to choose from, besides those of the group."""
_NO_FORM = "The request is not a form of this site."


@dataclass(frozen=True, slots=True)
class ItemEditPage:
    """`read` are the fields before the edit; `whose` is the author of the other version, if there is one.

    `other` is the id of the item that has the address already. `remove` links to the page that removes the item, for a
    user with the right. `queue` are the parameters of the queue from which the item is edited.
    """

    item: Item
    group: Group
    read: str
    whose: str
    other: str
    fields: tuple[FormField, ...]
    languages: tuple[FormOption, ...]
    document_types: tuple[FormOption, ...]
    is_fold_open: bool
    suggest: str
    remove: str
    queue: Pairs


@dataclass(frozen=True, slots=True)
class LostTextPage:
    """The typed texts for an item that no longer exists, to be copied: `texts` are labels and texts."""

    title: str
    texts: tuple[tuple[str, str], ...]


def item_edit_page(context: RequestContext) -> Response:
    """The form. Raises NotFound, LoginNeeded, Forbidden."""
    translator = context.translator
    error = context.form_error.error if context.form_error else None
    try:
        item, group = item_to_edit(context.library, context.actor, context.path_params["id"])
    except NotFound as not_found:
        if context.actor.user_id is None:
            # The answer is the login form, which carries the text along.
            raise
        return _lost_text_page(context, not_found)
    stored = fields_of_item(item)
    fields, read = (_given_fields(context), context.form_value("read")) if error else (stored, pack_fields(stored))
    allowed = allowed_moderation_actions(context.actor, group)(RemovedContent(item=item))
    meanwhile = isinstance(error, ItemChangedMeanwhile)
    page = ItemEditPage(
        item=item,
        group=group,
        # After an error, the fields that the form began with count: the item may have changed since.
        read=pack_fields(stored) if meanwhile else read,
        whose=_conflict_notice(context, error) if isinstance(error, ItemChangedMeanwhile) else "",
        other=error.item_id if isinstance(error, AlreadySaved) else "",
        fields=_form_fields(
            translator,
            fields,
            *((stored, unpack_fields(read)) if meanwhile else (fields, fields)),
            field_errors(context),
        ),
        languages=_language_choices(group, context.library.settings, fields.language or "", translator),
        document_types=document_type_choices(fields.document_type or "", translator),
        is_fold_open=any(getattr(fields, record.name) for record in RECORD_FIELDS if record.of_reference),
        suggest=tag_autocomplete_address(group.slug),
        remove=context.addresses.moderation_action(item.id) if allowed.remove else "",
        queue=queue_of(context),
    )
    return render(context, "items/item_edit.html", page)


@handle_form(item_edit_page, {NotFound: 404})
def handle_item_edit_post(context: RequestContext) -> Response:
    """Save the fields."""
    item_id, read = context.path_params["id"], unpack_fields(context.form_value("read"))
    given = _given_fields(context)
    if len(given.title or "") > LONGEST_TYPED_TITLE and given.title != read.title:
        raise InvalidTitle
    edited = edit_item(context.library, context.actor, item_id, given, read=read)
    done = "item-changed" if edited.undo else "unchanged"
    address = context.addresses.item(item_id)
    if (queue := queue_of(context)) and context.form_value("then") == "next":
        address = address_after(context, queue, item_id)
    return redirect_with_flash(address, done, undo=edited.undo or "")


def pack_fields(read: ItemFields) -> str:
    """The fields before the edit, as a hidden value of the form: exactly, whatever they contain."""
    values = {name: value or "" for name, value in record_values(read).items()}
    return json.dumps(values | {"tags": read.tags}, ensure_ascii=True)


def unpack_fields(text: str) -> ItemFields:
    """The fields before the edit. Raises Invalid for an invalid value."""
    try:
        values = json.loads(text)
        tags = tuple(values.pop("tags"))
        if not all(isinstance(tag, str) and is_storable(tag) for tag in (*tags, *values.values())):
            raise Invalid(_NO_FORM)
        return ItemFields(**{name: value or None for name, value in values.items()}, tags=tags)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise Invalid(_NO_FORM) from None


def _given_fields(context: RequestContext) -> ItemFields:
    """The sent fields, or another user's version of those for which the user has selected it. Invalid values are
    reported when the item is saved.
    """
    tags = tuple(tag.strip() for tag in parse_tags(context.form_value("tags")))
    fields = with_record_values(ItemFields(tags=tags), typed_record_values(context.form_value))
    theirs = [name for name in (*RECORD_NAMES, "tags") if context.form_value(f"take-{name}") == "theirs"]
    try:
        read = unpack_fields(context.form_value("read"))
    except Invalid:
        return fields
    return replace(fields, **{name: getattr(read, name) for name in theirs})


def _form_fields(
    translator: Translator, fields: ItemFields, theirs: ItemFields, read: ItemFields, errors: dict[str, str]
) -> tuple[FormField, ...]:
    """The fields; those that another user has changed, with that version."""
    _ = translator.gettext
    mine, there, before = _field_texts(fields), _field_texts(theirs), _field_texts(read)
    hints = {
        "url": _("Without one, the item is found by its title: a book, a paper file, a meeting."),
        "published": _("Day, month or year, as far as you know: 07/11/2014, 11/2014 or 2014."),
        "byline": _("Who wrote the page, as it signs it."),
        "source": _("The newspaper, the journal or the site."),
    }
    records = {record.name: record for record in RECORD_FIELDS}

    def field(name: str, label: str) -> FormField:
        record, value, other = records.get(name), mine[name], there[name]
        longest = longest_typed(record) if record else 0
        match record.kind if record else None:
            case RecordFieldKind.DATE:
                value, other = day_first(value), translator.period(other) if other else ""
            case RecordFieldKind.TYPE:
                other = document_type_name(other, translator)
            case RecordFieldKind.LANGUAGE:
                other = translator.language_name(other) if other else _("Detect from the text")
        return FormField(
            name,
            label,
            value,
            record.kind if record else None,
            max(LONGEST_TYPED_TITLE, len(value)) if name == "title" else longest,
            hints.get(name, ""),
            errors.get(name, ""),
            of_reference=record is not None and record.of_reference,
            differs=not _is_same_text(there[name], mine[name]),
            theirs=other,
            # Use the other user's version of a field that this user has not changed.
            take=_is_same_text(mine[name], before[name]),
        )

    return tuple(field(name, label) for name, label in field_labels(translator).items())


def field_labels(translator: Translator) -> dict[str, str]:
    """The labels of the fields, by name, in the order of the form."""
    return {record.name: translator.gettext(record.label) for record in RECORD_FIELDS} | {
        "tags": translator.gettext("Tags")
    }


def _field_texts(fields: ItemFields) -> dict[str, str]:
    """The values of the fields in a form, by name."""
    return {name: value or "" for name, value in record_values(fields).items()} | {"tags": tags_as_text(fields.tags)}


def _language_choices(
    group: Group, settings: Settings, selected: str, translator: Translator
) -> tuple[FormOption, ...]:
    """The languages of the group, the usual ones, and the item's own."""
    own = effective_languages(group, settings)
    others = sorted({*COMMON_LANGUAGES, selected} - {*own, ""}, key=translator.language_name)
    return language_choices((*own, *others), selected, translator.gettext("Detect from the text"), translator)


def _is_same_text(text: str, other: str) -> bool:
    """Whether two texts are the same to a reader: spaces are not stored as typed."""
    return text.split() == other.split()


def _conflict_notice(context: RequestContext, error: ItemChangedMeanwhile) -> str:
    translator = context.translator
    _ = translator.gettext
    day = translator.instant(error.item.changed_at or "")
    if error.by is not None and error.by.id == context.actor.user_id:
        return _("Your other version, of %(day)s", day=day)
    if error.by is not None:
        return _("Version of %(name)s, %(day)s", name=error.by.name, day=day)
    return _("Version of %(day)s", day=day)


def _lost_text_page(context: RequestContext, error: FlorilegeError) -> Response:
    """The sent texts, if the item no longer exists, so that the user need not type them again. Raises the error if
    there are none.
    """
    sent_texts = _field_texts(_given_fields(context))
    if not any(sent_texts.values()):
        raise error
    texts = tuple(
        (label, sent_texts[name]) for name, label in field_labels(context.translator).items() if sent_texts[name]
    )
    page = LostTextPage(context.translator.sentence(error), texts)
    return render(context, "items/deleted_while_editing.html", page, 404)
