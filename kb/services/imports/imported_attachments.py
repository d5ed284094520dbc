"""The files that records of an import describe: their names, and their content where this library has it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from kb.model.items.import_draft import FileDraft, RecordWarning, draft_warning
from kb.model.items.item_file import FileRole, ItemFile
from kb.services.core.library import Library
from kb.services.files.file_quotas import has_space
from kb.services.files.file_upload import plain_file_name
from kb.services.item_matching.item_matching import PlacedDraft
from kb.store import ReadSnapshot, WriteTransaction

_MISSING = "The file “%(name)s” was left out: a record holds its name, not its content."
_MISSING_COPY = "The copy of the page was left out: a record does not hold its content."
_TOO_LARGE = "The file “%(name)s” was left out: it does not fit into what the files of the group may take."
_TOO_LARGE_COPY = "The copy of the page was left out: it does not fit into what the files of the group may take."


def import_attachments(
    reading: ReadSnapshot,
    writing: WriteTransaction | None,
    placed: Iterable[tuple[PlacedDraft, str]],
    warn: Callable[[RecordWarning], None],
    library: Library | None,
) -> None:
    """Give files the names that records have for them, and items the files that they describe, if the content is here
    and fits into the quota of their group.

    `placed`: drafts with the ids of their items. Only the operator's import changes files, because a content may be
    that of an item that others may not read: it gives the `library`. What is left out is reported.
    """
    described = {item_id: placed_draft for placed_draft, item_id in placed if placed_draft.draft.files and item_id}
    existing_files = {(file.item_id, file.role): file for file in reading.item_files.of_items(described)}
    for item_id, placed_draft in described.items():
        for file in placed_draft.draft.files:
            own = existing_files.get((item_id, file.role))
            if own is not None and own.sha256 == file.sha256:
                if library is not None and writing is not None and (name := plain_file_name(file.name)) != own.name:
                    writing.item_files.put(replace(own, name=name))
                continue
            is_missing = own is not None or library is None
            twin = None if is_missing else reading.item_files.of_content(file.sha256, file.role)
            is_copy = file.role is FileRole.COPY
            if twin is None or library is None:
                message = _MISSING_COPY if is_copy else _MISSING
            elif not has_space(library, reading, placed_draft.group.id, twin.size):
                message = _TOO_LARGE_COPY if is_copy else _TOO_LARGE
            else:
                if writing is not None:
                    _give_content(writing, item_id, twin, file)
                continue
            warn(draft_warning(placed_draft.draft, message, name=plain_file_name(file.name)))


def _give_content(writing: WriteTransaction, item_id: str, twin: ItemFile, file: FileDraft) -> None:
    """Give an item the content that another item has."""
    writing.item_files.put(replace(twin, item_id=item_id, name=plain_file_name(file.name), added_by=None))
    if text := writing.page_texts.of_item(twin.item_id):
        writing.page_texts.put(item_id, text)
