"""The text of a group's page, saved by a browser or copied from its window, whole and truncated."""

import io

import pytest

from kb.formats.import_formats import read_drafts
from kb.model.items.import_draft import ItemDraft
from tests.factories.diigo_files import diigo_pasted_file, diigo_text_file
from tests.factories.diigo_library import DiigoBookmark, a_diigo_library
from tests.factories.import_files import drafts

LIBRARY = a_diigo_library(24)
SHOWN = [bookmark for bookmark in LIBRARY if bookmark.shared]
TEXT, PASTED = diigo_text_file(LIBRARY), diigo_pasted_file(LIBRARY)


def expected_facts(bookmark: DiigoBookmark) -> tuple[object, ...]:
    passages = [(_flat(each.quote), [_flat(comment.body) for comment in each.comments]) for each in bookmark.highlights]
    return (
        bookmark.user.name,
        bookmark.title[:70],
        bookmark.views,
        passages,
        [_flat(comment.body) for comment in bookmark.comments],
    )


def read(draft: ItemDraft) -> tuple[object, ...]:
    passages = [(part.quote, [reply.body for reply in part.replies]) for part in draft.annotations if part.quote]
    comments = [annotation.body for annotation in draft.annotations if not annotation.quote]
    return draft.author and draft.author.name, (draft.title or "")[:70], draft.views, passages, comments


def _flat(text: str) -> str:
    return " ".join(text.split("\n"))


@pytest.mark.parametrize("data", [TEXT, PASTED], ids=["saved", "pasted"])
def test_a_text_gives_the_bookmarks_that_the_page_shows(data: bytes) -> None:
    items = [draft for draft in read_drafts(io.BytesIO(data)) if isinstance(draft, ItemDraft)]
    assert list(map(read, items)) == list(map(expected_facts, SHOWN))


def test_blank_lines_tabs_and_no_break_spaces_of_a_pasted_text_change_nothing() -> None:
    assert list(map(read, drafts("saved-page", PASTED))) == list(map(read, drafts("saved-page", TEXT)))


@pytest.mark.parametrize("data", [TEXT, PASTED], ids=["saved", "pasted"])
def test_a_text_that_ends_anywhere_gives_the_items_before_it(data: bytes) -> None:
    for end in range(len(data) // 2, len(data), 97):
        items = drafts("saved-page", data[:end], 1 << 16)
        assert list(map(read, items[:-1])) == list(map(expected_facts, SHOWN))[: len(items) - 1]


def test_a_text_in_windows_1252_or_utf_16_is_read() -> None:
    latin = TEXT.decode().encode("cp1252", "replace")
    assert [draft.title for draft in drafts("saved-page", latin)][:2] == [
        draft.title for draft in drafts("saved-page", TEXT)
    ][:2]
    assert list(read_drafts(io.BytesIO(TEXT.decode().encode("utf-16")))) == list(read_drafts(io.BytesIO(TEXT)))
