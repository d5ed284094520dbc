"""The files that records of an import describe: their names, and their content where this base has it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from kb.model.items.import_draft import FileDraft, ItemDraft, Remark, draft_remark
from kb.model.items.item_file import FileRole
from kb.services.files.file_upload import plain_file_name
from kb.store import ReadSnapshot, WriteTransaction

_MISSING = "The file “%(name)s” was left out: a record holds its name, not its content."
_MISSING_COPY = "The copy of the page was left out: a record does not hold its content."


def import_files(
    reading: ReadSnapshot,
    writing: WriteTransaction | None,
    placed: Iterable[tuple[ItemDraft, str]],
    warn: Callable[[Remark], None],
    *,
    is_operator: bool,
) -> None:
    """Give files the names that records have for them, and items the files that they describe, if the content is here.

    `placed`: drafts with the ids of their items. Only the operator's import changes files, because a content may be
    that of an item that others may not read. What is missing is reported.
    """
    described = {item_id: draft for draft, item_id in placed if draft.files and item_id}
    existing_files = {(file.item_id, file.role): file for file in reading.item_files.of_items(described)}
    for item_id, draft in described.items():
        for file in draft.files:
            own = existing_files.get((item_id, file.role))
            if own is not None and own.sha256 == file.sha256:
                if is_operator and writing is not None and (name := plain_file_name(file.name)) != own.name:
                    writing.item_files.put(replace(own, name=name))
            elif own is not None or not (is_operator and _take_content(reading, writing, item_id, file)):
                message = _MISSING if file.role is FileRole.FILE else _MISSING_COPY
                warn(draft_remark(draft, message, name=plain_file_name(file.name)))


def _take_content(reading: ReadSnapshot, writing: WriteTransaction | None, item_id: str, file: FileDraft) -> bool:
    """Give an item the content that another item has; False if none has it."""
    twin = reading.item_files.of_content(file.sha256, file.role)
    if twin is None:
        return False
    if writing is not None:
        writing.item_files.put(replace(twin, item_id=item_id, name=plain_file_name(file.name), added_by=None))
        if text := writing.page_texts.of_item(twin.item_id):
            writing.page_texts.put(item_id, text)
    return True
