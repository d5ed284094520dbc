"""Saved searches, by the command line and over HTTP."""

import re
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.search.saved_searches import create_saved_search
from kb.site import create_app
from tests.conftest import Kb
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library, an_empty_library

LECTURES, SECRET = a_group("lectures", "Lectures communes"), a_group("secret", visible=Visibility.MEMBERS)


@pytest.fixture
def library() -> Library:
    today = datetime.now(UTC).isoformat()
    items = [an_item(f"Les agents {n}", id=f"i{n}", group=LECTURES, tags=["rh"], added=today) for n in range(3)]
    hidden = an_item("Les agents cachés", id="h", group=SECRET, added=today)
    return a_library(*items, an_item("Autre", group=LECTURES), hidden, groups=(LECTURES, SECRET))


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def test_a_saved_search_has_a_page_that_finds_what_its_words_say(client: TestClient, library: Library) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "<b>Agents</b>", "q=agents&tag=rh&per_page=20").search
    page = client.get(f"/saved/{saved.id}")
    assert page.status_code == 200
    assert '<h1 dir="auto">&lt;b&gt;Agents&lt;/b&gt;</h1>' in page.text
    assert "1 – 3 sur 3" in page.text.replace("\u202f", " ").replace("\xa0", " ")
    assert "3 nouveautés cette semaine" in page.text
    assert f'href="/saved/{saved.id}.atom"' in page.text
    assert 'href="/search?q=agents&amp;tag=rh"' in page.text
    assert "Les agents cachés" not in page.text


def test_filters_beside_a_saved_search_make_another_search(client: TestClient, library: Library) -> None:
    saved = create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    text = client.get(f"/saved/{saved.id}?q=autre&tag=eau").text
    assert "agents" in text
    assert 'href="/search?q=agents&amp;tag=rh&amp;vocabulary=verbatim"' in text
    assert client.get(f"/saved/{saved.id}?page=0").status_code == 400


def test_the_list_shows_what_may_be_read_and_counts_only_that(client: TestClient, library: Library) -> None:
    search = create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents").search
    hidden = create_saved_search(library, OPERATOR, "secret", "À nous", "q=agents").search
    text = client.get("/saved").text
    assert f'href="/saved/{search.id}"' in text
    assert "3 nouveautés cette semaine" in text
    assert "À nous" not in text
    assert 'href="/saved.opml"' in text
    unknown, closed = client.get("/saved/rien"), client.get(f"/saved/{hidden.id}")
    assert unknown.status_code == closed.status_code == 404
    assert unknown.text.replace("rien", "") == closed.text.replace(hidden.id, "")


def test_an_empty_list_explains_how_to_fill_it() -> None:
    page = TestClient(create_app(an_empty_library())).get("/saved")
    assert "Une fois connecté, on l’enregistre depuis la page de ses résultats." in page.text
    # Readers of the page cannot use a command.
    assert "kb saved add" not in page.text


def test_the_command_saves_lists_and_removes(kb, library) -> None:
    source = '{"title": "Les agents", "group": {"slug": "lectures", "name": "Lectures"}, "added": "2014"}\n'
    file = kb.streams / "un.jsonl"
    file.write_text(source.replace('"2014"', '"2014-11-07"'), encoding="utf-8")
    assert kb("import", file).code == 0
    added = kb("saved", "add", "--group", "lectures", "Nos agents", "q=agents")
    assert added.code == 0
    id_, address = added.out.split()
    assert address.endswith(f"/saved/{id_}")
    assert added.err == "1 résultat\n"
    assert kb("saved", "add", "--group", "lectures", "Nos agents", "q=agents").out == added.out
    (row,) = kb("saved", "list", "--json").json
    assert (row["id"], row["group"], row["name"], row["parameters"]) == (id_, "lectures", "Nos agents", "q=agents")
    assert (row["total"], row["new_this_week"]) == (1, 0)
    assert kb("saved", "list").out.startswith(f"{id_}\tlectures\tNos agents\tq=agents\t")
    assert kb("saved", "remove", "Nos agents").code == 0
    assert kb("saved", "list").out == ""


@pytest.mark.parametrize(
    ("address", "parameters"),
    [
        ("http://127.0.0.1:8000/search?q=agents&lang=en&page=2", "q=agents"),
        ("/g/lectures/tag/a%2Fb?tag=eau", "group=lectures&tag=a%2Fb&tag=eau"),
        ("/g/lectures/tag/v1.rss?format=html", "group=lectures&tag=v1.rss"),
        ("/g/lectures", "group=lectures"),
        ("?tag=eau&from=2014", "tag=eau&from=2014"),
    ],
)
def test_an_address_from_the_browser_can_be_saved(kb, address, parameters) -> None:
    file = kb.streams / "un.jsonl"
    file.write_text('{"title": "Titre", "group": "lectures"}\n', encoding="utf-8")
    kb("import", file)
    assert kb("saved", "add", "--group", "lectures", "Nom", address).code == 0
    assert kb("saved", "list", "--json").json[0]["parameters"] == parameters


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("add", "--group", "rien", "Nom", "q=a"), 1, "n’existe pas"),
        (("add", "--group", "lectures", "Nom", "quoi=a"), 2, "n’est pas un paramètre"),
        (("add", "--group", "lectures", "Nom", "from=hier"), 2, "2014-11"),
        (("add", "--group", "lectures", " ", "q=a"), 2, "un nom"),
        (("remove", "rien"), 1, "n’existe pas"),
        (("list", "--group", "rien"), 1, "n’existe pas"),
    ],
)
def test_an_invalid_saved_search_is_refused_in_one_sentence(kb, arguments, code, sentence) -> None:
    file = kb.streams / "un.jsonl"
    file.write_text('{"title": "Titre", "group": "lectures"}\n', encoding="utf-8")
    kb("import", file)
    answer = kb("saved", *arguments)
    assert answer.code == code
    assert sentence in answer.err
    assert answer.err.count("\n") == 1


def test_neither_the_page_of_a_saved_search_nor_its_feed_nor_what_is_new_takes_a_word_for_another(
    client: TestClient, library: Library
) -> None:
    for parameters in ("q=agants", "q=agants&sort=relevance", "q=agants&match=any"):
        saved = create_saved_search(library, OPERATOR, "lectures", parameters, parameters).search
        page = client.get(f"/saved/{saved.id}").text
        assert "items/i0" not in page
        assert "Résultats pour" not in page
        assert "cette semaine" not in page
        assert "items/i0" not in client.get(f"/saved/{saved.id}.atom").text
        assert "items/i0" not in client.get(f"/search.atom?{parameters}").text
    assert "items/i0" in client.get("/search?q=agants").text


def test_the_page_of_a_saved_search_says_that_the_search_page_searches_otherwise(
    client: TestClient, library: Library
) -> None:
    english = TestClient(client.app)
    for parameters in ("q=agants", "q=agents", "q=Le+%22num%C3%A9ro+agents%22+cach%C3%A9"):
        saved = create_saved_search(library, OPERATOR, "lectures", parameters, parameters).search
        page = client.get(f"/saved/{saved.id}").text
        assert "s’en tient à ses mots" in page
        assert f'<a href="/search?{parameters}">chercher sur cette page</a>' in page
        assert "A saved search keeps to its words." in english.get(f"/saved/{saved.id}?lang=en").text
        assert "s’en tient à ses mots" not in client.get(f"/search?{parameters}").text
    for parameters in ("q=agents&sort=recent", "q=agents&match=all", "q=%22les+agents%22", "tag=rh"):
        saved = create_saved_search(library, OPERATOR, "lectures", parameters, parameters).search
        assert "s’en tient à ses mots" not in client.get(f"/saved/{saved.id}").text
        ids_found = [
            set(re.findall(r"/items/(\w+)", client.get(address).text))
            for address in (f"/saved/{saved.id}", f"/search?{parameters}")
        ]
        assert ids_found[0] == ids_found[1] == {"i0", "i1", "i2"}


def test_the_filters_of_a_saved_search_stay_to_the_letter_until_that_is_removed(
    client: TestClient,
) -> None:
    filtered = client.get("/search?q=autre+agants&group=lectures&vocabulary=verbatim").text
    assert "1 signet pour «\u202fautre agants" in filtered
    assert "à la lettre" in filtered
    assert re.search(r'href="[?]q=autre[+]agants&amp;group=lectures"><span class="name">Mots', filtered)
    assert 'class="clear" href="?q=autre+agants"' in filtered


def test_the_command_counts_what_a_saved_search_finds_to_the_letter(kb: Kb) -> None:
    line = '{"group": "lectures", "title": "Les agents"}\n'
    assert kb("import", "-", stdin=line).code == 0
    assert "ne trouve rien" in kb("saved", "add", "--group", "lectures", "Agents", "q=agants").err
    assert kb("search", "agants", "--json").json["total"] == 1
