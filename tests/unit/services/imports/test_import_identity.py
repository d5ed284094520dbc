"""The existing item of an imported record: found by id, else by address, else by title and sharer, whole or
truncated.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from kb.access.actor import OPERATOR
from kb.model.items.import_draft import GroupDraft, ItemDraft
from kb.model.items.item import Item
from kb.services.core.library import Library
from kb.services.imports.import_export import import_items
from kb.services.imports.import_report import ImportOptions
from kb.services.item_matching.truncated_titles import MOST_ALIKE
from kb.store.items.items import Items
from tests.checkers.recorded_queries import executed_statements, recorded_queries, selects
from tests.factories.import_export import bring_records, exported_lines, figures, import_data, items_in, warning_reasons
from tests.factories.library import an_empty_library

LONG = "Cartographier les zones humides avec les habitants : retour sur trois étés d'inventaire"
CUT = "Cartographier les zones humides avec les habitants : retour sur trois étés d'inven..."


def merged(*records: dict[str, Any], library: Library | None = None, **options: Any) -> Item:
    """The single item that these records give, one file each."""
    library = library or an_empty_library()
    for record in records:
        bring_records(library, record, **options)
    (item,) = items_in(library)
    return item


@pytest.mark.parametrize("batch_size", [1, 500])
@pytest.mark.parametrize(
    ("first", "other"),
    [
        ({"id": "q1", "title": "Les quais"}, {"id": "q1", "title": "Les quais d'hier"}),
        ({"url": "https://exemple.org/quais"}, {"url": "http://www.exemple.org/quais/?utm_source=x#haut"}),
        ({"url": "https://exemple.org/q", "title": "A"}, {"url": "https://exemple.org/q", "title": "B"}),
        ({"url": "https://exemple.org/q", "author": "Lise"}, {"url": "https://exemple.org/q", "author": "Omar"}),
        ({"id": "q1", "url": "https://exemple.org/q"}, {"id": "q2", "url": "https://exemple.org/q"}),
        ({"title": "Les quais"}, {"title": "Les quais"}),
        ({"title": "Les quais", "author": "Lise"}, {"title": "Les quais", "author": {"login": "lise"}}),
        ({"title": "Les quais", "url": "https://exemple.org/q"}, {"title": "Les quais"}),
        ({"title": "Les quais"}, {"title": "Les quais", "url": "https://exemple.org/q"}),
        ({"title": CUT}, {"title": LONG}),
        ({"title": LONG}, {"title": CUT}),
        ({"title": CUT, "author": "Lise"}, {"title": LONG, "author": "Lise", "url": "https://exemple.org/q"}),
        ({"title": "Cartographier les zones hum…"}, {"title": LONG}),
        ({"title": LONG}, {"title": "Cartographier les zones ..."}),
    ],
)
def test_records_of_the_same_page_are_one_item(first: dict[str, Any], other: dict[str, Any], batch_size: int) -> None:
    library = an_empty_library()
    report = bring_records(library, first, other, batch_size=batch_size)
    assert (report.added, len(items_in(library))) == (1, 1)
    assert figures(bring_records(library, first, other, batch_size=batch_size))[1] == 0
    assert len(items_in(library)) == 1


@pytest.mark.parametrize("batch_size", [1, 500])
@pytest.mark.parametrize(
    ("first", "other"),
    [
        ({"url": "https://exemple.org/q"}, {"url": "https://exemple.org/r"}),
        ({"url": "https://exemple.org/q", "title": "A"}, {"url": "https://exemple.org/r", "title": "A"}),
        ({"url": "https://exemple.org/q"}, {"group": "ponts", "url": "https://exemple.org/q"}),
        ({"title": "Les quais", "author": "Lise"}, {"title": "Les quais", "author": "Omar"}),
        ({"title": "Les quais", "author": "Lise"}, {"title": "Les quais"}),
        ({"title": "Les quais"}, {"group": "ponts", "title": "Les quais"}),
        ({"title": "Les quais"}, {"title": "les quais"}),
        ({"title": CUT, "author": "Lise"}, {"title": LONG, "author": "Omar"}),
        ({"title": CUT, "url": "https://exemple.org/q"}, {"title": LONG, "url": "https://exemple.org/r"}),
        ({"title": CUT}, {"group": "ponts", "title": LONG}),
        ({"title": "..."}, {"title": LONG}),
        ({"title": "Cart..."}, {"title": LONG}),
        ({"title": "Cartographier les zones humides"}, {"title": LONG}),
    ],
)
def test_records_of_different_pages_are_two_items(
    first: dict[str, Any], other: dict[str, Any], batch_size: int
) -> None:
    library = an_empty_library()
    assert bring_records(library, first, other, batch_size=batch_size).added == 2
    assert figures(bring_records(library, first, other, batch_size=batch_size)) == (2, 0, 0, 2, 0)


def test_a_cut_title_that_may_be_any_of_several_is_none_of_them() -> None:
    library = an_empty_library()
    report = bring_records(library, {"title": f"{LONG} : le film"}, {"title": f"{LONG} : le livre"}, {"title": CUT})
    assert report.added == 3


@pytest.mark.parametrize("titles", [(CUT, LONG), (LONG, CUT)])
@pytest.mark.parametrize("author", [None, "Lise"])
def test_the_whole_title_is_kept_whichever_came_first(titles: tuple[str, str], author: str | None) -> None:
    first, other = ({"title": title, "author": author} for title in titles)
    assert merged(first, other).title == LONG


def test_an_id_of_another_group_is_refused_and_reported() -> None:
    library = an_empty_library()
    bring_records(library, {"id": "q1", "title": "Les quais"})
    report = bring_records(library, {"group": "ponts", "id": "q1", "title": "Le pont"}, {"title": "Les rives"})
    assert figures(report) == (2, 1, 0, 0, 1)
    assert warning_reasons(report) == ["The id q1 is that of another group's item."]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "q 1", "title": "A"}, "“q 1” cannot be an id: 1 to 64 letters, digits, - and _ only."),
        ({"id": "", "title": "A"}, "“” cannot be an id: 1 to 64 letters, digits, - and _ only."),
        ({"id": "é", "title": "A"}, "“é” cannot be an id: 1 to 64 letters, digits, - and _ only."),
        ({"id": "x" * 65, "title": "A"}, f"“{'x' * 65}” cannot be an id: 1 to 64 letters, digits, - and _ only."),
        ({}, "This record has neither a title nor an address."),
        ({"title": " ", "url": ""}, "This record has neither a title nor an address."),
        ({"title": "A", "group": None}, "This record names no group: say which with --group."),
        ({"title": "A", "group": {"name": " "}}, "This record names no group: say which with --group."),
        ({"title": "A", "group": "Les Quais"}, "“Les Quais” cannot be the address of a group: a-z, 0-9, ~ and - only."),
        ({"title": "A", "group": ""}, "“” cannot be the address of a group: a-z, 0-9, ~ and - only."),
        (b"{", "This line is not JSON (at character 2)."),
    ],
)
def test_an_invalid_record_is_reported_by_its_line_and_the_others_are_imported(record: Any, reason: str) -> None:
    library = an_empty_library()
    report = bring_records(library, {"title": "Avant"}, record, {"title": "Après"})
    assert figures(report) == (3, 2, 0, 0, 1)
    (warning,) = report.warnings
    assert (warning.why, warning.line, warning.skipped) == (reason, 2, True)


def test_absent_fields_erase_nothing() -> None:
    whole = {
        "id": "q1", "url": "https://exemple.org/q", "title": "Les quais", "description": "Au bord", "author": "Lise",
        "byline": "La rédaction", "tags": ["vélo"], "added": "2014-11-07", "updated": "2014-11-08", "published": "2014",
        "source": "Rives", "language": "en", "views": 3, "annotations": [{"id": "a1", "quote": "au bord"}],
    }  # fmt: skip
    library = an_empty_library()
    bring_records(library, whole)
    before = exported_lines(library)
    for less in ({"id": "q1", "title": "Les quais"}, {"url": "https://exemple.org/q", "title": "", "description": ""}):
        assert figures(bring_records(library, less)) == (1, 0, 0, 1, 0)
    assert exported_lines(library) == before


def test_a_record_with_the_id_says_how_the_item_is() -> None:
    item = merged(
        {"id": "q1", "title": "Les quais", "tags": ["vélo", "port"], "author": "Lise", "added": "2014-11-07"},
        {"id": "q1", "title": "Les quais d'hier", "tags": ["port"], "author": "Omar", "added": "2015-01-01"},
    )
    assert (item.title, item.tags, item.added) == ("Les quais d'hier", ("port",), "2015-01-01")
    assert item.author is not None
    assert item.author.login == "omar"


def test_a_record_without_the_id_only_adds_to_the_item() -> None:
    url = "https://exemple.org/q"
    item = merged(
        {"url": url, "title": "Les quais", "tags": ["Vélo"], "author": "Lise", "added": "2014-11-07", "views": 9},
        {
            "url": url + "#x",
            "tags": ["vélo", "port"],
            "author": "Omar",
            "added": "2013-01-01",
            "views": 3,
            "source": "R",
        },
    )
    assert (item.url, item.tags, item.added, item.views, item.source) == (url, ("Vélo", "port"), "2014-11-07", 9, "R")
    assert item.author is not None
    assert item.author.login == "lise"


def test_fields_read_from_a_comment_never_replace_typed_ones() -> None:
    page = "Home/ Quais/ Group items\n\nLise\n\nLes quais - 0 views\n\n  • \xa0\n    Rives & Quais, mai 2021\n".encode()
    library = an_empty_library()
    bring_records(library, {"title": "Les quais", "author": "Lise", "source": "La Revue", "published": "2020"})
    import_data(library, page)
    (item,) = items_in(library)
    assert (item.source, item.published, len(item.annotations)) == ("La Revue", "2020", 1)


def test_a_record_that_comes_twice_and_ends_as_it_was_changed_nothing() -> None:
    library = an_empty_library()
    records = [{"id": "q1", "title": "Les quais"}, {"id": "q1", "title": "Les quais d'hier"}]
    assert figures(bring_records(library, *records)) == (2, 1, 1, 0, 0)
    assert figures(bring_records(library, *records)) == (2, 0, 0, 2, 0)


def test_a_batch_sends_a_fixed_number_of_queries() -> None:
    def questions(count: int) -> tuple[int, int]:
        library = an_empty_library()
        records = [
            {
                "id": f"q{n}", "title": f"Page {n}", "url": f"https://exemple.org/{n}", "author": f"Auteur {n}",
                "annotations": [{"id": f"a{n}", "quote": "mot"}],
            }
            for n in range(count)
        ]  # fmt: skip
        with executed_statements() as statements, recorded_queries() as queries:
            assert bring_records(library, *records).added == count
        return len(statements), len(selects(queries))

    assert questions(200) == questions(20)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_title_that_thousands_share_is_no_burden(dry_run: bool) -> None:
    records = [{"title": "Sans titre", "url": f"https://exemple.org/{n}", "language": "fr"} for n in range(6_000)]
    library = an_empty_library()
    assert bring_records(library, *records, dry_run=dry_run, batch_size=100).added == 6_000


def test_a_title_without_address_is_found_among_the_same_with_addresses() -> None:
    library = an_empty_library()
    bring_records(library, *({"title": "Accueil", "url": f"https://exemple.org/{n}"} for n in range(3)))
    bring_records(library, {"title": "Accueil", "author": "Lise"})
    report = bring_records(
        library, {"title": "Accueil", "author": "Lise", "url": "https://exemple.org/9"}, {"title": "Accueil"}
    )
    assert figures(report) == (2, 0, 1, 1, 0)
    assert [item.url for item in items_in(library)][3:] == ["https://exemple.org/9"]


def test_cut_titles_that_others_wrote_meanwhile_are_seen() -> None:
    library = an_empty_library()

    def drafts() -> Iterator[ItemDraft]:
        yield ItemDraft(title="Le premier", group=GroupDraft("quais"))
        bring_records(library, {"title": CUT})
        yield ItemDraft(title=LONG, group=GroupDraft("quais"))

    report = import_items(library, OPERATOR, drafts(), ImportOptions(batch_size=1))
    assert figures(report) == (2, 1, 1, 0, 0)
    assert [item.title for item in items_in(library)] == ["Le premier", LONG]


def test_cut_titles_that_begin_many_others_fetch_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    library = an_empty_library()
    bring_records(library, *({"title": f"{'a' * 300} {n}", "url": f"https://exemple.fr/{n}"} for n in range(1_000)))
    fetched: list[int] = []
    with_title_start = Items.with_title_start

    def counted(*arguments: Any) -> list[Item]:
        rows = with_title_start(*arguments)
        fetched.append(len(rows))
        return rows

    monkeypatch.setattr(Items, "with_title_start", counted)
    report = bring_records(library, *({"title": f"{'a' * (8 + n)}..."} for n in range(200)))
    assert report.added == 200
    assert len(fetched) == 200
    assert max(fetched) <= MOST_ALIKE + 1


def test_the_one_item_that_a_cut_title_stands_for_is_found_beside_others() -> None:
    library = an_empty_library()
    others = [{"title": f"{LONG} : épisode {n}", "author": f"A{n}"} for n in range(MOST_ALIKE - 1)]
    bring_records(library, *others, {"title": LONG, "author": "Lise"})
    assert figures(bring_records(library, {"title": CUT, "author": "Lise"})) == (1, 0, 0, 1, 0)
    assert bring_records(library, *others, {"title": f"{LONG} !"}, {"title": f"{LONG} ?"}).added == 2
    assert bring_records(library, {"title": CUT, "author": "Lise"}).added == 1
