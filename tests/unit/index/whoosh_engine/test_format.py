"""The bytes of an index must match the format number: an index with other bytes is outdated.

If this test fails, the bytes of an index have changed, and the new code must not read an existing index. Raise `FORMAT`
in `index/whoosh_engine/whoosh_adapter/whoosh_schema.py`, then write its number and the new digest below.
"""

import random
from hashlib import sha256
from pathlib import Path

import pytest

from index.engine import Outdated
from index.query import Everything
from index.vectors import quantize
from index.whoosh_engine import Limits, WhooshEngine
from index.whoosh_engine.index_folder import Storage, current_generation, read_toc, toc_number
from index.whoosh_engine.whoosh_adapter import whoosh_schema as stamping
from tests.factories.index import SCHEMA, a_document, ask, fill

WRITTEN = {7: "3f109a986bc92e694a836b6cacfd90c09086f1b5261b79c9634c2045534d782c"}
"""The digest of the written bytes, by FORMAT."""

SMALL = Limits(stretch=50, segments=1)


def index_digest(folder: Path) -> str:
    """The digest of an index with two commits, a merge, few and many deletions, and documents with fields of every
    kind.
    """
    rng = random.Random(5)
    engine = WhooshEngine(folder, SCHEMA, SMALL)
    words = [f"{first}a{two}o" for first in "bcdfgl" for two in "mnrst"]
    digest = sha256()

    def documents(first: int, last: int) -> None:
        fill(
            engine,
            *(
                a_document(
                    f"clé-{number:04}",
                    # No language: another table of lemmas is not another format.
                    title=tuple(" ".join(rng.choices(words, k=number % 9)) for _ in range(number % 3)),
                    body=" ".join([*rng.choices(words, k=40), *["houle"] * (number % 300)]),
                    exact=" ".join(rng.choices(words, k=4)),
                    tag=("Été", "ete", "Mer")[: number % 4],
                    views=number * 10 ** (number % 15),
                    cited=(f"19{number % 90 + 10}-01-31", "2014-11-07"),
                    embedding=(quantize((number, 1)), b"", quantize((1, number, -2)))[: number % 4],
                )
                for number in range(first, last)
            ),
        )

    def look() -> None:
        generation = current_generation(folder)
        toc = read_toc(Storage(generation), toc_number(generation))
        for segment in toc.segments:
            state = segment.__getstate__()
            named = {**state, "_codec": vars(state["_codec"])}
            del named["segid"]  # A random id.
            digest.update(repr(sorted(named.items())).encode())
            digest.update((generation / segment.make_filename(".arrays")).read_bytes())

    documents(0, 300)
    look()
    documents(290, 700)
    with engine.write() as writer:
        writer.drop("id", "clé-0002")
    look()
    while engine.tidy(1):
        pass
    with engine.write() as writer:
        for number in range(0, 700, 2):
            writer.drop("id", f"clé-{number:04}")
    look()
    engine.close()
    return digest.hexdigest()


def test_the_written_bytes_change_only_with_the_format_number(tmp_path: Path) -> None:
    assert index_digest(tmp_path / "index") == WRITTEN.get(stamping.FORMAT), __doc__


def test_an_index_of_another_format_is_outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WhooshEngine(tmp_path, SCHEMA)
    fill(engine, a_document("d1", title="vent"))
    engine.close()
    monkeypatch.setattr(stamping, "FORMAT", stamping.FORMAT + 1)

    with pytest.raises(Outdated):
        ask(WhooshEngine(tmp_path, SCHEMA), Everything())
