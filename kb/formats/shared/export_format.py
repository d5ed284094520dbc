"""The input of all writers of items (the rows, and the details of the file), and the description of an export format,
which the module that writes it declares.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from kb.citations.citation import Citation, citation_with_notes
from kb.model.items.annotation_address import permalink
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.storable_text import one_line
from kb.translation import Translator

Rows = Iterable[tuple[Item, Group]]
"""The items to write, each with its group."""


@dataclass(frozen=True, slots=True)
class ExportDetails:
    """The details of a file: its title, the site, the time at which it is written, the language of its labels.

    `base_url` begins the permanent links, `authority` the ids of feed entries.
    """

    title: str
    site_name: str
    base_url: str
    authority: str
    made_at: datetime
    translator: Translator

    def citation(self, item: Item) -> Citation:
        """The bibliographic parts of an item, with its permanent link, its tags and its annotations."""
        return citation_with_notes(item, self.base_url, self.translator)

    def references(self, rows: Rows, write: Callable[[Citation, Translator], str], end: str = "") -> Iterator[bytes]:
        """Each item as `write` writes its citation."""
        return ((write(self.citation(item), self.translator) + end).encode() for item, _ in rows)

    def permalink(self, item: Item) -> str:
        """The address of our page about an item."""
        return permalink(item, self.base_url)

    def heading(self, item: Item) -> str:
        """The title of an item on one line, else its address."""
        return one_line(item.title or "") or one_line(item.url or "") or self.translator.gettext("[Untitled]")

    def facts(self, item: Item, group: Group) -> str:
        """Who wrote an item, where, when, and who shared it in which group, on one line."""
        translator = self.translator
        parts = (
            item.byline,
            item.source,
            translator.period(item.published) if item.published else "",
            translator.gettext("shared by %(name)s", name=item.author.name) if item.author else "",
            group.name,
        )
        return ", ".join(one_line(part) for part in parts if part and part.strip())


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format of exported files.

    `name` is the one that commands and addresses use. `label` names the format, `purpose` says what it is for and what
    it carries: both are translated, on pages and in the help of the command. `write` yields the file in pieces, and
    holds one item in memory at a time.
    """

    name: str
    label: str
    purpose: str
    suffix: str
    media_type: str
    write: Callable[[Rows, ExportDetails], Iterator[bytes]]


def paragraphs_of(text: str) -> list[list[str]]:
    """The lines of each paragraph of a text."""
    paragraphs: list[list[str]] = [[]]
    for line in map(one_line, text.splitlines()):
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return paragraphs if paragraphs[-1] else paragraphs[:-1]
