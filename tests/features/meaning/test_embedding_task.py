"""Texts get their vectors in slices, each once, the newest items first; the index has what the database has."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from kb.features.meaning import embedding_task, records
from kb.features.meaning.embedding_service import EmbeddingFailure
from kb.features.meaning.embedding_task import EmbeddingWork, clean_next
from kb.features.meaning.records import delete_other_models, progress, queue_changes, vectors_of_items
from kb.features.meaning.tables import embedding_queue, embeddings
from kb.indexer import catch_up, check_index, rebuild
from kb.model.items.item_vectors import text_digest
from kb.search.documents import index_documents_of
from kb.search.embedder import quantize
from kb.search.text_pieces import text_pieces_of
from kb.services.core.library import Library
from kb.store.tables.item_tables import items as item_table
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items
from tests.features.meaning.conftest import FakeService, embed_all
from tests.support.embedding_servers import vector_of

SENTENCE = "Les agents de la commune ont allégé les tâches administratives du guichet unique. "


def stored(library: Library) -> dict[str, dict[str, bytes]]:
    with library.store.read() as reading:
        rows = reading.connection.execute(select(embeddings)).all()
    by_item: dict[str, dict[str, bytes]] = {}
    for row in rows:
        by_item.setdefault(row.item_id, {})[row.text_digest] = row.vector
    return by_item


def queued(library: Library) -> list[str]:
    with library.store.read() as reading:
        return sorted(reading.connection.execute(select(embedding_queue.c.item_id)).scalars())


def put_page(library: Library, item_id: str, text: str) -> None:
    with library.store.write() as writing:
        writing.page_texts.put(item_id, text)


def assert_complete(library: Library, ids: Iterable[str], dimensions: int = 8) -> None:
    """Each piece of the items has its vector, no other text has one, and the index agrees."""
    with library.store.read() as reading:
        items = reading.items.any_of(ids)
        vectors = vectors_of_items(reading.connection, list(ids))
        pages = {item_id: reading.page_texts.of_item(item_id) for item_id in ids}
    rows = stored(library)
    for item in items.values():
        pieces = text_pieces_of(item, pages[item.id])
        wanted = {text_digest(piece.text): unit(piece.text, dimensions) for piece in pieces}
        assert rows.get(item.id, {}) == wanted
        (document, *_) = index_documents_of(item, pages[item.id], vectors.get(item.id))
        assert len(document.values.get("embedding", ())) == len(pieces)
    assert rows.keys() <= set(ids)
    report = check_index(library)
    assert report.is_clean, report
    assert queued(library) == []


def unit(text: str, dimensions: int) -> bytes:
    from kb.features.meaning.embedding_service import unit_vectors

    return quantize(unit_vectors([vector_of(text, dimensions)], 1, 0)[0])


def test_texts_of_items_come_before_those_of_pages_and_the_newest_first(library: Library, service: FakeService) -> None:
    note = an_annotation("Un passage.", body="Sa note.")
    add_items(library, *(an_item(f"Titre {number}", id=f"i{number}", order=number) for number in range(1, 4)))
    add_items(library, an_item("Annoté", id="i4", order=4, annotations=[note]))
    for number in range(1, 5):
        put_page(library, f"i{number}", f"Page {number}.")
    assert embed_all(library, service) == [
        *("Annoté", "Un passage.\nSa note."),
        *(f"Titre {number}" for number in (3, 2, 1)),
        *(f"Page {number}." for number in (4, 3, 2, 1)),
    ]
    assert_complete(library, [f"i{number}" for number in range(1, 5)])
    rebuild(library)
    assert check_index(library).is_clean


def test_a_text_that_has_a_vector_is_never_embedded_again(library: Library, service: FakeService) -> None:
    item = an_item("Titre", id="i1", description=SENTENCE, annotations=[an_annotation("Un passage.", id="a1")])
    add_items(library, item)
    put_page(library, "i1", SENTENCE * 12)
    assert len(embed_all(library, service)) == 4
    # Views and tags change no text.
    with library.store.write() as writing:
        writing.items.count_view("i1")
        writing.items.update([replace(item, tags=("eau",))])
    assert embed_all(library, service) == []
    with library.store.write() as writing:
        (read,) = writing.items.any_of(["i1"]).values()
        writing.items.update([replace(read, title="Autre titre")])
    assert embed_all(library, service) == [f"Autre titre\n{SENTENCE}".strip()]
    # The same texts in another group.
    add_items(library, replace(read, id="i2", order=2, title="Autre titre", annotations=()))
    put_page(library, "i2", SENTENCE * 12)
    assert embed_all(library, service) == []
    assert_complete(library, ["i1", "i2"])


def test_a_page_that_changes_or_goes_takes_its_vectors_with_it(library: Library, service: FakeService) -> None:
    add_items(library, an_item("Titre", id="i1"))
    put_page(library, "i1", SENTENCE * 12)
    embed_all(library, service)
    assert len(stored(library)["i1"]) == 3
    put_page(library, "i1", f"{SENTENCE * 8}\nUne fin.")
    assert embed_all(library, service) == ["Une fin."]
    put_page(library, "i1", "")
    assert embed_all(library, service) == []
    assert len(stored(library)["i1"]) == 1
    assert_complete(library, ["i1"])


def test_another_model_takes_the_place_of_the_vectors_of_the_old_one(
    library: Library, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"i{number}" for number in range(1, 6)]
    add_items(library, *(an_item(f"Titre {number}", id=item_id) for number, item_id in enumerate(ids)))
    embed_all(library, service)
    monkeypatch.setattr(embedding_task, "_DELETED_AT_ONCE", 2)
    other = FakeService(model="modele-2", dimensions=16)
    with library.store.write() as writing:
        assert delete_other_models(writing.connection, other.model, 2)
    catch_up(library)
    # Between two slices, the index has what the database has, and no item has vectors of two models.
    assert check_index(library).is_clean
    assert len(stored(library)) == 3
    assert sorted(embed_all(library, other)) == sorted(f"Titre {number}" for number in range(5))
    assert_complete(library, ids, dimensions=16)
    with library.store.read() as reading:
        assert {found.model for found in vectors_of_items(reading.connection, ids).values()} == {"modele-2"}
    assert len(embed_all(library, service)) == 5


def test_documents_name_the_model_of_their_vectors(library: Library, service: FakeService) -> None:
    passages = [an_annotation("Un passage.", id="a1"), an_annotation(None, id="a2", body="…")]
    add_items(library, an_item("Titre", id="i1", annotations=passages))
    embed_all(library, service)
    with library.store.read() as reading:
        item = reading.items.any_of(["i1"])["i1"]
        documents = index_documents_of(item, None, vectors_of_items(reading.connection, ["i1"])["i1"])
    assert [document.values.get("embedding_model") for document in documents] == [("modele-1",), ("modele-1",), None]
    assert documents[0].values["embedding"] == (unit("Titre", 8), unit("Un passage.", 8))
    assert documents[1].values["embedding"] == (unit("Un passage.", 8),)
    assert index_documents_of(item, None, None)[0].values.keys() & {"embedding", "embedding_model"} == set()


def test_an_item_of_which_some_pieces_have_vectors_keeps_their_places(library: Library, service: FakeService) -> None:
    add_items(library, an_item("Titre", id="i1", annotations=[an_annotation(f"Passage {n}.") for n in range(6)]))
    work = EmbeddingWork(library, service)
    work.run_slice()
    with library.store.read() as reading:
        item = reading.items.any_of(["i1"])["i1"]
        (document, *passages) = index_documents_of(item, None, vectors_of_items(reading.connection, ["i1"])["i1"])
    assert [bool(vector) for vector in document.values["embedding"]] == [True] * 4 + [False] * 3
    assert ["embedding" in passage.values for passage in passages] == [True] * 3 + [False] * 3
    catch_up(library)
    assert check_index(library).is_clean
    embed_all(library, service)
    assert_complete(library, ["i1"])


def test_a_kill_at_any_step_loses_nothing_and_embeds_at_most_one_slice_again(
    library: Library, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"i{number}" for number in range(12)]
    add_items(library, *(an_item(f"Titre {number}", id=item_id) for number, item_id in enumerate(ids)))
    for item_id in ids[:3]:
        put_page(library, item_id, f"La page de {item_id}. " * 40)

    class Killed(BaseException): ...

    kills = 0
    for name in ("store_embeddings", "queue_changes", "clear_failure", "delete_other_models"):
        original = getattr(embedding_task, name)
        for is_after in (False, True):

            def killed(*arguments: object, original=original, is_after=is_after) -> object:  # type: ignore[no-untyped-def]
                if is_after:
                    original(*arguments)
                raise Killed

            with monkeypatch.context() as patch:
                patch.setattr(embedding_task, name, killed)
                work = EmbeddingWork(library, service)
                try:
                    while work.run_slice():
                        pass
                except Killed:
                    kills += 1
            catch_up(library)
            assert check_index(library).is_clean
    assert kills >= 6
    embed_all(library, service)
    assert_complete(library, ids)
    pieces = sum(map(len, stored(library).values()))
    assert pieces <= len(service.asked) <= pieces + service.batch * kills


def test_an_item_that_changes_while_its_texts_are_embedded_is_left_for_the_next_slice(
    library: Library, service: FakeService
) -> None:
    add_items(library, an_item("Ancien", id="i1"), an_item("Supprimé", id="i2"), an_item("Autre", id="i3"))

    def change() -> None:
        service.before_answer = lambda: None
        with library.store.write() as writing:
            writing.items.update([replace(writing.items.any_of(["i1"])["i1"], title="Nouveau")])
            writing.items.remove(["i2"])

    service.before_answer = change
    EmbeddingWork(library, service).run_slice()
    assert stored(library).keys() == {"i3"}
    embed_all(library, service)
    assert_complete(library, ["i1", "i3"])
    assert service.asked[-1] == "Nouveau"


def test_a_text_that_the_service_refuses_gets_no_vector_and_is_not_asked_again(
    library: Library, service: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    add_items(library, *(an_item(f"Titre {number}", id=f"i{number}") for number in range(4)))
    add_items(library, an_item("Un poison", id="poison"))
    service.refused = "poison"
    embed_all(library, service)
    assert stored(library)["poison"] == {text_digest("Un poison"): b""}
    assert all(all(vectors.values()) for item_id, vectors in stored(library).items() if item_id != "poison")
    assert [record.getMessage() for record in caplog.records] == ["A text gets no vector: Refusé."]
    assert check_index(library).is_clean
    service.refused = ""
    with library.store.write() as writing:
        writing.items.count_view("poison")
    assert embed_all(library, service) == []


def test_a_service_that_refuses_every_text_loses_none(library: Library, service: FakeService) -> None:
    add_items(library, an_item("Titre", id="i1"))
    service.error = EmbeddingFailure("Refusé.", is_about_texts=True)
    with pytest.raises(EmbeddingFailure):
        EmbeddingWork(library, service).run_slice()
    assert stored(library) == {}
    service.error = None
    assert embed_all(library, service) == ["Titre"]


def test_a_failure_is_said_once_waits_longer_each_time_and_is_forgotten_when_it_is_over(
    library: Library, service: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    add_items(library, an_item("Titre secret", id="i1"))
    work, service.error = EmbeddingWork(library, service), EmbeddingFailure("En panne : %(status)s.", status=503)
    waits = []
    for _ in range(5):
        with pytest.raises(EmbeddingFailure) as raised:
            work.run_slice()
        waits.append(work.note_failure(raised.value))
    assert waits == [5.0, 15.0, 60.0, 300.0, 300.0]
    assert [record.getMessage() for record in caplog.records] == ["The texts get no vectors: En panne : 503."]
    assert work.note_failure(EmbeddingFailure("Trop.", wait=400)) == 400
    with library.store.read() as reading:
        failure = progress(reading.connection, service.model).failure
    assert failure is not None
    assert (failure.message, failure.values) == ("En panne : %(status)s.", {"status": 503})
    service.error = None
    # Another process: the failure is that of one that has ended.
    embed_all(library, service)
    with library.store.read() as reading:
        assert progress(reading.connection, service.model).failure is None


def test_vectors_of_other_dimensions_under_the_same_name_are_refused(library: Library, service: FakeService) -> None:
    add_items(library, an_item("Titre", id="i1"))
    embed_all(library, service)
    add_items(library, an_item("Autre", id="i2"))
    with pytest.raises(EmbeddingFailure, match="16 dimensions where 8"):
        embed_all(library, replace(service, dimensions=16))
    assert stored(library).keys() == {"i1"}


def test_progress_counts_the_items_that_wait(library: Library, service: FakeService) -> None:
    add_items(library, *(an_item(f"Titre {number}", id=f"i{number}") for number in range(6)))
    put_page(library, "i0", "Une page.")

    def counts() -> tuple[int, int]:
        with library.store.read() as reading:
            found = progress(reading.connection, service.model)
        return found.texts, found.pages

    assert counts() == (6, 0)
    work = EmbeddingWork(library, service)
    work.run_slice()
    assert counts() == (2, 0)
    work.run_slice()
    assert counts() == (0, 1)
    embed_all(library, service)
    assert counts() == (0, 0)
    service.model = "modele-2"
    assert counts() == (6, 0)


def test_what_is_deleted_for_good_loses_its_vectors_at_once_and_other_items_theirs_with_the_task(
    library: Library, service: FakeService
) -> None:
    odilon, group = a_user("odilon"), a_group("autre")
    mine = an_annotation("Un passage.", id="a1", author=odilon, body="Sa note.", replies=[a_reply(author=a_user())])
    add_items(
        library,
        an_item("Partagé", id="i1", annotations=[mine]),
        an_item("À effacer", id="i2", group=group),
        an_item("À la corbeille", id="i3"),
        an_item("Reste", id="i4"),
        groups=(group,),
    )
    embed_all(library, service)
    with library.store.write() as writing:
        writing.erasure.library(group.id)
    assert stored(library).keys() == {"i1", "i3", "i4"}
    with library.store.write() as writing:
        writing.erasure.words(odilon.id)
        writing.contributions.mark_changed(["i1"])
        writing.erasure.person(odilon, None)
    assert stored(library).keys() == {"i3", "i4"}
    with library.store.write() as writing:
        writing.items.remove(["i3"])
    assert embed_all(library, service) == ["Partagé", "Un passage."]
    assert_complete(library, ["i1", "i4"])


def test_without_a_service_the_vectors_of_deleted_texts_still_go(
    library: Library, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FOLLOW_BATCH", 2)
    add_items(library, *(an_item(f"Titre {number}", id=f"i{number}") for number in range(5)))
    embed_all(library, service)
    with library.store.write() as writing:
        writing.items.update([replace(writing.items.any_of(["i1"])["i1"], title="Nouveau")])
        writing.items.remove(["i2"])
    while clean_next(library):
        pass
    assert stored(library).keys() == {"i0", "i3", "i4"}
    catch_up(library)
    assert check_index(library).is_clean
    # The feature is on again.
    assert embed_all(library, service) == ["Nouveau"]
    assert_complete(library, ["i0", "i1", "i3", "i4"])


def test_the_changes_of_the_task_itself_are_not_followed(library: Library, service: FakeService) -> None:
    add_items(library, an_item("Titre", id="i1"))
    EmbeddingWork(library, service).run_slice()
    with library.store.write() as writing:
        assert not queue_changes(writing.connection)
    assert queued(library) == []


def test_an_item_without_a_version_gets_its_vectors_too(library: Library, service: FakeService) -> None:
    add_items(library, an_item("Titre", id="i1"))
    with library.store.write() as writing:
        writing.connection.execute(update(item_table).values(version=None))
    embed_all(library, service)
    assert_complete(library, ["i1"])


def test_the_failure_is_stored_as_text_that_any_process_reads(library: Library, service: FakeService) -> None:
    work = EmbeddingWork(library, service)
    work.note_failure(EmbeddingFailure("Lent : %(seconds)s.", seconds=0.5))
    with library.store.read() as reading:
        value = reading.meta.get("embeddings:failure")
        assert reading.connection.execute(select(func.count()).select_from(embeddings)).scalar() == 0
    assert value is not None
    assert json.loads(value)["values"] == {"seconds": 0.5}
