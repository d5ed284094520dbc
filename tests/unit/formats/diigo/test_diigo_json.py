"""Responses of Diigo's API with random texts: whole, truncated, in other encodings, hostile; and random CSV of
Diigo.
"""

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import ItemDraft, RecordWarning
from tests.factories.diigo_files import diigo_csv_file, diigo_json_file
from tests.factories.diigo_library import DiigoBookmark, a_diigo_library
from tests.factories.diigo_strategies import bookmarks
from tests.factories.import_files import count_entries, drafts, warnings
from tests.support.cpu_time import cpu_seconds_at_most

LIBRARY = a_diigo_library(20)
ANSWER = diigo_json_file(LIBRARY)


def texts(bookmark: DiigoBookmark) -> tuple[object, ...]:
    passages = [(each.quote, [comment.body for comment in each.comments]) for each in bookmark.highlights]
    return (
        bookmark.url,
        bookmark.title,
        bookmark.description,
        bookmark.tags,
        passages,
        [comment.body for comment in bookmark.comments],
    )


def read_texts(draft: ItemDraft) -> tuple[object, ...]:
    """The same facts of a draft; the first comment on a passage of the CSV is a note."""
    passages = [
        (part.quote, [*([part.body] if part.body else []), *(reply.body for reply in part.replies)])
        for part in draft.annotations
        if part.quote
    ]
    comments = [annotation.body for annotation in draft.annotations if annotation.kind is AnnotationKind.COMMENT]
    return draft.url, draft.title, draft.description or "", draft.tags or (), passages, comments


@settings(max_examples=60, deadline=None)
@given(bookmarks)
def test_any_bookmark_of_an_answer_is_read_as_it_was(bookmark: DiigoBookmark) -> None:
    (draft,) = drafts("diigo-json", diigo_json_file([bookmark]), 64)
    assert read_texts(draft) == texts(bookmark)
    assert draft.author is not None
    assert draft.author.name == bookmark.user.login


@settings(max_examples=60, deadline=None)
@given(bookmarks)
def test_any_bookmark_of_a_csv_is_read_as_it_was(bookmark: DiigoBookmark) -> None:
    (draft,) = drafts("diigo-csv", diigo_csv_file([bookmark]), 64)
    assert read_texts(draft) == texts(bookmark)


def test_a_sticky_note_without_a_passage_is_a_comment() -> None:
    note = {"content": "", "comments": [{"content": "De la page", "user": "lise"}]}
    record = {"title": "x", "url": "https://exemple.fr/", "desc": "", "tags": "", "annotations": [note]}
    (draft,) = drafts("diigo-json", json.dumps([record]).encode())
    assert [(part.kind, part.body) for part in draft.annotations] == [(AnnotationKind.COMMENT, "De la page")]


def test_a_cut_answer_gives_the_bookmarks_before_the_cut_and_says_so() -> None:
    entries_read = list(read_drafts(io.BytesIO(ANSWER[: len(ANSWER) // 2])))
    read = [entry for entry in entries_read if isinstance(entry, ItemDraft)]
    assert read == drafts("diigo-json", ANSWER)[: len(read)]
    assert any(isinstance(entry, RecordWarning) and "the rest is missing" in entry.why for entry in entries_read)


def test_an_answer_in_latin_1_or_utf_16_is_read() -> None:
    latin = ANSWER.decode().encode("cp1252", "replace")
    assert len(drafts("diigo-json", latin, 4096)) == len(LIBRARY)
    assert warnings("diigo-json", latin, 4096)[0].startswith("This file is not in UTF-8")
    in_utf_16 = io.BytesIO(ANSWER.decode().encode("utf-16"))
    assert list(read_drafts(in_utf_16)) == list(read_drafts(io.BytesIO(ANSWER)))


def hostile_answers() -> Iterator[tuple[str, bytes]]:
    start = b'[{"title": "x", "url": "https://exemple.fr/", "desc": "", "tags": "'
    yield "deep lists", start + b'", "annotations": ' + b"[" * 200_000
    yield "a huge text", start + b"mot " * 2_000_000 + b'"}]'
    yield "many tags", start + b"a," * 500_000 + b'"}]'
    yield "huge numbers", start + b'", "created_at": ' + b"9" * 100_000 + b"}]"
    yield "not a number", start + b'", "created_at": NaN}]'
    yield "half characters", start + b'\\ud800", "comments": [{"content": "\\u0000\\u202e<script>alert(1)</script>"}]}]'
    yield "references", start + b'", "annotations": [{"content": "' + b"&#" * 500_000 + b'"}]}]'


@pytest.mark.parametrize(("name", "data"), list(hostile_answers()), ids=[name for name, _ in hostile_answers()])
def test_a_hostile_answer_is_read_to_its_end_in_time_and_memory(name: str, data: bytes) -> None:
    with cpu_seconds_at_most(10):
        assert (
            count_entries("diigo-json", (data[place : place + 65_536] for place in range(0, len(data), 65_536))) < 5
        ), name
