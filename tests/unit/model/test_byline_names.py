"""The names in a byline."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.byline_names import BylineName, names_in_byline
from tests.support.cpu_time import cpu_seconds_at_most

ROUX, BLANC, NOIR = BylineName("Roux", "Jeanne"), BylineName("Blanc", "Paul"), BylineName("Noir", "Anne")


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Jeanne Roux", (ROUX,)),
        ("  Jeanne\n Roux ", (ROUX,)),
        ("Par Jeanne Roux", (ROUX,)),
        ("By Jeanne Roux and Paul Blanc", (ROUX, BLANC)),
        ("Jeanne Roux et Paul Blanc", (ROUX, BLANC)),
        ("Jeanne Roux, Paul Blanc et Anne Noir", (ROUX, BLANC, NOIR)),
        ("Jeanne Roux, Paul Blanc, and Anne Noir", (ROUX, BLANC, NOIR)),
        ("Jeanne Roux / Paul Blanc", (ROUX, BLANC)),
        ("Roux, Jeanne", (ROUX,)),
        ("Roux, Jeanne ; Blanc, Paul;Anne Noir", (ROUX, BLANC, NOIR)),
        ("Jeanne Roux ; La rédaction", (ROUX, BylineName("La rédaction"))),
        ("Jeanne ROUX", (BylineName("ROUX", "Jeanne"),)),
        ("Jeanne ROUX BLANC", (BylineName("ROUX BLANC", "Jeanne"),)),
        ("J.-P. Roux", (BylineName("Roux", "J.-P."),)),
        ("J. Roux", (BylineName("Roux", "J."),)),
        ("Anne-Marie Saint-Ouen", (BylineName("Saint-Ouen", "Anne-Marie"),)),
        ("Vincent van Gogh", (BylineName("van Gogh", "Vincent"),)),
        ("Jean de La Fontaine", (BylineName("de La Fontaine", "Jean"),)),
        ("Charles d’Aubert", (BylineName("d’Aubert", "Charles"),)),
    ],
)
def test_a_byline_that_is_plainly_of_persons_gives_their_names(byline, names):
    assert names_in_byline(byline) == names


@pytest.mark.parametrize(
    "byline",
    [
        "La rédaction",
        "Le Monde",
        "Le Monde, Les Échos",
        "L’Est Républicain",
        "Ministère de la Culture et de la Communication",
        "Documentation CD63",
        "Regards Citoyens",
        "INSEE Première",
        "Lagazette.fr",
        "Etalab",
        "Jeanne Roux, journaliste",
        "Jeanne Roux, Paris",
        "Jeanne Roux avec l’AFP",
        "Jeanne Roux (AFP)",
        "jeanne roux",
        "Centre de documentation, Lyon et Paris",
        "Par",
    ],
)
def test_a_possible_corporate_name_stays_as_written(byline):
    assert names_in_byline(byline) == (BylineName(byline),)


@pytest.mark.parametrize("byline", [None, "", " \n", ";", " ; ; "])
def test_no_name_is_made_of_nothing(byline):
    assert names_in_byline(byline) == ()


WORDS = "Jeanne Roux ROUX J. de La rédaction Centre et and par by & , ; / (AFP) l’AFP 63 d’Aubert".split()


@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_of_a_byline_only_the_words_between_names_are_lost_and_nothing_is_invented(byline):
    characters = Counter(
        character for name in names_in_byline(byline) for character in name.natural if character.isalnum()
    )
    given_letters = Counter(filter(str.isalnum, byline))
    assert characters <= given_letters
    assert set("".join(given_letters - characters).casefold()) <= set("etandparby")


@pytest.mark.parametrize("length", [400, 20_000, 60_000, 1_000_000])
@pytest.mark.parametrize("space", [" ", "\xa0", "\u202f", "\t"])
def test_a_byline_costs_no_more_than_it_is_long(length, space):
    byline = f"Jeanne{space * length}Roux"
    with cpu_seconds_at_most(0.5):
        assert names_in_byline(byline)
        # It was 6 s for 20,000 no-break spaces, and 94 s for 60,000.


def test_a_byline_over_the_bound_is_one_name():
    assert names_in_byline("Jeanne Roux, " * 1_000) == (BylineName(("Jeanne Roux, " * 1_000).strip()),)
