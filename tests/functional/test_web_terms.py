"""Changing the terms of a vocabulary in a browser: what is typed, who may, two at once, and the way back."""

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.library.groups import add_group
from kb.library.membership import set_role
from kb.library.opening import Library
from kb.library.vocabularies import vocabulary_of
from kb.model.group import Role, Visibility
from kb.model.vocabulary import ConceptText, Vocabulary, uri_for
from kb.web.app import create_app
from tests.factories import an_item
from tests.library_factories import an_empty_library, keep
from tests.signing_in import an_account, send, sign_in, token_of
from tests.vocabulary_factories import a_concept, a_vocabulary, french

TERM, NEW = "/g/lectures/vocabulary/term", {"act": "save", "lang-0": "fr"}
REMOTE = uri_for("télétravail")
REMOTE_PAGE = f"{TERM}?id={REMOTE}"
_INPUT = re.compile(r"<input ([^>]*)>")
_TEXTAREA = re.compile(r'<textarea [^>]*?name="([^"]+)"[^>]*>\n(.*?)</textarea>', re.DOTALL)


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in ("claire", "paul", "luc", "sophie"):
            an_account(library, login, name=login.title())
        group = add_group(library, OPERATOR, "lectures", "Lectures communes")
        add_group(library, OPERATOR, "ailleurs", "Ailleurs", visible=Visibility.MEMBERS)
        roles = {"claire": Role.OWNER, "paul": Role.MODERATOR, "luc": Role.MEMBER}
        for login, role in roles.items():
            set_role(library, OPERATOR, "lectures", login, role)
        set_role(library, OPERATOR, "ailleurs", "sophie", Role.OWNER)
        keep(
            library, an_item("Le travail de chez soi", id="chez", group=group, order=1, tags=["bureau", "TELETRAVAIL"])
        )
        with library.store.write() as writing:
            writing.vocabularies.set(group.id, a_vocabulary())
        catch_up(library)
        yield library


@pytest.fixture
def browser(library: Library) -> dict[str, TestClient]:
    app = create_app(library)
    browsers = {login: TestClient(app, follow_redirects=False) for login in ("", "claire", "paul", "luc", "sophie")}
    for login, client in browsers.items():
        if login:
            sign_in(client, login)
    return browsers


def held(library: Library) -> Vocabulary:
    return vocabulary_of(library, OPERATOR, "lectures")[1]


def fields_of(page: str) -> list[tuple[str, str]]:
    """What a browser would send of the form of a page, as it stands."""
    form = re.search(r'<form [^>]*method="post".*?</form>', page, re.DOTALL)
    assert form is not None
    found = []
    for text in _INPUT.findall(form[0]):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', text))
        if "name" in attributes and attributes.get("type") != "file":
            found.append((attributes["name"], unescape(attributes.get("value", ""))))
    return found + [(name, unescape(value)) for name, value in _TEXTAREA.findall(form[0])]


def sent(client: TestClient, page: str, act: str = "save", *, bare: bool = False, **changed: str | list[str]) -> Any:
    """Send the form of a page with some fields changed; `bare`, without its empty fields, as our script does."""
    fields = fields_of(page)
    names = {name.replace("_", "-"): value for name, value in changed.items()}
    kept = [(name, value) for name, value in fields if name.partition(".")[0] not in names]
    typed = [(name, one) for name, value in names.items() for one in ([value] if isinstance(value, str) else value)]
    data: dict[str, list[str]] = {}
    for name, value in (*kept, *typed, ("act", act)):
        if value or not bare:
            data.setdefault(name, []).append(value)
    return client.post(TERM, data=data)


def test_a_term_is_added_found_changed_and_taken_away(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    assert TERM in claire.get("/g/lectures/vocabulary").text
    assert "/items/chez" not in claire.get("/g/lectures?q=domicile").text
    made = sent(
        claire,
        claire.get(TERM).text,
        preferred_0=" travail  à domicile ",
        synonyms_0="domicile\r\ntravail de chez soi\r\n",
        definition_0="Chez soi.",
        broader=["organisation du travail", ""],
        related=["", "temps partiel"],
    )
    assert made.status_code == 200, made.text
    assert "« travail à domicile » est dans le vocabulaire" in made.text.replace("\u202f", " ")
    assert "/items/chez" in claire.get("/g/lectures?q=domicile").text
    uri = uri_for("travail à domicile", "fr")
    concept = held(library).get(uri)
    assert concept is not None
    assert concept.alternative == french("domicile", "travail de chez soi")
    assert concept.broader == (uri_for("organisation du travail"),)
    removal = claire.get(f"/g/lectures/vocabulary/remove?id={uri}").text
    assert "Supprimer «\u202ftravail à domicile\u202f»" in removal
    data = dict(fields_of(removal))
    gone = claire.post("/g/lectures/vocabulary/remove", data=data)
    assert gone.status_code == 200
    assert held(library) == a_vocabulary()
    back = sent(claire, gone.text, "undo")
    assert back.status_code == 200
    assert held(library).get(uri) == concept
    assert sent(claire, back.text, "undo").status_code == 200
    assert held(library) == a_vocabulary()
    assert claire.get(f"{TERM}?id={uri}").status_code == 404


def test_a_form_that_is_sent_as_it_came_changes_nothing(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    for bare in (False, True):
        for concept in a_vocabulary().concepts:
            answer = sent(claire, claire.get(f"{TERM}?id={concept.uri}").text, bare=bare)
            assert "rien n’a changé" in answer.text
            assert "Annuler" not in answer.text
    assert held(library) == a_vocabulary()


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
    assert "rien n’a changé" in sent(claire, claire.get(page).text, bare=bare).text
    done = sent(claire, claire.get(page).text, bare=bare, preferred_1="wide", narrower="précis 3")
    assert len(held(library).narrower()[rich.uri]) == 1
    assert sent(claire, done.text, "undo", bare=bare).status_code == 200
    assert held(library) == whole


def test_another_language_is_asked_by_its_code(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    page = claire.get(REMOTE_PAGE).text
    for bare in (False, True):
        wrong = sent(claire, page, bare=bare, preferred_1="telework")
        assert wrong.status_code == 400
        assert "n’est pas le code d’une langue" in wrong.text
        assert 'value="telework"' in wrong.text
    assert sent(claire, page, lang_1="EN", preferred_1="telework", synonyms_1="remote work").status_code == 200
    concept = held(library).get(REMOTE)
    assert concept is not None
    assert ConceptText("en", "telework") in concept.preferred
    assert "telework" in claire.get("/g/lectures/vocabulary?lang=en").text
    again = sent(claire, claire.get(f"{REMOTE_PAGE}&lang=fr").text, lang_2="fr", preferred_2="distanciel")
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


@pytest.mark.parametrize(("typed", "why"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_kept_is_told_with_what_was_typed(
    library: Library, browser: dict[str, TestClient], typed: dict[str, str], why: str
) -> None:
    claire = browser["claire"]
    answer = sent(claire, claire.get(REMOTE_PAGE).text, **typed)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert why in answer.text
    assert "<script>" not in answer.text.replace("<script src", "")
    assert "<img" not in answer.text
    assert "travail à distance" in answer.text or "synonyms_0" in typed
    assert held(library) == a_vocabulary()


def test_terms_that_look_like_an_unknown_one_are_shown(browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    answer = sent(claire, claire.get(TERM).text, preferred_0="horaires", broader="partiel")
    assert "Termes qui y ressemblent\u202f: temps partiel" in re.sub("<[^>]+>|\n", "", answer.text).replace("  ", " ")
    assert 'value="partiel"' in answer.text


def test_who_comes_second_sees_both_and_loses_nothing(library: Library, browser: dict[str, TestClient]) -> None:
    claire, paul = browser["claire"], browser["paul"]
    hers, his = claire.get(REMOTE_PAGE).text, paul.get(REMOTE_PAGE).text
    assert sent(claire, hers, synonyms_0="travail à distance\ndistanciel").status_code == 200
    second = sent(paul, his, synonyms_0="travail à distance\nà la maison", definition_0="De loin.")
    assert second.status_code == 409
    assert "a modifié ce terme entre-temps" in second.text
    shown = re.search(r'<dl class="versions">.*?</dl>', second.text, re.DOTALL)
    assert shown is not None
    assert "distanciel (fr)" in shown[0]
    assert "à la maison (fr)" in shown[0]
    assert "De loin. (fr)" in shown[0]
    assert "Codes" not in shown[0]
    concept = held(library).get(REMOTE)
    assert concept is not None
    assert concept.alternative == french("distanciel", "travail à distance")
    # Sent again, it takes the place of what he has seen by now.
    assert sent(paul, second.text, synonyms_0="travail à distance\nà la maison\ndistanciel").status_code == 200
    concept = held(library).get(REMOTE)
    assert concept is not None
    assert len(concept.alternative) == 3


def test_a_term_that_was_removed_meanwhile_can_be_kept_all_the_same(
    library: Library, browser: dict[str, TestClient]
) -> None:
    claire, paul = browser["claire"], browser["paul"]
    his, removal = paul.get(REMOTE_PAGE).text, claire.get(f"/g/lectures/vocabulary/remove?id={REMOTE}").text
    gone = claire.post("/g/lectures/vocabulary/remove", data=dict(fields_of(removal)))
    second = sent(paul, his, definition_0="De loin.")
    assert second.status_code == 409
    assert held(library).get(REMOTE) is None
    assert sent(paul, second.text).status_code == 200
    concept = held(library).get(REMOTE)
    assert concept is not None
    assert concept.definition == french("De loin.")
    # Her way back is closed: it would write over what he has kept.
    assert sent(claire, gone.text, "undo").status_code == 409
    assert held(library).get(REMOTE) == concept


def test_a_removal_is_asked_again_when_the_term_has_changed(library: Library, browser: dict[str, TestClient]) -> None:
    claire, paul = browser["claire"], browser["paul"]
    removal = claire.get(f"/g/lectures/vocabulary/remove?id={REMOTE}").text
    assert "1 terme plus précis reste" in removal
    assert sent(paul, paul.get(REMOTE_PAGE).text, definition_0="De loin.").status_code == 200
    answer = claire.post("/g/lectures/vocabulary/remove", data=dict(fields_of(removal)))
    assert answer.status_code == 409
    assert held(library).get(REMOTE) is not None
    assert claire.post("/g/lectures/vocabulary/remove", data=dict(fields_of(answer.text))).status_code == 200
    assert held(library).get(REMOTE) is None


def test_hostile_words_are_words(library: Library, browser: dict[str, TestClient]) -> None:
    claire, hostile = browser["claire"], "</textarea><script>alert(1)</script>\u202e\"'&amp;"
    made = sent(
        claire,
        claire.get(TERM).text,
        preferred_0=hostile,
        synonyms_0=hostile + "2",
        definition_0=hostile,
        notation=hostile,
    )
    uri = uri_for(hostile, "fr")
    pages = (
        made,
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
    assert "rien n’a changé" in sent(claire, pages[1].text).text
    assert sent(claire, made.text, "undo").status_code == 200
    assert held(library) == a_vocabulary()


def test_the_vocabulary_is_changed_by_its_moderators_alone(library: Library, browser: dict[str, TestClient]) -> None:
    uri_page = f"/g/lectures/vocabulary/remove?id={REMOTE}"
    for who, status in (("paul", 200), ("luc", 403), ("sophie", 403)):
        page = browser[who].get("/g/lectures/vocabulary").text
        assert ("Ajouter un terme" in page, "modifier" in page) == (status == 200, status == 200)
        assert [browser[who].get(address).status_code for address in (TERM, uri_page)] == [status, status]
        if status != 200:
            data = {"form_token": token_of(browser[who], "/logout")}
            for address in (TERM, "/g/lectures/vocabulary/remove"):
                answer = browser[who].post(address, data={**data, "id": REMOTE, "act": "save", "preferred-0": "x"})
                assert answer.status_code == 403
    assert browser[""].get(TERM).headers["location"].startswith("/login")
    # Of a group that one may not read, not even that it is there.
    hidden = browser["paul"].get("/g/ailleurs/vocabulary/term")
    absent = browser["paul"].get("/g/aucun/vocabulary/term")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("ailleurs", "aucun") == absent.text
    assert held(library) == a_vocabulary()


def test_a_term_of_another_group_is_no_term_of_this_one(library: Library, browser: dict[str, TestClient]) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug("ailleurs")
        assert group is not None
        writing.vocabularies.set(group.id, Vocabulary.of([a_concept("secret")]))
    claire = browser["claire"]
    assert claire.get(f"{TERM}?id={uri_for('secret')}").status_code == 404
    assert sent(claire, claire.get(TERM).text, preferred_0="a", broader="secret").status_code == 400
    assert sent(claire, claire.get(TERM).text, preferred_0="a", broader=uri_for("secret")).status_code == 400


def test_what_is_no_form_of_ours_is_refused(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    assert claire.post(TERM, data={**NEW, "preferred-0": "x"}).status_code == 403
    assert send(claire, TERM, act="rien").status_code == 400
    assert (
        send(claire, TERM, act="save", id="pas une adresse", **{"lang-0": "fr", "preferred-0": "x"}).status_code == 400
    )
    large = send(claire, TERM, act="save", **{"lang-0": "fr", "preferred-0": "x", "definition-0": "x" * (2 << 20)})
    assert large.status_code == 413
    assert held(library) == a_vocabulary()


def test_tags_that_are_no_terms_yet_are_proposed(library: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    page = claire.get("/g/lectures/vocabulary").text
    assert f'href="{TERM}?label=bureau"' in page
    assert "label=TELETRAVAIL" not in page
    assert "label=bureau" not in browser["luc"].get("/g/lectures/vocabulary").text
    form = claire.get(f"{TERM}?label=bureau").text
    assert 'value="bureau"' in form
    assert sent(claire, form).status_code == 200
    assert "label=bureau" not in claire.get("/g/lectures/vocabulary").text


def test_a_great_vocabulary_is_read_by_pages(library: Library, browser: dict[str, TestClient]) -> None:
    concepts = [
        a_concept(f"{'abcdefghij'[number % 10]}erme {number}", broader=["aerme 0"] if number else [])
        for number in range(1000)
    ]
    with library.store.write() as writing:
        group = writing.groups.by_slug("lectures")
        assert group is not None
        writing.vocabularies.set(group.id, Vocabulary.of(concepts))
    claire = browser["claire"]
    seen: list[str] = []
    for number in range(1, 11):
        page = claire.get(f"/g/lectures/vocabulary?page={number}").text
        seen += re.findall(r'<li id="(c-[^"]+)"', page)
    assert len(seen) == len(set(seen)) == 1000
    page = claire.get("/g/lectures/vocabulary?page=10&lang=en").text
    (above,) = set(re.findall(r'href="([^"]*)" dir="auto">aerme 0<', page))
    target, _, anchor = unescape(above).partition("#")
    assert f'id="{anchor}"' in claire.get(target).text
    initials = re.search(r'<nav class="facts initials".*?</nav>', page, re.DOTALL)
    assert initials is not None
    links = re.findall(r'href="([^"]*)">([A-Z])<', initials[0])
    assert [letter for _, letter in links] == list("ABCDEFGHIJ")
    for href, letter in links:
        address, _, anchor = unescape(href).partition("#")
        assert f'<h2 id="{anchor}">{letter}</h2>' in claire.get(address).text
    narrowed = claire.get("/g/lectures/vocabulary?q=berme&page=99").text
    assert "100 concepts" in narrowed
    assert claire.get("/g/lectures/vocabulary?page=-1").status_code == 200
    # Too many to be proposed: those that look like what was typed are told.
    assert "<datalist" not in claire.get(TERM).text
