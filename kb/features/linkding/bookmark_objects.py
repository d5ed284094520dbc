"""Bookmarks of linkding's API: items as its objects, and the objects that programs send."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self, TypeGuard, TypeVar

from kb.errors import Invalid
from kb.model.dates import stored_instant
from kb.services.clients.bookmarks import BookmarkFields, own_comment
from kb.services.clients.numeric_ids import numeric_ids
from kb.services.clients.tag_names import one_word_tag, tags_from_words
from kb.services.items.items import ItemView
from kb.services.items.reading_list import reading_list_entries
from kb.web.api.request_objects import parse_json_object
from kb.web.http.context import RequestContext

Value = TypeVar("Value", str, bool)
_EPOCH = "1970-01-01T00:00:00Z"


def bookmark_objects(
    context: RequestContext, ids: Sequence[str], views: Iterable[ItemView]
) -> Iterator[dict[str, object]]:
    """The items with these ids as bookmarks, one after the other.

    `unread` and `is_archived` are the user's own reading list: to read, and read. `notes` is the user's own comment.
    `shared`: others can read it, because it is in the library of a group.
    """
    numbers, entries = numeric_ids(context.library), reading_list_entries(context.library, context.actor, ids)
    for view in views:
        item, entry = view.item, entries.get(view.item.id)
        comment = own_comment(context.actor, item)
        yield {
            "id": numbers.of_order(item.order),
            "url": item.url or f"{context.library.settings.base_url}/items/{item.id}",
            "title": item.title or "",
            "description": item.description or "",
            "notes": (comment.body or "") if comment is not None else "",
            "web_archive_snapshot_url": "",
            "favicon_url": None,
            "preview_image_url": None,
            "is_archived": entry is not None and entry.read_at is not None,
            "unread": entry is not None and entry.read_at is None,
            "shared": not view.group.is_personal,
            "tag_names": sorted(map(one_word_tag, item.tags), key=str.casefold),
            "date_added": linkding_date(stored_instant(item.added or item.updated or item.changed_at)),
            "date_modified": linkding_date(stored_instant(item.updated or item.added or item.changed_at)),
            "website_title": None,
            "website_description": None,
        }


def bookmark_object(context: RequestContext, view: ItemView) -> dict[str, object]:
    return next(bookmark_objects(context, (view.item.id,), (view,)))


def linkding_date(instant: datetime | None) -> str:
    """An instant as linkding writes it; that of 1970 for none, because programs expect one."""
    return instant.isoformat().replace("+00:00", "Z") if instant is not None else _EPOCH


@dataclass(frozen=True, slots=True)
class SentObject:
    """The JSON object that a program sent. Unknown members are ignored, as linkding does; null is no value."""

    members: dict[str, object]

    @classmethod
    def of(cls, context: RequestContext) -> Self:
        """The object of a request. Raises Invalid."""
        return cls(parse_json_object(context.body))

    def value(self, name: str, kind: type[Value]) -> Value | None:
        """A sent text, or yes or no; None for a missing one. Raises Invalid."""
        value = self.members.get(name)
        if value is not None and not isinstance(value, kind):
            expected = "“%(name)s” should be a text." if kind is str else "“%(name)s” should be true or false."
            raise Invalid(expected, name=name)
        return value

    def fields(self, context: RequestContext, slug: str) -> BookmarkFields:
        """The sent fields of a bookmark, to be saved in a group. Raises Invalid."""
        tags = self.members.get("tag_names")
        if tags is not None and not _is_texts(tags):
            raise Invalid("“%(name)s” should be a list of texts.", name="tag_names")
        words = None if tags is None else tags_from_words(context.library, context.actor, slug, tags)
        url, title, description = (self.value(name, str) for name in ("url", "title", "description"))
        return BookmarkFields(url, title, description, words)

    def without(self, *names: str) -> Self:
        """The object without some members."""
        return replace(self, members={name: value for name, value in self.members.items() if name not in names})


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(element, str) for element in value)
