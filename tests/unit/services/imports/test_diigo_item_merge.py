"""The files of a Diigo library give the same items in any order of import: none is lost, none is duplicated."""

from itertools import combinations, permutations
from typing import Any

import pytest

from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import PrivateRecords
from kb.model.items.import_source import MOST_TIMES
from kb.services.core.library import Library
from tests.factories.diigo_base import (
    Record,
    diigo_files,
    expected_records,
    import_file,
    records_in,
    without_language,
)
from tests.factories.diigo_files import diigo_pasted_file, diigo_text_file
from tests.factories.diigo_library import USERS, a_diigo_library
from tests.factories.import_export import bring_records, figures, items_in
from tests.factories.library import an_empty_library
from tests.support.thoroughness import IS_THOROUGH

LIBRARY = a_diigo_library(60)
FILES = diigo_files(LIBRARY)
SMALL = diigo_files(a_diigo_library(14))
# Each file at each place, and once directly before each other one. `scripts/test-thorough` tries every order.
EACH_PAIR = [
    tuple(list(FILES)[place] for place in row) for row in ((0, 1, 3, 2), (1, 2, 0, 3), (2, 3, 1, 0), (3, 0, 2, 1))
]


def imported(*names: str, files: dict[str, bytes] | None = None, **options: Any) -> list[Record]:
    """The content of a database after these files, one import each."""
    base = an_empty_library()
    for name in names:
        import_file(base, (files or FILES)[name], **options)
    return records_in(base)


@pytest.fixture(scope="module")
def whole() -> list[Record]:
    return imported(*FILES)


def test_the_library_has_every_oddity() -> None:
    assert len(expected_records(LIBRARY)) < len(LIBRARY)
    assert {bookmark.shared for bookmark in LIBRARY} == {True, False}
    assert len({bookmark.title for bookmark in LIBRARY}) < len(LIBRARY) - 3
    assert len({bookmark.user for bookmark in LIBRARY}) == 4
    assert any(len(bookmark.highlights) > 3 for bookmark in LIBRARY)
    assert any(highlight.comments for bookmark in LIBRARY for highlight in bookmark.highlights)
    assert any(len(bookmark.title) > 80 for bookmark in LIBRARY)


def test_four_files_give_all_facts_that_one_of_them_carries(whole: list[Record]) -> None:
    assert without_language(whole) == expected_records(LIBRARY)


@pytest.mark.parametrize("order", list(permutations(FILES)) if IS_THOROUGH else EACH_PAIR, ids="-".join)
def test_the_order_of_the_files_changes_nothing(order: tuple[str, ...], whole: list[Record]) -> None:
    assert imported(*order) == whole


# One item at a time takes as long as all other tests of this file together, unless there are few.
@pytest.mark.parametrize(("batch_size", "files"), [(1, FILES if IS_THOROUGH else SMALL), (7, FILES)])
def test_batches_change_nothing(batch_size: int, files: dict[str, bytes]) -> None:
    names = ("diigo-html", "diigo-json", "diigo-rss", "diigo-csv")
    assert imported(*names, files=files, batch_size=batch_size) == imported(*files, files=files)


@pytest.mark.parametrize("names", [*combinations(FILES, 2), *combinations(FILES, 3), tuple(FILES)], ids="-".join)
def test_some_of_the_files_give_the_same_in_each_order(names: tuple[str, ...]) -> None:
    first, *others = (imported(*order, files=SMALL) for order in permutations(names))
    assert all(base == first for base in others)


def test_the_order_changes_nothing_if_private_bookmarks_are_left_out() -> None:
    left_out = [imported(*order, files=SMALL, private=PrivateRecords.SKIP) for order in permutations(SMALL)]
    assert all(names == left_out[0] for names in left_out)


def test_a_file_that_is_imported_again_changes_nothing() -> None:
    base = an_empty_library()
    for data in SMALL.values():
        import_file(base, data)
    for data in SMALL.values():
        read, added, updated, unchanged, skipped = figures(import_file(base, data, batch_size=1))
        assert (added, updated, skipped) == (0, 0, 0)
        assert read == unchanged


def test_a_dry_run_says_what_an_import_does() -> None:
    base = an_empty_library()
    import_file(base, SMALL["diigo-html"])
    for name in ("diigo-csv", "diigo-json"):
        assert figures(import_file(base, SMALL[name], dry_run=True)) == figures(import_file(base, SMALL[name]))


def test_the_report_says_what_each_file_cannot_carry() -> None:
    base = an_empty_library()
    not_carried = {name: import_file(base, data).not_carried for name, data in SMALL.items()}
    assert all(len(warnings) == 1 for warnings in not_carried.values())
    assert all("colours of passages" in warnings[0].why for warnings in not_carried.values())
    assert "does not say who shared or wrote what" in not_carried["diigo-csv"][0].why
    assert bring_records(base, {"title": "x"}).not_carried == ()


@pytest.mark.parametrize("written", [diigo_text_file, diigo_pasted_file])
@pytest.mark.parametrize("other", ["diigo-csv", "diigo-html", "diigo-rss", "diigo-json"])
def test_a_copy_of_the_page_as_text_adds_no_item_and_no_annotation(written: Any, other: str) -> None:
    # Equal titles of several bookmarks cannot be distinguished without addresses.
    # The API alone gives logins. If they do not resemble the names, they count as other users.
    library = [
        bookmark
        for bookmark in a_diigo_library(30)
        if bookmark.shared and bookmark.title != "Accueil" and "utm_" not in bookmark.url
    ]
    library = [bookmark for bookmark in library if other != "diigo-json" or bookmark.user in USERS[:2]]
    text, data = written(library), diigo_files(library)[other]
    parts = sum(len(bookmark.highlights) + len(bookmark.comments) for bookmark in library)
    bases = []
    for files in ((text, data), (data, text)):
        base = an_empty_library()
        for file in files:
            import_file(base, file)
        bases.append(records_in(base))
        assert [record["url"] for record in bases[-1]] == [record["url"] for record in expected_records(library)]
        assert sum(len(record["annotations"]) for record in bases[-1]) == parts
        assert sum(record["views"] for record in bases[-1]) == sum(bookmark.views for bookmark in library)
    first, second = map(_without_people, bases)
    assert first == second


def _without_people(records: list[Record]) -> list[Record]:
    """The records without users, because the text copy has names without logins."""
    dropped = {"author", "sharers", "annotations"}
    return [{name: value for name, value in record.items() if name not in dropped} for record in records]


CSV = "title,url,tags,description,comments,annotations,created_at\n"


def a_csv(annotations: str = "", comments: str = "", title: str = "Les quais", **cells: str) -> bytes:
    row = (title, cells.get("url", "https://exemple.fr/q"), "no_tag", "", comments, annotations, cells.get("added", ""))
    return (CSV + ",".join(f'"{cell}"' for cell in row) + "\n").encode()


def an_answer(**fields: Any) -> bytes:
    import json

    record = {"title": "Les quais", "url": "https://exemple.fr/q", "user": "sophiepoint", "desc": "", "tags": "no_tag"}
    return json.dumps([record | fields]).encode()


def only_item(base: Library) -> Any:
    (item,) = items_in(base)
    return item


def test_a_note_of_the_csv_is_the_reply_of_the_api() -> None:
    note = a_csv("Highlight: Un passage\nSticky notes: Vraiment ?")
    reply = {"content": "Vraiment ?", "user": "gaviolig", "created_at": "2014/11/07 09:12:00 +0000"}
    answer = an_answer(annotations=[{"content": "Un passage", "comments": [reply]}])
    for files in ((note, answer), (answer, note)):
        base = an_empty_library()
        for data in files:
            import_file(base, data)
        (passage,) = only_item(base).annotations
        assert (passage.kind, passage.quote, passage.body) == (AnnotationKind.HIGHLIGHT, "Un passage", None)
        (reply_read,) = passage.replies
        assert (reply_read.body, reply_read.author.login, reply_read.added) == (
            "Vraiment ?",
            "gaviolig",
            "2014-11-07T09:12:00Z",
        )


def test_a_note_that_was_written_here_stays_a_note() -> None:
    base = an_empty_library()
    note = {"kind": "note", "quote": "Un passage", "body": "De chez nous", "author": "Claire"}
    url = "https://exemple.fr/q"
    bring_records(base, {"group": "usages-numeriques-63", "title": "Les quais", "url": url, "annotations": [note]})
    import_file(base, an_answer(annotations=[{"content": "Un passage", "comments": []}]))
    assert [(annotation.kind, annotation.body) for annotation in only_item(base).annotations] == [
        (AnnotationKind.NOTE, "De chez nous"),
        (AnnotationKind.HIGHLIGHT, None),
    ]


def test_an_item_that_was_saved_here_keeps_its_sharer_date_and_address() -> None:
    base = an_empty_library()
    saved = {"url": "http://www.exemple.fr/q", "author": "Claire", "added": "2020-01-01", "tags": ["b"], "title": "x"}
    bring_records(base, {"group": "usages-numeriques-63"} | saved)
    for created in ("2014/11/07 09:12:00 +0000", "2013/11/07 09:12:00 +0000"):
        import_file(base, an_answer(created_at=created, tags="a"))
    item = only_item(base)
    assert (item.url, item.author.login, item.added) == ("http://www.exemple.fr/q", "claire", "2020-01-01")
    assert (item.tags, [sharer.user.login for sharer in item.sharers]) == (("b", "a"), ["sophiepoint"])


def test_texts_that_differ_in_spaces_alone_are_one_and_the_one_with_lines_stays() -> None:
    lined = a_csv(r"Highlight: Un passage\nsur deux lignes", r"Un mot\nici")
    flat = an_answer(
        annotations=[{"content": "Un\xa0passage sur  deux lignes", "comments": []}],
        comments=[{"content": "Un mot ici"}],
    )
    for files in ((lined, flat), (flat, lined)):
        base = an_empty_library()
        for data in files:
            import_file(base, data)
        assert [annotation.quote or annotation.body for annotation in only_item(base).annotations] == [
            "Un passage\nsur deux lignes",
            "Un mot\nici",
        ]


def test_a_shortened_passage_is_the_whole_one() -> None:
    whole = a_csv("Highlight: Un passage qui est long et qui continue encore un peu")
    cut = an_answer(annotations=[{"content": "Un passage qui est long et qui...", "comments": []}])
    for files in ((whole, cut), (cut, whole)):
        base = an_empty_library()
        for data in files:
            import_file(base, data)
        assert [annotation.quote for annotation in only_item(base).annotations] == [
            "Un passage qui est long et qui continue encore un peu"
        ]


def test_the_name_of_a_page_stands_beside_the_login_of_the_api() -> None:
    page = (
        b'<div id="item_1"><a href="https://www.diigo.com/user/sophiepoint">Sophie Point</a>'
        b'<a id="title_link_1" href="https://exemple.fr/q">Les quais</a></div>'
    )
    for files in ((an_answer(), page), (page, an_answer())):
        base = an_empty_library()
        reports = [import_file(base, data) for data in files]
        assert (only_item(base).author.login, only_item(base).author.name) == ("sophiepoint", "Sophie Point")
        assert [report.warnings for report in reports] == [(), ()]


def test_an_account_keeps_its_name(tmp_path: Any) -> None:
    base = an_empty_library(tmp_path)
    import_file(base, an_answer())
    with base.store.write() as writing:
        user = only_item(base).author
        writing.users.rename(user.__class__(user.id, user.login, "S. Point"))
    page = (
        b"<div id=item_1><a href=/user/sophiepoint>Sophie Point</a><a id=title_link_1 href=https://exemple.fr/q>x</a>"
    )
    import_file(base, page)
    assert only_item(base).author.name == "S. Point"


def test_a_changed_title_comes_with_the_next_export_of_the_same_format() -> None:
    base = an_empty_library()
    import_file(base, a_csv(title="Les quais"))
    import_file(base, a_csv(title="Les nouveaux quais"))
    import_file(base, an_answer(title="Les vieux quais"))
    assert only_item(base).title == "Les nouveaux quais"


def a_page(*shared: tuple[str, str]) -> bytes:
    """A page of the group that these users shared, each on a day."""
    items = (
        f'<div id="item_{number}"><a href="https://www.diigo.com/user/{login}">{login}</a> <span>{day}</span>'
        f'<a id="title_link_{number}" href="https://exemple.fr/q">Les quais</a></div>'
        for number, (login, day) in enumerate(shared, 1)
    )
    return "".join(items).encode()


MORNING, NOON, LATER = "2014-11-07 09:12:00", "2014-11-07 12:30:00", "2014-11-11 08:00:00"
TWO_OF_A_DAY = a_page(("claire", "07 Nov 14"), ("paul", "07 Nov 14"))
TWO_DAYS = a_page(("claire", "07 Nov 14"), ("paul", "11 Nov 14"))


def dates_after(*files: bytes) -> list[tuple[str | None, str | None]]:
    """The dated sharers of the only item: the same for each order of the files, and unchanged by another import."""
    reports = []
    for order in permutations(files):
        base = an_empty_library()
        for data in order:
            import_file(base, data)
        again = [import_file(base, data) for data in order]
        assert [(report.updated, report.warnings) for report in again] == [(0, ())] * len(order)
        item = only_item(base)
        sharers = [(item.author and item.author.login, item.added)]
        reports.append([*sharers, *((sharer.user.login, sharer.added) for sharer in item.sharers)])
    assert all(report == reports[0] for report in reports)
    return reports[0]


def test_a_time_of_the_csv_goes_to_the_person_of_its_day() -> None:
    assert dates_after(a_csv(added=LATER), TWO_DAYS) == [("claire", "2014-11-07"), ("paul", "2014-11-11T08:00:00Z")]


def test_each_time_of_the_csv_goes_to_the_person_of_its_day() -> None:
    files = (a_csv(added=LATER), a_csv(added=MORNING), TWO_DAYS)
    assert dates_after(*files) == [("claire", "2014-11-07T09:12:00Z"), ("paul", "2014-11-11T08:00:00Z")]


def test_a_time_of_the_csv_goes_to_none_of_two_people_of_one_day() -> None:
    assert dates_after(a_csv(added=MORNING), TWO_OF_A_DAY) == [("claire", "2014-11-07"), ("paul", "2014-11-07")]
    files = (a_csv(added=MORNING), a_page(("claire", "07 Nov 14")), a_page(("paul", "07 Nov 14")))
    assert dates_after(*files) == [("claire", "2014-11-07"), ("paul", "2014-11-07")]


def test_the_report_says_which_time_may_be_that_of_several_people() -> None:
    for files in permutations((a_csv(added=MORNING), TWO_OF_A_DAY)):
        base = an_empty_library()
        first, second = (import_file(base, data) for data in files)
        assert first.warnings == ()
        (unclear,) = second.warnings
        assert "2014-11-07T09:12:00Z may be that of several people" in unclear.why


def test_a_time_that_the_api_gives_to_one_person_is_not_that_of_another() -> None:
    claire = an_answer(user="claire", created_at="2014/11/07 10:12:00 +0100")
    files = (a_csv(added=MORNING), TWO_OF_A_DAY, claire)
    assert dates_after(*files) == [("paul", "2014-11-07"), ("claire", "2014-11-07T09:12:00Z")]
    zone = an_answer(user="claire", created_at="2014/11/07 08:12:00 +0000")
    assert dates_after(a_csv(added=MORNING), TWO_OF_A_DAY, zone) == [
        ("paul", "2014-11-07"),
        ("claire", "2014-11-07T08:12:00Z"),
    ]


def test_a_time_of_the_csv_dates_a_bookmark_of_which_no_file_says_when() -> None:
    assert dates_after(a_csv(added=NOON), a_page(("claire", ""))) == [("claire", "2014-11-07T12:30:00Z")]
    assert dates_after(a_csv(added=NOON), a_page(("paul", ""), ("claire", ""))) == [
        ("claire", "2014-11-07T12:30:00Z"),
        ("paul", None),
    ]


def test_many_times_of_one_address_are_kept_in_bounded_space() -> None:
    rows = [a_csv(added=f"2014-11-{1 + day:02} 0{hour}:00:00") for day in range(28) for hour in range(4)]
    base = an_empty_library()
    for data in reversed(rows):
        import_file(base, data)
    import_file(base, TWO_DAYS)
    item = only_item(base)
    assert len(item.import_sources) <= MOST_TIMES + 1
    assert item.added == "2014-11-07T00:00:00Z"
