"""The mutations of the engine: each changes a line that is there."""

from bench.mutations.mutants import MUTATIONS, ROOT


def test_each_mutation_changes_a_line_of_its_file():
    missing = [
        mutation.about for mutation in MUTATIONS if mutation.line not in (ROOT / "index" / mutation.file).read_text()
    ]

    assert missing == []
