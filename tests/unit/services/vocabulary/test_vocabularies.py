"""A group's vocabulary: the rights to read and edit it, and its effect on searches of the group."""

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Actor
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.formats.skos.reader import SkosFile
from kb.model.people.group import Role, Visibility
from kb.model.search_request import SearchRequest, Sort, View, VocabularyMode
from kb.model.vocabulary import Concept, Vocabulary, uri_for
from kb.search.vocabulary_expansion import VocabularyMatcher
from kb.services.core.library import Library
from kb.services.imports.import_export import export_items
from kb.services.items.items import item_page, items_page
from kb.services.search.search import result_count, run_search
from kb.services.vocabulary.vocabularies import (
    NewConcept,
    add_concept,
    group_vocabulary,
    import_vocabulary,
    remove_label,
)
from tests.factories.items import a_group, a_member, an_annotation, an_item
from tests.factories.library import a_library
from tests.factories.vocabulary import a_concept, a_vocabulary

OPEN, OTHER = a_group("ouvert"), a_group("autre")
SECRET = a_group("secret", visible=Visibility.MEMBERS)
INSIDER = a_member("claire", of=SECRET)


@pytest.fixture
def library() -> Iterator[Library]:
    opened = a_library(
        an_item("Le télétravail", id="mot", group=OPEN, order=1),
        an_item(
            "Organiser le travail à distance",
            id="synonyme",
            group=OPEN,
            order=2,
            annotations=[an_annotation("Un travail à distance choisi.", id="p")],
        ),
        an_item("Le travail du bois à distance", id="bois", group=OPEN, order=3),
        an_item("Un temps partiel", id="partiel", group=OPEN, order=4),
        an_item("Le travail à distance ailleurs", id="ailleurs", group=OTHER, order=5),
        groups=(OPEN, OTHER, SECRET),
    )
    set_vocabulary(opened, OPEN.id, a_vocabulary())
    yield opened
    opened.close()


def set_vocabulary(library: Library, group_id: str, vocabulary: Vocabulary) -> None:
    with library.store.write() as writing:
        writing.vocabularies.set(group_id, vocabulary)


def ids(library: Library, q: str, actor: Actor = ANONYMOUS, **fields: object) -> list[str]:
    request = SearchRequest(q=q, **fields)  # type: ignore[arg-type]
    return [row.item.id for row in run_search(library, actor, request).rows]


def test_a_synonym_is_found_below_what_was_typed(library: Library) -> None:
    assert ids(library, "télétravail", group=("ouvert",)) == ["mot", "synonyme"]
    assert ids(library, "télétravail", vocabulary=VocabularyMode.OFF) == ["mot"]
    assert set(ids(library, "télétravail")) == {"mot", "synonyme", "ailleurs"}


def test_where_all_words_are_needed_any_label_of_them_will_do(library: Library) -> None:
    assert set(ids(library, "travail à distance", match="all", group=("ouvert",))) == {"synonyme", "mot", "bois"}
    assert ids(library, "organiser télétravail", match="all") == ["synonyme"]


def test_narrower_concepts_are_searched_when_asked(library: Library) -> None:
    assert ids(library, "organisation du travail", match="all") == []
    narrower = ids(library, "organisation du travail", match="all", vocabulary=VocabularyMode.NARROWER)
    assert set(narrower) == {"mot", "synonyme", "partiel", "ailleurs"}


def test_lists_by_date_are_expanded_inside_a_group_only(library: Library) -> None:
    assert ids(library, "télétravail", sort=Sort.RECENT) == ["mot"]
    assert set(ids(library, "télétravail", sort=Sort.RECENT, group=("ouvert",))) == {"mot", "synonyme"}


def test_a_followed_search_finds_only_its_own_words(library: Library) -> None:
    results = run_search(library, ANONYMOUS, SearchRequest(q="télétravail", group=("ouvert",)).verbatim())
    assert [row.item.id for row in results.rows] == ["mot"]
    assert result_count(library, ANONYMOUS, SearchRequest(q="télétravail")) == 3


def test_passages_counts_lists_and_exports_agree(library: Library) -> None:
    assert ids(library, "télétravail", view=View.PASSAGES) == ["synonyme"]
    assert items_page(library, ANONYMOUS, SearchRequest(q="télétravail")).total == 3
    assert {item.id for item, _ in export_items(library, OPERATOR, query="télétravail")} == {
        "mot",
        "synonyme",
        "ailleurs",
    }


def test_marks_cover_the_labels_that_were_searched(library: Library) -> None:
    rows = run_search(library, ANONYMOUS, SearchRequest(q="télétravail")).rows
    marked = {
        row.item.id: [text for match in row.matches for text, is_marked in match.pieces if is_marked] for row in rows
    }
    assert " ".join(marked["synonyme"][:2]).startswith("travail")
    assert "distance" in "".join(marked["synonyme"])
    page = item_page(library, ANONYMOUS, "synonyme", "télétravail")
    assert {match.field for match in page.matches} == {"title", "highlight"}
    assert item_page(library, ANONYMOUS, "synonyme", "télétravail", VocabularyMode.OFF).matches == ()


def test_recognized_concepts_are_shown_with_their_group(library: Library) -> None:
    ((group, notice),) = run_search(library, ANONYMOUS, SearchRequest(q="TELETRAVAIL agents")).known
    assert (group, notice.words, notice.others) == (OPEN, "TELETRAVAIL", ("travail à distance",))


def test_the_vocabulary_of_a_group_that_may_not_be_read_is_not_there(library: Library) -> None:
    set_vocabulary(library, OPEN.id, Vocabulary())
    set_vocabulary(library, SECRET.id, a_vocabulary())
    assert ids(library, "télétravail") == ["mot"]
    assert set(ids(library, "télétravail", INSIDER)) == {"mot", "synonyme", "ailleurs"}
    assert run_search(library, ANONYMOUS, SearchRequest(q="télétravail")).known == ()
    # A request for the group reveals no more than one for a group that does not exist.
    for slug in ("secret", "aucun"):
        results = run_search(library, ANONYMOUS, SearchRequest(q="télétravail", group=(slug,)))
        assert (results.total, results.known) == (0, ())
    for slug in ("secret", "aucun"):
        with pytest.raises(NotFound, match="This group does not exist"):
            group_vocabulary(library, ANONYMOUS, slug)


def test_only_vocabularies_of_the_groups_asked_for_are_used(library: Library) -> None:
    assert ids(library, "télétravail", group=("autre",)) == []
    set_vocabulary(library, OTHER.id, a_vocabulary())
    assert ids(library, "télétravail", group=("autre",)) == ["ailleurs"]


def test_a_change_holds_for_the_next_search(library: Library) -> None:
    for _ in range(3):
        set_vocabulary(library, OPEN.id, Vocabulary())
        assert ids(library, "télétravail") == ["mot"]
        set_vocabulary(library, OPEN.id, a_vocabulary())
        assert len(ids(library, "télétravail")) == 3


def test_a_vocabulary_is_read_once_for_each_version(library: Library) -> None:
    with patch.object(VocabularyMatcher, "of", wraps=VocabularyMatcher.of) as matcher:
        for _ in range(3):
            ids(library, "télétravail")
        assert matcher.call_count == 1
        set_vocabulary(library, OPEN.id, Vocabulary.of(a_vocabulary().concepts[1:]))
        for _ in range(3):
            ids(library, "télétravail")
        assert matcher.call_count == 2


def a_file(*concepts: Concept) -> SkosFile:
    return SkosFile(concepts, None, (), len(concepts))


def test_importing_twice_adds_nothing(library: Library) -> None:
    first = import_vocabulary(library, OPERATOR, "autre", a_file(*a_vocabulary().concepts))
    again = import_vocabulary(library, OPERATOR, "autre", a_file(*a_vocabulary().concepts))
    assert (first.added, again.added, again.updated, again.unchanged) == (4, 0, 0, 4)


def test_an_import_changes_the_named_concepts_only(library: Library) -> None:
    changed = a_concept("télétravail", "nomadisme")
    report = import_vocabulary(library, OPERATOR, "ouvert", a_file(changed, a_concept("congé")))
    assert (report.added, report.updated, report.unchanged, report.removed) == (1, 1, 0, 0)
    assert len(group_vocabulary(library, OPERATOR, "ouvert")[1].concepts) == 5
    report = import_vocabulary(library, OPERATOR, "ouvert", a_file(changed), instead=True)
    assert (report.removed, report.unchanged + report.updated) == (4, 1)


def test_a_dry_run_changes_nothing(library: Library) -> None:
    report = import_vocabulary(library, OPERATOR, "autre", a_file(a_concept("congé")), dry_run=True)
    assert report.added == 1
    assert group_vocabulary(library, OPERATOR, "autre")[1] == Vocabulary()


def test_circular_and_dangling_links_are_reported_and_left_out(library: Library) -> None:
    file = a_file(
        a_concept("a", broader=["b"]),
        a_concept("b", broader=["c", "absent"]),
        a_concept("c", broader=["a"]),
        a_concept("d", broader=["d"]),
    )
    report = import_vocabulary(library, OPERATOR, "autre", file)
    reasons = [warning.why for warning in report.warnings]
    assert sum("broader than itself" in reason for reason in reasons) == 2
    assert f"It leads to a concept that is not there: {uri_for('absent')}." in reasons
    vocabulary = group_vocabulary(library, OPERATOR, "autre")[1]
    assert sum(len(concept.broader) for concept in vocabulary.concepts) == 2
    assert import_vocabulary(library, OPERATOR, "autre", file).unchanged == 4


@pytest.mark.parametrize("role", Role)
def test_moderators_change_a_vocabulary_and_others_read_it(library: Library, role: Role) -> None:
    actor = a_member("claire", role, of=SECRET)
    assert group_vocabulary(library, actor, "secret")[1] == Vocabulary()
    if role >= Role.MODERATOR:
        add_concept(library, actor, "secret", NewConcept("télétravail", "fr"))
        assert remove_label(library, actor, "secret", "télétravail")[1]
        return
    with pytest.raises(Forbidden):
        add_concept(library, actor, "secret", NewConcept("télétravail", "fr"))
    with pytest.raises(Forbidden):
        import_vocabulary(library, actor, "secret", a_file(a_concept("a")))
    with pytest.raises(Forbidden):
        remove_label(library, actor, "secret", "télétravail")


def test_a_concept_is_added_with_those_that_it_names(library: Library) -> None:
    added = add_concept(
        library,
        OPERATOR,
        "autre",
        NewConcept("Eau  potable", "fr", ["eau du robinet"], broader=["eau"], narrower=["source"]),
    )
    vocabulary = group_vocabulary(library, OPERATOR, "autre")[1]
    assert added.label() == "Eau potable"
    assert {
        concept.label(): [vocabulary.get(uri).label() for uri in concept.broader] for concept in vocabulary.concepts
    } == {  # type: ignore[union-attr]
        "Eau potable": ["eau"],
        "eau": [],
        "source": ["Eau potable"],
    }
    more = add_concept(library, OPERATOR, "autre", NewConcept("eau POTABLE", "fr", ["eau de ville", "eau du robinet"]))
    assert [label.text for label in more.alternative] == ["eau de ville", "eau du robinet"]
    assert more.uri == added.uri


def test_a_concept_broader_than_itself_is_refused(library: Library) -> None:
    with pytest.raises(Invalid, match="broader than itself"):
        add_concept(library, OPERATOR, "ouvert", NewConcept("organisation du travail", "fr", broader=["télétravail"]))
    with pytest.raises(Invalid, match="1 to 500"):
        add_concept(library, OPERATOR, "ouvert", NewConcept(" \n", "fr"))
    assert group_vocabulary(library, OPERATOR, "ouvert")[1] == a_vocabulary()


def test_a_synonym_or_a_whole_concept_is_removed(library: Library) -> None:
    assert remove_label(library, OPERATOR, "ouvert", "Travail à distance") == (
        a_vocabulary().get(uri_for("télétravail")),
        False,
    )
    concept, whole = remove_label(library, OPERATOR, "ouvert", "teletravail")
    assert whole
    assert concept.alternative == ()
    vocabulary = group_vocabulary(library, OPERATOR, "ouvert")[1]
    assert {concept.label(): concept.broader for concept in vocabulary.concepts}["télétravail occasionnel"] == ()
    with pytest.raises(NotFound, match="No concept"):
        remove_label(library, OPERATOR, "ouvert", "télétravail")
    assert remove_label(library, OPERATOR, "ouvert", uri_for("temps partiel"))[1]


def test_of_several_concepts_of_one_name_none_is_guessed(library: Library) -> None:
    twins = [replace(a_concept("avocat"), uri=uri) for uri in ("urn:x:fruit", "urn:x:metier")]
    set_vocabulary(library, OTHER.id, Vocabulary.of(twins))
    with pytest.raises(Conflict, match="urn:x:fruit"):
        remove_label(library, OPERATOR, "autre", "avocat")
    assert remove_label(library, OPERATOR, "autre", "urn:x:metier")[1]
