"""The program's own texts: complete, in French typography, and correct."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from starlette.responses import Response

from kb.package_data import texts_dir
from kb.services.admin.site_pages import (
    PLACEHOLDER_TO_COMPLETE,
    SITE_PAGE_NAMES,
    default_site_titles,
    template_values,
)
from kb.services.email.outbox import MESSAGE_RETRY_DELAYS
from kb.services.groups.invitations import INVITATION_DAYS
from kb.settings import default_settings_in
from kb.translation import LANGUAGES
from kb.web.http.authentication import RequestCredentials, with_form_cookie, with_session_cookie
from kb.web.http.locale_negotiation import LocaleChoice, is_secure
from kb.web.ui.markdown_rendering import fill_in_facts, render_markdown
from tests.unit.test_translation_catalogs import FAULTS

# Text that is not French prose: addresses, code, table markup.
BARE = re.compile(r"\]\([^)]*\)|`[^`]*`|https?://\S+|(?m:^[| -]+$)")


def text(name, language):
    return (texts_dir() / f"{name}.{language}.md").read_text(encoding="utf-8")


def shape(markdown):
    """The structure of a text: headings, items, table rows. It must be equal in both languages."""
    return [re.match(r"#+ |- |\| |", line)[0] for line in markdown.splitlines() if line]


def test_each_page_is_there_in_each_language_and_no_other():
    assert {path.name for path in texts_dir().iterdir()} == {
        f"{name}.{language}.md" for name, language in product(SITE_PAGE_NAMES, LANGUAGES)
    }
    assert [page.title for page in default_site_titles("fr")] == [
        "Mentions légales",
        "Données personnelles",
        "Accessibilité\u202f: non conforme",
    ]


@pytest.mark.parametrize("name", SITE_PAGE_NAMES)
def test_both_languages_have_the_same_texts(name):
    french, english = text(name, "fr"), text(name, "en")

    assert shape(french) == shape(english)
    assert len(PLACEHOLDER_TO_COMPLETE.findall(french)) == len(PLACEHOLDER_TO_COMPLETE.findall(english)) > 5
    assert re.findall(r"\]\((.*?)\)", french) == re.findall(r"\]\((.*?)\)", english)


@pytest.mark.parametrize("name", SITE_PAGE_NAMES)
def test_french_typography_is_kept(name):
    bare = BARE.sub("…", text(name, "fr"))

    assert [(fault, fault_text) for fault, pattern in FAULTS.items() for fault_text in pattern.findall(bare)] == []


@pytest.mark.parametrize(("name", "language"), list(product(SITE_PAGE_NAMES, LANGUAGES)))
def test_every_place_is_marked_and_every_fact_is_known(name, language, tmp_path):
    html = render_markdown(text(name, language), template_values(default_settings_in(tmp_path)))

    assert html.count("<mark>") == len(PLACEHOLDER_TO_COMPLETE.findall(text(name, language)))
    assert not re.search(r"[{}]|\[(?!à compléter|to be completed)", html)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "https://exemple.fr"])
def test_the_page_on_personal_data_lists_the_cookies_of_the_program(tmp_path, address):
    settings = replace(default_settings_in(tmp_path), base_url=address, session_days=12)
    filled = fill_in_facts(text("donnees-personnelles", "fr"), template_values(settings))
    answers = (
        (
            LocaleChoice("fr", url_language="fr").with_language_cookie(Response(), secure=is_secure(settings)),
            "Max-Age=31536000",
            "Un an",
        ),
        (with_session_cookie(Response(), "secret", settings), "Max-Age=1036800", "12 jours après le dernier usage"),
        (with_form_cookie(Response(), RequestCredentials(form="x", is_new=True), settings), "", "Jusqu’à la fermeture"),
    )

    for answer, age, expected in answers:
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name.startswith("__Host-") == is_secure(settings)
        assert age in rest
        assert bool(age) == ("Max-Age" in rest)
        row = next(line for line in filled.splitlines() if f"`{name.removeprefix('__Host-')}`" in line)
        assert row.split("|")[3].strip().startswith(expected)
    assert "dans un cookie | Afficher le site dans cette langue | Un an |" in filled


def test_every_cookie_of_the_program_is_documented():
    page_text = text("donnees-personnelles", "fr")
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "kb" / "web").rglob("*.py")
    )

    names = set(re.findall(r'"(kb-[a-z]+)"', sources))
    assert {"kb-session", "kb-form", "kb-lang"} <= names
    assert {name for name in names if f"`{name}`" not in page_text} == set()


def test_temporary_data_is_documented_with_its_retention(tmp_path):
    settings = replace(default_settings_in(tmp_path), session_days=12, log_days=400, bin_days=7)
    filled = fill_in_facts(text("donnees-personnelles", "fr"), template_values(settings))

    for subject, sentence in (
        ("Sessions", "12 jours après le dernier usage"),
        ("Journal des actes", "400 jours"),
        ("Corbeille", "7 jours"),
        ("Groupes", "une invitation, quatorze jours"),
        ("Courriels en attente", "deux jours au plus"),
    ):
        assert sentence in next(line for line in filled.splitlines() if line.startswith(f"| {subject}"))
    assert (INVITATION_DAYS, sum(MESSAGE_RETRY_DELAYS) // 86_400) == (14, 0)
