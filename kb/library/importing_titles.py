"""Titles that a source has cut, and the whole ones that they stand for."""

from collections import defaultdict

_ELLIPSES = ("...", "…")
_SHORTEST = 8
"""Characters that must be left of a cut title for it to say which one it was."""


def stem_of(title: str | None) -> str | None:
    """What is left of a title that ends in an ellipsis; None for a whole title, or where too little is left."""
    if title is None or not title.endswith(_ELLIPSES):
        return None
    stem = title.rstrip(".…").rstrip()
    return stem if len(stem) >= _SHORTEST else None


def is_cut_of(cut: str | None, whole: str | None) -> bool:
    """Whether the first title is the second one, cut."""
    stem = stem_of(cut)
    return stem is not None and whole is not None and whole != cut and whole.startswith(stem)


class Stems:
    """Ids by the stem of a title."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._lengths: set[int] = set()

    def __contains__(self, stem: str) -> bool:
        return stem in self._ids

    def add(self, stem: str, *item_ids: str) -> None:
        """Know a stem, and ids of it."""
        self._ids[stem].update(dict.fromkeys(item_ids))
        self._lengths.add(len(stem))

    def ids_of(self, stem: str) -> tuple[str, ...]:
        """The ids of a stem, in the order in which they came."""
        return tuple(self._ids.get(stem, ()))

    def beginning(self, title: str) -> list[str]:
        """The stems that begin a title, the longest first."""
        if not self._lengths:
            return []
        stems = (title[:length] for length in sorted(self._lengths, reverse=True) if length <= len(title))
        return [stem for stem in stems if stem in self._ids]
