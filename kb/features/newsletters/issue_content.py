"""The content of an issue: what its list has that everyone may read who may read the archive of the newsletter."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.errors import NotFound
from kb.features.newsletters.records.newsletter_records import Issue
from kb.model.people.group import Group, Membership, Role
from kb.model.truncation import truncate
from kb.press_review.review import ReviewedItem, ReviewedQuote, ReviewSection
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.lists.lists import list_view
from kb.services.lists.press_review import PressReviewOptions, press_review_of_list
from kb.store import ReadSnapshot
from kb.translation import Translator

MOST_CHARACTERS = 80_000
"""Of an issue: a message has at most 100 kB."""
LONGEST_TITLE, LONGEST_TEXT, LONGEST_ADDRESS = 300, 3_000, 2_000
_NO_ONE = ""
"""The id of a user who does not exist."""
Sections = tuple[ReviewSection, ...]
_ENTRY_TEXTS = tuple(field.name for field in fields(ReviewedItem) if field.name not in {"quotes", "comments"})


@dataclass(frozen=True, slots=True)
class DraftContent:
    """What an issue would have if it were sent now. `left_out` counts the entries of its list that its maker may read,
    but not everyone who may read the archive; `beyond` those for which an issue has no room. `is_list_there`: the list
    exists, and everyone may read it.
    """

    sections: Sections = ()
    left_out: int = 0
    beyond: int = 0
    is_list_there: bool = True

    @property
    def entries(self) -> int:
        return sum(len(section.entries) for section in self.sections)


def least_reader(group: Group) -> Actor:
    """Someone with just the right to read a group: what they may read, everyone may who may read the group."""
    members = (Membership(_NO_ONE, group.id, Role.READER),)
    readers = (Actor(), Actor(_NO_ONE), Actor(_NO_ONE, members))
    return next((reader for reader in readers if is_allowed(reader, Action.READ, group)), readers[-1])


def is_public(group: Group) -> bool:
    """Whether a group is read without an account."""
    return least_reader(group).user_id is None


def draft_content(library: Library, actor: Actor, group: Group, issue: Issue) -> DraftContent:
    """What an issue has that is not sent yet; `actor` makes it."""
    translator, reader = Translator(library.settings.language), least_reader(group)
    # A title and an introduction of its own: those of the list are not those of the issue.
    options = PressReviewOptions(title=issue.subject, introduction=issue.subject)
    try:
        view, _, review = press_review_of_list(library, reader, issue.item_list, options, translator)
    except NotFound:
        return DraftContent(is_list_there=False)
    if view.group.id != group.id:
        return DraftContent(is_list_there=False)
    sections = _fitting(review.sections)
    return DraftContent(
        sections,
        _entries_there(library, actor, issue.item_list) - sum(entry.is_there for entry in view.entries),
        sum(len(section.entries) for section in review.sections) - sum(len(section.entries) for section in sections),
    )


def _entries_there(library: Library, actor: Actor, list_id: str) -> int:
    return sum(entry.is_there for entry in list_view(library, actor, list_id).entries)


def _fitting(sections: Sections) -> Sections:
    """The first entries that an issue has room for, with texts of a length that a message has room for."""
    left, fitting = MOST_CHARACTERS, list[ReviewSection]()
    for section in sections:
        heading, text = truncate(section.heading, LONGEST_TITLE), truncate(section.text, LONGEST_TEXT)
        left -= len(heading) + len(text)
        entries = list[ReviewedItem]()
        for entry in map(_short, section.entries):
            left -= sum(map(len, entry.texts))
            if left < 0:
                break
            entries.append(entry)
        if left >= 0 or entries:
            fitting.append(ReviewSection(heading, text, tuple(entries)))
        if left < 0:
            break
    return tuple(fitting)


def _short(entry: ReviewedItem) -> ReviewedItem:
    """An entry without the names of those who commented, since what is sent cannot be taken back when they are erased,
    and without a link that is too long.
    """
    return replace(
        entry,
        title=truncate(entry.title, LONGEST_TITLE),
        address=entry.address if len(entry.address) <= LONGEST_ADDRESS else "",
        source=truncate(entry.source, LONGEST_TITLE),
        byline=truncate(entry.byline, LONGEST_TITLE),
        description=truncate(entry.description, LONGEST_TEXT),
        words=truncate(entry.words, LONGEST_TEXT),
        comments=tuple(replace(comment, by="") for comment in entry.comments),
    )


def content_text(sections: Sections) -> str:
    """The content as it is stored."""
    return json.dumps({"sections": [asdict(section) for section in sections]}, ensure_ascii=False)


def quoted_ids(sections: Sections) -> Iterator[tuple[str, str]]:
    """The items of which a content has words, and their passages and comments: the ids of both. The second is empty
    for the item itself.
    """
    for section in sections:
        for entry in section.entries:
            yield entry.id, ""
            yield from ((entry.id, part.id) for part in _stored_quotes(entry))


def stored_content(issue: Issue) -> Sections:
    """What was sent; nothing for an issue that is not."""
    if issue.content is None:
        return ()
    return tuple(_section(section) for section in json.loads(issue.content)["sections"])


def _section(value: dict[str, Any]) -> ReviewSection:
    return ReviewSection(value["heading"], value["text"], tuple(map(_entry, value["entries"])))


def _entry(value: dict[str, Any]) -> ReviewedItem:
    """An entry as some release stored it, with what this one knows of it."""
    texts = {name: value[name] for name in _ENTRY_TEXTS if name in value}
    return ReviewedItem(**texts, quotes=_quotes(value["quotes"]), comments=_quotes(value["comments"]))


def _quotes(values: list[dict[str, Any]]) -> tuple[ReviewedQuote, ...]:
    return tuple(ReviewedQuote(value["text"], id=value["id"]) for value in values)


def readable_content(reading: ReadSnapshot, actor: Actor, sections: Sections) -> Sections:
    """What the actor may read now of what was sent: without items and passages that were hidden, deleted, or moved to
    a group that the actor may not read.
    """
    entries = [entry for section in sections for entry in section.entries]
    items = frozenset(
        reading.items.readable_ids((entry.id for entry in entries), readable_groups(reading, actor).scope)
    )
    parts = reading.items.taken_annotation_ids(part.id for entry in entries for part in _stored_quotes(entry))

    def readable(entry: ReviewedItem) -> ReviewedItem:
        def there(quotes: tuple[ReviewedQuote, ...]) -> tuple[ReviewedQuote, ...]:
            return tuple(quote for quote in quotes if not quote.id or parts.get(quote.id) == entry.id)

        return replace(entry, quotes=there(entry.quotes), comments=there(entry.comments))

    return tuple(
        replace(section, entries=tuple(readable(entry) for entry in section.entries if entry.id in items))
        for section in sections
    )


def _stored_quotes(entry: ReviewedItem) -> Iterator[ReviewedQuote]:
    return (quote for quote in (*entry.quotes, *entry.comments) if quote.id)
