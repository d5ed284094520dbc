"""Find pairs of a group's tags that probably mean the same: they differ by an accent, a hyphen, a plural or a typo.

Nothing is changed here: users review the pairs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from kb.search.index_search import label_sort_key
from kb.services.tags.tags import TagCount

MOST_SIMILAR_GROUPS = 20
"""Groups of similar tags shown: those with the most items first."""
_SHORTEST_KEY = 6
"""Letters of a tag from which one other letter counts as a typo: `eau` and `eaux` are too short."""


@dataclass(frozen=True, slots=True)
class SimilarTagGroup:
    """Similar tags, the most used first."""

    tags: tuple[TagCount, ...]


def similar_tag_groups(tags: Sequence[TagCount]) -> tuple[SimilarTagGroup, ...]:
    """Groups of similar tags, MOST at most; each tag is in one group only."""
    by_key: dict[str, list[TagCount]] = {}
    for tag in tags:
        if key := _comparison_key(tag.label):
            by_key.setdefault(key, []).append(tag)
    joined = {key: key for key in by_key}
    for first, other in _one_letter_pairs(by_key):
        joined[_root(joined, other)] = _root(joined, first)
    groups: dict[str, list[TagCount]] = {}
    for key, some in by_key.items():
        groups.setdefault(_root(joined, key), []).extend(some)
    similar = [
        SimilarTagGroup(tuple(sorted(some, key=lambda tag: (-tag.count, tag.label))))
        for some in groups.values()
        if some[1:]
    ]
    similar.sort(key=lambda group: (-sum(tag.count for tag in group.tags), group.tags[0].label))
    return tuple(similar[:MOST_SIMILAR_GROUPS])


def _comparison_key(label: str) -> str:
    """Letters and digits of a tag, without accents, case and separators, each word in the singular."""
    letters = "".join(letter if letter.isalnum() else " " for letter in label_sort_key(label))
    return "".join(word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in letters.split())


def _one_letter_pairs(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Keys that differ by one letter, but not by a digit: `plan 2014` and `plan 2015` are different tags."""
    by_rest: dict[str, list[str]] = {}
    for key in keys:
        if len(key) >= _SHORTEST_KEY and not any(letter.isdigit() for letter in key):
            for rest in {key, *(key[:position] + key[position + 1 :] for position in range(1, len(key)))}:
                by_rest.setdefault(rest, []).append(key)
    for some in by_rest.values():
        yield from ((key, other) for key, other in combinations(some[:_SHORTEST_KEY], 2) if _differ_by_one(key, other))


def _differ_by_one(key: str, other: str) -> bool:
    if len(key) == len(other):
        return sum(left != right for left, right in zip(key, other, strict=True)) == 1
    return abs(len(key) - len(other)) == 1


def _root(joined: dict[str, str], key: str) -> str:
    while joined[key] != key:
        key = joined[key]
    return key
