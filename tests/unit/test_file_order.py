"""The longest files of tests come first."""

from pathlib import Path

from tests.support.file_order import LONGEST_FIRST, place_of

ROOT = Path(__file__).resolve().parents[2]


def test_the_longest_files_are_there_and_come_first_in_their_order():
    assert [file for file in LONGEST_FIRST if not (ROOT / file).is_file()] == []
    assert [place_of(f"{file}::test_a[a::b]") for file in LONGEST_FIRST] == list(range(len(LONGEST_FIRST)))
    assert place_of("tests/unit/test_a.py::test_b") == len(LONGEST_FIRST)


def test_pytest_takes_the_files_in_this_order(request):
    places = [place_of(item.nodeid) for item in request.session.items]
    assert places == sorted(places)
