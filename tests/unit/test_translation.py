from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.translation import LANGUAGES, Translator, _period, error_sentence, message_catalogue

FRENCH, ENGLISH = Translator("fr"), Translator("en")


def test_the_first_day_of_a_month_is_an_ordinal_in_french_and_no_other_day_is() -> None:
    assert FRENCH.day(date(2014, 10, 1)) == "1er octobre 2014"
    assert FRENCH.day(date(2014, 10, 11)) == "11 octobre 2014"
    assert ENGLISH.day(date(2014, 10, 1)) == "1 October 2014"


def test_quotation_marks_within_quotation_marks_are_of_the_second_level() -> None:
    assert FRENCH.quotation("Le «\u202fnuméro\u202f» du jour") == "«\u202fLe “numéro” du jour\u202f»"
    assert FRENCH.gettext("Results for “%(query)s”", query="le « quai »").count("«") == 1
    assert ENGLISH.quotation("The “number” of the day") == "“The ‘number’ of the day”"
    # Citations are quoted exactly.
    assert FRENCH.quoted("Le «\u202fnuméro\u202f»") == "«\u202fLe «\u202fnuméro\u202f»\u202f»"
    assert FRENCH.gettext("line %(number)s", number="«\u202f1\u202f»").endswith("«\u202f1\u202f»")


def test_a_date_is_said_as_precisely_as_it_came() -> None:
    assert FRENCH.period("2014") == "2014"
    assert FRENCH.period("2014-11") == "novembre 2014"
    assert FRENCH.period("2014-11-07") == "7 novembre 2014"
    assert ENGLISH.period("2014-11") == "November 2014"


def test_an_instant_is_said_as_the_day_that_was_written() -> None:
    assert FRENCH.instant("2014-11-07T23:59:59-05:00") == "7 novembre 2014"
    assert FRENCH.instant("2014-11-07") == "7 novembre 2014"


@given(st.text(max_size=30))
def test_no_text_stops_a_date_or_a_language_name(text: str) -> None:
    for translator in (FRENCH, ENGLISH):
        assert isinstance(translator.period(text), str)
        assert isinstance(translator.instant(text), str)
        assert isinstance(translator.language_name(text), str)


def test_numbers_have_narrow_no_break_spaces_in_french() -> None:
    assert FRENCH.number(12345) == "12\u202f345"
    assert ENGLISH.number(12345) == "12,345"


def test_french_counts_zero_and_one_in_the_singular() -> None:
    def plural(translator: Translator, number: int) -> str:
        return translator.ngettext("%(count)s result", "%(count)s results", number)

    assert [plural(FRENCH, n) for n in (0, 1, 2, 1500)] == [
        "0 résultat",
        "1 résultat",
        "2 résultats",
        "1\u202f500 résultats",
    ]
    assert [plural(ENGLISH, n) for n in (0, 1, 2)] == ["0 results", "1 result", "2 results"]


def test_an_error_is_in_the_language_of_the_reader() -> None:
    error = Invalid("“%(name)s” was given more than once, with different values.", name="sort")
    assert error_sentence(error, "fr") == "«\u202fsort\u202f» a été donné plusieurs fois, avec des valeurs différentes."
    assert error_sentence(error, "en") == "“sort” was given more than once, with different values."


def test_a_percent_sign_in_a_sentence_without_values_is_kept() -> None:
    assert FRENCH.gettext("100 % inconnu") == "100 % inconnu"


def test_a_language_is_named_in_the_readers_own() -> None:
    assert FRENCH.language_name("en") == "anglais"
    assert ENGLISH.language_name("fr") == "French"
    assert FRENCH.language_name("zz") == "zz"


def test_a_language_without_translation_is_refused() -> None:
    assert LANGUAGES == ("fr", "en")
    with pytest.raises(ValueError, match="xx"):
        message_catalogue("xx")


def test_a_text_too_long_for_a_date_is_no_date_and_is_not_remembered() -> None:
    before = _period.cache_info().currsize
    assert Translator("fr").period("2014-" + "0" * 10_000 + "1") == "2014-" + "0" * 10_000 + "1"
    assert _period.cache_info().currsize == before
    assert Translator("fr").period("2014-11-01") == "1er novembre 2014"


def test_counts_are_written_in_each_language_and_form() -> None:
    forms = ("%(count)s view", "%(count)s views")
    assert [Translator("fr").ngettext(*forms, number) for number in (0, 1, 1234)] == [
        "0 vue",
        "1 vue",
        "1\u202f234 vues",
    ]
    assert [Translator("en").ngettext(*forms, number) for number in (0, 1, 1234)] == [
        "0 views",
        "1 view",
        "1,234 views",
    ]
