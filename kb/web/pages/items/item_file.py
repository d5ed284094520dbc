"""The file of an item: its name, and the download."""

from starlette.responses import Response

from kb.model.items.item import Item
from kb.model.items.item_file import FileKind, FileRole, ItemFile
from kb.services.files.item_file_access import file_content, file_of_item, file_of_readable_item
from kb.web.http.context import RequestContext
from kb.web.http.files.file_downloads import FileDownload, Part, UnsatisfiableRange, name_with_suffix
from kb.web.ui.display_text import title_or_url

_KINDS = {file_kind.media_type: file_kind for file_kind in FileKind}


def item_file_with_name(context: RequestContext, item: Item) -> tuple[ItemFile, str] | None:
    """The file of an item that the user reads, and its name; None without one."""
    file = file_of_readable_item(context.library, item)
    return None if file is None else (file, _name(item, file))


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
