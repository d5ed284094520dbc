"""Limits for each record of a file, for members and the operator; the other records are imported."""

from collections.abc import Iterator
from typing import Any

import pytest

from kb.access.actor import OPERATOR, Actor
from kb.model.bibliographic_record import LONGEST_DESCRIPTION, LONGEST_TITLE
from kb.model.items.item import Item
from kb.model.items.item_budget import MOST_ITEM_PARTS, item_size
from kb.model.items.item_fields import LONGEST_WORDS
from kb.services.core.library import Library
from kb.services.imports.record_bounds import MEMBER_BOUNDS, OPERATOR_BOUNDS, ImportBounds
from tests.factories.import_export import exported_lines, figures, import_data, items_in, lines_of, warning_reasons
from tests.factories.library import an_empty_library
from tests.factories.moderation import a_moderated_library, actor_of, item_of

MEBIBYTE = 1 << 20


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def oversized(bounds: ImportBounds) -> dict[str, dict[str, Any]]:
    """Records with one character or one entry too many, by field."""

    def one_with(**fields: Any) -> dict[str, Any]:
        return {"annotations": [{"kind": "note", "quote": "Un passage.", **fields}]}

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
        "annotations": {"annotations": [{"body": f"c{n}"} for n in range(MOST_ITEM_PARTS + 1)]},
        "annotations[0].quote": one_with(quote=long(bounds.words), body="Un mot.", color="yellow"),
        "annotations[0].body": one_with(body=long(bounds.words)),
        "annotations[0].prefix": one_with(prefix=long(bounds.context)),
        "annotations[0].suffix": one_with(suffix=long(bounds.context)),
        "annotations[0].color": one_with(color=long(bounds.short)),
        "annotations[0].replies": one_with(replies=[{"body": f"r{n}"} for n in range(MOST_ITEM_PARTS)]),
        "annotations[0].replies[0].body": one_with(replies=[{"body": long(bounds.words)}]),
    }


def warnings_expected(bounds: ImportBounds) -> dict[str, str]:
    """The warning on each of these records."""
    text = "its beginning is kept."
    longer = "longer than %d characters"
    out = f"{longer}: it is left out."
    one_part = f"1 passage, comment or reply is left out: an item has at most {MOST_ITEM_PARTS} of them, with its tags."
    return {
        "url": f"The address is {out % bounds.address}",
        "title": f"The title is {longer % bounds.title}: {text}",
        "description": f"The description is {longer % bounds.description}: {text}",
        "byline": f"The author of the page is {longer % bounds.line}: {text}",
        "source": f"The source is {longer % bounds.line}: {text}",
        "language": f"The language is {out % bounds.short}",
        "author.name": f"The name of 1 person is {out % bounds.name}",
        "tags (length)": f"1 tag is {out % bounds.tag}",
        "tags (number)": f"1 tag is left out: at most {bounds.tags} are kept.",
        "sharers": f"1 person who shared the page is left out: at most {bounds.sharers} are kept.",
        "annotations": one_part,
        "annotations[0].quote": f"1 passage is {out % bounds.words}",
        "annotations[0].body": f"1 note or comment is {longer % bounds.words}: {text}",
        **{
            f"annotations[0].{name}": "The words around a passage, or its colour, are too long: what is too much is"
            " left out."
            for name in ("prefix", "suffix", "color")
        },
        "annotations[0].replies": one_part,
        "annotations[0].replies[0].body": f"1 note or comment is {longer % bounds.words}: {text}",
    }


def values_of(item: Item) -> dict[str, object]:
    """The values of the field that was too long, in an item."""
    return {
        "url": item.url,
        "title": item.title,
        "description": item.description,
        "byline": item.byline,
        "source": item.source,
        "author.name": item.author,
        "tags": len(item.tags),
        "sharers": len(item.sharers),
        "annotations": len(item.annotations),
        **{
            f"annotations[0].{name}": getattr(annotation, name)
            for annotation in item.annotations[:1]
            for name in _TEXTS
        },
        "annotations[0].replies": [len(annotation.replies) for annotation in item.annotations[:1]],
        "annotations[0].replies[0].body": [
            reply.body for annotation in item.annotations[:1] for reply in annotation.replies[:1]
        ],
    }


_TEXTS = ("quote", "body", "prefix", "suffix", "color")


def values_expected(bounds: ImportBounds) -> dict[str, object]:
    """The value of each of these fields afterwards."""
    words = "x" * (bounds.words - 1) + "…"
    return {
        "title": "x" * (bounds.title - 1) + "…",
        "description": "x" * (bounds.description - 1) + "…",
        "byline": "x" * (bounds.line - 1) + "…",
        "source": "x" * (bounds.line - 1) + "…",
        "tags (length)": 1,
        "tags (number)": bounds.tags,
        "sharers": bounds.sharers,
        "annotations": MOST_ITEM_PARTS,
        "annotations[0].body": words,
        "annotations[0].prefix": "x" * bounds.context,
        "annotations[0].suffix": "x" * bounds.context,
        "annotations[0].replies": [MOST_ITEM_PARTS - 1],
        "annotations[0].replies[0].body": [words],
    }


def bring_within(library: Library, actor: Actor, record: dict[str, Any]) -> tuple[list[str], list[str | None]]:
    """Import a record between two others; returns the report and the imported titles."""
    fine = [{"title": "Avant"}, {"title": "Un titre"} | record, {"title": "Après"}]
    report = import_data(library, lines_of(*fine), actor, group_slug="quais")
    assert (report.read, report.added, report.skipped) == (3, 2, 1)
    return warning_reasons(report), [item.title for item in items_in(library)[-2:]]


@pytest.mark.parametrize(
    ("login", "field"),
    [(login, field) for login in ("claire", "") for field in oversized(MEMBER_BOUNDS)],
)
def test_a_record_with_an_overlong_field_is_imported_without_it_and_reported(
    library: Library, login: str, field: str
) -> None:
    bounds, actor = (MEMBER_BOUNDS, actor_of(library, login)) if login else (OPERATOR_BOUNDS, OPERATOR)
    record = {"title": "Un titre"} | oversized(bounds)[field]
    report = import_data(library, lines_of({"title": "Avant"}, record, {"title": "Après"}), actor, group_slug="quais")
    assert (report.read, report.added, report.skipped) == (3, 3, 0)
    assert warning_reasons(report) == [warnings_expected(bounds)[field]]
    before, item, after = items_in(library)[-3:]
    assert (before.title, after.title) == ("Avant", "Après")
    assert values_of(item).get(field.partition(" ")[0]) == values_expected(bounds).get(field)
    if field == "annotations[0].quote":
        # The comment on a passage stays when the passage is left out.
        assert [(annotation.kind, annotation.body, annotation.color) for annotation in item.annotations] == [
            ("comment", "Un mot.", None)
        ]
    again = import_data(library, lines_of(record), actor, group_slug="quais")
    assert (again.added, again.updated, len(items_in(library))) == (0, 0, len(items_in(library)))


def test_a_record_of_which_nothing_is_left_is_skipped_and_the_report_says_why(library: Library) -> None:
    long = f"https://exemple.fr/{'x' * OPERATOR_BOUNDS.address}"
    report, _ = bring_within(library, OPERATOR, {"title": "", "url": long})
    assert report == [warnings_expected(OPERATOR_BOUNDS)["url"], "This record has neither a title nor an address."]


def test_a_long_passage_alone_is_left_out_and_the_others_stay(library: Library) -> None:
    quotes = ["Premier passage", "x" * (OPERATOR_BOUNDS.words + 1), "Dernier passage"]
    record = {"title": "Un titre", "annotations": [{"quote": quote} for quote in quotes]}
    import_data(library, lines_of(record), OPERATOR, group_slug="quais")
    assert [annotation.quote for annotation in items_in(library)[-1].annotations] == [quotes[0], quotes[2]]


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
def test_an_item_that_made_pages_of_many_megabytes_is_skipped(
    library: Library, login: str, record: dict[str, Any]
) -> None:
    actor = actor_of(library, login) if login else OPERATOR
    report = import_data(library, lines_of({"title": "Lourd"} | record), actor, group_slug="quais")
    assert (figures(report), len(warning_reasons(report))) == ((1, 1, 0, 0, 0), 1)
    item = items_in(library)[-1]
    bounds = OPERATOR_BOUNDS if actor.operator else MEMBER_BOUNDS
    assert item_size(item).is_within_budget
    assert len(item.description or "") <= bounds.description
    assert not item.tags


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"url": "pas une adresse"}, "“pas une adresse” is no address: https://… was expected."),
        ({"author": {"name": "Cla\u202eire"}}, "A name has 1 to 100 characters, on one line."),
    ],
)
def test_a_members_import_refuses_values_that_no_form_takes(
    library: Library, record: dict[str, Any], reason: str
) -> None:
    assert bring_within(library, actor_of(library, "claire"), record)[0] == [reason]


def test_a_members_import_leaves_out_dates_in_the_future_and_says_so(library: Library) -> None:
    late, known = "2999-01-01", "2014-05-06"
    record = {
        "url": "https://exemple.fr/demain", "title": "Demain", "added": late, "updated": "2999-01-01T00:00:00Z",
        "published": "2999", "sharers": [{"author": "Ali", "added": late}, {"author": "Bea", "added": known}],
        "annotations": [
            {"body": "Un mot.", "added": late, "updated": late, "replies": [{"body": "Oui.", "added": late}]},
            {"body": "Un autre.", "added": known, "replies": [{"body": "Non.", "added": known, "updated": late}]},
        ],
    }  # fmt: skip
    report = import_data(library, lines_of(record), actor_of(library, "claire"), group_slug="quais")
    assert (figures(report), warning_reasons(report)) == ((1, 1, 0, 0, 0), ["A date in the future is left out."])
    item = items_in(library)[-1]
    assert (item.added, item.updated, item.published) == (None, None, "2999")
    assert [sharing.added for sharing in item.sharers] == [None, known]
    assert [(part.added, part.updated) for part in item.parts] == [(None, None)] * 2 + [(known, None)] * 2
    assert report.undated == 1


def test_a_date_in_the_future_of_the_operators_file_stays(library: Library) -> None:
    report = import_data(library, lines_of({"title": "Demain", "added": "2999-01-01"}), group_slug="quais")
    assert (items_in(library)[-1].added, warning_reasons(report)) == ("2999-01-01", [])


def test_many_records_of_one_item_do_not_add_up_to_more(library: Library) -> None:
    claire = actor_of(library, "claire")
    tags = [{"id": "i1", "title": "Le port au petit matin"}, {"url": "https://exemple.fr/port", "tags": ["a"]}]
    parts = ([f"t{n}" for n in range(start, start + 60)] for start in (0, 60, 120))
    tags.extend({"url": "https://exemple.fr/port", "tags": part} for part in parts)
    report = import_data(library, lines_of(*tags), claire, group_slug="quais")
    assert len(item_of(library).tags) <= MEMBER_BOUNDS.tags
    assert report.skipped == 2
    comments = [{"body": f"c{n}"} for n in range(3_000)]
    for number in range(2):
        record = {"id": "i1", "annotations": [{"body": f"{number} {comment['body']}"} for comment in comments]}
        report = import_data(library, lines_of(record | {"title": "Le port"}), claire, group_slug="quais")
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
    assert figures(import_data(first, lines_of(record))) == (1, 1, 0, 0, 0)
    out = exported_lines(first)
    assert figures(import_data(second, out)) == (1, 1, 0, 0, 0)
    assert exported_lines(second) == out
    with a_moderated_library() as third:
        assert figures(import_data(third, out, actor_of(third, "claire"), group_slug="quais")) == (1, 1, 0, 0, 0)
