"""What stands only in the text of a saved page is ranked as if users had written it."""

from collections.abc import Iterator
from random import Random

import pytest

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library

OTHER_WORDS = (
    "commune budget conseil service agent rapport projet réunion mission usager territoire dossier bilan programme "
    "partenaire équipement formation calendrier document direction"
).split()
SENTENCE = "La charte du syndicat prévoit la généralisation du télétravail"
PAGES = 30


def page_text(number: int, sentence: str = "") -> str:
    """A text of some 4,000 characters about other things, with a sentence in the middle."""
    draws = Random(number)
    halves = [" ".join(draws.choices(OTHER_WORDS, k=250)) for _ in range(2)]
    return f"{halves[0]}. {sentence}. {halves[1]}."


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Pages that each hold one word of the sentence, several times, one that holds it in parts, and one as it is."""
    folder = tmp_path_factory.mktemp("library")
    url = "memory:" if request.param == "memory" else f"whoosh:{folder / 'index'}"
    library = an_empty_library(folder / "data", index_url=url)
    words = ("syndicat", "charte", "généralisation")
    texts = {f"p{n}": page_text(n, f"{words[n % 3]} {words[n % 3]} et {words[n % 3]}") for n in range(PAGES)}
    parts = page_text(97).split()
    for place, word in ((20, "syndicat"), (220, "charte"), (420, "généralisation télétravail prévoit")):
        parts[place] = word
    texts |= {"parts": " ".join(parts), "whole": page_text(98, SENTENCE)}
    named = {"named": "Généralisation de la charte : avis du syndicat"}
    described = {"whole": "Une page sur le syndicat"}
    items = [
        an_item(
            id=key, url=f"https://exemple.fr/{key}", title=named.get(key), description=described.get(key), language="fr"
        )
        for key in (*texts, *named)
    ]
    add_items(library, *items, groups=(a_group(),))
    with library.store.write() as writing:
        for key, text in texts.items():
            writing.page_texts.put(key, text)
    catch_up(library)
    yield library
    library.close()


def first(library: Library, q: str, count: int = 3) -> list[str]:
    return [row.item.id for row in run_search(library, OPERATOR, SearchRequest(q=q)).rows[:count]]


def test_a_page_that_holds_all_words_comes_before_pages_that_hold_one(library: Library) -> None:
    assert first(library, "syndicat charte généralisation") == ["named", "whole", "parts"]


def test_a_page_that_holds_the_whole_sentence_comes_first(library: Library) -> None:
    assert first(library, SENTENCE, 1) == ["whole"]
    assert first(library, "syndicat prévoit télétravail", 2) == ["whole", "parts"]


def test_the_sentence_of_the_page_is_shown_and_marked(library: Library) -> None:
    (row,) = run_search(library, OPERATOR, SearchRequest(q=SENTENCE)).rows[:1]
    # The description has one word of the sentence, the page all of them.
    description, match = row.matches
    assert (description.field, match.field) == ("description", "page")
    assert SENTENCE in "".join(text for text, _ in match.pieces)
    assert {"charte", "syndicat", "généralisation", "télétravail"} <= {text for text, marked in match.pieces if marked}


def test_the_page_is_not_shown_where_a_text_of_users_says_as_much(library: Library) -> None:
    (row,) = [row for row in run_search(library, OPERATOR, SearchRequest(q="syndicat")).rows if row.item.id == "whole"]
    assert [match.field for match in row.matches] == ["description"]
