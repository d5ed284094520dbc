"""Adding, deleting, committing, rolling back and rebuilding."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from index.engine import Busy, Engine, Writer
from index.plan import FacetRequest
from index.query import Everything, Prefix, Range, Term
from tests.factories.index import a_document, ask, counts, fill, found_keys, scores


def test_a_document_put_twice_stands_once_as_it_was_put_last(engine: Engine) -> None:
    fill(engine, a_document("a", title="newton", tag="eau", views=1), a_document("b", title="newton"))
    fill(engine, a_document("a", title="pascal", tag="vin"))
    assert found_keys(engine, Term("title", "newton")) == {"b"}
    assert found_keys(engine, Term("title", "pascal")) == {"a"}
    assert found_keys(engine, Range("views")) == set()
    assert counts(engine, FacetRequest("tag")) == [("vin", 1)]
    assert ask(engine, Everything()).total == 2


def test_a_document_put_twice_in_one_block_stands_once(engine: Engine) -> None:
    fill(engine, a_document("a", title="newton"), a_document("b"), a_document("a", title="pascal"))
    assert ask(engine, Everything()).total == 2
    assert found_keys(engine, Term("title", "newton")) == set()
    assert found_keys(engine, Term("title", "pascal")) == {"a"}


def test_replaced_documents_no_longer_count_in_the_scores(engine: Engine) -> None:
    fill(
        engine, a_document("a", title="eau eau eau eau"), a_document("b", title="eau"), a_document("c", title="eau vin")
    )
    fill(engine, a_document("a", title="lait"))
    with engine.write() as writer:
        writer.drop("id", "c")
    after = scores(engine, Term("title", "eau"))
    with engine.rebuild() as writer:
        writer.put(a_document("a", title="lait"))
        writer.put(a_document("b", title="eau"))
    assert after == pytest.approx(scores(engine, Term("title", "eau")), abs=1e-12)


def test_a_dropped_value_takes_its_documents_away(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", group="g", title="eau"),
        a_document("2", group=("h", "g"), title="eau"),
        a_document("3", group="h", title="eau"),
        a_document("4", title="eau"),
    )
    with engine.write() as writer:
        writer.drop("group", "g")
        writer.drop("group", "nobody")
    assert found_keys(engine, Term("title", "eau")) == {"3", "4"}
    assert found_keys(engine, Prefix("title", "e")) == {"3", "4"}
    assert counts(engine, FacetRequest("group")) == [("h", 1)]
    assert {key for key, _ in engine.entries()} == {"3", "4"}


def test_a_drop_compares_as_the_field_compares(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", tag="Énergie", author="Zoé"),
        a_document("2", tag="ÉNERGIE"),
        a_document("3", tag="energie"),
    )
    with engine.write() as writer:
        writer.drop("tag", "énergie")
        writer.drop("author", "zoé")
    assert found_keys(engine, Everything()) == {"3"}
    with engine.write() as writer:
        writer.drop("id", "3")
    assert found_keys(engine, Everything()) == set()


def test_a_drop_reaches_what_was_put_before_it_in_the_block_and_not_what_comes_after(engine: Engine) -> None:
    fill(engine, a_document("old", group="g"))
    with engine.write() as writer:
        writer.put(a_document("before", group="g"))
        writer.drop("group", "g")
        writer.put(a_document("after", group="g"))
    assert found_keys(engine, Everything()) == {"after"}


def test_a_document_put_again_after_its_drop_is_there(engine: Engine) -> None:
    fill(engine, a_document("a", group="g", title="eau"))
    with engine.write() as writer:
        writer.drop("id", "a")
        writer.put(a_document("a", group="g", title="vin"))
        writer.put(a_document("b", group="g"))
        writer.put(a_document("b", group="h"))
        writer.drop("group", "g")
    assert found_keys(engine, Everything()) == {"b"}


def test_many_commits_answer_like_one(engine: Engine) -> None:
    documents = [
        a_document(f"{n:03}", title=f"eau mot{n % 5} " * (1 + n % 3), tag=f"t{n % 4}", views=n, group="gh"[n % 2])
        for n in range(40)
    ]
    for document in documents:
        fill(engine, document)
    for n in range(0, 40, 3):
        with engine.write() as writer:
            writer.drop("id", f"{n:03}")
    for n in range(0, 40, 6):
        fill(engine, documents[n])
    remaining = [document for n, document in enumerate(documents) if n % 3 or n % 6 == 0]
    scattered = ask(engine, Term("title", "eau"), facets=(FacetRequest("tag"), FacetRequest("group")))
    with engine.rebuild() as writer:
        for document in remaining:
            writer.put(document)
    together = ask(engine, Term("title", "eau"), facets=(FacetRequest("tag"), FacetRequest("group")))
    assert (scattered.total, scattered.facets) == (together.total, together.facets) != (0, ())
    assert {hit.key: hit.score for hit in scattered.page} == pytest.approx(
        {hit.key: hit.score for hit in together.page}
    )


def test_tidying_changes_no_answer_and_ends(engine: Engine) -> None:
    for n in range(40):
        fill(engine, a_document(f"{n % 30:03}", title=f"eau mot{n % 5}", tag=f"t{n % 4}", views=n))
    question = (Term("title", "eau"), {"facets": (FacetRequest("tag"),)})
    before, entries = ask(engine, question[0], **question[1]), set(engine.entries())
    for _ in range(100):
        room_left = engine.tidy(0.01)
        assert ask(engine, question[0], **question[1]) == before
        if not room_left:
            break
    assert not room_left
    assert set(engine.entries()) == entries
    fill(engine, a_document("new", title="eau"))
    assert len(found_keys(engine, Term("title", "eau"))) == 31


class Mishap(Exception):
    pass


def spoil(begin: Callable[[], AbstractContextManager[Writer]], mishap: type[BaseException]) -> None:
    with begin() as writer:
        writer.put(a_document("a", title="vin"))
        writer.put(a_document("b", tag="x"))
        writer.drop("id", "a")
        writer.checkpoint("2")
        raise mishap


@pytest.mark.parametrize("mishap", [Mishap, KeyboardInterrupt])
def test_an_exception_leaves_everything_as_it_was(engine: Engine, mishap: type[BaseException]) -> None:
    with engine.write() as writer:
        writer.put(a_document("a", title="eau", tag="x"))
        writer.checkpoint("1")
    before, entries = ask(engine, Everything(), facets=(FacetRequest("tag"),)), set(engine.entries())
    for begin in (engine.write, engine.rebuild):
        with pytest.raises(mishap):
            spoil(begin, mishap)
        assert ask(engine, Everything(), facets=(FacetRequest("tag"),)) == before
        assert set(engine.entries()) == entries
        assert engine.checkpoint() == "1"
    fill(engine, a_document("c"))
    assert found_keys(engine, Everything()) == {"a", "c"}


def test_nothing_is_seen_before_the_end_of_the_block(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau"))
    with engine.write() as writer:
        for n in range(200):
            writer.put(a_document(f"n{n}", title="eau"))
        writer.drop("id", "a")
        writer.checkpoint("7")
        assert found_keys(engine, Term("title", "eau")) == {"a"}
        assert engine.checkpoint() is None
        assert {key for key, _ in engine.entries()} == {"a"}
    assert ask(engine, Term("title", "eau")).total == 200
    assert engine.checkpoint() == "7"


def test_checkpoints_are_kept_with_the_changes(engine: Engine) -> None:
    assert engine.checkpoint() is None
    with engine.write() as writer:
        writer.checkpoint("12")
        writer.checkpoint("13: é «\u00a0»\n")
    assert engine.checkpoint() == "13: é «\u00a0»\n"
    fill(engine, a_document("a"))
    assert engine.checkpoint() == "13: é «\u00a0»\n", "a block without a word about it leaves it"
    with engine.write() as writer:
        writer.checkpoint("")
    assert engine.checkpoint() == ""


def test_an_empty_block_changes_nothing(engine: Engine) -> None:
    fill(engine, a_document("a"))
    fill(engine)
    assert found_keys(engine, Everything()) == {"a"}


def test_entries_give_the_digest_of_what_was_put(engine: Engine) -> None:
    documents = [
        a_document(
            "a", language="fr", title=("l’été", ""), tag=("Eau", "eau"), views=3, cited=("2014-11-07", "2014-11-07")
        ),
        a_document("b", title=()),
        a_document("é", id="é"),
    ]
    fill(engine, *documents)
    assert dict(engine.entries()) == {document.key: document.digest() for document in documents}
    fill(engine, a_document("b", title="autre"))
    assert dict(engine.entries())["b"] != documents[1].digest()
    assert len(list(engine.entries())) == 3


def test_a_rebuild_begins_from_nothing_and_the_old_index_answers_until_its_end(engine: Engine) -> None:
    with engine.write() as writer:
        writer.put(a_document("old", title="eau"))
        writer.checkpoint("9")
    with engine.rebuild() as writer:
        assert found_keys(engine, Term("title", "eau")) == {"old"}
        writer.put(a_document("new", title="eau"))
        writer.put(a_document("gone", title="eau", group="g"))
        writer.drop("group", "g")
        assert found_keys(engine, Term("title", "eau")) == {"old"}
        assert engine.checkpoint() == "9"
    assert found_keys(engine, Term("title", "eau")) == {"new"}
    assert engine.checkpoint() is None
    with engine.rebuild() as writer:
        writer.checkpoint("10")
    assert found_keys(engine, Everything()) == set()
    assert engine.checkpoint() == "10"
    fill(engine, a_document("later"))
    assert found_keys(engine, Everything()) == {"later"}


def test_one_block_writes_at_a_time(engine: Engine) -> None:
    for first in (engine.write, engine.rebuild):
        for second in (engine.write, engine.rebuild):
            with first() as writer:
                with pytest.raises(Busy), second():
                    pass
                writer.put(a_document("a"))
            assert found_keys(engine, Everything()) == {"a"}
    fill(engine, a_document("b"))
    assert found_keys(engine, Everything()) == {"a", "b"}
