"""Pages with passages are read again after some days; what is told is a change under a passage, and nothing else."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from kb.features.reading.page_check import CheckedPage, check_page, check_pages_until_stopped, pages_to_check
from kb.features.reading.settings import ReadingSettings
from kb.model.items.item import Item
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageFacts, PageKind
from kb.services.core.library import Library
from kb.settings import OFF, Settings
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import a_library

GROUP, CLOSED = a_group("lectures"), replace(a_group("close"), archived_at="2026-01-01T00:00:00Z")
TEXT = "Le conseil a voté le budget de la ville.\nLa piscine rouvrira en mars, après deux ans de travaux."
QUOTE = "La piscine rouvrira en mars, après deux ans de travaux."


def a_marked_item(item_id: str, **fields: Any) -> Item:
    values = {"url": f"https://exemple.fr/{item_id}", "group": GROUP} | fields
    passage = an_annotation(id=f"a-{item_id}", quote=QUOTE)
    return an_item(f"Titre {item_id}", id=item_id, annotations=(passage,), **values)


@pytest.fixture
def library() -> Iterator[Library]:
    items = [
        a_marked_item("lu"),
        a_marked_item("copie"),
        a_marked_item("clos", group=CLOSED),
        a_marked_item("nu", url=None),
        an_item("Sans passage", id="simple", url="https://exemple.fr/simple", group=GROUP),
        a_marked_item("sans-texte"),
    ]
    with closing(a_library(*items, groups=(GROUP, CLOSED))) as filled:
        with filled.store.write() as writing:
            for item_id in ("lu", "copie", "clos", "nu", "simple"):
                writing.page_texts.put(item_id, TEXT)
            facts = ("0" * 64, 1, "text/html", "", None, TextState.READ, "2026-01-01", None)
            writing.item_files.put(ItemFile("copie", FileRole.COPY, *facts))
        yield filled


def checked(library: Library, text: str) -> CheckedPage:
    (page,) = pages_to_check(library, 0, 9)
    return check_page(library, page, lambda _address, _settings: PageFacts(kind=PageKind.HTML, text=text))


def test_pages_with_passages_are_read_again_and_no_others(library: Library) -> None:
    assert [page.item_id for page in pages_to_check(library, 0, 9)] == ["lu"]
    assert pages_to_check(library, 1, 9) == ()


def test_only_changes_under_passages_are_told(library: Library) -> None:
    assert checked(library, TEXT) == CheckedPage("lu", "Titre lu")
    other = TEXT.replace("a voté le budget", "a repoussé le vote du budget")
    assert checked(library, other) == CheckedPage("lu", "Titre lu", has_changed=True)
    moved = other.replace("en mars", "en avril")
    assert checked(library, moved) == CheckedPage("lu", "Titre lu", has_changed=True, moved=1)
    gone = "Le conseil a repoussé le vote du budget de la ville."
    assert checked(library, gone) == CheckedPage("lu", "Titre lu", has_changed=True, lost=1)
    assert checked(library, f"{gone}\nUne ligne de plus.") == CheckedPage("lu", "Titre lu", has_changed=True)


def test_a_page_out_of_reach_or_without_text_leaves_the_text(library: Library) -> None:
    def failing(_address: str, _settings: Settings) -> PageFacts:
        raise FetchFailed(FetchFailure.GONE)

    (page,) = pages_to_check(library, 0, 9)
    assert check_page(library, page, failing) == CheckedPage("lu", "Titre lu", FetchFailure.GONE)
    assert checked(library, "") == CheckedPage("lu", "Titre lu")
    with library.store.read() as reading:
        assert reading.page_texts.of_item("lu") == TEXT


def test_the_task_is_off_unless_a_number_of_days_is_set(library: Library) -> None:
    read: list[str] = []

    def fetcher(address: str, _settings: Settings) -> PageFacts:
        read.append(address)
        stop.set()
        return PageFacts(kind=PageKind.HTML, text=TEXT)

    stop = threading.Event()
    check_pages_until_stopped(library, stop, fetcher)
    asked = replace(library.settings, parts=(ReadingSettings(page_check_days=1),))
    check_pages_until_stopped(replace(library, settings=replace(asked, fetch=OFF)), stop, fetcher)
    assert read == []
    with library.store.write() as writing:
        writing.connection.exec_driver_sql("UPDATE page_texts SET fetched_at = '2020-01-01T00:00:00.000000Z'")
    check_pages_until_stopped(replace(library, settings=asked), stop, fetcher)
    assert read == ["https://exemple.fr/lu"]
    assert pages_to_check(library, 1, 9) == ()
