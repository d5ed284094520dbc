"""The languages that a group reads, and the default language of its items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Invalid
from kb.language import detect_language, known_languages
from kb.model.items.import_draft import ItemDraft
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.settings import Settings
from kb.store import ReadSnapshot

_LONGEST_SAMPLE = 4_000
"""Characters of an item that the language detection reads."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class GroupLanguages:
    """The current languages of a group. `decided` counts its items whose language was detected, not entered."""

    group: Group
    languages: tuple[str, ...]
    decided: int


@dataclass(frozen=True, slots=True)
class LanguageDetectionCounts:
    """Of `read` items without an entered language, `changed` have another detected language now."""

    read: int
    changed: int


def effective_languages(group: Group, settings: Settings) -> tuple[str, ...]:
    """The languages of a group's items, the default one first: the group's own, otherwise those of the site."""
    others = (language for language in settings.languages if language != settings.language)
    return group.languages or (settings.language, *others)


def detected_language(item: Item | ItemDraft, languages: tuple[str, ...], page: str = "") -> str:
    """The detected language of an item, or of a draft, one of these; the first of them if the text does not show it.

    `page` is the text of the item's page, used if the item itself has little text.
    """
    texts = [
        item.title,
        item.description,
        *(text for annotation in item.annotations for text in (annotation.quote, annotation.body)),
        page,
    ]
    words, size = list[str](), 0
    for text in filter(None, texts):
        words.append(text[: _LONGEST_SAMPLE - size])
        size += len(words[-1])
        if size >= _LONGEST_SAMPLE:
            break
    return detect_language("\n".join(words), languages)


def checked_languages(languages: Sequence[str]) -> tuple[str, ...]:
    """The languages as a group stores them, without duplicates. Raises Invalid for one that cannot be detected."""
    known = known_languages()
    for language in languages:
        if language not in known:
            message = "“%(language)s” is no language that can be detected: there are %(known)s."
            raise Invalid(message, language=language, known=", ".join(sorted(known)))
    return tuple(dict.fromkeys(languages))


def language_settings_of_group(library: Library, actor: Actor, slug: str) -> GroupLanguages:
    """The languages of a group. Raises NotFound or Forbidden unless the actor manages it."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
        return _group_languages(library, reading, group)


def set_group_languages(library: Library, actor: Actor, slug: str, languages: Sequence[str]) -> GroupLanguages:
    """Set the languages of a group, the default one first; without any, those of the site apply.

    They apply to items saved from now on; `redetect_languages` updates existing items. Raises Invalid, NotFound,
    Forbidden.
    """
    checked = checked_languages(languages)
    with library.store.write() as writing:
        group = replace(require_permission(actor, Action.MANAGE, writing.groups.by_slug(slug)), languages=checked)
        writing.groups.update(group)
        return _group_languages(library, writing, group)


def _group_languages(library: Library, reading: ReadSnapshot, group: Group) -> GroupLanguages:
    decided = len(reading.items.ids_decided(group.id))
    return GroupLanguages(group, effective_languages(group, library.settings), decided)


def redetect_languages(
    library: Library, actor: Actor, slug: str, progress: Callable[[int, int], None] | None = None
) -> LanguageDetectionCounts:
    """Detect again, among the languages of a group, the language of items without an entered one; a transaction for
    each batch.

    `progress` is called with the number of items done and the total. Raises NotFound or Forbidden.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
        ids = reading.items.ids_decided(group.id)
    changed = 0
    for start in range(0, len(ids), _BATCH):
        with library.store.write() as writing:
            group = require_permission(actor, Action.MANAGE, writing.groups.by_slug(slug))
            languages = effective_languages(group, library.settings)
            # A user may have corrected or moved the item meanwhile: leave it.
            items = [
                item
                for item in writing.items.any_of(ids[start : start + _BATCH]).values()
                if item.language_decided and item.group_id == group.id
            ]
            after = [replace(item, language=detected_language(item, languages)) for item in items]
            new = [item for item, before in zip(after, items, strict=True) if item != before]
            writing.items.update(new)
            changed += len(new)
        if progress:
            progress(min(start + _BATCH, len(ids)), len(ids))
    return LanguageDetectionCounts(len(ids), changed)
