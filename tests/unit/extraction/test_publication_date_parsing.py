"""Dates in the formats of pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.extraction.publication_date_parsing import change_dates_in, parse_page_date, publication_date_in
from kb.model.dates import days_of

WRITTEN = {
    "2015-05-03": "2015-05-03",
    "2015-05": "2015-05",
    "2015": "2015",
    "2015-05-03T23:30:00+02:00": "2015-05-03",
    "2015-05-03 10:00": "2015-05-03",
    "2015/5/3": "2015-05-03",
    "20150503101500+02'00'": "2015-05-03",
    "20150503": "2015-05-03",
    "2015-00-00": "2015",
    "03/05/2015": "2015-05-03",
    "3.5.2015": "2015-05-03",
    "3 mai 2015": "2015-05-03",
    "dimanche 3 mai 2015 à 10 h": "2015-05-03",
    "1er août 2015": "2015-08-01",
    "1ᵉʳ AOÛT 2015": "2015-08-01",
    "14 févr. 2015": "2015-02-14",
    "décembre 2014": "2014-12",
    "May 3, 2015": "2015-05-03",
    "3rd December 2015": "2015-12-03",
    "Sun, 03 May 2015 10:00:00 GMT": "2015-05-03",
    "31/02/2015": None,
    "2015-13-01": None,
    "05/13/2015": None,
    "0000-00-00": None,
    "12:30": None,
    "hier": None,
    "": None,
    "mardi": None,
    "9999-01-01": None,
    "99999999999999999999": None,
}


@pytest.mark.parametrize(("text", "day"), WRITTEN.items())
def test_a_date_is_as_precise_as_it_is_written(text: str, day: str | None) -> None:
    assert parse_page_date(text) == day


SAID = {
    "Accueil > Presse. Publié le 3 mai 2015 à 9 h, par É. C.": "2015-05-03",
    "Mis à jour le 5 juin 2016. Publiée le : 03/05/2015": "2015-05-03",
    "Mise en ligne : 1er août 2014": "2014-08-01",
    "Paru en décembre 2014 dans la Gazette": "2014-12",
    "Published on May 3, 2015 by Claire": "2015-05-03",
    "PUBLIÉ PAR CLAIRE MOREAU LE 7 NOVEMBRE 2014": "2014-11-07",
    "Le 3 mai 2015, le maire a parlé.": None,
    "Tous les textes publiés ici sont de leurs auteurs. " + "x " * 50 + "3 mai 2015": None,
    "": None,
}


@pytest.mark.parametrize(("text", "day"), SAID.items())
def test_a_text_says_when_it_was_published(text: str, day: str | None) -> None:
    assert publication_date_in(text) == day


def test_a_text_says_when_it_was_changed() -> None:
    text = "Publié le 3 mai 2015. Modifié le 16 mai 2023 - Dernière mise à jour : janvier 2016. Mis à jour hier"
    assert change_dates_in(text) == {"2023-05-16", "2016-01"}
    assert publication_date_in(text) == "2015-05-03"
    assert publication_date_in("Publié le 3 mai 2015, relu le 04/06/2016") == "2015-05-03"


@given(
    st.text(max_size=60) | st.from_regex(r"[0-9]{1,9}[-/. ]?([0-9]{1,3}|mai|mars)?[-/. ]?[0-9]{0,9}", fullmatch=True)
)
def test_any_text_gives_a_calendar_date_or_none(text: str) -> None:
    for day in (parse_page_date(text), publication_date_in(f"Publié le {text}")):
        assert day is None or days_of(day)
