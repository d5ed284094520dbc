"""What a write transaction does to items, groups and people. `Store.write` gives its events to each feature, before the
commit: see `kb.store.feature_store`.

The log of a transaction is kept with its connection, so that each repository adds to the same one. A savepoint that is
rolled back takes its events with it.
"""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from kb.model.items.moderation import Removal, Report
from kb.model.items.undo import ItemChange, TagsChange
from kb.model.people.group import Group


@dataclass(frozen=True, slots=True)
class ItemsChanged:
    """Items were added, changed, moved between groups, removed or restored; views and page texts are no change."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemsEdited:
    """A user, or the operator (None), changed items that stay. An ItemsChanged names each of them, and also what
    nobody edits: an item that was added, or that got the title of its page. `is_import`: a file changed them.
    """

    user_id: str | None
    changes: tuple[ItemChange, ...] = ()
    tag_changes: tuple[TagsChange, ...] = ()
    is_import: bool = False


@dataclass(frozen=True, slots=True)
class TextWritten:
    """A user wrote an annotation or a reply, or changed its words; imports and undos tell nothing. `has_first_words`:
    it had none before. `mentioned` are the users whom the text names and did not name before, `unmentioned` those whom
    it no longer names.
    """

    item_id: str
    part_id: str
    user_id: str
    has_first_words: bool
    mentioned: tuple[str, ...] = ()
    unmentioned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentHidden:
    """A moderator hid an item or a part of it, which `author_id` wrote."""

    removal: Removal
    author_id: str | None


@dataclass(frozen=True, slots=True)
class CorrectionShown:
    """A moderator, `user_id`, showed a hidden text again, as its author corrected it."""

    removal: Removal
    author_id: str | None
    user_id: str | None


@dataclass(frozen=True, slots=True)
class ContentReported:
    """A user reported content to the moderators of its group."""

    report: Report


@dataclass(frozen=True, slots=True)
class JoinRequested:
    """A user asked to join a group."""

    group_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class ItemsMerged:
    """Items were merged into another one. An ItemsChanged names each of them."""

    item_ids: tuple[str, ...]
    into_id: str


@dataclass(frozen=True, slots=True)
class ItemsErased:
    """Items were permanently deleted: nothing brings them back."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageTextChanged:
    """The text of an item's page was stored, replaced by another one, or deleted. `before` is the earlier one with its
    layout, as they were stored at `fetched_at`; None if there was none.
    """

    item_id: str
    before: str | None
    layout: str | None
    fetched_at: str
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class PageTextMoved:
    """An item got the text of the page of another one that was merged into it."""

    from_id: str
    to_id: str


@dataclass(frozen=True, slots=True)
class PassagesChanged:
    """The words under these annotations of an item were changed in a new text of its page, or are gone from it."""

    item_id: str
    annotation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """The name, visibility or state of a group was changed."""

    before: Group
    group: Group


@dataclass(frozen=True, slots=True)
class ArticlesSent:
    """A group begins to send articles to readers. `distribution` is an id, `sources` has that of each article, empty
    for none; `day` is YYYY-MM-DD.
    """

    group_id: str
    distribution: str
    day: str
    title: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArticlesReceived:
    """So many more readers have received the articles of a distribution."""

    distribution: str
    recipients: int


@dataclass(frozen=True, slots=True)
class PersonErased:
    """A person was erased. The rows of tables that refer to `users` or `accounts` by foreign keys are gone already."""

    user_id: str


Event = (
    ItemsChanged
    | ItemsEdited
    | TextWritten
    | ContentHidden
    | CorrectionShown
    | ContentReported
    | JoinRequested
    | ItemsMerged
    | ItemsErased
    | PageTextChanged
    | PageTextMoved
    | PassagesChanged
    | GroupChanged
    | ArticlesSent
    | ArticlesReceived
    | PersonErased
)
_KEY = "events"


def events_of(connection: Connection) -> list[Event]:
    """The events of the open transaction of a connection, in their order."""
    return cast("list[Event]", connection.info.setdefault(_KEY, []))


def clear_events(connection: Connection) -> None:
    """Begin the log of a new transaction."""
    connection.info.pop(_KEY, None)


def changed_item_ids(events: list[Event]) -> list[str]:
    """The items that the ItemsChanged of a transaction name, each once."""
    ids = (item_id for event in events if isinstance(event, ItemsChanged) for item_id in event.item_ids)
    return list(dict.fromkeys(ids))
