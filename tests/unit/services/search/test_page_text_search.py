"""Page texts match with a low weight, and only for readers of the item."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import NotFound
from kb.indexer import catch_up, check_index, rebuild
from kb.model.people.group import Visibility
from kb.model.search_request import MATCH_ALL, SearchRequest, Sort, View
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import restore_content
from kb.services.search.result_types import SearchResults
from kb.services.search.search import run_search
from kb.services.search.suggestions import search_suggestions
from kb.services.trash.content_removal import move_items_to_trash
from tests.factories.items import a_group, a_member, an_annotation, an_item
from tests.factories.library import a_library

SECRET = a_group("secret", visible=Visibility.MEMBERS)
PAGE = "Le conseil départemental recrute.\nDes apicultrices sont attendues à Clermont-Ferrand."


@pytest.fixture
def library() -> Iterator[Library]:
    items = (
        an_item("Apiculture en ville", id="titre", language="fr", added="2014-01-01"),
        an_item("Le recrutement", id="page", language="fr", added="2015-01-01"),
        an_item("Autre chose", id="autre", language="fr", added="2016-01-01"),
        an_item("Caché", id="caché", group=SECRET, language="fr"),
    )
    with closing(a_library(*items, groups=(a_group(), SECRET))) as library:
        store_page_text(library, "page", PAGE)
        store_page_text(library, "caché", "Des ostréiculteurs.")
        catch_up(library)
        yield library


def store_page_text(library: Library, item_id: str, text: str) -> None:
    with library.store.write() as writing:
        writing.page_texts.put(item_id, text)


def ask(library: Library, q: str, actor: Actor = ANONYMOUS, **parameters: object) -> SearchResults:
    return run_search(library, actor, SearchRequest(q=q, **parameters))  # type: ignore[arg-type]


def ids(results: SearchResults) -> list[str]:
    return [row.item.id for row in results.rows]


@pytest.mark.parametrize(
    "q", ["apicultrice", "APICULTRICES", '"apicultrices sont attendues"', "apicul*", "page:apicultrice", "recrutent"]
)
def test_an_item_is_found_by_the_words_of_its_page(library: Library, q: str) -> None:
    assert "page" in ids(ask(library, q))
    assert "page" in ids(ask(library, q, sort=Sort.RECENT))


def test_texts_of_users_rank_before_page_texts(library: Library) -> None:
    store_page_text(library, "autre", "Apiculture, apiculture, apiculture : tout sur l’apiculture.")
    catch_up(library)

    assert ids(ask(library, "apiculture")) == ["titre", "autre"]


def test_the_part_of_a_page_that_was_found_is_shown_and_marked(library: Library) -> None:
    (row,) = ask(library, "apicultrice").rows

    (match,) = row.matches
    assert (match.field, match.annotation) == ("page", None)
    assert ("apicultrices", True) in match.pieces


def test_a_passage_of_people_is_shown_rather_than_the_page(library: Library) -> None:
    noted = an_item("Carnet", id="noté", language="fr", annotations=[an_annotation("des apicultrices")], order=50)
    with library.store.write() as writing:
        writing.items.add([noted])
        writing.page_texts.put("noté", PAGE)
    catch_up(library)

    fields = {row.item.id: [match.field for match in row.matches] for row in ask(library, "apicultrices").rows}

    assert fields["noté"] == ["highlight"]


def test_all_words_may_be_partly_in_the_page_and_a_word_of_the_page_excludes(library: Library) -> None:
    assert ids(ask(library, "recrutement clermont", match=MATCH_ALL)) == ["page"]
    assert ids(ask(library, "recrutement -clermont")) == []


def test_passages_are_not_found_by_the_page_of_their_item(library: Library) -> None:
    assert ask(library, "apicultrice", view=View.PASSAGES).total == 0


def test_a_page_text_is_found_only_by_readers_of_its_item(library: Library) -> None:
    assert ids(ask(library, "ostréiculteurs")) == []
    assert ids(ask(library, "ostreiculteur", a_member(of=SECRET))) == ["caché"]
    assert ask(library, "ostréiculteus").suggestion is None


def test_words_of_page_texts_are_known_and_never_suggested(library: Library) -> None:
    results = ask(library, "apicultrices")

    assert (results.suggestion, results.interpretation) == (None, None)
    assert not search_suggestions(library, ANONYMOUS, "attend", SearchRequest())


def test_both_sides_say_the_same_whatever_becomes_of_a_text(library: Library) -> None:
    assert check_index(library).is_clean
    rebuild(library)
    assert check_index(library).is_clean
    store_page_text(library, "page", "")
    catch_up(library)

    assert (ids(ask(library, "apicultrice")), check_index(library).is_clean) == ([], True)


def test_a_page_text_follows_its_item_into_the_trash_and_out_and_is_deleted_with_it(library: Library) -> None:
    with library.store.write() as writing:
        removal, *_ = move_items_to_trash(writing, OPERATOR, [writing.items.any_of(["page"])["page"]], 30)
    purge_expired_data(library)
    catch_up(library)
    trashed = ids(ask(library, "apicultrice"))
    restore_content(library, OPERATOR, removal.id)
    catch_up(library)
    back = ids(ask(library, "apicultrice"))
    with library.store.write() as writing:
        writing.items.remove(["page"])
    purge_expired_data(library)

    with library.store.read() as reading:
        assert (trashed, back, reading.page_texts.of_item("page")) == ([], ["page"], None)


def test_a_copy_of_an_item_takes_the_text_unless_it_has_its_own(library: Library) -> None:
    with library.store.write() as writing:
        writing.page_texts.copy("page", "autre")
        writing.page_texts.copy("caché", "autre")

    with library.store.read() as reading:
        assert reading.page_texts.of_item("autre") == PAGE


def test_the_longest_text_is_indexed_and_looked_through(library: Library) -> None:
    store_page_text(library, "autre", "mot commun " * 18_000 + "anticonstitutionnellement")
    catch_up(library)

    (row,) = ask(library, "anticonstitutionnellement").rows

    assert [match.field for match in row.matches] == ["page"]


def test_an_unknown_item_has_no_text(library: Library) -> None:
    with library.store.read() as reading:
        assert reading.page_texts.of_item("rien") is None
        assert reading.page_texts.present(["rien", "page"]) == {"page"}
    with pytest.raises(NotFound):
        restore_content(library, OPERATOR, "rien")
