"""The fields of an item in a form: their values when shown, and when sent."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

from kb.errors import Invalid
from kb.model.items.item_fields import ItemFields, parse_tags, tags_as_text
from kb.model.people.group import Group
from kb.model.text_rules import is_keepable
from kb.services.groups.group_languages import effective_languages
from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.form_choices import FormOption

FIELD_NAMES = tuple(field.name for field in fields(ItemFields))
"""What a form calls the fields, in their order."""
COMMON_LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "ca", "eu", "br", "oc", "ar")
"""Languages that one can choose from, beside those of the group."""
_NO_FORM = "What was sent is not a form of this site."


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field, as text: `name` is what the form calls it."""

    name: str
    label: str
    value: str


def item_fields_of_form(context: RequestContext) -> ItemFields:
    """What a form says of an item. Raises nothing: what cannot be kept is told when it is."""
    field = context.form_value
    return ItemFields(
        url=field("url"),
        title=field("title"),
        description=field("description"),
        byline=field("byline"),
        published=field("published"),
        source=field("source"),
        language=field("language"),
        tags=tuple(tag.strip() for tag in parse_tags(field("tags"))),
    )


def field_labels(words: Translator) -> dict[str, str]:
    """What people call the fields, by name."""
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
    """The fields as a form shows them, by name."""
    return {name: tags_as_text(given.tags) if name == "tags" else getattr(given, name) for name in FIELD_NAMES}


def shown_field(name: str, given: ItemFields, words: Translator) -> ShownField:
    """One field as people read it, rather than type it."""
    value = field_texts(given)[name]
    match name:
        case "language":
            value = words.language_name(value) if value else words.say("as the words tell")
        case "published":
            value = words.period(value) if value else ""
    return ShownField(name, field_labels(words)[name], value)


def language_choices(group: Group, settings: Settings, chosen: str, words: Translator) -> tuple[FormOption, ...]:
    """The languages to choose from: none, those of the group, the usual ones, and the one that it has."""
    own = effective_languages(group, settings)
    others = sorted({*COMMON_LANGUAGES, chosen} - {*own, ""}, key=words.language_name)
    named = ((code, words.language_name(code)) for code in (*own, *others))
    return (
        FormOption("", words.say("as the words tell"), chosen=not chosen),
        *(FormOption(code, name, chosen=code == chosen) for code, name in named),
    )


def pack_fields(read: ItemFields) -> str:
    """The fields that a form begins with, as it carries them: to the letter, whatever they hold."""
    return json.dumps(asdict(read), ensure_ascii=True)


def unpack_fields(text: str) -> ItemFields:
    """The fields that a form began with. Raises Invalid for what no form carries."""
    try:
        held = json.loads(text)
        tags = tuple(held.pop("tags"))
        read = ItemFields(**held, tags=tags)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise Invalid(_NO_FORM) from None
    if not all(isinstance(one, str) and is_keepable(one) for one in (*tags, *held.values())):
        raise Invalid(_NO_FORM)
    return read


def take_fields(given: ItemFields, read: ItemFields, names: Sequence[str]) -> ItemFields:
    """What was given, but for the fields of which somebody else's version is taken."""
    return replace(given, **{name: getattr(read, name) for name in names if name in FIELD_NAMES})
