"""The items with a tag in any spelling, and the tag changes that undo needs."""

from collections.abc import Iterator

import pytest

from kb.errors import Invalid, NotFound
from kb.model.items.tag import replace_tags, tag_form, with_tags, without_tags
from kb.store import Store
from tests.factories.items import a_base, a_group, an_item

HERE, THERE = a_group("ici"), a_group("ailleurs")


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    with opened.write() as writing:
        writing.groups.add(HERE)
        writing.groups.add(THERE)
        writing.items.add(
            [
                an_item(id="un", order=1, group=HERE, tags=["Été", "eau"]),
                an_item(id="deux", order=2, group=HERE, tags=["e\u0301te\u0301"]),
                an_item(id="trois", order=3, group=THERE, tags=["été"]),
            ]
        )
    yield opened
    opened.close()


def test_tags_are_found_in_every_way_to_write_them_and_only_in_their_group(store: Store) -> None:
    with store.read() as reading:
        ways = reading.tag_assignments.spellings([tag_form("ÉTÉ")])
        assert set(ways) == {"Été", "e\u0301te\u0301", "été"}
        assert reading.tag_assignments.items_with_tags(HERE.id, ways) == {"Été": [1], "e\u0301te\u0301": [2]}
        assert reading.tag_assignments.ids([1, 2, 9]) == ["un", "deux"]
        assert reading.tag_assignments.tags_of(["deux", "rien", "un"]) == {
            "deux": (HERE.id, ("e\u0301te\u0301",)),
            "un": (HERE.id, ("Été", "eau")),
        }
        assert reading.tag_assignments.spellings([]) == []


def test_tags_are_set_all_or_none(store: Store) -> None:
    with store.write() as writing:
        writing.tag_assignments.set_tags({"un": ("a", "b"), "deux": ()})
        for tags, error in (({"un": ("c",), "rien": ("c",)}, NotFound), ({"un": ("\x00",)}, Invalid)):
            with pytest.raises(error):
                writing.tag_assignments.set_tags(tags)
    with store.read() as reading:
        assert [pair[1] for pair in reading.tag_assignments.tags_of(["un", "deux"]).values()] == [("a", "b"), ()]


def test_tags_are_merged_added_and_removed_in_order() -> None:
    tags = ("a", "Eau", "b", "EAU", "c")
    assert replace_tags(tags, ["eau"], "onde") == ("a", "onde", "b", "c")
    assert replace_tags(tags, ["b", "c"], "A") == ("A", "Eau", "EAU")
    assert replace_tags(tags, ["b", "eau"], "") == ("a", "c")
    assert replace_tags(tags, ["z"], "A") == tags
    assert with_tags(("Eau",), ["eau", "rh", "RH"]) == ("Eau", "rh")
    assert without_tags(tags, {"eau"}) == ("a", "b", "c")
