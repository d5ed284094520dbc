"""The text of a page and its layout stay together: for copies of items, for merged items and in backups."""

from collections.abc import Iterator

import pytest

from kb.model.web_pages.text_layout import TextLayout
from kb.store import Store
from kb.store.items.page_texts import PageText
from tests.factories.items import a_base, a_group, an_item

TEXT, LAYOUT = "Le guichet\nUn paragraphe", TextLayout("1p")
GROUP = a_group("lectures")


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    with opened.write() as writing:
        writing.groups.add(GROUP)
        writing.items.add([an_item(id=name, order=order, group=GROUP) for order, name in enumerate("abc", 1)])
        writing.page_texts.put("a", TEXT, LAYOUT)
    yield opened
    opened.close()


def page_of(store: Store, item_id: str) -> PageText | None:
    with store.read() as reading:
        return reading.page_texts.with_layout(item_id)


def test_a_copied_text_has_its_layout(store: Store) -> None:
    with store.write() as writing:
        writing.page_texts.copy("a", "b")
    assert page_of(store, "b") == page_of(store, "a") == PageText(TEXT, LAYOUT)


def test_a_merged_item_gives_its_text_with_the_layout(store: Store) -> None:
    with store.write() as writing:
        writing.item_merges.move_references(["a"], "b", {})
    assert page_of(store, "b") == PageText(TEXT, LAYOUT)
    assert page_of(store, "a") is None


def test_a_text_that_is_put_again_has_the_new_layout_and_keeps_the_old_one_without_any(store: Store) -> None:
    for layout, expected in ((None, LAYOUT), (TextLayout("22"), TextLayout("22")), (TextLayout("2"), TextLayout("22"))):
        with store.write() as writing:
            writing.page_texts.put("a", TEXT, layout)
        assert page_of(store, "a") == PageText(TEXT, expected)
    with store.write() as writing:
        writing.page_texts.put("a", "Le guichet", TextLayout("2pp"))
    assert page_of(store, "a") == PageText("Le guichet", TextLayout("2"))
    with store.write() as writing:
        writing.page_texts.put("a", "Autre chose")
    assert page_of(store, "a") == PageText("Autre chose", None)
    assert page_of(store, "c") is None
