"""Mutations of the search for the nearest vectors, for `bench/mutations/mutants.py`."""

from bench.mutations.engine_mutations import Mutation

_SEARCH = "whoosh_engine/nearest_search.py"
VECTORS = (
    Mutation(
        "vectors: those that may not be found are found",
        _SEARCH,
        "accessible = allowed[stored.documents]",
        "accessible = allowed[stored.documents] | True",
    ),
    Mutation(
        "vectors: hidden ones are candidates",
        _SEARCH,
        "distances[some.hidden] = FAR",
        "distances[some.hidden[:0]] = FAR",
    ),
    Mutation(
        "vectors: the farthest of a document counts",
        _SEARCH,
        "np.maximum.reduceat(similarities, starts)",
        "np.minimum.reduceat(similarities, starts)",
    ),
    Mutation("vectors: equals are left out", _SEARCH, "(some <= cut)", "(some < cut)"),
    Mutation("vectors: too few documents are enough", _SEARCH, ">= plan.limit:", ">= 0:"),
    Mutation(
        "vectors: a merge shifts records",
        "whoosh_engine/storage/vectors.py",
        "left = each[number * step :][:step] >= 0",
        "left = np.roll(each[number * step :][:step] >= 0, 1)",
    ),
    Mutation(
        "vectors: a merge forgets the numbers in the document",
        "whoosh_engine/storage/vectors.py",
        "[part[each >= 0] for",
        "[0 * part[each >= 0] for",
    ),
    Mutation(
        "vectors: the length of the question counts",
        "vectors.py",
        "length = math.hypot(*parts)",
        "length = 1.0",
    ),
)
