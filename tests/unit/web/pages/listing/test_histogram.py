"""The bars of the histogram above the results."""

from kb.model.search_request import SearchRequest
from kb.services.search.result_types import FacetValue
from kb.web.pages.listing.histogram import _columns


def test_chosen_years_without_results_are_shown_among_those_that_have_some() -> None:
    counts = {f"{year}-03": 2 for year in (1990, 2000, 2010)}
    years = tuple(FacetValue(str(year), str(year), 2, selected=False) for year in (1990, 2000, 2010))
    empty = _columns(counts, years, SearchRequest(date_from="2004", date_to="2005"))
    assert [(period, count) for period, count in empty if count] == [("1990", 2), ("2000", 2), ("2010", 2)]
    some = _columns(counts, years, SearchRequest(date_from="2000", date_to="2001"))
    assert [(period, count) for period, count in some if count] == [("2000-03", 2)]
    assert len(some) == 24
