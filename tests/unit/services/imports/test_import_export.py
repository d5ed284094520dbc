"""Exported items are imported again unchanged, once, and completely."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Forbidden, Invalid, NotFound
from kb.model.items.import_draft import GroupDraft, ItemDraft
from kb.model.items.import_job import ImportReport
from kb.model.people.group import Group, Role, Visibility
from kb.services.core.library import Library
from kb.services.imports.import_export import import_items
from kb.services.imports.import_report import ImportOptions
from tests.factories.group import as_
from tests.factories.import_export import (
    bring_records,
    exported_lines,
    figures,
    import_data,
    items_in,
    lines_of,
    warning_reasons,
)
from tests.factories.items import a_group, a_member, an_annotation, an_item
from tests.factories.library import a_library, add_items, an_empty_library
from tests.support.browser_sessions import an_account

CORPUS = Path(__file__).parents[3] / "corpus"
PAGES = CORPUS / "saved_pages"
PAGE = (PAGES / "donnees-ouvertes.txt").read_bytes()
EVERY_PAGE = b"".join(path.read_bytes() for path in sorted(PAGES.glob("*.txt")))
OURS = (CORPUS / "sample.jsonl").read_bytes()


def test_a_saved_page_is_imported_whole_with_warnings_on_missing_parts() -> None:
    library = an_empty_library()
    report = import_data(library, PAGE)
    assert figures(report) == (5, 5, 0, 0, 0)
    assert warning_reasons(report) == ["The page announces 6 items and holds 5."]
    first = items_in(library)[0]
    assert (first.published, first.source, first.views) == ("2016-03-03", "La Feuille du bassin", 12)
    assert (first.tags, first.language) == (("données ouvertes",), "fr")
    assert first.author is not None
    assert (first.author.login, first.author.name) == ("marthe-vidal-roche", "Marthe Vidal-Roche")


def test_the_group_of_a_saved_page_has_a_folded_name_for_address() -> None:
    library = an_empty_library()
    import_data(library, PAGE)
    with library.store.read() as reading:
        group = reading.groups.by_slug("veille-rivieres-marais-43")
    assert group is not None
    assert (group.name, group.visible) == ("Veille Rivières & Marais 43", Visibility.EVERYONE)


@pytest.mark.parametrize("data", [PAGE, EVERY_PAGE, OURS])
def test_importing_twice_adds_nothing(data: bytes) -> None:
    library = an_empty_library()
    first = import_data(library, data)
    before = exported_lines(library)
    again = import_data(library, data)
    assert figures(again) == (first.read, 0, 0, first.read, 0)
    assert exported_lines(library) == before


@pytest.mark.parametrize("data", [EVERY_PAGE, OURS])
def test_out_in_and_out_again_is_the_same_to_the_byte(data: bytes) -> None:
    library, other = an_empty_library(), an_empty_library()
    import_data(library, data)
    out = exported_lines(library)
    assert figures(import_data(other, out))[1] == out.count(b"\n")
    assert exported_lines(other) == out


def test_our_own_file_is_exported_byte_for_byte() -> None:
    library = an_empty_library()
    report = import_data(library, OURS)
    assert (report.added, report.warnings) == (OURS.count(b"\n"), ())
    assert exported_lines(library) == OURS


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
maybe = st.none() | texts
instants = st.sampled_from([None, "2014-11-07", "2014-11-07T09:12:00Z", "2019-01-01T00:00:00.25+02:00"])
authors = st.none() | st.sampled_from([{"login": "claire", "name": "Claire"}, {"login": "doc-63", "name": "Doc 63"}])
replies = st.fixed_dictionaries({"author": authors, "added": instants, "body": texts})
annotations = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["highlight", "note", "comment"]),
        "author": authors,
        "added": instants,
        **dict.fromkeys(["quote", "body", "prefix", "suffix", "color"], maybe),
        "replies": st.lists(replies, max_size=2),
    }
)
records = st.fixed_dictionaries(
    {
        "group": st.sampled_from([{"slug": "quais", "name": "Quais"}, {"slug": "ponts", "name": "Ponts"}]),
        **dict.fromkeys(["url", "description", "byline", "source"], maybe),
        "title": texts.filter(str.strip),
        "author": authors,
        "tags": st.lists(texts.filter(str.strip), max_size=3, unique_by=str.casefold),
        "added": instants,
        "updated": instants,
        "published": st.sampled_from([None, "2014", "2014-11", "2014-11-07"]),
        "language": st.sampled_from([None, "fr", "en", "oc"]),
        "views": st.integers(0, 2**53),
        "annotations": st.lists(annotations, max_size=3),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(records, max_size=6))
def test_any_library_is_equal_after_an_export_and_import(given_records: list[dict[str, Any]]) -> None:
    library, other = an_empty_library(), an_empty_library()
    try:
        data = lines_of(*given_records)
        import_data(library, data)
        out = exported_lines(library)
        assert figures(import_data(other, out))[1:] == (out.count(b"\n"), 0, 0, 0)
        assert exported_lines(other) == out
        assert figures(import_data(library, data))[1] == 0
        assert figures(import_data(other, out))[3] == out.count(b"\n")
    finally:
        library.close()
        other.close()


def test_every_given_field_is_read_back_equal() -> None:
    library = an_empty_library()
    import_data(library, lines_of(*reversed(OURS.splitlines())))
    assert exported_lines(library).splitlines() == list(reversed(OURS.splitlines()))


def test_a_dry_run_writes_nothing_and_reports_the_same() -> None:
    library = an_empty_library()
    data = lines_of(
        {"group": "quais", "title": "Les quais", "url": "https://exemple.org/quais"},
        {"group": "quais", "title": "Le pont"},
        {"group": "quais", "title": "Les quais", "url": "http://www.exemple.org/quais/", "tags": ["vélo"]},
        {"group": "quais"},
        {"group": "quais", "title": "Le pont"},
    )
    dry = import_data(library, data, dry_run=True, batch_size=1)
    assert (items_in(library), figures(dry)) == ([], (5, 2, 1, 1, 1))
    with library.store.read() as reading:
        assert reading.groups.all() == ()
        assert reading.users.by_logins(["claire"]) == {}
    assert import_data(library, data, batch_size=1) == dry
    assert figures(import_data(library, data, dry_run=True)) == figures(import_data(library, data))


@pytest.mark.parametrize("data", [EVERY_PAGE, EVERY_PAGE * 2, OURS * 2])
@pytest.mark.parametrize("batch_size", [1, 3, 500])
def test_a_dry_run_of_real_files_reports_the_same(data: bytes, batch_size: int) -> None:
    library = an_empty_library()
    dry = import_data(library, data, dry_run=True, batch_size=batch_size)
    assert import_data(library, data, batch_size=batch_size) == dry
    assert import_data(library, data, batch_size=batch_size, dry_run=True) == import_data(
        library, data, batch_size=batch_size
    )


def test_reported_progress_is_kept_after_a_failure() -> None:
    library = an_empty_library()
    reports: list[ImportReport] = []

    def drafts() -> Any:
        for number in range(25):
            yield ItemDraft(title=f"Page {number}", group=GroupDraft(slug="quais"))
        raise OSError("the file went away")

    with pytest.raises(OSError, match="went away"):
        import_items(library, OPERATOR, drafts(), ImportOptions(batch_size=10), reports.append)
    assert [report.added for report in reports] == [10, 20]
    assert len(items_in(library)) == 20


def test_a_batch_that_cannot_be_written_leaves_nothing_of_itself() -> None:
    library = an_empty_library()

    def drafts() -> Any:
        yield ItemDraft(title="Le pont", group=GroupDraft(slug="quais"))
        yield ItemDraft(title="Le \ud800", group=GroupDraft(slug="ponts"))

    with pytest.raises(Invalid):
        import_items(library, OPERATOR, drafts())
    assert items_in(library) == []
    with library.store.read() as reading:
        assert reading.groups.all() == ()


@pytest.mark.parametrize("actor", [ANONYMOUS, a_member(role=Role.MEMBER, of=a_group("ponts"))])
def test_exports_and_imports_do_not_reveal_an_unreadable_group(actor: Actor) -> None:
    secret = a_group("secret", visible=Visibility.MEMBERS)
    library = a_library(an_item(group=secret), groups=(secret,))
    messages = set()
    for slug in ("secret", "absent"):
        with pytest.raises(NotFound) as caught:
            bring_records(library, {"group": slug, "title": "Le pont"}, actor=actor)
        messages.add(str(caught.value))
        with pytest.raises(NotFound) as caught:
            exported_lines(library, actor, slug)
        messages.add(str(caught.value))
    assert len(messages) == 1
    assert exported_lines(library, actor) == b""


def test_a_reader_of_a_group_may_export_but_not_import() -> None:
    open_group = a_group("quais")
    library = a_library(an_item(group=open_group), groups=(open_group,))
    assert exported_lines(library, ANONYMOUS, "quais").count(b"\n") == 1
    with pytest.raises(Forbidden):
        bring_records(library, {"title": "Le pont"}, actor=ANONYMOUS)


def a_person(library: Library, group: Group) -> Actor:
    """A member of a group, with an account."""
    user = an_account(library, "claire").user
    with library.store.write() as writing:
        writing.groups.set_role(user.id, group.id, Role.MEMBER)
    return as_(library, "claire")


def test_a_member_brings_items_into_their_group() -> None:
    group = a_group("quais", visible=Visibility.MEMBERS)
    library = a_library(groups=(group,))
    assert bring_records(library, {"title": "Le pont"}, actor=a_person(library, group)).added == 1


def test_a_member_does_not_learn_which_ids_other_groups_use() -> None:
    group, secret = a_group("quais", visible=Visibility.MEMBERS), a_group("secret", visible=Visibility.MEMBERS)
    library = a_library(an_item(id="s1", group=secret, annotations=[an_annotation(id="a1")]), groups=(group, secret))
    record = {"id": "s1", "title": "Le pont", "annotations": [{"id": "a1", "body": "Beau"}]}
    claire = a_person(library, group)
    report = bring_records(library, record, actor=claire)
    assert (report.added, report.warnings) == (1, ())
    assert bring_records(library, record, actor=claire).unchanged == 1
    assert [item.id == "s1" for item in items_in(library)] == [True, False]


def test_a_group_is_exported_alone_and_all_groups_in_the_order_of_import() -> None:
    quais, ponts = a_group("quais"), a_group("ponts")
    library = an_empty_library()
    add_items(
        library, *(an_item(id=f"i{n}", group=quais if n % 2 else ponts) for n in range(1, 7)), groups=(quais, ponts)
    )
    assert [item.id for item in items_in(library)] == ["i1", "i2", "i3", "i4", "i5", "i6"]
    assert exported_lines(library, OPERATOR, "ponts").count(b"\n") == 3


@pytest.mark.parametrize(
    "options",
    [{"group_slug": "Les Quais"}, {"group_slug": ""}, {"author_map": {"Claire": "Claire R."}}, {"batch_size": 0}],
)
def test_options_that_cannot_be_used_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        bring_records(an_empty_library(), {"title": "Le pont"}, **options)


def test_two_imports_of_one_file_at_a_time_bring_each_item_once() -> None:
    library = an_empty_library()
    data = lines_of(*({"group": f"g{n % 3}", "title": f"Page {n}", "author": f"A {n % 7}"} for n in range(300)))
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda size: import_data(library, data, batch_size=size), (7, 11, 13, 300)))
    assert sum(report.added for report in reports) == 300
    assert len(items_in(library)) == 300
    assert [report.unchanged + report.added for report in reports] == [300] * 4
