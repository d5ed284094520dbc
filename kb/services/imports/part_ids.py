"""The ids of imported annotations and replies that texts elsewhere have already.

An id names one text of the whole site. A file that is imported into a second group keeps its facts there under ids that
follow from those of the file and the group, so that a further import finds the same texts again.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from kb.model.ids import is_id
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, ReplyDraft
from kb.model.items.item import Item
from kb.services.item_matching.item_matching import KnownItems
from kb.store import ReadSnapshot

Part = TypeVar("Part", AnnotationDraft, ReplyDraft)


def id_in_group(draft_id: str, group_id: str) -> str:
    """The id in a group of what a file calls `draft_id`, 16 URL-safe characters that do not begin with a hyphen."""
    digest = hashlib.sha256(f"{group_id}/{draft_id}".encode()).digest()
    return "i" + urlsafe_b64encode(digest)[:15].decode()


def ids_in_group(
    draft: ItemDraft, item: Item | None, group_id: str, known: KnownItems, reading: ReadSnapshot
) -> dict[str, str]:
    """The ids that parts of a draft have or get in its group, by those that they want, where they differ. `item` is the
    item that the draft matches, if there is one.
    """
    own = {part.id for part in item.parts} if item is not None else set[str]()
    draft_ids = {part.id for part in draft.parts if part.id is not None and part.id not in own and is_id(part.id)}
    ids = {draft_id: id_in_group(draft_id, group_id) for draft_id in draft_ids}
    ids = {draft_id: here for draft_id, here in ids.items() if here in own or known.is_used_annotation_id(draft_id)}
    for here in own.intersection(ids.values()):
        # A second part of the draft with the same id gets another one.
        known.take(here)
    new = [here for here in ids.values() if here not in own]
    taken = reading.items.taken_annotation_ids(new) if new else {}
    return {
        draft_id: here
        for draft_id, here in ids.items()
        if here in own or not (here in taken or known.is_used_annotation_id(here))
    }


def with_part_ids(draft: ItemDraft, ids: Mapping[str, str]) -> ItemDraft:
    """A draft whose annotations and replies have other ids; their threads stay."""
    if not ids:
        return draft
    annotations = (
        replace(_with_id(annotation, ids), replies=tuple(_with_id(reply, ids) for reply in annotation.replies))
        for annotation in draft.annotations
    )
    return replace(draft, annotations=tuple(annotations))


def _with_id(part: Part, ids: Mapping[str, str]) -> Part:
    if isinstance(part, ReplyDraft) and part.reply_to is not None:
        part = replace(part, reply_to=ids.get(part.reply_to, part.reply_to))
    return part if part.id is None else replace(part, id=ids.get(part.id, part.id))
