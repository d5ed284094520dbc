"""The head of the pages that show a text: its title, its facts, and the ways to read it."""

from collections.abc import Iterator
from dataclasses import dataclass

from kb.features.reading.kept_text import KeptText
from kb.model.items.item import Item
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link, date_label, foreign_language, web_host
from kb.web.ui.item_links import group_link
from kb.web.ui.local_time import local_day

READ, PAGES, VERSIONS = "read", "read/pages", "versions"
"""The ends of the addresses of the reading view, of the pages of a PDF, and of the versions of the text."""


@dataclass(frozen=True, slots=True)
class ReadingHead:
    """`views` are the ways to read: here, the pages of a PDF, the copy as saved, the page itself, other versions.
    `number` is that of the version of the text, 0 without one. If it is not the present one, `version` says so, and
    `present` is the address of the present one.
    """

    item: Item
    back: Link
    language: str | None
    facts: tuple[Link, ...]
    views: tuple[Link, ...]
    number: int = 0
    version: str = ""
    present: str = ""


def head_of(context: RequestContext, kept: KeptText, *, current: str) -> ReadingHead:
    """The head of a page; `current` is the end of its address."""
    item, translator = kept.item, context.translator
    facts = (item.source or "", item.byline or "", date_label(item, translator))
    return ReadingHead(
        item=item,
        back=group_link(context, kept.group),
        language=foreign_language(item, translator),
        facts=tuple(Link(fact, "") for fact in facts if fact),
        views=tuple(_views(context, kept, current)),
        number=kept.version.number if kept.version else 0,
        version=_earlier_version(context, kept),
        present=context.addresses.of_item(item.id, READ),
    )


def _earlier_version(context: RequestContext, kept: KeptText) -> str:
    if kept.version is None or kept.version == kept.versions[-1]:
        return ""
    day = local_day(context.library.settings, context.translator, kept.version.made_at)
    return context.translator.gettext("This is the text as it was on %(day)s. The page has changed since.", day=day)


def _views(context: RequestContext, kept: KeptText, current: str) -> Iterator[Link]:
    _, addresses, item = context.translator.gettext, context.addresses, kept.item
    yield Link(_("Reading view"), addresses.of_item(item.id, READ), current=current == READ)
    if kept.is_pdf:
        yield Link(_("Pages of the PDF"), addresses.of_item(item.id, PAGES), current=current == PAGES)
    if kept.copy is not None:
        yield Link(_("Saved copy"), addresses.of_item(item.id, "copy"))
    if kept.file is not None:
        yield Link(_("File"), addresses.of_item(item.id, "file"))
    if kept.has_versions or current == VERSIONS:
        yield Link(_("Versions"), addresses.of_item(item.id, VERSIONS), current=current == VERSIONS)
    if (host := web_host(item.url)) is not None:
        yield Link(_("Original page"), addresses.go(item.id), host)
