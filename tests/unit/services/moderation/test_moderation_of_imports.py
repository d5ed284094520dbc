"""An import neither restores nor replaces hidden or removed content, and keeps its author."""

from collections.abc import Iterator

import pytest

from kb.services.core.library import Library
from kb.services.groups.author_links import link_author_in_group
from kb.services.moderation.moderation_actions import hide_content, remove_content, restore_content
from tests.factories.import_export import (
    bring_records,
    exported_lines,
    figures,
    import_data,
    items_in,
    lines_of,
    warning_reasons,
)
from tests.factories.moderation import a_moderated_library, actor_of, annotations_of, item_of, person

MAPPED = {"Claire": "claire", "Max": "max"}
"""An import assigns no record to an existing account unless it is told to."""


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def test_an_import_of_the_same_file_brings_nothing_back(library: Library) -> None:
    before = exported_lines(library)
    max_ = actor_of(library, "max")
    out = [hide_content(library, max_, "i1", part) for part in ("a3", "r1")] + [remove_content(library, max_, "i2")]
    exported = exported_lines(library)
    report = import_data(library, before, author_map=MAPPED)
    assert figures(report) == (2, 0, 0, 1, 1)
    assert any("is in the trash" in reason for reason in warning_reasons(report))
    # The same without ids, by address and by texts.
    stripped = {
        "url": "https://www.exemple.fr/port/", "title": "Le port au petit matin",
        "annotations": [
            {"kind": "highlight", "quote": "Un treuil."},
            {"kind": "note", "quote": "Un chalut bleu.", "body": "Beau bleu.", "replies": [{"body": "Réponse 1."}]},
        ],
    }  # fmt: skip
    assert figures(bring_records(library, stripped, {"title": "La criée", "author": {"login": "ancien"}}))[1:3] == (
        0,
        0,
    )
    assert exported_lines(library) == exported
    for removal in reversed(out):
        restore_content(library, max_, removal.id)
    assert exported_lines(library) == before


def test_removed_content_is_not_imported_again_with_other_words(library: Library) -> None:
    """In its first group it has the id of the file, in the second an id of its own."""
    max_, texts = actor_of(library, "max"), ("Premier.", "Changé.")
    records = [
        {"url": "https://exemple.fr/h", "annotations": [{"id": "h1", "quote": text}, {"id": "h2", "body": "Reste"}]}
        for text in texts
    ]
    for slug in ("quais", "~sam"):
        import_data(library, lines_of(records[0]), group_slug=slug)
    items = [item for item in items_in(library) if item.url == "https://exemple.fr/h"]
    assert [len(item.annotations) for item in items] == [2, 2]
    for item, actor in zip(items, (max_, actor_of(library, "sam")), strict=True):
        remove_content(library, actor, item.id, item.annotations[0].id)
    for slug in ("quais", "~sam"):
        import_data(library, lines_of(records[1]), group_slug=slug)
    items = [item for item in items_in(library) if item.url == "https://exemple.fr/h"]
    assert [[annotation.body for annotation in item.annotations] for item in items] == [["Reste"], ["Reste"]]


def test_an_import_takes_no_id_of_what_is_out(library: Library) -> None:
    max_ = actor_of(library, "max")
    out = [hide_content(library, max_, "i1", "a3"), hide_content(library, max_, "i2")]
    theirs = {"id": "i2", "title": "Autre", "group": "~sam", "annotations": [{"id": "a3", "quote": "Autre passage."}]}
    report = import_data(library, lines_of(theirs), actor_of(library, "sam"))
    assert figures(report)[1] == 1
    assert warning_reasons(report) == []
    for removal in out:
        restore_content(library, max_, removal.id)
    assert annotations_of(library) == ["a1", "a2", "a3", "a4"]
    assert len([item for item in items_in(library) if item.id == "i2"]) == 1


def test_a_dry_run_reports_items_in_the_trash(library: Library) -> None:
    before = exported_lines(library)
    remove_content(library, actor_of(library, "max"), "i1")
    report = import_data(library, before, dry_run=True, author_map=MAPPED)
    assert (report.added, report.skipped) == (0, 1)


def test_removed_content_of_a_linked_author_goes_to_the_account(library: Library) -> None:
    max_ = actor_of(library, "max")
    out = [hide_content(library, max_, "i1", "a3"), remove_content(library, max_, "i2")]
    bring_records(library, {"id": "i9", "title": "Un reste", "author": {"login": "ancien"}})
    link_author_in_group(library, actor_of(library, "olga"), "quais", "ancien", "claire")
    for removal in out:
        restore_content(library, max_, removal.id)
    claire = person(library, "claire")
    assert item_of(library).annotations[2].author == claire
    assert item_of(library, "i2").author == claire
    with library.store.read() as reading:
        assert reading.users.by_login("ancien") is None


def test_an_author_whose_content_is_all_removed_stays_until_it_is_restored(library: Library) -> None:
    max_ = actor_of(library, "max")
    out = [hide_content(library, max_, "i1", "a3"), remove_content(library, max_, "i2")]
    for removal in out:
        restore_content(library, max_, removal.id)
    ancien = item_of(library, "i2").author
    assert ancien is not None
    assert ancien.name == "Paul Ancien"
