"""Mutations of the engine for `bench/mutations/mutants.py`: each changes one line so that some test must fail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One line of a file of `index`, and its replacement."""

    about: str
    file: str
    line: str
    broken: str


ENGINE = (
    Mutation("scores: another constant", "plan.py", "K1, B = 0.7, 0.5", "K1, B = 0.7, 0.55"),
    Mutation(
        "scores: rarity over all documents that hold a term, allowed or not",
        "whoosh_engine/ranking/bm25.py",
        "return int(np.count_nonzero(inside.take(segment.ids(name, ordinal))))",
        "return len(segment.ids(name, ordinal))",
    ),
    Mutation(
        "scores: a deleted document still counts among those that hold a term",
        "whoosh_engine/ranking/bm25.py",
        "return whole - _common(segment, name, ordinal, docs.deleted) if len(docs.deleted) else whole",
        "return whole",
    ),
    Mutation(
        "scores: weights forgotten",
        "whoosh_engine/matching/evaluate.py",
        "scores if weight == 1.0 else weight * scores",
        "scores",
    ),
    Mutation(
        "scores: the last part of a conjunction forgotten",
        "whoosh_engine/matching/evaluate.py",
        "for part in parts:",
        "for part in parts[:-1] or parts:",
    ),
    Mutation(
        "scores: a word of a phrase counted once",
        "whoosh_engine/matching/evaluate.py",
        "sum((each[value] for value in phrase.values),",
        "sum(each.values(),",
    ),
    Mutation(
        "scores: a document of two parts has the score of one",
        "whoosh_engine/storage/scored_docs.py",
        "scores[indices] += added.take(both)",
        "scores[indices] = added.take(both)",
    ),
    Mutation(
        "deletion: what was deleted is found",
        "whoosh_engine/candidate_docs.py",
        "allowed[deleted] = False",
        "allowed[deleted[1:]] = False",
    ),
    Mutation(
        "deletion: what was deleted is counted",
        "whoosh_engine/candidate_docs.py",
        "return with_deleted - count(self.deleted) if",
        "return with_deleted if",
    ),
    Mutation(
        "phrases: terms in any order",
        "whoosh_engine/matching/phrases.py",
        "led = previous >= 0",
        "led = previous >= -1",
    ),
    Mutation(
        "phrases: one more foreign word", "whoosh_engine/matching/phrases.py", "<= phrase.slop", "<= phrase.slop + 1"
    ),
    Mutation(
        "phrases: across the pieces of a text",
        "whoosh_engine/matching/phrases.py",
        "+ phrase.slop >= GAP:",
        "+ phrase.slop >= GAP + 10**6:",
    ),
    Mutation(
        "phrases: offsets forgotten",
        "whoosh_engine/matching/phrases.py",
        "starts = fewest - offset if offset else fewest",
        "starts = fewest",
    ),
    Mutation(
        "facets: the rest is not taken from the whole",
        "whoosh_engine/facets/facet_counts.py",
        "total if len(ids) == docs.documents else total - count(chosen.others())",
        "total",
    ),
    Mutation(
        "facets: cut too early",
        "whoosh_engine/facets/facet_counts.py",
        "len(form_counts) - limit)[len(form_counts) - limit]",
        "len(form_counts) - limit)[len(form_counts) - 1]",
    ),
    Mutation(
        "facets: a period ends in its last month",
        "whoosh_engine/facets/facet_counts.py",
        "steps[offset + 1 : offset + size + 1] -=",
        "steps[offset : offset + size] -=",
    ),
    Mutation(
        "facets: a document that spells a value twice counts twice",
        "whoosh_engine/facets/facet_counts.py",
        "if len(documents):",
        "if len(documents) > 10**9:",
    ),
    Mutation(
        "facets: counted with their own filter",
        "whoosh_engine/searcher.py",
        "if without is None or name != without)",
        "if name)",
    ),
    Mutation(
        "order: none before some",
        "whoosh_engine/ranking/top_documents.py",
        "yield lambda some, has=has: ~has.take",
        "yield lambda some, has=has: has.take",
    ),
    Mutation(
        "order: equals in the order of writing",
        "whoosh_engine/ranking/top_documents.py",
        "keys if some.ids is every else keys.take(",
        "0 * keys if some.ids is every else 0 * keys.take(",
    ),
    Mutation(
        "ranges: open at their end",
        "whoosh_engine/matching/evaluate.py",
        "(value_ranges.first <= high)",
        "(value_ranges.first < high)",
    ),
    Mutation(
        "conjunctions: the first part only",
        "whoosh_engine/matching/evaluate.py",
        "candidates = Candidates(documents, ids=each[number].ids)",
        "candidates = candidates or Candidates(documents, ids=each[number].ids)",
    ),
)
