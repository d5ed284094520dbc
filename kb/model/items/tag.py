"""Tags: when two tags are the same, and the tags of an item after tags were merged, added or removed."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence


def tag_form(tag: str) -> str:
    """The form in which tags are compared: two tags with the same form are one tag."""
    return unicodedata.normalize("NFC", tag).casefold()


def replace_tags(tags: Sequence[str], forms: Collection[str], name: str) -> tuple[str, ...]:
    """Tags with `name` in place of the first of some tags, and without the others; for an empty name, without any of
    them.
    """
    present_forms = [tag_form(tag) for tag in tags]
    replaced_forms = {*forms, tag_form(name)} if any(form in forms for form in present_forms) else set[str]()
    new_tags: list[str] = []
    placed = not name
    for tag, form in zip(tags, present_forms, strict=True):
        if form not in replaced_forms:
            new_tags.append(tag)
        elif not placed:
            placed = True
            new_tags.append(name)
    return tuple(new_tags)


def with_tags(tags: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    """Tags, then those of `more` that are not among them in any case."""
    known_forms = {tag_form(tag) for tag in tags}
    added: dict[str, str] = {}
    for tag in more:
        if (form := tag_form(tag)) not in known_forms:
            added.setdefault(form, tag)
    return (*tags, *added.values())


def without_tags(tags: Sequence[str], forms: Collection[str]) -> tuple[str, ...]:
    """Tags without some, in any case."""
    return tuple(tag for tag in tags if tag_form(tag) not in forms)
