"""Items: the pages that a group has saved."""

from dataclasses import dataclass, field

from kb.model.fast_dataclass import fast_dataclass
from kb.model.items.annotation import Annotation
from kb.model.people.user import User


@dataclass(frozen=True, slots=True)
class Sharing:
    """A user shared a page at this date."""

    user: User
    added: str | None = None


@fast_dataclass
@dataclass(frozen=True, slots=True)
class Item:
    """An item of one group's library, with all that users added to it.

    `author` shared it, and so did `sharers`, whose own items of the same page were merged with it; `byline` names the
    authors of the page. `added` and `updated` are RFC 3339 instants or dates, kept to the letter; None if the source
    does not give them. `published` is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, with the precision given. `order` grows in the
    order of import. Every item has a title or an address.

    `language_decided`: the language was detected from the words, not given by a user, and may be detected again.

    `changed_at` is when the item last changed: at first the date of its source, then that of the last change in the
    database, apart from views; `version` grows with each of these changes, and never repeats. The database sets both,
    and two items that differ only in them are equal.

    `linked_url` is the address that the page itself declares (`<link rel=canonical>`), in canonical form.
    """

    id: str
    group_id: str
    order: int
    url: str | None = None
    title: str | None = None
    description: str | None = None
    author: User | None = None
    byline: str | None = None
    tags: tuple[str, ...] = ()
    added: str | None = None
    updated: str | None = None
    published: str | None = None
    source: str | None = None
    language: str | None = None
    language_decided: bool = False
    views: int = 0
    annotations: tuple[Annotation, ...] = ()
    linked_url: str | None = None
    sharers: tuple[Sharing, ...] = ()
    changed_at: str | None = field(default=None, compare=False)
    version: int = field(default=0, compare=False)
