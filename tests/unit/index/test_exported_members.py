"""The public names of `index`: whoever adds or removes one must change this list on purpose."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import index

NAMES = (
    # Opening an index, and the errors.
    "load_engine open_engine Engine Writer Outdated VersionMismatch OutOfTime Busy Unindexable failure_of Damage "
    "DamagedFile MemoryIndex "
    # Documents.
    "Schema Field Kind Document Value "
    # Requests.
    "Query Everything Nothing Term TermInFields WeightedField Phrase MultiTermQuery Prefix Wildcard Fuzzy Range AnyOf "
    "And Both Or Not Plan Bounds DEFAULT_BOUNDS Filter Windows WindowField FacetRequest SortKey "
    # Answers.
    "Hits Hit Snippet Facet Marker Neighbour Frequencies "
    # Vectors.
    "NearestHit NearestPlan quantize "
    # Typed queries.
    "parse_query unparse ParsedQuery IgnoredPart IgnoredReason Syntax SearchedField DateBoundary TextWords "
    "KeywordField PeriodField FieldMeaning AlternativePhrase fold "
    # Words of a text, and syntax trees.
    "analyze Token word_runs without_compounds has_only_stop_words is_french Node Word Quote Either Together texts_in "
    "with_texts with_values field_query_text "
).split()


def test_the_public_names_are_these() -> None:
    public = {name: value for name, value in vars(index).items() if not name.startswith("_")}
    assert sorted(name for name, value in public.items() if not isinstance(value, ModuleType)) == sorted(NAMES)


def test_whoosh_and_numpy_are_imported_only_for_a_whoosh_index() -> None:
    program = "import sys, index; print(sorted({'whoosh', 'numpy'} & set(sys.modules)))"
    root = Path(index.__file__).parent.parent
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
