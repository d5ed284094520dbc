"""Tag autocomplete: the terms that the group's vocabulary recommends, then the tags that the group uses."""

from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.model.items.item_fields import LONGEST_TAG
from kb.model.people.group import Group
from kb.search.index_search import comparable_value, label_sort_key
from kb.services.core.library import Library
from kb.services.groups.group_languages import effective_languages
from kb.services.tags.tags import tag_counts
from kb.store import ReadSnapshot

MOST_COMPLETIONS = 10
"""Completions in all."""
_MOST_RECOMMENDED = 6
"""The most terms of the vocabulary among them, if the group uses other matching tags."""


@dataclass(frozen=True, slots=True)
class TagCompletion:
    """A tag, and the number of the group's items with it.

    `recommended`: it is a preferred term of the vocabulary; `meant` is the other label that the user typed, if any.
    """

    label: str
    count: int
    recommended: bool = False
    meant: str = ""


def tag_completions(library: Library, actor: Actor, slug: str, text: str) -> tuple[TagCompletion, ...]:
    """Tags that begin with a text, or contain it, MOST at most: those of the vocabulary first.

    An empty text gives the most used tags. Raises NotFound for a group that the actor may not read; Unavailable, as a
    search.
    """
    typed = label_sort_key(text[:LONGEST_TAG]).strip()
    used = tag_counts(library, actor, slug)
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(slug))
        recommended = _vocabulary_completions(library, reading, group, typed)
    counts = {comparable_value("tag", count.label): count.count for count in used}
    terms = [
        replace(completion, count=counts.pop(comparable_value("tag", completion.label), 0))
        for completion in recommended
    ]
    terms.sort(key=lambda completion: (bool(completion.meant), -completion.count, label_sort_key(completion.label)))
    matches = [(form, count) for count in used if typed in (form := label_sort_key(count.label))]
    matches.sort(key=lambda pair: not pair[0].startswith(typed))
    others = [
        TagCompletion(count.label, count.count)
        for _, count in matches
        if comparable_value("tag", count.label) in counts
    ]
    completions = terms[: max(_MOST_RECOMMENDED, MOST_COMPLETIONS - len(others))]
    return tuple(completions + others)[:MOST_COMPLETIONS]


def _vocabulary_completions(library: Library, reading: ReadSnapshot, group: Group, typed: str) -> list[TagCompletion]:
    """Terms with a label, or a word of a label, that begins with the letters; none for no letters."""
    if not typed:
        return []
    language = effective_languages(group, library.settings)[0]
    completions: dict[str, TagCompletion] = {}
    for matcher in library.vocabulary_cache.of(reading, (group,)):
        for form, text, concept in matcher.spelt:
            if form.startswith(typed) or f" {typed}" in form:
                label = concept.label(language)
                meaning = "" if text == label else text
                if label not in completions or not meaning:
                    completions[label] = TagCompletion(label, 0, recommended=True, meant=meaning)
    return list(completions.values())
