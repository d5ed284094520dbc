"""Conditional requests (RFC 9110, 13): whoever has the newest answer already gets 304 instead of it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b

from starlette.datastructures import Headers

_TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)|\s*,|\s+$')
_LONGEST_DATE = 64


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the asker has already.

    `tags` are opaque parts of entity tags, `any_tag` stands for all of them; None, without the header at all.
    `since` is an instant in UTC, None without one that can be read.
    """

    tags: frozenset[str] | None = None
    any_tag: bool = False
    since: datetime | None = None

    @classmethod
    def of(cls, headers: Headers) -> "Conditions":
        """The conditions of a request. A header that cannot be read is as if not given."""
        given = headers.getlist("if-none-match")
        dates = headers.getlist("if-modified-since")
        since = _instant(dates[0]) if len(dates) == 1 else None
        if not given:
            return cls(since=since)
        text = ",".join(given)
        if text.strip() == "*":
            return cls(frozenset(), any_tag=True, since=since)
        return cls(_tags(text), since=since)

    def holds(self, tag: str) -> bool:
        """Whether the asker has the answer with this entity tag. Weak comparison: `W/` makes no difference."""
        return self.any_tag or (self.tags is not None and tag.removeprefix("W/").strip('"') in self.tags)

    def is_unchanged(self, changed_at: datetime | None, now: datetime) -> bool:
        """Whether the asker's date alone proves that nothing has changed since; a date to come proves nothing."""
        if self.tags is not None or self.since is None or changed_at is None:
            return False
        return _next_second(changed_at) <= self.since <= now


def last_modified(changed_at: datetime, now: datetime) -> datetime:
    """What to say of an answer made now: the first whole second by which all changes were made.

    In the very second of a change there may be another one: then the second before is said, which `is_unchanged` never
    accepts, and the asker sees all of it next time.
    """
    return min(_next_second(changed_at), now.replace(microsecond=0))


def tag_of(body: bytes) -> str:
    """The entity tag of an answer: weak, for it may leave compressed or not."""
    return f'W/"{blake2b(body, digest_size=15).hexdigest()}"'


def _next_second(instant: datetime) -> datetime:
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + timedelta(seconds=1)


def _tags(text: str) -> frozenset[str]:
    """The opaque parts of a list of entity tags; none when it is not such a list."""
    found, place = set(), 0
    while place < len(text):
        match = _TAG.match(text, place)
        if match is None:
            return frozenset()
        if match[1] is not None:
            found.add(match[1])
        place = match.end()
    return frozenset(found)


def _instant(text: str) -> datetime | None:
    """The instant of an HTTP date, in any of its three forms."""
    if len(text) > _LONGEST_DATE:
        return None
    try:
        instant = parsedate_to_datetime(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
