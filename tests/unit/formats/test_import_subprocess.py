"""Members' files are read in a sandboxed subprocess: the same drafts, within limits of time and memory."""

import json
from pathlib import Path

import pytest

from kb.errors import Invalid
from kb.formats.import_formats import AUTO, read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.import_draft import ItemDraft, RecordWarning

CORPUS = Path(__file__).parents[2] / "corpus"
EVERYTHING = {
    "id": "q1",
    "group": {"slug": "quais", "name": "Quais", "description": "d", "visible": "members"},
    "url": "https://exemple.fr", "title": "Un\u2028titre", "description": "d",
    "author": {"login": "lise", "name": "Lise"}, "byline": "b",
    "tags": ["eau"], "added": "2014-11-07T09:12:00Z", "updated": "2014-11-07", "published": "2014-11",
    "source": "s", "language": "fr", "views": 3, "sharers": [{"author": "Omar", "added": "2014-11-07"}],
    "annotations": [
        {"id": "a1", "kind": "note", "author": "Lise", "added": "2014-11-07", "quote": "q", "body": "b", "prefix": "p",
         "suffix": "s", "color": "pink", "replies": [{"id": "r1", "author": None, "added": None, "body": "Oui"},
                                                       {"id": "r2", "body": "Non", "reply_to": "r1"}]},
    ],
    "unknown": 1,
}  # fmt: skip


def read_both(path: Path) -> tuple[list[ItemDraft | RecordWarning], list[ItemDraft | RecordWarning]]:
    with path.open("rb") as file:
        return list(read_drafts_in_subprocess(path, AUTO)), list(read_drafts(file, AUTO))


def test_a_file_is_read_as_in_the_process_itself(tmp_path: Path) -> None:
    lines = [json.dumps(EVERYTHING, ensure_ascii=False), '{"title": "Seul", "tags": []}', "{", '{"title": 3}', "[1]"]
    path = tmp_path / "file"
    path.write_text("\n".join(lines), encoding="utf-8")
    in_process, in_subprocess = read_both(path)
    assert in_process == in_subprocess
    assert sum(isinstance(entry, ItemDraft) for entry in in_process) == 2


@pytest.mark.parametrize("path", sorted((CORPUS / "saved_pages").glob("*.txt")), ids=lambda path: path.stem)
def test_a_saved_page_is_read_as_in_the_process_itself(path: Path) -> None:
    in_process, in_subprocess = read_both(path)
    assert in_process == in_subprocess != []


def test_a_file_in_no_known_format_is_refused_with_the_same_sentence(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"PK\x03\x04rien")
    with pytest.raises(Invalid, match="unpack it"):
        list(read_drafts_in_subprocess(path, AUTO))
    with pytest.raises(OSError, match="absent"):
        list(read_drafts_in_subprocess(tmp_path / "absent", AUTO))


def test_a_file_that_takes_too_long_is_given_up_after_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"title": "Un"}\n' * 1_000_000, encoding="utf-8")
    read: list[object] = []
    with pytest.raises(Invalid, match="too much time or memory"):
        read.extend(read_drafts_in_subprocess(path, AUTO, seconds=1))
    assert len(read) < 1_000_000


def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"title": "Un", "tags": [' + "[]," * 4_000_000 + "[]]}", encoding="utf-8")
    with pytest.raises(Invalid, match="too much time or memory"):
        list(read_drafts_in_subprocess(path, AUTO, memory=200 << 20))


def test_ending_the_iteration_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"title": "Un"}\n' * 100_000, encoding="utf-8")
    children = Path("/proc/thread-self/children")
    others = set(children.read_text(encoding="ascii").split())
    drafts = read_drafts_in_subprocess(path, AUTO)
    assert isinstance(next(drafts), ItemDraft)
    own_children = set(children.read_text(encoding="ascii").split()) - others
    assert len(own_children) == 1
    drafts.close()
    assert own_children.isdisjoint(children.read_text(encoding="ascii").split())


def test_the_selectors_of_a_passage_come_through_the_process(tmp_path: Path) -> None:
    selectors = [{"type": "RangeSelector", "startContainer": "/p[1]", "startOffset": 0}]
    quote = {"type": "TextQuoteSelector", "exact": "Un passage"}
    row = {
        "id": "a",
        "uri": "https://exemple.fr/a",
        "user": "acct:claire@hypothes.is",
        "target": [{"source": "https://exemple.fr/a", "selector": [*selectors, quote]}],
    }
    native = {"url": "https://exemple.fr/a", "annotations": [{"quote": "Un passage", "selectors": selectors}]}
    for data in ({"total": 1, "rows": [row]}, native):
        path = tmp_path / "file"
        path.write_text(json.dumps(data))
        (draft,) = (entry for entry in read_drafts_in_subprocess(path, "auto") if isinstance(entry, ItemDraft))
        assert [json.loads(annotation.selectors or "") for annotation in draft.annotations] == [selectors]
