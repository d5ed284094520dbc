"""What one record of a file may hold, for a member and for the operator; the other records of the file go in."""

from collections.abc import Iterator
from typing import Any

import pytest

from kb.access.actor import OPERATOR, Actor
from kb.model.bibliographic_record import LONGEST_DESCRIPTION, LONGEST_TITLE
from kb.model.items.item_fields import LONGEST_WORDS
from kb.services.core.library import Library
from kb.services.imports.import_bounds import MEMBER_BOUNDS, OPERATOR_BOUNDS, ImportBounds
from tests.factories.import_export import bring, figures, items_in, lines_of, taken_out, warning_reasons
from tests.factories.library import an_empty_library
from tests.factories.moderation import a_moderated_library, item_of, who

MEBIBYTE = 1 << 20


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def oversized(bounds: ImportBounds) -> dict[str, dict[str, Any]]:
    """Records that hold one character or one entry too many, by the field."""

    def one_with(**given: Any) -> dict[str, Any]:
        return {"annotations": [{"kind": "note", "quote": "Un passage.", **given}]}

    def long(length: int) -> str:
        return "x" * (length + 1)

    return {
        "url": {"url": f"https://exemple.fr/{long(bounds.address)}"},
        "title": {"title": long(bounds.title)},
        "description": {"description": long(bounds.description)},
        "byline": {"byline": long(bounds.line)},
        "source": {"source": long(bounds.line)},
        "language": {"language": "fr" + "-a" * bounds.short},
        "author.name": {"author": {"name": long(bounds.name)}},
        "tags (length)": {"tags": ["eau", long(bounds.tag)]},
        "tags (number)": {"tags": [f"t{n}" for n in range(bounds.tags + 1)]},
        "sharers": {"sharers": [{"author": f"s{n}"} for n in range(bounds.sharers + 1)]},
        "annotations": {"annotations": [{"body": f"c{n}"} for n in range(bounds.annotations + 1)]},
        "annotations[0].quote": one_with(quote=long(bounds.words)),
        "annotations[0].body": one_with(body=long(bounds.words)),
        "annotations[0].prefix": one_with(prefix=long(bounds.context)),
        "annotations[0].suffix": one_with(suffix=long(bounds.context)),
        "annotations[0].color": one_with(color=long(bounds.short)),
        "annotations[0].replies": one_with(replies=[{"body": f"r{n}"} for n in range(bounds.replies + 1)]),
        "annotations[0].replies[0].body": one_with(replies=[{"body": long(bounds.words)}]),
    }


def bring_within(library: Library, actor: Actor, record: dict[str, Any]) -> tuple[list[str], list[str | None]]:
    """Bring a record between two others: what the report says, and the titles that went in."""
    fine = [{"title": "Avant"}, {"title": "Un titre"} | record, {"title": "Après"}]
    report = bring(library, lines_of(*fine), actor, group_slug="quais")
    assert (report.read, report.added, report.skipped) == (3, 2, 1)
    return warning_reasons(report), [item.title for item in items_in(library)[-2:]]


@pytest.mark.parametrize("field", oversized(MEMBER_BOUNDS))
def test_a_member_brings_no_more_than_the_forms_take(library: Library, field: str) -> None:
    said, titles = bring_within(library, who(library, "claire"), oversized(MEMBER_BOUNDS)[field])
    assert titles == ["Avant", "Après"]
    assert len(said) == 1
    assert f"“{field.partition(' ')[0]}” " in said[0]


@pytest.mark.parametrize("field", oversized(OPERATOR_BOUNDS))
def test_the_operator_brings_no_more_than_pages_can_show(library: Library, field: str) -> None:
    said, titles = bring_within(library, OPERATOR, oversized(OPERATOR_BOUNDS)[field])
    assert (len(said), titles) == (1, ["Avant", "Après"])


@pytest.mark.parametrize("login", ["claire", ""])
@pytest.mark.parametrize(
    "record",
    [
        {"tags": ["x" * (10 * MEBIBYTE)]},
        {"annotations": [{"body": "Un mot."}] * 100_000},
        {"description": " " * (10 * MEBIBYTE)},
        {"annotations": [{"body": "y" * 50_000}] * 320},
    ],
    ids=["a tag of 10 MB", "100,000 annotations", "10 MB of spaces", "16 MB of words"],
)
def test_what_made_pages_of_many_megabytes_is_refused(library: Library, login: str, record: dict[str, Any]) -> None:
    before = taken_out(library)
    report = bring(
        library, lines_of({"title": "Lourd"} | record), who(library, login) if login else OPERATOR, group_slug="quais"
    )
    assert (figures(report), len(warning_reasons(report))) == ((1, 0, 0, 0, 1), 1)
    assert taken_out(library) == before


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"url": "pas une adresse"}, "“pas une adresse” is no address: https://… was expected."),
        ({"author": {"name": "Cla\u202eire"}}, "A name has 1 to 100 characters, on one line."),
        ({"added": "2999-01-01"}, "“added” is in the future."),
        ({"updated": "2999-01-01T00:00:00Z"}, "“updated” is in the future."),
        ({"annotations": [{"body": "Un mot.", "added": "2999-01-01"}]}, "“annotations” is in the future."),
    ],
)
def test_what_no_form_takes_is_refused_to_a_member(library: Library, record: dict[str, Any], why: str) -> None:
    assert bring_within(library, who(library, "claire"), record)[0] == [why]


def test_many_records_of_one_item_do_not_add_up_to_more(library: Library) -> None:
    claire = who(library, "claire")
    tags = [{"id": "i1", "title": "Le port au petit matin"}, {"url": "https://exemple.fr/port", "tags": ["a"]}]
    parts = ([f"t{n}" for n in range(start, start + 60)] for start in (0, 60, 120))
    tags.extend({"url": "https://exemple.fr/port", "tags": part} for part in parts)
    report = bring(library, lines_of(*tags), claire, group_slug="quais")
    assert len(item_of(library).tags) <= MEMBER_BOUNDS.tags
    assert report.skipped == 2
    comments = [{"body": f"c{n}"} for n in range(3_000)]
    for number in range(2):
        record = {"id": "i1", "annotations": [{"body": f"{number} {comment['body']}"} for comment in comments]}
        report = bring(library, lines_of(record | {"title": "Le port"}), claire, group_slug="quais")
    assert report.skipped == 1
    assert len(item_of(library).annotations) == 3_004


def test_all_that_the_forms_take_goes_out_and_comes_in_to_the_byte() -> None:
    record = {
        "id": "plein", "group": "quais", "url": "https://exemple.fr/" + "u" * 7_980, "title": "t" * LONGEST_TITLE,
        "description": "d" * LONGEST_DESCRIPTION, "byline": "b" * 500, "source": "s" * 500, "language": "fr",
        "tags": [f"{n:03}".ljust(200, "x") for n in range(100)],
        "annotations": [
            {"id": f"a{n}", "kind": "note", "quote": "q" * LONGEST_WORDS, "body": "c" * LONGEST_WORDS,
             "prefix": "p" * 200, "suffix": "s" * 200, "replies": [{"id": f"r{n}", "body": "r" * LONGEST_WORDS}]}
            for n in range(12)
        ],
    }  # fmt: skip
    first, second = an_empty_library(), an_empty_library()
    assert figures(bring(first, lines_of(record))) == (1, 1, 0, 0, 0)
    out = taken_out(first)
    assert figures(bring(second, out)) == (1, 1, 0, 0, 0)
    assert taken_out(second) == out
    with a_moderated_library() as third:
        assert figures(bring(third, out, who(third, "claire"), group_slug="quais")) == (1, 1, 0, 0, 0)
