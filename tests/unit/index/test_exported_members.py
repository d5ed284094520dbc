"""What `index` offers to the house: a name more or less is a decision, and so a change to this list."""

import subprocess
import sys
from pathlib import Path

import index

NAMES = (
    # The way in, and what stands there.
    "open_engine Engine Writer Outdated VersionMismatch OutOfTime Busy Unindexable failure_of Damage DamagedFile "
    # What is kept.
    "Schema Field Kind Document Value "
    # What is asked.
    "Query Everything Nothing Term Phrase MultiTermQuery Prefix Wildcard Fuzzy Range AnyOf And Both Or Not "
    "Plan Bounds DEFAULT_BOUNDS Filter FacetRequest SortKey "
    # What is answered.
    "Hits Hit Facet Marker Neighbour Frequencies "
    # What a person types.
    "parse_query unparse ParsedQuery IgnoredPart IgnoredReason Syntax SearchedField DateBoundary TextWords "
    "KeywordField PeriodField FieldMeaning AlternativePhrase fold "
    # What is in a text, and another text instead.
    "analyze Token word_runs has_only_stop_words is_french Node Word Quote Either Together texts_in with_texts "
    "with_values field_query_text field_texts_in "
).split()


def test_the_public_names_are_these() -> None:
    assert sorted(index.__all__) == sorted(NAMES)
    assert all(hasattr(index, name) for name in NAMES)


def test_whoosh_and_numpy_are_imported_only_for_a_whoosh_index() -> None:
    program = "import sys, index; print(sorted({'whoosh', 'numpy'} & set(sys.modules)))"
    root = Path(index.__file__).parent.parent
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
