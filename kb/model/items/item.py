"""Items: the pages that a group has saved."""

from dataclasses import dataclass, field

from kb.model.fast_dataclass import fast_dataclass
from kb.model.items.annotation import Annotation
from kb.model.people.user import User


@dataclass(frozen=True, slots=True)
class Sharing:
    """That somebody shared a page, and when."""

    user: User
    added: str | None = None


@fast_dataclass
@dataclass(frozen=True, slots=True)
class Item:
    """Something kept in one group's library, with all that people added to it.

    `author` shared it, and so did `sharers`, whose own items of the same page were merged with it; `byline` names who
    wrote the page. `added` and `updated` are RFC 3339 instants or dates, kept
    to the letter; None when the source does not say. `published` is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, as precise as
    it came. `order` grows in the order of import. A title or an address is always there.

    `language_decided` says that the language was decided from the words: nobody gave it, and it may be decided again.

    `changed_at` is when the item last changed: what its source said of that when it came in, then the instant of the
    base's last change of it, views apart; `version` grows with each of these changes, and is never the same again. The
    base sets both, and two items that differ in them alone are equal.

    `linked_url` is the address that the page gives as its own (`<link rel=canonical>`), in canonical form.
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
