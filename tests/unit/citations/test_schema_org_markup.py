"""The linked data on the page of an item stays small, however long the item's texts and address are."""

from collections.abc import Mapping, Sequence

import pytest

from kb.citations.schema_org_markup import LONGEST_QUOTATION, MOST_QUOTATION_CHARACTERS, Quotation, schema_org_page
from tests.factories.citation import FRENCH, a_citation

GROUP = Quotation("Lectures", "https://kb.exemple.fr/g/lectures")


def quotations_of(length: int, url: str) -> Sequence[Mapping[str, str]]:
    many = (Quotation(f"{number} " + "é" * length, f"https://kb.exemple.fr/items/i#a-{number}") for number in range(99))
    data = schema_org_page(a_citation(url=url), (), many, GROUP, FRENCH)
    return data["hasPart"]  # type: ignore[return-value] # a list


@pytest.mark.parametrize(("length", "url"), [(10, "https://exemple.fr/" + "x" * 7_900), (9_000, "https://exemple.fr/")])
def test_the_first_quotations_that_have_room_are_named_each_with_its_work(length: int, url: str) -> None:
    quotations = quotations_of(length, url)
    assert [quotation["text"].partition(" ")[0] for quotation in quotations] == [str(n) for n in range(len(quotations))]
    assert {quotation["isBasedOn"] for quotation in quotations} == {url}
    assert max(len(quotation["text"]) for quotation in quotations) <= LONGEST_QUOTATION
    size = sum(len(quotation["text"]) + len(quotation["@id"]) + len(quotation["isBasedOn"]) for quotation in quotations)
    assert MOST_QUOTATION_CHARACTERS - len(url) - LONGEST_QUOTATION - 100 < size <= MOST_QUOTATION_CHARACTERS


def test_twenty_short_quotations_have_room() -> None:
    assert len(quotations_of(300, "https://exemple.fr/une-page")) == 20
