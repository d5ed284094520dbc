"""The languages of a group, and their effect on its items."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.errors import Forbidden, Invalid, NotFound
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.group import Role, Visibility
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.groups.group_languages import language_settings_of_group, redetect_languages, set_group_languages
from kb.services.search.search import run_search
from tests.factories.import_export import bring_records, exported_lines, figures, import_data, items_in
from tests.factories.items import a_group, a_member, an_item
from tests.factories.library import a_library, add_items, an_empty_library

GERMAN = {
    "title": "Die Beschäftigten des öffentlichen Dienstes wollen weniger Hierarchie",
    "url": "https://a.example/de",
}
FRENCH = {"title": "Les agents de l’accueil veulent moins de hiérarchie", "url": "https://a.example/fr"}
QUAIS = a_group("quais")


@pytest.fixture
def library() -> Iterator[Library]:
    opened = an_empty_library()
    add_items(opened, groups=[QUAIS])
    yield opened
    opened.close()


def languages(library: Library) -> list[str | None]:
    return [item.language for item in items_in(library)]


def only_item(library: Library) -> Item:
    (item,) = items_in(library)
    return item


def test_a_group_has_the_languages_of_the_site_until_it_gets_its_own(library: Library) -> None:
    assert language_settings_of_group(library, OPERATOR, "quais").languages == ("fr", "en")
    assert set_group_languages(library, OPERATOR, "quais", ("de", "fr", "de")).languages == ("de", "fr")
    assert language_settings_of_group(library, OPERATOR, "quais").languages == ("de", "fr")
    assert set_group_languages(library, OPERATOR, "quais", ()).languages == ("fr", "en")


def test_the_default_language_of_an_english_site_is_english() -> None:
    library = an_empty_library()
    add_items(library, groups=[QUAIS])
    english = replace(library, settings=replace(library.settings, language="en"))
    assert language_settings_of_group(english, OPERATOR, "quais").languages == ("en", "fr")
    bring_records(english, {"title": "2014-11-07"})
    assert languages(english) == ["en"]


def test_an_item_is_in_one_of_the_languages_of_its_group(library: Library) -> None:
    set_group_languages(library, OPERATOR, "quais", ("fr", "de"))
    bring_records(library, GERMAN, FRENCH, GERMAN | {"group": "autre"}, {"title": "2014-11-07"})
    by_group = [(item.language, item.group_id == QUAIS.id) for item in items_in(library)]
    assert [language for language, count in by_group if count] == ["de", "fr", "fr"]
    assert [language for language, count in by_group if not count] != ["de"]


def test_the_first_language_of_a_group_is_expected(library: Library) -> None:
    set_group_languages(library, OPERATOR, "quais", ("en", "fr"))
    bring_records(library, {"title": "Institution"}, {"title": "2014"})
    assert languages(library) == ["en", "en"]


def test_a_language_that_the_record_gives_is_kept_through_later_imports(library: Library) -> None:
    bring_records(library, FRENCH | {"language": "en"})
    assert only_item(library).language == "en"
    assert not only_item(library).language_decided
    assert figures(bring_records(library, FRENCH)) == (1, 0, 0, 1, 0)
    set_group_languages(library, OPERATOR, "quais", ("fr", "de"))
    assert redetect_languages(library, OPERATOR, "quais").read == 0
    assert languages(library) == ["en"]


def test_a_record_corrects_what_the_words_had_decided(library: Library) -> None:
    bring_records(library, FRENCH)
    assert only_item(library).language_decided
    bring_records(library, FRENCH | {"language": "en"})
    bring_records(library, FRENCH)
    assert (only_item(library).language, only_item(library).language_decided) == ("en", False)


def test_a_corrected_language_survives_an_import_without_a_language(library: Library) -> None:
    bring_records(library, FRENCH)
    with library.store.write() as writing:
        writing.items.update([replace(only_item(library), language="en", language_decided=False)])
    bring_records(library, FRENCH | {"tags": ["accueil"]})
    assert (only_item(library).language, only_item(library).tags) == ("en", ("accueil",))
    assert redetect_languages(library, OPERATOR, "quais").changed == 0


def test_an_imported_export_gives_no_language(library: Library) -> None:
    bring_records(library, FRENCH)
    before = exported_lines(library)
    assert figures(import_data(library, before)) == (1, 0, 0, 1, 0)
    assert only_item(library).language_decided
    assert exported_lines(library) == before


def test_other_languages_are_detected_for_items_without_a_given_language(library: Library) -> None:
    bring_records(library, GERMAN, FRENCH, {"title": "Die Verwaltung und ihre Leute", "language": "fr"})
    assert "de" not in languages(library)
    assert set_group_languages(library, OPERATOR, "quais", ("fr", "de")).decided == 2
    again = redetect_languages(library, OPERATOR, "quais")
    assert again.read == 2
    assert languages(library) == ["de", "fr", "fr"]
    assert redetect_languages(library, OPERATOR, "quais").changed == 0


def test_an_item_is_found_in_its_redetected_language() -> None:
    library = a_library(groups=(QUAIS,))
    bring_records(library, {"title": "Annual reports about local libraries"}, {"title": "Les annales"})
    set_group_languages(library, OPERATOR, "quais", ("fr",))
    redetect_languages(library, OPERATOR, "quais")
    set_group_languages(library, OPERATOR, "quais", ())
    assert redetect_languages(library, OPERATOR, "quais").changed == 1
    catch_up(library)
    assert run_search(library, ANONYMOUS, SearchRequest(language=("en",))).total == 1


def test_more_than_one_batch_is_decided_again(library: Library) -> None:
    bring_records(library, *({"title": f"{GERMAN['title']} {n}"} for n in range(501)))
    set_group_languages(library, OPERATOR, "quais", ("fr", "de"))
    progress: list[tuple[int, int]] = []
    again = redetect_languages(
        library, OPERATOR, "quais", lambda done_count, total: progress.append((done_count, total))
    )
    assert (again.read, again.changed) == (501, 501)
    assert progress == [(500, 501), (501, 501)]


@pytest.mark.parametrize("language", ["xx", "français", "", "fr-FR"])
def test_a_language_without_detection_is_refused(library: Library, language: str) -> None:
    with pytest.raises(Invalid, match="no language that can be detected"):
        set_group_languages(library, OPERATOR, "quais", ("fr", language))
    assert language_settings_of_group(library, OPERATOR, "quais").languages == ("fr", "en")


def test_only_who_manages_a_group_says_its_languages(library: Library) -> None:
    for act in (lambda actor: set_group_languages(library, actor, "quais", ("fr",)),
                lambda actor: redetect_languages(library, actor, "quais")):  # fmt: skip
        with pytest.raises(Forbidden):
            act(a_member(role=Role.MODERATOR, of=QUAIS))
        with pytest.raises(Forbidden):
            act(ANONYMOUS)
        act(a_member(role=Role.OWNER, of=QUAIS))
    add_items(library, groups=[a_group("cave", visible=Visibility.MEMBERS)])
    with pytest.raises(NotFound):
        set_group_languages(library, ANONYMOUS, "cave", ("fr",))


def test_an_import_does_not_change_the_languages_of_a_group() -> None:
    library = a_library(an_item(group=QUAIS), groups=(replace(QUAIS, languages=("de", "fr")),))
    bring_records(library, {"title": "Eins", "group": {"slug": "quais", "name": "Autres quais", "visible": "members"}})
    assert language_settings_of_group(library, OPERATOR, "quais").languages == ("de", "fr")
