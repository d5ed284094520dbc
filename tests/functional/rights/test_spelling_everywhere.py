"""Another spelling of a query with few results: the same on the page, in the API and in the command."""

import json
import re

from starlette.testclient import TestClient

from kb.site import create_app
from tests.conftest import Kb
from tests.factories.items import an_item
from tests.factories.library import a_library


def test_the_page_and_the_api_propose_another_spelling() -> None:
    library = a_library(an_item("Télétravail et mairies"), an_item("Le télétravail"))
    with TestClient(create_app(library), base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/api/v1/search", params={"q": "titre:teletravial", "sort": "recent"}).json()
        assert (answer["total"], answer["suggestion"]) == (0, "titre:télétravail")
        assert client.get("/api/v1/search", params={"q": "télétravail"}).json()["suggestion"] is None
        page = client.get("/search", params={"q": "titre:teletravial", "sort": "recent"}).text
        assert "titre:télétravail</a>" in page
        assert "Essayez avec cette orthographe" in page


def test_the_page_the_api_and_the_command_say_what_an_unknown_word_was_taken_for(kb: Kb) -> None:
    library = a_library(an_item("Télétravail et mairies"), an_item("Le télétravail"))
    with TestClient(create_app(library), base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/api/v1/search", params={"q": "mairies teletravial"}).json()
        assert (answer["total"], answer["understood"], answer["suggestion"]) == (2, False, "mairies télétravail")
        assert answer["items"][1]["matches"][0]["html"] == "Le <mark>télétravail</mark>"
        assert client.get("/api/v1/search", params={"q": "mairies télétravail"}).json()["understood"]
        page = client.get("/search", params={"q": "mairies teletravial"}).text
        note = page.split('class="note spelling">')[1].split("</p>")[0]
        assert re.sub("<[^>]+>", "", note) == (
            "Résultats pour\u202f: mairies télétravail\u202f; chercher plutôt\u202f: mairies teletravial"
        )
        literal = client.get("/search" + note.split('href="')[1].split('"')[0]).text
        assert "mairies OU teletravial" in literal
        assert "Résultats pour" not in literal
        assert "1 signet" in literal
        # A long query is cut in the note, not in the addresses of its links.
        long = client.get("/search", params={"q": " ".join(["teletravial", "mairies"] * 70)}).text
        note = long.split('class="note spelling">')[1].split("</p>")[0]
        assert len(re.sub("<[^>]+>", "", note)) < 300
        assert "\u00a0…</q>" in note
        assert "\u00a0…</a>" in note
        assert note.split('href="')[1].split('"')[0].count("teletravial") == 70
        english = client.get("/search", params={"q": "mairies teletravial", "lang": "en"}).text
        assert "Results for:" in english
        assert "; search instead for:" in english
    lines = "".join(json.dumps({"group": "mairie", "title": f"Le télétravail {place}"}) + "\n" for place in range(3))
    assert kb("import", "-", stdin=lines).code == 0
    assert "Résultats pour\u202f: télétravail\n" in kb("search", "teletravial").out


def test_the_command_proposes_another_spelling(kb: Kb) -> None:
    lines = "".join(json.dumps({"group": "mairie", "title": f"Le télétravail {place}"}) + "\n" for place in range(3))
    assert kb("import", "-", stdin=lines).code == 0
    assert kb("search", "teletravial", "--json").json["suggestion"] == "télétravail"
    assert "Essayez avec cette orthographe\u202f: titre:télétravail\n" in kb("search", "titre:teletravial").out
    assert kb("search", "télétravail", "--json").json["suggestion"] is None
