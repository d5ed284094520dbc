"""The file of an item: its line on the item's page, and the download."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.model.items.item import Item
from kb.model.items.item_file import FileKind, FileRole, ItemFile, TextState
from kb.services.files.item_file_access import file_content, file_of_item, file_of_readable_item
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.files.file_downloads import FileDownload, Part, UnsatisfiableRange, name_with_suffix
from kb.web.ui.display_text import title_or_url
from kb.web.ui.file_sizes import file_size

_KINDS = {file_kind.media_type: file_kind for file_kind in FileKind}


@dataclass(frozen=True, slots=True)
class ItemFileLink:
    """The link to a download: `name` is the name of the file, `facts` say its kind, size and pages, `state` says how
    much of its text can be searched.
    """

    href: str
    name: str
    facts: str
    state: str


def item_file_link(context: RequestContext, item: Item) -> ItemFileLink | None:
    """The file of an item that the user reads; None without one."""
    file = file_of_readable_item(context.library, item)
    if file is None:
        return None
    translator = context.translator
    pages = translator.ngettext("%(count)s page", "%(count)s pages", file.pages) if file.pages else ""
    facts = ", ".join(filter(None, (_kind_name(file, translator), file_size(file.size, translator), pages)))
    return ItemFileLink(context.addresses.of_item(item.id, "file"), _name(item, file), facts, _state(file, translator))


def item_file_download(context: RequestContext) -> Response:
    """The file, or one part of it. Raises NotFound."""
    item_file = file_of_item(context.library, context.actor, context.path_params["id"], FileRole.FILE)
    item, file, etag = item_file.item, item_file.file, f'"{item_file.file.sha256}"'
    try:
        part = Part(context.conditions, etag, file.size)
    except UnsatisfiableRange as beyond:
        return beyond.response
    pieces = file_content(context.library, file, part.start, part.end) if context.method != "HEAD" else iter(())
    return FileDownload(
        pieces, part, context.credentials, name=_name(item, file), media_type=file.media_type, etag=etag
    )


def _name(item: Item, file: ItemFile) -> str:
    kind = _KINDS.get(file.media_type)
    return name_with_suffix(file.name or title_or_url(item)[:100], kind.suffix if kind else "")


def _kind_name(file: ItemFile, translator: Translator) -> str:
    match _KINDS.get(file.media_type):
        case FileKind.DOCX:
            return "Word"
        case FileKind.ODT:
            return translator.gettext("OpenDocument text")
        case None:
            return ""
        case kind:
            return kind.upper()


def _state(file: ItemFile, translator: Translator) -> str:
    _ = translator.gettext
    match file.text_state:
        case TextState.READ:
            return _("Its text can be searched.")
        case TextState.BEGINNING:
            return _("Only the beginning of its text can be searched: the rest takes too long to read.")
        case TextState.NONE:
            return _("Without text: scanned pages, or pictures. Searches find its title and its tags.")
        case TextState.LOCKED:
            return _("Protected by a password: its text cannot be searched.")
        case TextState.UNREADABLE:
            return _("Its text could not be read: the file may be damaged.")
