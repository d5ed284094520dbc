"""The sample library of `kb demo` is plausible and complete."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from kb.access.actor import OPERATOR
from kb.formats.import_formats import read_drafts
from kb.formats.skos.rdf_parser import TURTLE
from kb.formats.skos.reader import read_skos
from kb.formats.skos.writer import write_skos
from kb.indexer import catch_up
from kb.model.items.import_draft import RecordWarning
from kb.model.saved_search import checked_search_name
from kb.model.search_request import SearchRequest
from kb.package_data import samples_dir
from kb.services.core.library import Library
from kb.services.search.saved_searches import create_saved_search, new_result_count, readable_saved_searches
from kb.services.search.search import run_search
from kb.services.vocabulary.vocabularies import group_vocabulary, import_vocabulary
from tests.factories.import_export import exported_lines, figures, import_data
from tests.factories.library import an_empty_library

FILES = sorted(samples_dir().glob("*.jsonl"))
SEARCHES = sorted(samples_dir().glob("*.saved.json"))
VOCABULARIES = sorted(samples_dir().glob("*.vocabulary.ttl"))
WRITTEN = date(2026, 11, 24)
"""The day on which the newest items of the sample library were added."""

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_vocabulary = pytest.mark.parametrize("path", VOCABULARIES, ids=lambda path: path.name.partition(".")[0])
each_list = pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.name.partition(".")[0])


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def searches(path: Path) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return listed


def ids_of(record: Mapping[str, Any]) -> Iterator[str]:
    yield record["id"]
    for annotation in record["annotations"]:
        yield annotation["id"]
        yield from (reply["id"] for reply in annotation["replies"])


def people_of(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Login and name of every user who shared, highlighted, commented or replied."""
    replies = [reply for annotation in record["annotations"] for reply in annotation["replies"]]
    for part in (record, *record["annotations"], *replies):
        if part["author"] is not None:
            yield part["author"]["login"], part["author"]["name"]


@pytest.fixture(scope="module")
def demo() -> Iterator[Library]:
    """The content of `kb demo`, indexed."""
    library = an_empty_library()
    for path in FILES:
        import_data(library, path.read_bytes())
    for path in SEARCHES:
        for search in searches(path):
            create_saved_search(library, OPERATOR, path.name.partition(".")[0], search["name"], search["parameters"])
    catch_up(library)
    yield library
    library.close()


@each_file
def test_a_sample_is_read_without_a_warning(path: Path) -> None:
    warnings = [draft for draft in read_drafts(io.BytesIO(path.read_bytes())) if isinstance(draft, RecordWarning)]
    assert warnings == []


@each_file
def test_a_sample_is_imported_whole_and_the_second_import_adds_nothing(path: Path) -> None:
    library = an_empty_library()
    count = len(records(path))
    first, again = import_data(library, path.read_bytes()), import_data(library, path.read_bytes())
    assert (figures(first), first.warnings) == ((count, count, 0, 0, 0), ())
    assert (figures(again), again.warnings) == ((count, 0, 0, count, 0), ())


@each_file
def test_a_sample_is_exported_as_it_is_written(path: Path) -> None:
    library = an_empty_library()
    import_data(library, path.read_bytes())
    out = exported_lines(library)
    pairs = zip(records(path), map(json.loads, out.splitlines()), strict=True)
    differing = {
        (expected["id"], key)
        for expected, actual in pairs
        for key in expected.keys() | actual.keys()
        if expected.get(key) != actual.get(key)
    }
    assert differing == set()
    assert out == path.read_bytes()


@each_file
def test_the_file_of_a_sample_group_has_its_name_and_its_order(path: Path) -> None:
    sample = records(path)
    assert {record["group"]["slug"] for record in sample} == {path.stem}
    assert len({json.dumps(record["group"], sort_keys=True) for record in sample}) == 1
    added = [record["added"] for record in sample]
    assert added == sorted(added)
    assert added[-1][:10] <= WRITTEN.isoformat()


def test_no_id_of_the_samples_is_there_twice() -> None:
    counted = Counter(id_ for path in FILES for record in records(path) for id_ in ids_of(record))
    assert [id_ for id_, times in counted.items() if times > 1] == []


def test_the_samples_link_to_example_sites_only() -> None:
    hosts = {urlsplit(record["url"]).hostname for path in FILES for record in records(path) if record["url"]}
    assert hosts
    assert [host for host in hosts if host is None or not host.endswith(".example")] == []


def test_a_login_of_the_samples_has_one_name() -> None:
    people = {person for path in FILES for record in records(path) for person in people_of(record)}
    assert len({login for login, _ in people}) == len(people)


@each_list
def test_the_saved_searches_of_a_sample_can_be_read(path: Path) -> None:
    assert path.with_name(path.name.replace(".saved.json", ".jsonl")) in FILES
    for search in searches(path):
        assert search.keys() == {"name", "parameters"}
        request = SearchRequest.from_params(parse_qsl(search["parameters"]))
        assert request != SearchRequest(), search["name"]


@each_list
def test_the_saved_searches_of_a_sample_find_something_and_some_of_it_is_new(path: Path, demo: Library) -> None:
    saved_searches = readable_saved_searches(demo, OPERATOR, path.name.partition(".")[0])
    totals = {search.search.name: run_search(demo, OPERATOR, search.search.request).total for search in saved_searches}
    assert totals.keys() == {checked_search_name(search["name"]) for search in searches(path)}
    assert [name for name, total in totals.items() if not total] == []
    assert any(new_result_count(demo, OPERATOR, search.search, WRITTEN) for search in saved_searches)


@each_vocabulary
def test_the_vocabulary_of_a_sample_is_read_without_a_warning_and_comes_out_as_it_is_written(path: Path) -> None:
    assert path.with_name(path.name.replace(".vocabulary.ttl", ".jsonl")) in FILES
    library = an_empty_library()
    group = path.name.partition(".")[0]
    import_data(library, path.with_name(f"{group}.jsonl").read_bytes())
    report = import_vocabulary(library, OPERATOR, group, read_skos(path.read_bytes()))
    assert (report.added, report.warnings) == (report.read, ())
    assert write_skos(group_vocabulary(library, OPERATOR, group)[1], TURTLE) == path.read_bytes()


@each_vocabulary
def test_the_words_of_a_sample_vocabulary_are_those_of_its_group(path: Path, demo: Library) -> None:
    group = path.name.partition(".")[0]
    for concept in read_skos(path.read_bytes()).concepts:
        requests = [SearchRequest(q=label.text, match="all", group=(group,)) for label in concept.labels]
        assert any(run_search(demo, OPERATOR, request).total for request in requests), concept.uri
