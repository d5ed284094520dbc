"""The settings of embeddings, and what administrators read of them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.errors import Invalid
from kb.features.meaning.embedding_service import EmbeddingFailure, TextKind
from kb.features.meaning.embedding_task import TASKS, EmbeddingWork
from kb.features.meaning.services import service_of
from kb.features.meaning.settings import EmbeddingSettings
from kb.services.core.library import Library
from kb.settings import Settings, settings_environment
from kb.site import feature_tasks, open_library, settings_from_environment
from tests.conftest import Kb
from tests.factories.items import an_item
from tests.factories.library import a_library, add_items
from tests.features.meaning.conftest import FakeService, embed_all
from tests.support.browser_sessions import an_account, browsers_of

SET = {
    "KB_EMBEDDINGS_URL": "https://albert.api.etalab.gouv.fr/v1",
    "KB_EMBEDDINGS_MODEL": "openweight-embeddings",
    "KB_EMBEDDINGS_KEY": "sk-secret",
    "KB_EMBEDDINGS_QUERY_PREFIX": "query: ",
    "KB_EMBEDDINGS_PASSAGE_PREFIX": "passage: ",
    "KB_EMBEDDINGS_DIMENSIONS": "1024",
}


def test_there_is_no_service_unless_it_is_set() -> None:
    assert settings_from_environment({}).of(EmbeddingSettings) == EmbeddingSettings()
    assert EmbeddingSettings().embeddings_url == ""


def test_the_settings_reach_child_processes_unchanged_and_the_key_no_text() -> None:
    settings = settings_from_environment(SET)
    own = settings.of(EmbeddingSettings)
    *texts, dimensions = SET.values()
    assert own == EmbeddingSettings(*texts, embeddings_dimensions=int(dimensions))
    assert settings_from_environment(settings_environment(settings)) == settings
    assert "sk-secret" not in repr(settings)
    given = settings_from_environment({**SET}, embeddings_url="local", embeddings_key=None).of(EmbeddingSettings)
    assert (given.embeddings_url, given.embeddings_key) == ("local", "sk-secret")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "albert.api.etalab.gouv.fr"),
        ("URL", "ftp://exemple.fr"),
        ("URL", "https://moi:secret@exemple.fr/v1"),
        ("URL", "https://exemple.fr/v1?clé=a"),
        ("URL", "loca"),
        ("MODEL", "a\nb"),
        ("QUERY_PREFIX", "a\nb"),
        ("PASSAGE_PREFIX", "x" * 501),
        ("DIMENSIONS", "-1"),
        ("DIMENSIONS", "4097"),
        ("DIMENSIONS", "beaucoup"),
    ],
)
def test_a_bad_value_is_refused_at_start(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=f"KB_EMBEDDINGS_{name}"):
        settings_from_environment({f"KB_EMBEDDINGS_{name}": value})


def test_the_command_has_their_options(kb: Kb) -> None:
    assert "--embeddings-url" in kb("--help").out
    refused = kb("--embeddings-url", "nulle-part", "search", "eau")
    assert refused.code == 2
    assert "--embeddings-url" in refused.err


def test_a_library_has_an_embedder_if_the_feature_is_on_and_a_service_set(kb: Kb) -> None:
    assert kb("migrate").code == 0

    def embedder(settings: Settings) -> object:
        with closing(open_library(settings)) as library:
            return library.embedder

    on = replace(kb.settings, parts=(EmbeddingSettings(embeddings_url="http://127.0.0.1:9"),))
    assert embedder(on) is not None
    assert embedder(kb.settings) is None
    assert embedder(replace(on, features="all,-meaning")) is None
    assert TASKS[0] in feature_tasks(on)


@pytest.fixture
def site() -> Iterator[Library]:
    with closing(a_library(an_item("Titre", id="i1"))) as filled:
        an_account(filled, "claire", administrator=True)
        settings = replace(filled.settings, parts=(EmbeddingSettings(embeddings_url="http://127.0.0.1:9"),))
        yield replace(filled, settings=settings)


def test_the_administration_says_how_many_wait_and_what_fails(site: Library, service: FakeService) -> None:
    browser = browsers_of(site, ["claire"])["claire"]

    def overview() -> str:
        return browser.get("/admin").text

    named = service_of(site.settings, TextKind.PASSAGE)
    assert named is not None
    service.model = named.model
    assert "Les textes de 1 signet attendent leurs vecteurs" in overview()
    work = EmbeddingWork(site, service)
    work.note_failure(EmbeddingFailure("The embedding service fails with status %(status)s.", status=503))
    shown = overview()
    assert "les questions sont cherchées par les mots" in shown
    assert "Le service d’embeddings échoue, avec le statut 503." in shown
    add_items(site, an_item("Autre", id="i2"))
    with site.store.write() as writing:
        writing.page_texts.put("i1", "Une page.")
    assert "Les textes de 2 signets attendent leurs vecteurs" in overview()
    embed_all(site, service)
    shown = overview()
    assert "Tous les textes ont leurs vecteurs" in shown
    assert "avec le statut" not in shown


def test_the_administration_says_nothing_of_a_service_that_is_not_set(site: Library) -> None:
    plain = replace(site, settings=replace(site.settings, parts=()))
    shown = browsers_of(plain, ["claire"])["claire"].get("/admin").text
    assert "vecteurs" not in shown
    assert "(meaning)" in shown
