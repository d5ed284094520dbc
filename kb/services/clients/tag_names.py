"""Tags of several words, for programs whose tags are single words: “eau potable” is “eau-potable” to them."""

from collections.abc import Iterable

from kb.access.actor import Actor
from kb.services.core.library import Library
from kb.services.tags.tags import tag_counts


def one_word_tag(tag: str) -> str:
    """A tag as a single word."""
    return "-".join(tag.split())


def tags_from_words(library: Library, actor: Actor, slug: str, words: Iterable[str]) -> tuple[str, ...]:
    """The tags that single words mean in a group: its tag of several words, unless it also has the word as a tag."""
    names = tuple(words)
    if not any("-" in name for name in names):
        return names
    labels = [tag_count.label for tag_count in tag_counts(library, actor, slug)]
    label_by_name = {one_word_tag(label).casefold(): label for label in reversed(labels)}
    label_by_name |= {label.casefold(): label for label in labels if one_word_tag(label) == label}
    return tuple(label_by_name.get(name.casefold(), name) for name in names)
