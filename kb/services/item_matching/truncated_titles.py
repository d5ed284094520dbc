"""Match titles that a source has truncated to the full titles."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice, takewhile

MOST_ALIKE = 20
"""Candidates for a truncated title: if more titles begin with it, it matches none of them."""
_ELLIPSES = ("...", "…")
_SHORTEST = 8
"""Characters that a truncated title must have left to identify the full one."""


def truncated_title_stem(title: str | None) -> str | None:
    """The title without its ellipsis; None for a full title, or if too little is left."""
    if title is None or not title.endswith(_ELLIPSES):
        return None
    stem = title.rstrip(".…").rstrip()
    return stem if len(stem) >= _SHORTEST else None


def is_truncation_of(cut: str | None, whole: str | None) -> bool:
    """Whether the first title is the second one, truncated."""
    stem = truncated_title_stem(cut)
    return stem is not None and whole is not None and whole != cut and whole.startswith(stem)


def ids_of_start(ordered: Sequence[tuple[str, str]], start: str) -> list[str]:
    """The ids of the items whose title begins with a text, one more than MOST_ALIKE at most.

    `ordered`: sorted titles with the ids of their items.
    """
    first = bisect_left(ordered, (start, ""))
    alike = takewhile(lambda pair: pair[0].startswith(start), islice(ordered, first, first + MOST_ALIKE + 1))
    return [id_ for _, id_ in alike]


class TitleStems:
    """Ids by the stem of a truncated title, slightly more than MOST_ALIKE of each at most."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._lengths: set[int] = set()

    def __contains__(self, stem: str) -> bool:
        return stem in self._ids

    def add(self, stem: str, *item_ids: str) -> None:
        """Add a stem, and ids of it."""
        ids = self._ids[stem]
        ids.update(dict.fromkeys(item_ids[: MOST_ALIKE + 1 - len(ids)]))
        self._lengths.add(len(stem))

    def ids_of(self, stem: str) -> tuple[str, ...]:
        """The ids of a stem, in the order in which they were added."""
        return tuple(self._ids.get(stem, ()))

    def ids_beginning(self, title: str) -> list[str]:
        """The ids of the stems that begin a title, those of the longest stem first, MOST_ALIKE at most."""
        ids = (id_ for stem in self.stems_of_title(title) for id_ in self._ids[stem])
        return list(islice(ids, MOST_ALIKE))

    def stems_of_title(self, title: str) -> list[str]:
        """The stems that begin a title, the longest first."""
        if not self._lengths:
            return []
        stems = (title[:length] for length in sorted(self._lengths, reverse=True) if length <= len(title))
        return [stem for stem in stems if stem in self._ids]
