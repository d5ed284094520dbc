"""The texts that the program brings: complete, in French typography, true of the program."""

import re
from itertools import product

import pytest
from starlette.responses import Response

from kb.library.pages import NAMES, TO_COMPLETE, brought_titles, facts_of
from kb.resources import texts_dir
from kb.settings import settings_in
from kb.translating import LANGUAGES
from kb.web.markdown import html_of
from kb.web.tongues import Choice
from tests.unit.web.test_catalogues import FAULTS

# What is not French prose: addresses, code, the marks of a table.
BARE = re.compile(r"\]\([^)]*\)|`[^`]*`|https?://\S+|(?m:^[| -]+$)")


def text(name, language):
    return (texts_dir() / f"{name}.{language}.md").read_text(encoding="utf-8")


def shape(markdown):
    """Headings, items, table rows: what two languages have in common."""
    return [re.match(r"#+ |- |\| |", line)[0] for line in markdown.splitlines() if line]


def test_each_page_is_there_in_each_language_and_no_other():
    assert {path.name for path in texts_dir().iterdir()} == {
        f"{name}.{language}.md" for name, language in product(NAMES, LANGUAGES)
    }
    assert [page.title for page in brought_titles("fr")] == [
        "Mentions légales",
        "Données personnelles",
        "Accessibilité\u202f: non conforme",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_the_same_things(name):
    french, english = text(name, "fr"), text(name, "en")

    assert shape(french) == shape(english)
    assert len(TO_COMPLETE.findall(french)) == len(TO_COMPLETE.findall(english)) > 5
    assert re.findall(r"\]\((.*?)\)", french) == re.findall(r"\]\((.*?)\)", english)


@pytest.mark.parametrize("name", NAMES)
def test_french_typography_is_kept(name):
    bare = BARE.sub("…", text(name, "fr"))

    assert [(fault, found) for fault, pattern in FAULTS.items() for found in pattern.findall(bare)] == []


@pytest.mark.parametrize(("name", "language"), list(product(NAMES, LANGUAGES)))
def test_every_place_is_marked_and_every_fact_is_known(name, language, tmp_path):
    html = html_of(text(name, language), facts_of(settings_in(tmp_path)))

    assert html.count("<mark>") == len(TO_COMPLETE.findall(text(name, language)))
    assert not re.search(r"[{}]|\[(?!à compléter|to be completed)", html)


def test_the_page_on_personal_data_tells_of_the_cookie_that_the_program_sets():
    told = text("donnees-personnelles", "fr")

    for secure in (False, True):
        answer = Choice("fr", carried="fr").remembered(Response(), secure=secure)
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert f"`{name}`" in told
        assert "Max-Age=31536000" in rest
    assert "dans un cookie | Afficher le site dans cette langue | Un an |" in told
