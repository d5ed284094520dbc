"""Tags: when two tags are the same, and the tags of an item after tags were merged, added or removed."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence


def tag_form(tag: str) -> str:
    """The form in which tags are compared: two that have the same are one tag, written otherwise."""
    return unicodedata.normalize("NFC", tag).casefold()


def replace_tags(tags: Sequence[str], forms: Collection[str], name: str) -> tuple[str, ...]:
    """Tags with `name` where the first of some stood, and without the others; for an empty name, without any."""
    gone = {*forms, tag_form(name)} if any(tag_form(tag) in forms for tag in tags) else set[str]()
    kept: list[str] = []
    placed = not name
    for tag in tags:
        if tag_form(tag) not in gone:
            kept.append(tag)
        elif not placed:
            placed = True
            kept.append(name)
    return tuple(kept)


def with_tags(tags: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    """Tags, then those more which are not there in any case."""
    held = {tag_form(tag) for tag in tags}
    added: dict[str, str] = {}
    for tag in more:
        if (form := tag_form(tag)) not in held:
            added.setdefault(form, tag)
    return (*tags, *added.values())


def without_tags(tags: Sequence[str], forms: Collection[str]) -> tuple[str, ...]:
    """Tags but for some, in whatever case they are written."""
    return tuple(tag for tag in tags if tag_form(tag) not in forms)
