"""Items as the bookmarks of Diigo's API."""

from collections.abc import Iterator
from datetime import datetime

from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.people.user import User
from kb.services.clients.listings import ItemWindow
from kb.services.items.reading_list import reading_list_entries
from kb.web.http.context import RequestContext

_FORMAT = "%Y/%m/%d %H:%M:%S +0000"
_YES_NO = {True: "yes", False: "no"}


def bookmark_objects(context: RequestContext, window: ItemWindow) -> Iterator[dict[str, object]]:
    """The items of a listing as bookmarks, one after the other: highlights with their notes and replies, and
    comments.
    """
    entries = reading_list_entries(context.library, context.actor, window.ids)
    for view in window.items:
        item, entry = view.item, entries.get(view.item.id)
        added = stored_instant(item.added or item.updated or item.changed_at)
        updated = stored_instant(item.updated) or added
        yield {
            "title": item.title or "",
            "url": item.url or f"{context.library.settings.base_url}/items/{item.id}",
            "user": _login(item.author),
            "desc": item.description or "",
            "tags": ",".join(tag.replace(",", " ") for tag in item.tags),
            "shared": _YES_NO[not view.group.is_personal],
            "readlater": _YES_NO[entry is not None and entry.read_at is None],
            "created_at": _date(added),
            "updated_at": _date(updated),
            "comments": [
                words
                for part in item.annotations
                if part.kind is AnnotationKind.COMMENT
                for words in (_words(part.body or "", part.author, part.added), *_replies(part))
            ],
            "annotations": [_highlight(annotation) for annotation in item.annotations if annotation.quote],
        }


def _highlight(annotation: Annotation) -> dict[str, object]:
    body = [_words(annotation.body, annotation.author, annotation.added)] if annotation.body else []
    return {
        **_words(annotation.quote or "", annotation.author, annotation.added),
        "comments": [*body, *_replies(annotation)],
    }


def _replies(annotation: Annotation) -> list[dict[str, object]]:
    return [_words(reply.body, reply.author, reply.added) for reply in annotation.replies]


def _words(content: str, author: User | None, added: str | None) -> dict[str, object]:
    return {"content": content, "user": _login(author), "created_at": _date(stored_instant(added))}


def _login(user: User | None) -> str:
    return user.login if user is not None else ""


def _date(instant: datetime | None) -> str:
    return instant.strftime(_FORMAT) if instant is not None else ""
