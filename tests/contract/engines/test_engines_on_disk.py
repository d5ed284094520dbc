"""An index on disk: reopening, another schema, two engines on one folder, two writers."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from index.engine import Busy, Engine, Outdated
from index.opening import open_engine
from index.plan import FacetRequest, SortKey
from index.query import Everything, Or, Phrase, Term
from index.schema import Field, Kind, Schema
from tests.factories.index import SCHEMA, a_document, ask, fill, found_keys

OTHER_SCHEMAS = {
    "a field more": Schema("id", (*SCHEMA.fields, Field("note", Kind.TEXT))),
    "a field less": Schema("id", SCHEMA.fields[:-1]),
    "another kind": Schema("id", (*SCHEMA.fields[:-1], Field("cited", Kind.NUMBER))),
    "another folding": Schema(
        "id", (*SCHEMA.fields[:1], Field("group", Kind.KEYWORD, folded=True), *SCHEMA.fields[2:])
    ),
    "another analysis": Schema("id", tuple(Field(f.name, f.kind, f.folded) for f in SCHEMA.fields)),
    "another key": Schema("author", SCHEMA.fields),
}


def test_an_index_is_as_it_was_when_it_is_opened_again(folder: str) -> None:
    engine = open_engine(folder, SCHEMA)
    fill(engine, a_document("old", exact="eau vive", tag="Eau"), a_document("gone", exact="eau"))
    with engine.write() as writer:
        writer.put(a_document("a", exact="eau eau vive", tag="eau", views=3, cited=("2014-11-07", "2014-11-07")))
        writer.drop("id", "gone")
        writer.checkpoint("42")
    query = Or((Term("exact", "eau"), Phrase("exact", ("eau", "vive"), (0, 1))))
    options = {"facets": (FacetRequest("tag"), FacetRequest("cited")), "sort": (SortKey("views"),)}
    before, entries = ask(engine, query, **options), set(engine.entries())
    engine.close()
    again = open_engine(folder, SCHEMA)
    assert ask(again, query, **options) == before
    assert set(again.entries()) == entries
    assert again.checkpoint() == "42"
    fill(again, a_document("new", exact="eau"))
    assert found_keys(again, Term("exact", "eau")) == {"old", "a", "new"}
    again.close()


@pytest.mark.parametrize("other", OTHER_SCHEMAS.values(), ids=OTHER_SCHEMAS)
def test_an_index_of_another_schema_is_outdated_until_it_is_rebuilt(folder: str, other: Schema) -> None:
    engine = open_engine(folder, SCHEMA)
    with engine.write() as writer:
        writer.put(a_document("a", exact="eau"))
        writer.checkpoint("1")
    engine.close()
    changed = open_engine(folder, other)
    for refused in (lambda: ask(changed, Everything()), changed.checkpoint, lambda: list(changed.entries())):
        with pytest.raises(Outdated):
            refused()
    with pytest.raises(Outdated), changed.write():
        pass
    with changed.rebuild() as writer:
        writer.put(a_document("b", exact="eau"))
        writer.checkpoint("2")
    assert found_keys(changed, Term("exact", "eau")) == {"b"}
    assert changed.checkpoint() == "2"
    changed.close()
    with ExitStack() as stack:
        back = open_engine(folder, SCHEMA)
        stack.callback(back.close)
        with pytest.raises(Outdated):
            ask(back, Everything())


def test_an_outdated_index_is_untouched_by_a_rebuild_that_fails(folder: str) -> None:
    engine = open_engine(folder, SCHEMA)
    fill(engine, a_document("a"))
    changed = open_engine(folder, OTHER_SCHEMAS["a field more"])
    with pytest.raises(ZeroDivisionError):
        _fail(changed)
    with pytest.raises(Outdated):
        ask(changed, Everything())
    assert found_keys(engine, Everything()) == {"a"}
    changed.close()
    engine.close()


def _fail(engine: Engine) -> None:
    with engine.rebuild() as writer:
        writer.put(a_document("b"))
        raise ZeroDivisionError


def test_a_new_folder_is_an_empty_index(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path / 'un' / 'dossier neuf à créer'}", SCHEMA)
    assert ask(engine, Everything()).total == 0
    assert engine.checkpoint() is None
    assert list(engine.entries()) == []
    engine.close()


def test_two_engines_of_one_folder_see_each_other_s_commits(folder: str) -> None:
    first, two = open_engine(folder, SCHEMA), open_engine(folder, SCHEMA)
    fill(first, a_document("a", exact="eau"))
    assert found_keys(two, Term("exact", "eau")) == {"a"}
    with two.write() as writer:
        writer.drop("id", "a")
        writer.put(a_document("b", exact="eau"))
        writer.checkpoint("5")
    assert found_keys(first, Term("exact", "eau")) == {"b"}
    assert first.checkpoint() == "5"
    with first.rebuild() as writer:
        writer.put(a_document("c", exact="eau"))
    assert found_keys(two, Term("exact", "eau")) == {"c"}
    assert two.checkpoint() is None
    fill(two, a_document("d", exact="eau"))
    assert found_keys(first, Term("exact", "eau")) == {"c", "d"}
    first.close()
    two.close()


def test_a_rebuild_by_a_program_with_another_schema_makes_the_old_one_outdated(folder: str) -> None:
    old = open_engine(folder, SCHEMA)
    fill(old, a_document("a"))
    assert found_keys(old, Everything()) == {"a"}
    new = open_engine(folder, OTHER_SCHEMAS["a field more"])
    with new.rebuild() as writer:
        writer.put(a_document("b"))
    assert found_keys(new, Everything()) == {"b"}
    with pytest.raises(Outdated):
        ask(old, Everything())
    old.close()
    new.close()


def test_two_engines_of_one_folder_do_not_write_together(folder: str) -> None:
    first_engine, two = open_engine(folder, SCHEMA), open_engine(folder, SCHEMA)
    for first in (first_engine.write, first_engine.rebuild):
        with first() as writer:
            for second in (two.write, two.rebuild):
                with pytest.raises(Busy), second():
                    pass
            writer.put(a_document("a"))
        assert found_keys(two, Everything()) == {"a"}
    fill(two, a_document("b"))
    assert found_keys(first_engine, Everything()) == {"a", "b"}
    first_engine.close()
    two.close()


HOLDING = """
import sys
from index.opening import open_engine
from tests.factories.index import SCHEMA, a_document
with open_engine(sys.argv[1], SCHEMA).write() as writer:
    writer.put(a_document("never"))
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_a_writer_in_another_process_makes_this_one_wait_and_its_death_frees_the_index(folder: str) -> None:
    engine = open_engine(folder, SCHEMA)
    fill(engine, a_document("a"))
    command = [sys.executable, "-W", "ignore", "-c", HOLDING, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "writing\n"
        for begin in (engine.write, engine.rebuild):
            with pytest.raises(Busy), begin():
                pass
        assert found_keys(engine, Everything()) == {"a"}
        other.kill()
        other.wait()
    fill(engine, a_document("b"))
    assert found_keys(engine, Everything()) == {"a", "b"}
    engine.close()


READING = """
import sys
from index.opening import open_engine
from index.query import Everything
from tests.factories.index import SCHEMA, found_keys
engine = open_engine(sys.argv[1], SCHEMA)
for line in sys.stdin:
    print(*sorted(found_keys(engine, Everything())), engine.checkpoint(), flush=True)
"""


def test_another_process_sees_each_commit_at_its_next_search(folder: str) -> None:
    engine = open_engine(folder, SCHEMA)
    command = [sys.executable, "-W", "ignore", "-c", READING, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def read_total() -> str:
            other.stdin.write("\n")
            other.stdin.flush()
            return other.stdout.readline().rstrip("\n")

        assert read_total() == "None"
        for number in range(30):
            # Every tenth is a rebuild; some commits follow each other so fast that the other engine sees only the last
            # one.
            for step in range(1 + number % 3):
                with (engine.write if number % 10 else engine.rebuild)() as writer:
                    writer.drop("id", f"{number - 1}.{step}")
                    writer.put(a_document(f"{number}.{step}"))
                    writer.checkpoint(f"{number}.{step}")
            expected = sorted(found_keys(engine, Everything()))
            assert f"{number}.{number % 3}" in expected
            assert read_total() == " ".join([*expected, f"{number}.{number % 3}"])
        other.stdin.close()
    engine.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory:",
        "memory:x",
        "whoosh",
        "whoosh:",
        "opensearch://localhost",
        "sqlite:///x",
        "WHOOSH:x",
        "/data/index",
    ],
)
def test_an_address_of_another_form_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w+.*\.$"):
        open_engine(url, SCHEMA)
