"""A record with more parts than an item may have is cut before it takes memory."""

import io
import json
import tracemalloc
from typing import Any

from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import ItemDraft, RecordWarning
from kb.model.items.item_budget import MOST_ITEM_PARTS


def entries_of(*records: dict[str, Any]) -> list[ItemDraft | RecordWarning]:
    lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    return list(read_drafts(io.BytesIO(lines.encode())))


def with_threads(threads: int, replies: int) -> dict[str, Any]:
    one = {"quote": "Un passage.", "replies": [{"body": "r"}] * replies}
    return {"title": "Plein", "annotations": [one] * threads}


def test_of_a_record_with_too_many_parts_the_first_are_read_and_a_warning_follows() -> None:
    draft, warning, after = entries_of(with_threads(3, 2_999), {"title": "Après"})
    assert isinstance(draft, ItemDraft)
    assert [len(annotation.replies) for annotation in draft.annotations] == [2_999, 1_999]
    assert isinstance(warning, RecordWarning)
    assert warning.why == (
        "4000 passages, comments or replies are left out: an item has at most 5000 of them, with its tags."
    )
    assert isinstance(after, ItemDraft)


def test_a_record_with_as_many_parts_as_an_item_may_have_is_read_whole() -> None:
    (draft,) = entries_of(with_threads(MOST_ITEM_PARTS // 1_000, 999))
    assert isinstance(draft, ItemDraft)
    assert sum(1 for _ in draft.parts) == MOST_ITEM_PARTS


def test_a_line_of_half_a_million_replies_is_refused_before_it_is_parsed() -> None:
    line = json.dumps(with_threads(100, 5_000), separators=(",", ":")).encode() + b"\n"
    tracemalloc.start()
    entries = list(read_drafts(io.BytesIO(line)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (warning,) = entries
    assert isinstance(warning, RecordWarning)
    assert warning.skipped
    assert warning.why == "This record is left out: an item has at most 5000 passages, comments and replies."
    # Parsed, it takes more than thirty times its bytes.
    assert peak < 4 * len(line)
