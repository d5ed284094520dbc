"""Mutations of words in several fields and of windows for `bench/mutations/mutants.py`."""

from bench.mutations.engine_mutations import Mutation

_WINDOWS = "whoosh_engine/matching/best_windows.py"

WINDOWS = (
    Mutation(
        "windows: weights of fields forgotten",
        "whoosh_engine/matching/evaluate.py",
        "weighted.weight * often",
        "often",
    ),
    Mutation(
        "windows: a term as rare as in all documents, allowed or not",
        "whoosh_engine/ranking/bm25.py",
        "mask if docs.inside is None else mask & docs.inside",
        "mask",
    ),
    Mutation(
        "windows: a deleted document still counts among those that hold a term in any field",
        "whoosh_engine/ranking/bm25.py",
        "return whole - int(np.count_nonzero(deleted))",
        "return whole",
    ),
    Mutation(
        "windows: a window crosses the values of a field",
        _WINDOWS,
        "np.minimum(starts + length, limits)",
        "starts + length",
    ),
    Mutation("windows: one position too long", _WINDOWS, "starts + length", "starts + length + 1"),
    Mutation("windows: the bound of documents forgotten", _WINDOWS, "min(bounds.window_documents, fitting)", "fitting"),
    Mutation(
        "windows: one occurrence too many",
        _WINDOWS,
        'bounds.window_occurrences, "right"',
        'bounds.window_occurrences + 1, "right"',
    ),
    Mutation("windows: some of equal texts are chosen", _WINDOWS, "* (1 + _NEAR)", "* (1 - _NEAR)"),
    Mutation("windows: they lower scores", _WINDOWS, "np.maximum(scores.take(indices), best)", "best"),
    Mutation("windows: all matches in order", _WINDOWS, ".argsort())", ".argsort()[::-1])"),
)
