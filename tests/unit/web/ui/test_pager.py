import pytest

from kb.model.search_request import SearchRequest
from kb.services.search.result_types import SearchResults
from kb.translation import Translator
from kb.web.http.urls.page_urls import Addresses
from kb.web.ui.display_text import ListingContext
from kb.web.ui.pager import Pager, results_pager


def pager(total: int, page: int, per_page: int = 20, current: str = "") -> Pager:
    request = SearchRequest(q="été", page=page, per_page=per_page)
    results = SearchResults(request, total, (), {}, (), None, 1.0)
    return results_pager(results, ListingContext(request, Translator("fr"), Addresses(here=current)))


@pytest.mark.parametrize(
    ("total", "page", "named"),
    [
        (20, 1, ""),
        (21, 1, "[1] 2"),
        (143, 5, "1 … 3 4 [5] 6 7 8"),
        (400, 10, "1 … 8 9 [10] 11 12 … 20"),
        (24_000, 1, "[1] 2 3 … 1\u202f200"),
        (30, 99, "1 2"),
        (0, 1, ""),
    ],
)
def test_the_first_the_last_and_the_nearest_pages_are_named(total: int, page: int, named: str) -> None:
    numbers = pager(total, page).numbers
    labels = (("…" if link is None else f"[{link.label}]" if link.current else link.label) for link in numbers)
    assert " ".join(labels) == named


def test_the_ends_have_no_way_further() -> None:
    assert pager(60, 1).previous is None
    assert pager(60, 3).following is None
    middle = pager(60, 2)
    assert middle.previous is not None
    assert middle.previous.href == "/search?q=%C3%A9t%C3%A9"
    assert middle.following is not None
    assert middle.following.href.endswith("page=3")


def test_on_the_search_page_links_to_itself_are_written_short() -> None:
    assert all(link is None or link.href.startswith("?q=") for link in pager(60, 2, current="/search").numbers)


def test_the_size_of_a_page_is_said_wherever_there_are_results() -> None:
    assert pager(0, 1).sizes == ()
    assert next(size.label for size in pager(11, 1).sizes if size.current) == "20"
    assert [(size.label, size.current) for size in pager(21, 1, 50).sizes] == [
        ("20", False),
        ("50", True),
        ("100", False),
    ]
