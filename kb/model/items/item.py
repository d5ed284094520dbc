"""Items: the pages that a group has saved."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kb.model.bibliographic_record import BibliographicRecord
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.import_source import ImportSource
from kb.model.items.item_file import ItemFile
from kb.model.people.user import User


@dataclass(frozen=True, slots=True)
class Sharing:
    """A user shared a page at this date."""

    user: User
    added: str | None = None


@dataclass(frozen=True, slots=True)
class Item(BibliographicRecord):
    """An item of one group's library, with all that users added to it.

    `author` shared it, and so did `sharers`, whose own items of the same page were merged with it. `added` and
    `updated` are RFC 3339 instants or dates, kept to the letter; None if the source does not give them. `order` grows
    in the order of import. Every item has a title or an address.

    `language_decided`: the language was detected from the words, not given by a user, and may be detected again.

    `changed_at` is when the item last changed: at first the date of its source, then that of the last change in the
    database, apart from views; `version` grows with each of these changes, and never repeats. The database sets both,
    and two items that differ only in them are equal.

    `linked_url` is the address that the page itself declares (`<link rel=canonical>`), in canonical form.

    `import_sources` are the files of one library that an import has merged into the item.

    `annotation_count`: of an item of which only the beginning was read, as listings show it, how many annotations it
    has; None for a whole item. No such item is written.

    `files` are described in exports and answers of the API, which add them to the item that they read; nothing else
    reads or writes them here.
    """

    id: str
    group_id: str
    order: int
    author: User | None = None
    tags: tuple[str, ...] = ()
    added: str | None = None
    updated: str | None = None
    language_decided: bool = False
    views: int = 0
    annotations: tuple[Annotation, ...] = ()
    linked_url: str | None = None
    import_sources: tuple[ImportSource, ...] = ()
    sharers: tuple[Sharing, ...] = ()
    files: tuple[ItemFile, ...] = field(default=(), compare=False)
    changed_at: str | None = field(default=None, compare=False)
    version: int = field(default=0, compare=False)
    annotation_count: int | None = None

    @property
    def annotations_in_all(self) -> int:
        """The number of all annotations, also of an item of which only the beginning was read."""
        return len(self.annotations) if self.annotation_count is None else self.annotation_count

    @property
    def parts(self) -> Iterator[Annotation | Reply]:
        """The annotations, each before its replies."""
        for annotation in self.annotations:
            yield annotation
            yield from annotation.replies


def date_of_change(part: Annotation | Reply, item: Item) -> str | None:
    """When a text was last changed, or else added; without any date of its own, when its item was."""
    return part.updated or part.added or item.added or item.updated
