"""The files of items in the database: they follow copies, merges and the trash, and count for their group."""

from dataclasses import replace

from kb.model.items.item_file import FileRole, ItemFile, TextState
from tests.factories.items import a_base, a_group, a_user, an_item

GROUP, OTHER = a_group("physique"), a_group("histoire")
FILE = ItemFile(
    "i1",
    FileRole.FILE,
    "a" * 64,
    1000,
    "application/pdf",
    "Rapport n° 1.pdf",
    12,
    TextState.READ,
    "2026-01-01T00:00:00.000000Z",
)
COPY = replace(FILE, role=FileRole.COPY, sha256="b" * 64, size=10, pages=None, text_state=TextState.NONE)


def test_an_item_has_one_file_and_one_copy_which_come_back_as_they_were_put() -> None:
    with a_base(GROUP).write() as writing:
        writing.items.add([an_item(id="i1", order=1, group=GROUP, author=a_user("claire"))])
        for file in (replace(FILE, sha256="c" * 64), FILE, COPY):
            writing.item_files.put(file)
        assert writing.item_files.of_item("i1") == FILE
        assert writing.item_files.of_item("i1", FileRole.COPY) == COPY
        assert writing.item_files.of_item("i2") is None
        assert set(writing.item_files.of_items(["i1", "i2"])) == {FILE, COPY}
        assert list(writing.item_files.contents()) == [("a" * 64, 1000), ("b" * 64, 10)]
        assert writing.item_files.named(["a" * 64, "c" * 64]) == {"a" * 64}


def test_a_copied_item_has_the_same_contents_and_keeps_what_it_has() -> None:
    with a_base(GROUP, OTHER).write() as writing:
        for place, group in enumerate((GROUP, OTHER), 1):
            writing.items.add([an_item(id=f"i{place}", order=place, group=group, author=a_user("claire"))])
        own = replace(COPY, item_id="i2", sha256="d" * 64)
        for file in (FILE, COPY, own):
            writing.item_files.put(file)
        writing.item_files.copy("i1", "i2")
        assert set(writing.item_files.of_items(["i2"])) == {replace(FILE, item_id="i2"), own}
        assert (writing.item_files.used_by_group(GROUP.id), writing.item_files.used_by_group(OTHER.id)) == (1010, 1010)


def test_files_of_an_item_that_is_gone_are_forgotten() -> None:
    with a_base(GROUP).write() as writing:
        writing.items.add([an_item(id="i1", order=1, group=GROUP, author=a_user("claire"))])
        writing.item_files.put(FILE)
        writing.item_files.put(replace(FILE, item_id="parti"))
        assert writing.item_files.purge() == 1
        assert writing.item_files.of_item("i1") == FILE
        writing.item_files.drop(["i1"], FileRole.COPY)
        assert writing.item_files.of_item("i1") == FILE
        writing.item_files.drop(["i1"])
        assert writing.item_files.of_item("i1") is None


def test_a_group_has_the_quota_of_an_administrator_or_none_of_its_own() -> None:
    with a_base(GROUP).write() as writing:
        assert writing.item_files.quota_of_group(GROUP.id) is None
        for megabytes, expected in ((5, 5_000_000), (0, 0), (None, None)):
            writing.item_files.set_quota(GROUP.id, megabytes)
            assert writing.item_files.quota_of_group(GROUP.id) == expected
        writing.item_files.set_quota(GROUP.id, 1)
        writing.erasure.library(GROUP.id)
        assert writing.item_files.quota_of_group(GROUP.id) is None
