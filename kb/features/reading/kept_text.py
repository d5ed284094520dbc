"""The kept text of an item, for those who may read the item, or why there is none."""

from dataclasses import dataclass
from enum import Enum, auto

from kb.access.actor import Actor
from kb.features.reading.records import TextVersion, VersionsReading
from kb.features.reading.text_versions import version_text
from kb.model.items.item import Item
from kb.model.items.item_file import FileKind, FileRole, ItemFile, TextState
from kb.model.people.group import Group
from kb.model.web_pages.canonical_address import web_address
from kb.model.web_pages.page_facts import FetchFailure
from kb.model.web_pages.text_layout import TextLayout
from kb.services.core.library import Library
from kb.services.items.item_refetch import may_refetch
from kb.services.items.items import readable_item


class Missing(Enum):
    """Why an item has no text."""

    NO_PAGE = auto()
    """It has neither a web address nor a file."""
    NOT_FETCHED = auto()
    WAITING = auto()
    """Its page is about to be fetched."""
    NOT_FOUND = auto()
    """Its page was fetched, and holds no text that one could read."""
    FAILED = auto()
    SCANNED = auto()
    LOCKED = auto()
    DAMAGED = auto()


@dataclass(frozen=True, slots=True)
class KeptText:
    """A readable item with the text of its page or file, empty if there is none: then `missing` says why, and `failure`
    why a fetch failed. `file` is the uploaded file, and `copy` the saved copy of the page. `version` is that of the
    text, one of `versions`; None without a text. `has_versions`: there are several, or the actor may ask for another.
    """

    item: Item
    group: Group
    text: str
    layout: TextLayout | None
    missing: Missing | None
    failure: FetchFailure | None
    file: ItemFile | None
    copy: ItemFile | None
    version: TextVersion | None
    versions: tuple[TextVersion, ...]
    has_versions: bool

    @property
    def is_pdf(self) -> bool:
        """Whether the item has a PDF whose pages can be shown."""
        return self.file is not None and self.file.media_type == FileKind.PDF.media_type


_OF_FILES = {
    TextState.NONE: Missing.SCANNED,
    TextState.LOCKED: Missing.LOCKED,
    TextState.UNREADABLE: Missing.DAMAGED,
}


def kept_text(library: Library, actor: Actor, item_id: str, number: str = "") -> KeptText:
    """The kept text of an item, or the version of it with a number, as the address has it. Raises NotFound for an item
    that the actor may not read, and for a version that is not kept.
    """
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
        page = reading.page_texts.with_layout(item.id)
        versions = VersionsReading(reading.connection).versions(item.id)
        version = versions[-1] if versions else None
        if number:
            version, page = version_text(reading, item.id, number)
        has_versions = len(versions) > 1 or (bool(versions) and may_refetch(library, reading, actor, item, group))
        file = reading.item_files.of_item(item.id, FileRole.FILE)
        copy = reading.item_files.of_item(item.id, FileRole.COPY)
        fetch = reading.page_fetches.of_item(item.id) if page is None else None
    text, layout = (page.text, page.layout) if page is not None else ("", None)
    failure = fetch.failure if fetch is not None and fetch.is_over else None
    missing: Missing | None = None
    if not text and file is not None:
        missing = _OF_FILES.get(file.text_state, Missing.SCANNED)
    elif not text and web_address(item.url) is None:
        missing = Missing.NO_PAGE
    elif not text and fetch is not None and not fetch.is_over:
        missing = Missing.WAITING
    elif not text and failure is not None:
        missing = Missing.FAILED
    elif not text:
        missing = Missing.NOT_FOUND if fetch is not None or copy is not None else Missing.NOT_FETCHED
    return KeptText(item, group, text, layout, missing, failure, file, copy, version, versions, has_versions)
