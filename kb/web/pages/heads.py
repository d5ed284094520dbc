"""What stands at the head of every page of a group: where one is, what it is, and the group's other pages."""

from dataclasses import dataclass

from kb.model.group import Group
from kb.web.context import Context
from kb.web.pages.pieces import Link

LIBRARY, TAGS, MEMBERS, VOCABULARY = "", "tags", "members", "vocabulary"


@dataclass(frozen=True, slots=True)
class GroupHead:
    """`trail` leads here from the first page; `parts` are the pages of the group, of which one may be current."""

    trail: tuple[Link, ...]
    title: str
    description: str
    parts: tuple[Link, ...]


def head_of(context: Context, group: Group, part: str, tag: str = "", *, bare: bool = False) -> GroupHead:
    """The head of a page of a group, or of one of its tags. A bare library, of which nothing is asked, is described."""
    words, addresses = context.words, context.addresses
    named = (
        (LIBRARY, words.say("Library")),
        (TAGS, words.say("Tags")),
        (VOCABULARY, words.say("Vocabulary")),
        (MEMBERS, words.say("Contributors")),
    )
    parts = {one: Link(name, addresses.group(group.slug, one), current=one == part) for one, name in named}
    trail = (Link(words.say("First page"), addresses.home()), Link(group.name, addresses.group(group.slug)))
    links = tuple(parts.values())
    if tag:
        return GroupHead((*trail, parts[TAGS]), tag, "", links)
    if part != LIBRARY:
        return GroupHead(trail, parts[part].label, "", links)
    return GroupHead(trail[:1], group.name, (group.description or "") if bare else "", links)
