"""How well passages are found in a later state of their page: `python bench/anchoring.py`.

See `bench/README.md`.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from bench.judged.page_pairs import Pair, Sought, page_pairs
from kb.features.reading.anchoring import Anchor, AnchoredQuote, AnchorState, anchor_again, anchor_all

RIGHT, BESIDE, WRONG, RIGHTLY_LOST, WRONGLY_LOST = "right", "beside", "wrong", "rightly lost", "wrongly lost"
OUTCOMES = (RIGHT, RIGHTLY_LOST, BESIDE, WRONGLY_LOST, WRONG)
_SAME, _OVERLAPS = 0.9, 0.0
"""Shares of the characters of both places that are common."""
_CONTEXT = 32


def by_version(pair: Pair) -> Sequence[Anchor | None]:
    """As the product follows passages from one version to the next."""
    places = [Anchor(one.start, one.end, AnchorState.EXACT) for one in pair.passages]
    return anchor_again(pair.old, places, pair.new)


def by_quote(pair: Pair) -> Sequence[Anchor | None]:
    """As for a passage of another program: its words, and 32 characters on each side."""
    sought = []
    for one in pair.passages:
        prefix, suffix = pair.old[max(0, one.start - _CONTEXT) : one.start], pair.old[one.end :][:_CONTEXT]
        sought.append(AnchoredQuote(pair.old[one.start : one.end], prefix, suffix))
    return anchor_all(pair.new, sought)


def by_words(pair: Pair) -> Sequence[Anchor | None]:
    """As for a passage of a program that sends neither context nor position."""
    return anchor_all(pair.new, [AnchoredQuote(pair.old[one.start : one.end]) for one in pair.passages])


UNDECIDABLE = {
    "from the earlier version": frozenset[str](),
    "by quote and context": frozenset({"figures updated"}),
    "by the quote alone": frozenset({"figures updated", "duplicated", "common words"}),
}
"""Kinds of which the words do not say which place is meant: another number is that of another row, and of equal words
each may be meant.
"""
METHODS = {"from the earlier version": by_version, "by quote and context": by_quote, "by the quote alone": by_words}


def outcome(sought: Sought, place: Anchor | None) -> str:
    """What became of a passage."""
    if place is None:
        return RIGHTLY_LOST if sought.truth is None else WRONGLY_LOST
    if sought.truth is None:
        return WRONG
    start, end = sought.truth
    common = min(end, place.end) - max(start, place.start)
    share = common / (max(end, place.end) - min(start, place.start))
    return RIGHT if share >= _SAME else BESIDE if share > _OVERLAPS else WRONG


def outcomes(pairs: Iterable[Pair], method: str) -> dict[str, Counter[str]]:
    """How often each outcome is, by kind."""
    counts: dict[str, Counter[str]] = {}
    for pair in pairs:
        found = METHODS[method](pair)
        counts.setdefault(pair.kind, Counter()).update(map(outcome, pair.passages, found))
    return counts


def share_right(counts: Counter[str]) -> float:
    return (counts[RIGHT] + counts[RIGHTLY_LOST]) / counts.total()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=16, help="pairs of each kind")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--show", default="", help="passages of this outcome are shown")
    options = parser.parse_args()
    pairs = list(page_pairs(options.each, options.seed))
    print(f"{len(pairs)} pairs, {sum(len(pair.passages) for pair in pairs)} passages, seed {options.seed}")
    for method in METHODS:
        started = time.process_time()
        counts = outcomes(pairs, method)
        seconds = time.process_time() - started
        print(f"\n| {method} | {' | '.join(OUTCOMES)} | share |\n| --- |{' --- |' * (len(OUTCOMES) + 1)}")
        for kind, of_kind in {**counts, "all": sum(counts.values(), Counter())}.items():
            print(f"| {kind} | {' | '.join(str(of_kind[name]) for name in OUTCOMES)} | {share_right(of_kind):.3f} |")
        decidable = sum((counts[kind] for kind in counts.keys() - UNDECIDABLE[method]), Counter[str]())
        print(f"\n{share_right(decidable):.3f} of those whose words say which place is meant")
        print(f"\n{1000 * seconds / len(pairs):.1f} ms of CPU a pair")
        if options.show:
            show(pairs, method, options.show)


def show(pairs: Iterable[Pair], method: str, name: str) -> None:
    for pair in pairs:
        for sought, place in zip(pair.passages, METHODS[method](pair), strict=True):
            if outcome(sought, place) == name:
                print(f"[{pair.kind}]\n  quote {pair.old[sought.start : sought.end]!r}")
                print(f"  true  {sought.truth and pair.new[slice(*sought.truth)]!r}")
                print(f"  found {place and pair.new[place.start : place.end]!r}")


if __name__ == "__main__":
    main()
