"""Users, groups, annotations and languages in an import."""

from typing import Any

import pytest

from kb.model.items.import_draft import RecordWarning
from kb.model.items.item import Item
from kb.model.people.group import Group, Visibility
from tests.factories.import_export import bodies_of, bring_records, exported_lines, figures, items_in, warning_reasons
from tests.factories.items import a_group
from tests.factories.library import a_library, an_empty_library


def annotated(*annotations: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "q1", "title": "Les quais", "annotations": list(annotations)} | fields


def after(*records: dict[str, Any], **options: Any) -> Item:
    """The item that these records give, one file each."""
    library = an_empty_library()
    for record in records:
        bring_records(library, record, **options)
    return items_in(library)[0]


def logins_of(item: Item) -> list[str | None]:
    return [annotation.author.login if annotation.author else None for annotation in item.annotations]


# Users


@pytest.mark.parametrize(
    ("author", "login", "name"),
    [
        ("Documentation CD63", "documentation-cd63", "Documentation CD63"),
        ({"name": "Sophie Point"}, "sophie-point", "Sophie Point"),
        ({"login": "claire"}, "claire", "claire"),
        ({"login": "claire", "name": "Claire R."}, "claire", "Claire R."),
        ({"login": "Claire R.", "name": None}, "claire-r", "Claire R."),
        ("Œuvre & Été", "oeuvre-ete", "Œuvre & Été"),
    ],
)
def test_an_author_gets_the_folded_form_of_the_name_as_login(author: object, login: str, name: str) -> None:
    item = after({"title": "Les quais", "author": author})
    assert item.author is not None
    assert (item.author.login, item.author.name) == (login, name)


def test_spellings_of_a_login_are_one_person_with_the_stored_name() -> None:
    library = an_empty_library()
    report = bring_records(
        library,
        {"title": "A", "author": "Lise Martin"},
        {"title": "B", "author": "lise martin"},
        {"title": "C", "author": "LISE MARTIN"},
    )
    assert {item.author.name for item in items_in(library) if item.author} == {"Lise Martin"}
    assert warning_reasons(report) == ["The author “lise-martin” keeps the name “Lise Martin” that the database has."]


@pytest.mark.parametrize("author", ["Sophie Point", {"login": "sophie-point"}, {"login": "sp", "name": "sophie point"}])
def test_a_map_gives_a_name_another_login(author: object) -> None:
    item = after({"title": "Les quais", "author": author}, author_map={"Sophie Point": "sophie"})
    assert item.author is not None
    assert item.author.login == "sophie"


# Groups


def group_of(*records: dict[str, Any], **options: Any) -> Group:
    library = an_empty_library()
    bring_records(library, *records, **options)
    with library.store.read() as reading:
        (group,) = reading.groups.all()
    return group


def test_a_group_created_by_an_import_is_public_unless_an_option_says_otherwise() -> None:
    record = {"title": "A", "group": {"slug": "quais", "visible": "members"}}
    assert group_of({"title": "A"}).visible is Visibility.EVERYONE
    assert group_of(record).visible is Visibility.MEMBERS
    assert group_of({"title": "A"}, visible=Visibility.MEMBERS).visible is Visibility.MEMBERS
    assert group_of(record, visible=Visibility.EVERYONE).visible is Visibility.EVERYONE


@pytest.mark.parametrize("batch_size", [1, 500])
def test_later_records_complete_the_settings_of_a_group(batch_size: int) -> None:
    whole = {"slug": "quais", "name": "Les quais", "description": "Au bord", "visible": "signed-in"}
    group = group_of({"title": "A"}, {"title": "B", "group": whole}, {"title": "C"}, batch_size=batch_size)
    assert (group.name, group.description, group.visible) == ("Les quais", "Au bord", Visibility.SIGNED_IN)


def test_a_group_that_was_there_is_never_changed_by_an_import() -> None:
    group = a_group("quais", "Les quais", visible=Visibility.MEMBERS)
    library = a_library(groups=(group,))
    group_fields = {"slug": "quais", "name": "Autre nom", "description": "x", "visible": "everyone"}
    report = bring_records(library, {"title": "A", "group": group_fields}, {"title": "B", "group": group_fields})
    with library.store.read() as reading:
        assert reading.groups.all() == (group,)
    assert warning_reasons(report) == ["The group “quais” was there before: it stays visible to its members only."]


def test_everything_goes_to_the_group_that_is_asked_for() -> None:
    library = an_empty_library()
    bring_records(
        library, {"title": "A"}, {"title": "B", "group": None}, {"title": "C", "group": "ponts"}, group_slug="rives"
    )
    with library.store.read() as reading:
        assert [group.slug for group in reading.groups.all()] == ["rives"]
    assert len(items_in(library)) == 3


# Annotations


def test_annotations_are_known_by_their_ids() -> None:
    item = after(
        annotated({"id": "a1", "quote": "au bord", "color": "yellow"}, {"id": "a2", "quote": "de l'eau"}),
        annotated({"id": "a2", "quote": "de l'eau claire"}, {"id": "a3", "body": "Beau"}),
    )
    assert [(annotation.id, annotation.quote, annotation.color) for annotation in item.annotations] == [
        ("a1", "au bord", "yellow"),
        ("a2", "de l'eau claire", None),
        ("a3", None, None),
    ]


def test_annotations_without_ids_are_known_by_their_words() -> None:
    annotation = {"quote": "au bord", "author": "Lise"}
    item = after(
        annotated(annotation, {"body": "Beau"}), annotated({"body": "Beau"}, annotation, {"quote": "de l'eau"})
    )
    assert [annotation.quote or annotation.body for annotation in item.annotations] == ["au bord", "Beau", "de l'eau"]


def test_the_same_words_of_two_people_are_two_annotations() -> None:
    item = after(annotated({"body": "Beau", "author": "Lise"}), annotated({"body": "Beau", "author": "Omar"}))
    assert logins_of(item) == ["lise", "omar"]


def test_an_author_found_later_completes_the_annotation() -> None:
    item = after(annotated({"body": "Beau"}), annotated({"body": "Beau", "author": "Lise", "added": "2014-11-07"}))
    assert logins_of(item) == ["lise"]
    assert item.annotations[0].added == "2014-11-07"


def test_an_annotation_without_author_is_the_one_that_has_one() -> None:
    item = after(annotated({"body": "Beau", "author": "Lise"}), annotated({"body": "Beau"}))
    assert logins_of(item) == ["lise"]


def test_two_equal_comments_in_one_record_remain_two() -> None:
    twice = annotated({"body": "Beau"}, {"body": "Beau"})
    assert bodies_of(after(twice, twice, annotated({"body": "Beau"}))) == ["Beau", "Beau"]


def test_replies_come_together() -> None:
    item = after(
        annotated({"id": "a1", "body": "Beau", "replies": [{"id": "r1", "body": "Oui"}, {"body": "Non"}]}),
        annotated({"body": "Beau", "replies": [{"body": "Non", "author": "Lise"}, {"body": "Si"}]}),
        annotated({"id": "a1", "body": "Beau", "replies": [{"id": "r1", "body": "Oui !"}]}),
    )
    (annotation,) = item.annotations
    assert [(reply.body, reply.author.login if reply.author else None) for reply in annotation.replies] == [
        ("Oui !", None),
        ("Non", "lise"),
        ("Si", None),
    ]


def test_an_annotation_id_that_is_taken_gives_way_to_a_new_one() -> None:
    library = an_empty_library()
    records = [
        annotated({"id": "a1", "body": "Beau", "replies": [{"id": "r1", "body": "Oui"}]}),
        annotated({"id": "a1", "body": "Haut"}, {"id": "r1", "body": "Long"}, id="q2", title="Le pont"),
        annotated({"id": "b1", "body": "Bas"}, {"id": "b1", "body": "Court"}, {"id": "b 2", "body": "x"}, id="q3"),
    ]
    report = bring_records(library, *records)
    assert [(warning.line, warning.why) for warning in report.warnings] == [
        (2, "The id “a1” is another annotation's: this one got a new one."),
        (2, "The id “r1” is another annotation's: this one got a new one."),
        (3, "The id “b1” is another annotation's: this one got a new one."),
        (3, "“b 2” cannot be an annotation's id: it got a new one."),
    ]
    ids = [annotation.id for item in items_in(library) for annotation in item.annotations]
    assert len(set(ids)) == len(ids) == 6
    before = exported_lines(library)
    assert figures(bring_records(library, *records)) == (3, 0, 0, 3, 0)
    assert exported_lines(library) == before


def test_two_parts_of_one_id_in_a_record_for_a_second_group_are_two() -> None:
    library = an_empty_library()
    bring_records(library, annotated({"id": "a1", "body": "Un"}), group_slug="quais")
    bring_records(library, annotated({"id": "a1", "body": "Un"}, id="q2"), group_slug="ponts")
    again = annotated({"id": "a1", "body": "Un", "replies": [{"id": "a1", "body": "Une réponse"}]}, id="q2")
    bring_records(library, again, group_slug="ponts")
    (item,) = (item for item in items_in(library) if item.id == "q2")
    assert [(annotation.body, [reply.body for reply in annotation.replies]) for annotation in item.annotations] == [
        ("Un", ["Une réponse"])
    ]


def test_an_item_with_very_many_annotations_comes_twice_in_no_time() -> None:
    library = an_empty_library()
    record = annotated(*({"quote": f"passage {number % 5000}"} for number in range(10_000)))
    assert bring_records(library, record).added == 1
    assert bring_records(library, record).unchanged == 1


# Languages, and warnings


def test_the_language_is_detected_unless_it_is_given() -> None:
    english = "The river was high and the people of the town came to look at it from the bridge"
    assert after({"title": "Les quais de la ville et les bateaux qui passent sous le pont"}).language == "fr"
    assert after({"title": english}).language == "en"
    assert after({"title": english, "language": "oc"}).language == "oc"
    assert after({"title": english}, {"title": english, "language": "fr"}).language == "fr"


def test_a_great_many_warnings_are_counted_and_not_kept() -> None:
    library = an_empty_library()
    report = bring_records(library, *[b"{"] * 10_050)
    assert figures(report) == (10_050, 0, 0, 0, 10_050)
    assert len(report.warnings) == 10_001
    assert report.warnings[-1] == RecordWarning(
        "50 more warnings are not shown.",
        message="%(count)s more warnings are not shown.",
        values={"count": 50},
    )
