from pathlib import Path

import pytest

from kb.settings import default_settings_in
from kb.web.http.locale_negotiation import negotiate_locale, preferred_language

SETTINGS = default_settings_in(Path("/nowhere"))


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en-GB;q=0.5,fr;q=0.7", "fr"),
        ("fr;q=0, en;q=0.1", "en"),
        ("de, *;q=0.5", None),
        ("", None),
        (";;;,q=,en;q=abc", None),
        ("en;q=nan", None),
        ("x" * 100_000, None),
    ],
)
def test_the_heaviest_of_our_languages_is_preferred(accepted: str, language: str | None) -> None:
    assert preferred_language(accepted) == language


def test_the_browser_only_suggests_a_language() -> None:
    choice = negotiate_locale((), {}, "en", SETTINGS)
    assert (choice.language, choice.suggested, choice.url_language) == ("fr", "en", None)


def test_the_address_decides_and_its_links_carry_it_until_the_cookie_does() -> None:
    first = negotiate_locale((("lang", "en"),), {}, "fr", SETTINGS)
    assert (first.language, first.suggested, first.url_language) == ("en", None, "en")
    second = negotiate_locale((("lang", "en"),), {"kb-lang": "en"}, "fr", SETTINGS)
    assert (second.language, second.url_language) == ("en", None)
    assert negotiate_locale((), {"kb-lang": "en"}, "fr", SETTINGS).language == "en"


def test_an_unsupported_language_is_ignored() -> None:
    choice = negotiate_locale((("lang", "../xx"),), {"kb-lang": "zz"}, "", SETTINGS)
    assert (choice.language, choice.url_language) == ("fr", None)
