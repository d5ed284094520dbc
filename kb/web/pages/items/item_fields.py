"""The fields of an item in a form: their values when shown, and when sent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.errors import Invalid
from kb.model.bibliographic_record import RECORD_NAMES, record_values, with_record_values
from kb.model.items.item_fields import ItemFields, parse_tags, tags_as_text
from kb.model.people.group import Group
from kb.model.text_rules import is_keepable
from kb.services.groups.group_languages import effective_languages
from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.group_choices import FormOption

FIELD_NAMES = (*RECORD_NAMES, "tags")
"""The names of the fields in a form, in their order."""
COMMON_LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "ca", "eu", "br", "oc", "ar")
"""Languages to choose from, besides those of the group."""
_NO_FORM = "What was sent is not a form of this site."


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field, as text: `name` is its name in the form."""

    name: str
    label: str
    value: str


def item_fields_of_form(context: RequestContext) -> ItemFields:
    """The fields of an item in a form. Raises nothing: invalid values are reported when the item is saved."""
    tags = tuple(tag.strip() for tag in parse_tags(context.form_value("tags")))
    return with_record_values(ItemFields(tags=tags), {name: context.form_value(name) for name in RECORD_NAMES})


def field_labels(words: Translator) -> dict[str, str]:
    """The labels of the fields, by name."""
    return {
        "url": words.say("Address"),
        "title": words.say("Title"),
        "description": words.say("Description"),
        "byline": words.say("Written by"),
        "published": words.say("Published"),
        "source": words.say("Source"),
        "language": words.say("Language"),
        "tags": words.say("Tags"),
    }


def field_texts(given: ItemFields) -> dict[str, str]:
    """The values of the fields in a form, by name."""
    return {name: value or "" for name, value in record_values(given).items()} | {"tags": tags_as_text(given.tags)}


def shown_field(name: str, given: ItemFields, words: Translator) -> ShownField:
    """One field as a reader sees it, instead of an input."""
    value = field_texts(given)[name]
    match name:
        case "language":
            value = words.language_name(value) if value else words.say("as the words tell")
        case "published":
            value = words.period(value) if value else ""
    return ShownField(name, field_labels(words)[name], value)


def language_choices(group: Group, settings: Settings, chosen: str, words: Translator) -> tuple[FormOption, ...]:
    """The languages to choose from: none, those of the group, the usual ones, and the item's own."""
    own = effective_languages(group, settings)
    others = sorted({*COMMON_LANGUAGES, chosen} - {*own, ""}, key=words.language_name)
    named = ((code, words.language_name(code)) for code in (*own, *others))
    return (
        FormOption("", words.say("as the words tell"), chosen=not chosen),
        *(FormOption(code, name, chosen=code == chosen) for code, name in named),
    )


def pack_fields(read: ItemFields) -> str:
    """The fields before the edit, as a hidden value of the form: exactly, whatever they contain."""
    values = {name: value or "" for name, value in record_values(read).items()}
    return json.dumps(values | {"tags": read.tags}, ensure_ascii=True)


def unpack_fields(text: str) -> ItemFields:
    """The fields before the edit. Raises Invalid for an invalid value."""
    try:
        held = json.loads(text)
        tags = tuple(held.pop("tags"))
        if not all(isinstance(one, str) and is_keepable(one) for one in (*tags, *held.values())):
            raise Invalid(_NO_FORM)
        return ItemFields(**{name: value or None for name, value in held.items()}, tags=tags)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise Invalid(_NO_FORM) from None


def take_fields(given: ItemFields, read: ItemFields, names: Sequence[str]) -> ItemFields:
    """The given fields, with another user's version of the named ones."""
    return replace(given, **{name: getattr(read, name) for name in names if name in FIELD_NAMES})
