"""The fields of an item as a form shows them and sends them back."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

from kb.errors import Invalid
from kb.model.items.item_fields import ItemFields, tags_of, text_of_tags
from kb.model.people.group import Group
from kb.model.text_rules import is_keepable
from kb.services.groups.group_languages import languages_of
from kb.settings import Settings
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.ui.form_choices import Alternative

NAMES = tuple(field.name for field in fields(ItemFields))
"""What a form calls the fields, in their order."""
USUAL = ("fr", "en", "de", "es", "it", "nl", "pt", "ca", "eu", "br", "oc", "ar")
"""Languages that one can choose from, beside those of the group."""
_NO_FORM = "What was sent is not a form of this site."


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field, as text: `name` is what the form calls it."""

    name: str
    label: str
    value: str


def fields_sent(context: Context) -> ItemFields:
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
        tags=tuple(tag.strip() for tag in tags_of(field("tags"))),
    )


def labels(words: Translator) -> dict[str, str]:
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


def texts_of(given: ItemFields) -> dict[str, str]:
    """The fields as a form shows them, by name."""
    return {name: text_of_tags(given.tags) if name == "tags" else getattr(given, name) for name in NAMES}


def shown(name: str, given: ItemFields, words: Translator) -> ShownField:
    """One field as people read it, rather than type it."""
    value = texts_of(given)[name]
    match name:
        case "language":
            value = words.language_name(value) if value else words.say("as the words tell")
        case "published":
            value = words.period(value) if value else ""
    return ShownField(name, labels(words)[name], value)


def language_choices(group: Group, settings: Settings, chosen: str, words: Translator) -> tuple[Alternative, ...]:
    """The languages to choose from: none, those of the group, the usual ones, and the one that it has."""
    own = languages_of(group, settings)
    others = sorted({*USUAL, chosen} - {*own, ""}, key=words.language_name)
    named = ((code, words.language_name(code)) for code in (*own, *others))
    return (
        Alternative("", words.say("as the words tell"), chosen=not chosen),
        *(Alternative(code, name, chosen=code == chosen) for code, name in named),
    )


def packed(read: ItemFields) -> str:
    """The fields that a form begins with, as it carries them: to the letter, whatever they hold."""
    return json.dumps(asdict(read), ensure_ascii=True)


def unpacked(text: str) -> ItemFields:
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


def taken_over(given: ItemFields, read: ItemFields, names: Sequence[str]) -> ItemFields:
    """What was given, but for the fields of which somebody else's version is taken."""
    return replace(given, **{name: getattr(read, name) for name in names if name in NAMES})
