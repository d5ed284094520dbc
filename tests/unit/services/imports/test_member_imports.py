"""An import by a member changes what the member may change by hand, and nothing else."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from kb.access.actor import OPERATOR
from kb.errors import FlorilegeError
from kb.formats.import_formats import read_drafts
from kb.model.items.import_job import ImportReport
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from kb.services.groups.membership import remove_member, set_role
from kb.services.imports.import_export import import_items
from kb.services.imports.import_report import ImportOptions
from tests.factories.import_export import exported_lines, figures, import_data, items_in, lines_of, warning_reasons
from tests.factories.moderation import a_moderated_library, actor_of, item_of, person

STAY = "Words of others stay as they are: only their author can change them."


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def bring_as(library: Library, login: str, *records: dict[str, Any], **options: Any) -> ImportReport:
    return import_data(library, lines_of(*records), actor_of(library, login), group_slug="quais", **options)


def test_the_words_of_others_stay_and_the_report_says_so(library: Library) -> None:
    before = item_of(library)
    forged = {
        "id": "i1", "title": before.title,
        "annotations": [
            {"id": "a2", "kind": "note", "quote": "Un faux.", "body": "Faux.", "color": "blue", "author": "Claire",
             "added": "1999-01-01", "replies": [{"id": "r1", "body": "Je n'ai jamais dit cela.", "author": "Claire"}]},
            {"id": "a3", "kind": "comment", "body": "Faux.", "prefix": "faux", "author": "Claire"},
        ],
    }  # fmt: skip
    report = bring_as(library, "claire", forged, author_map={"Claire": "claire"})
    assert item_of(library) == before
    assert figures(report) == (1, 0, 0, 1, 0)
    assert warning_reasons(report) == [STAY]


def test_own_words_are_changed_by_their_id_and_stay_own(library: Library) -> None:
    claire = person(library, "claire")
    changed = {
        "id": "i1", "title": "Le port au petit matin",
        "annotations": [
            {"id": "a1", "quote": "Un phare.", "author": "Quelqu'un", "added": "1999-01-01"},
            {"id": "a2", "kind": "note", "quote": "Un chalut bleu.", "body": "Beau bleu.", "replies": [
                {"id": "r0", "body": "Autrement dit.", "author": "Quelqu'un", "added": "1999-01-01"},
            ]},
        ],
    }  # fmt: skip
    report = bring_as(library, "claire", changed)
    item = item_of(library)
    first, reply = item.annotations[0], item.annotations[1].replies[0]
    assert (first.quote, first.author, first.added) == ("Un phare.", claire, "2014-01-02")
    assert (reply.body, reply.author) == ("Autrement dit.", claire)
    assert reply.added != "1999-01-01"
    assert (figures(report), warning_reasons(report)) == ((1, 0, 1, 0, 0), [])


def test_a_member_does_not_say_who_shared_an_item_when_or_how_often_it_was_read(library: Library) -> None:
    before = item_of(library, "i2")
    for record in ({"id": "i2", "title": "La criée"}, {"title": "La criée", "author": {"login": "ancien"}}):
        forged = record | {
            "author": record.get("author", "Claire"), "added": "1999-01-01", "updated": "2030-01-01", "views": 10**9,
            "sharers": [{"author": "Claire", "added": "1999-01-01"}],
        }  # fmt: skip
        bring_as(library, "claire", forged, author_map={"Claire": "claire"})
    assert item_of(library, "i2") == before


def test_a_record_with_the_id_edits_fields_as_the_form_does_and_one_without_completes_them(library: Library) -> None:
    before = item_of(library)
    fields = {
        "url": "https://exemple.fr/port", "title": "Autre titre", "description": "Autre.", "byline": "A. Auteure",
        "tags": ["mer"], "published": "1999", "language": "en",
    }  # fmt: skip
    bring_as(library, "claire", fields)
    after = item_of(library)
    assert (after.title, after.description, after.published) == (before.title, before.description, before.published)
    assert (after.byline, after.tags) == ("A. Auteure", ("port", "Quai", "mer"))
    bring_as(library, "claire", {**fields, "id": "i1"})
    edited = item_of(library)
    assert (edited.title, edited.description, edited.published) == ("Autre titre", "Autre.", "1999")
    assert edited.tags == ("mer",)
    assert edited.author == before.author
    assert (edited.updated or "") > (before.updated or "")
    assert figures(bring_as(library, "claire", {**fields, "id": "i1"}))[3] == 1


def test_an_item_does_not_take_the_address_of_another(library: Library) -> None:
    report = bring_as(library, "claire", {"id": "i2", "title": "La criée", "url": "https://exemple.fr/port"})
    assert item_of(library, "i2").url is None
    assert warning_reasons(report) == ["Another item of this group has this address: the item keeps its own."]


def test_the_operator_says_what_is_there(library: Library) -> None:
    record = {
        "id": "i1", "title": "Autre", "added": "1999-01-01", "author": "Max", "views": 9,
        "annotations": [{"id": "a3", "quote": "Un treuil rouillé.", "author": "Max", "added": "1999-01-01"}],
    }  # fmt: skip
    import_data(library, lines_of(record), OPERATOR, group_slug="quais", author_map={"Max": "max"})
    item = item_of(library)
    assert (item.added, item.author, item.views) == ("1999-01-01", person(library, "max"), 9)
    third = next(annotation for annotation in item.annotations if annotation.id == "a3")
    assert (third.quote, third.author, third.added) == ("Un treuil rouillé.", person(library, "max"), "1999-01-01")


def test_no_author_of_an_import_looks_like_a_member_of_the_group(library: Library) -> None:
    names = ["Max", "max", "MAX ", "M-a-x", "M\u00e0x"]
    records = [{"title": f"De {n}", "author": {"login": f"l{n}", "name": name}} for n, name in enumerate(names)]
    records.append({"title": "Du login", "author": {"login": "max"}})
    for _ in range(2):
        bring_as(library, "claire", *records)
    authors = {item.author.name for item in items_in(library) if item.author and item.title and "De" in item.title[:2]}
    assert {name for name in authors if not name.endswith(" (import)")} == set()
    (from_login,) = (item.author for item in items_in(library) if item.title == "Du login")
    assert from_login is not None
    assert (from_login.login, from_login.name) == ("max-2", "max (import)")


def test_an_imported_author_of_another_group_is_not_shown(library: Library) -> None:
    import_data(
        library, lines_of({"group": "ailleurs", "title": "A", "author": {"login": "zoe", "name": "Zoé Cachée"}})
    )
    for _ in range(2):
        report = bring_as(library, "claire", {"title": "B", "author": {"login": "zoe", "name": "Z."}})
        assert "Cachée" not in "".join(warning_reasons(report))
    (author,) = (item.author for item in items_in(library) if item.title == "B")
    assert author is not None
    assert (author.login, author.name) == ("zoe-2", "Z.")


def test_an_address_that_leads_to_a_merged_item_is_not_taken(library: Library) -> None:
    with library.store.write() as writing:
        writing.item_merges.move_references(["parti"], "i1", {})
    bring_as(library, "claire", {"id": "parti", "title": "Un intrus"})
    assert [item.id for item in items_in(library) if item.title == "Un intrus"] != ["parti"]


@pytest.mark.parametrize(
    "lose",
    [
        lambda library: set_role(library, OPERATOR, "quais", "claire", Role.READER),
        lambda library: remove_member(library, OPERATOR, "quais", "claire"),
        lambda library: close_account(library, OPERATOR, "claire", closed=True),
    ],
)
def test_an_import_stops_at_the_next_batch_when_its_person_loses_their_rights(library: Library, lose: Any) -> None:
    lines = lines_of(*({"title": f"Signet {n}"} for n in range(7_000)))
    counts: list[int] = []

    def progress(report: ImportReport) -> None:
        counts.append(report.added)
        if len(counts) == 1:
            lose(library)

    options = ImportOptions(group_slug="quais")
    with pytest.raises(FlorilegeError):
        import_items(library, actor_of(library, "claire"), read_drafts(io.BytesIO(lines)), options, progress)
    assert counts == [500]
    assert len(items_in(library)) == 2 + 500


def test_a_member_who_imports_an_export_again_changes_nothing(library: Library) -> None:
    before = exported_lines(library)
    report = import_data(
        library, before, actor_of(library, "claire"), group_slug="quais", author_map={"Claire": "claire"}
    )
    assert (figures(report), exported_lines(library)) == ((2, 0, 0, 2, 0), before)
