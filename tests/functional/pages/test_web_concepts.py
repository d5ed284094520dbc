"""Concepts edited in a browser: typed fields, two editors at once, and undo."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from kb.model.vocabulary import ConceptText, Vocabulary, uri_for
from kb.services.core.library import Library
from tests.factories.vocabulary import a_concept, a_vocabulary, french
from tests.support.browser_sessions import browsers_of
from tests.support.concept_forms import LOGINS, TERM, a_library_with_terms, fields_of, stored_vocabulary, submit_form

REMOTE = uri_for("télétravail")
REMOTE_PAGE = f"{TERM}?id={REMOTE}"


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(a_library_with_terms()) as library:
        yield library


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    return browsers_of(library, LOGINS, follow_redirects=False)


def test_a_label_is_added_found_changed_and_removed(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    assert TERM in claire.get("/g/lectures/vocabulary").text
    assert "/items/chez" not in claire.get("/g/lectures?q=domicile").text
    response = submit_form(
        claire,
        claire.get(TERM).text,
        preferred_0=" travail  à domicile ",
        synonyms_0="domicile\r\ntravail de chez soi\r\n",
        definition_0="Chez soi.",
        broader=["organisation du travail", ""],
        related=["", "temps partiel"],
    )
    assert response.status_code == 200, response.text
    assert "« travail à domicile » est dans le vocabulaire" in response.text.replace("\u202f", " ")
    assert "/items/chez" in claire.get("/g/lectures?q=domicile").text
    uri = uri_for("travail à domicile", "fr")
    concept = stored_vocabulary(library).get(uri)
    assert concept is not None
    assert concept.alternative == french("domicile", "travail de chez soi")
    assert concept.broader == (uri_for("organisation du travail"),)
    removal = claire.get(f"/g/lectures/vocabulary/remove?id={uri}").text
    assert "Supprimer «\u202ftravail à domicile\u202f»" in removal
    data = dict(fields_of(removal))
    removal_answer = claire.post("/g/lectures/vocabulary/remove", data=data)
    assert removal_answer.status_code == 200
    assert stored_vocabulary(library) == a_vocabulary()
    back = submit_form(claire, removal_answer.text, "undo")
    assert back.status_code == 200
    assert stored_vocabulary(library).get(uri) == concept
    assert submit_form(claire, back.text, "undo").status_code == 200
    assert stored_vocabulary(library) == a_vocabulary()
    assert claire.get(f"{TERM}?id={uri}").status_code == 404


def test_a_form_that_is_sent_as_it_came_changes_nothing(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    for bare in (False, True):
        for concept in a_vocabulary().concepts:
            answer = submit_form(claire, claire.get(f"{TERM}?id={concept.uri}").text, bare=bare)
            assert "rien n’a changé" in answer.text
            assert "Annuler" not in answer.text
    assert stored_vocabulary(library) == a_vocabulary()


@pytest.mark.parametrize("bare", [False, True])
def test_every_sort_of_text_survives_the_form(library: Library, browser: dict[str, TestClient], *, bare: bool) -> None:
    """Languages with scripts and regions, no language, several notes, lines, markup, and more links than fit."""
    many = [a_concept(f"précis {number}", broader=["vaste"]) for number in range(30)]
    rich = a_concept(
        "vaste",
        'a < b & "c"',
        hidden=(ConceptText("", "wast"), ConceptText("pt-br", "vastto")),
        definition=(ConceptText("fr", "Une\n\nligne."), ConceptText("fr", "Une autre."), ConceptText("en", "<b>")),
        scope_note=(ConceptText("zh-hant", "註"),),
        notation=(ConceptText("", "01"), ConceptText("", "1, 2")),
        related=["télétravail"],
    )
    whole = Vocabulary.of([*a_vocabulary().concepts, rich, *many])
    with library.store.write() as writing:
        group = writing.groups.by_slug("lectures")
        assert group is not None
        writing.vocabularies.set(group.id, whole)
    claire, page = browser["claire"], f"{TERM}?id={rich.uri}"
    assert "rien n’a changé" in submit_form(claire, claire.get(page).text, bare=bare).text
    response = submit_form(claire, claire.get(page).text, bare=bare, preferred_1="wide", narrower="précis 3")
    assert len(stored_vocabulary(library).narrower()[rich.uri]) == 1
    assert submit_form(claire, response.text, "undo", bare=bare).status_code == 200
    assert stored_vocabulary(library) == whole


def test_another_language_is_asked_by_its_code(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    page = claire.get(REMOTE_PAGE).text
    for bare in (False, True):
        wrong = submit_form(claire, page, bare=bare, preferred_1="telework")
        assert wrong.status_code == 400
        assert "n’est pas le code d’une langue" in wrong.text
        assert 'value="telework"' in wrong.text
    assert submit_form(claire, page, lang_1="EN", preferred_1="telework", synonyms_1="remote work").status_code == 200
    concept = stored_vocabulary(library).get(REMOTE)
    assert concept is not None
    assert ConceptText("en", "telework") in concept.preferred
    assert "telework" in claire.get("/g/lectures/vocabulary?lang=en").text
    again = submit_form(claire, claire.get(f"{REMOTE_PAGE}&lang=fr").text, lang_2="fr", preferred_2="distanciel")
    assert "qu’un terme préféré par langue" in again.text


WRONG = {
    "nothing": ({"preferred_0": " "}, "Écrivez un terme préféré"),
    "another's name": ({"preferred_0": "Temps PARTIEL"}, "s’appelle déjà"),
    "too long": ({"synonyms_0": "x" * 501}, "1 à 500 caractères"),
    "too many": ({"synonyms_0": "\n".join(f"mot {number}" for number in range(600))}, "C’est trop pour un seul terme"),
    "unknown": ({"broader": "<img src=x>"}, "ne s’appelle\u202f: &lt;img src=x&gt;."),
    "itself": ({"related": "télétravail"}, "ni associé à lui-même"),
    "a circle": ({"broader": "télétravail occasionnel"}, "serait plus large que lui-même"),
    "NUL": ({"definition_0": "a\0b"}, "ne peuvent pas être conservés"),
    "no language": ({"lang_0": '"><script>'}, "n’est pas le code d’une langue"),
}


@pytest.mark.parametrize(("typed", "reason"), WRONG.values(), ids=WRONG.keys())
def test_an_invalid_concept_is_refused_and_the_typed_values_stay(
    library: Library, browser: dict[str, TestClient], typed: dict[str, str], reason: str
) -> None:
    claire = browser["claire"]
    answer = submit_form(claire, claire.get(REMOTE_PAGE).text, **typed)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert reason in answer.text
    assert "<script>" not in answer.text.replace("<script src", "")
    assert "<img" not in answer.text
    assert "travail à distance" in answer.text or "synonyms_0" in typed
    assert stored_vocabulary(library) == a_vocabulary()


def test_terms_that_look_like_an_unknown_one_are_shown(browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    answer = submit_form(claire, claire.get(TERM).text, preferred_0="horaires", broader="partiel")
    assert "Termes qui y ressemblent\u202f: temps partiel" in re.sub("<[^>]+>|\n", "", answer.text).replace("  ", " ")
    assert 'value="partiel"' in answer.text


def test_the_second_editor_sees_both_versions_and_loses_nothing(
    library: Library, browser: dict[str, TestClient]
) -> None:
    claire, paul = browser["claire"], browser["paul"]
    hers, pauls_page = claire.get(REMOTE_PAGE).text, paul.get(REMOTE_PAGE).text
    assert submit_form(claire, hers, synonyms_0="travail à distance\ndistanciel").status_code == 200
    second = submit_form(paul, pauls_page, synonyms_0="travail à distance\nà la maison", definition_0="De loin.")
    assert second.status_code == 409
    assert "a modifié ce terme entre-temps" in second.text
    match = re.search(r'<dl class="versions">.*?</dl>', second.text, re.DOTALL)
    assert match is not None
    assert "distanciel (fr)" in match[0]
    assert "à la maison (fr)" in match[0]
    assert "De loin. (fr)" in match[0]
    assert "Codes" not in match[0]
    concept = stored_vocabulary(library).get(REMOTE)
    assert concept is not None
    assert concept.alternative == french("distanciel", "travail à distance")
    # Sent again, it replaces the version that Paul has seen by now.
    assert submit_form(paul, second.text, synonyms_0="travail à distance\nà la maison\ndistanciel").status_code == 200
    concept = stored_vocabulary(library).get(REMOTE)
    assert concept is not None
    assert len(concept.alternative) == 3


def test_a_concept_removed_meanwhile_can_still_be_saved(library: Library, browser: dict[str, TestClient]) -> None:
    claire, paul = browser["claire"], browser["paul"]
    pauls_page, removal = paul.get(REMOTE_PAGE).text, claire.get(f"/g/lectures/vocabulary/remove?id={REMOTE}").text
    response = claire.post("/g/lectures/vocabulary/remove", data=dict(fields_of(removal)))
    second = submit_form(paul, pauls_page, definition_0="De loin.")
    assert second.status_code == 409
    assert stored_vocabulary(library).get(REMOTE) is None
    assert submit_form(paul, second.text).status_code == 200
    concept = stored_vocabulary(library).get(REMOTE)
    assert concept is not None
    assert concept.definition == french("De loin.")
    # Claire's undo is refused: it would overwrite what Paul has saved.
    assert submit_form(claire, response.text, "undo").status_code == 409
    assert stored_vocabulary(library).get(REMOTE) == concept


def test_a_removal_is_asked_again_when_the_term_has_changed(library: Library, browser: dict[str, TestClient]) -> None:
    claire, paul = browser["claire"], browser["paul"]
    removal = claire.get(f"/g/lectures/vocabulary/remove?id={REMOTE}").text
    assert "1 terme plus précis reste" in removal
    assert submit_form(paul, paul.get(REMOTE_PAGE).text, definition_0="De loin.").status_code == 200
    answer = claire.post("/g/lectures/vocabulary/remove", data=dict(fields_of(removal)))
    assert answer.status_code == 409
    assert stored_vocabulary(library).get(REMOTE) is not None
    assert claire.post("/g/lectures/vocabulary/remove", data=dict(fields_of(answer.text))).status_code == 200
    assert stored_vocabulary(library).get(REMOTE) is None


def test_hostile_words_are_words(library: Library, browser: dict[str, TestClient]) -> None:
    claire, hostile = browser["claire"], "</textarea><script>alert(1)</script>\u202e\"'&amp;"
    response = submit_form(
        claire,
        claire.get(TERM).text,
        preferred_0=hostile,
        synonyms_0=hostile + "2",
        definition_0=hostile,
        notation=hostile,
    )
    uri = uri_for(hostile, "fr")
    pages = (
        response,
        claire.get(f"{TERM}?id={uri}"),
        claire.get(f"/g/lectures/vocabulary/remove?id={uri}"),
        claire.get("/g/lectures/vocabulary"),
        claire.get("/g/lectures/vocabulary", params={"q": hostile}),
        claire.get(TERM, params={"label": hostile}),
    )
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "</textarea><" not in page.text.replace("</textarea>\n", "")
    assert "rien n’a changé" in submit_form(claire, pages[1].text).text
    assert submit_form(claire, response.text, "undo").status_code == 200
    assert stored_vocabulary(library) == a_vocabulary()
