"""Where the passages of an item are in the present version of its text.

A passage is looked for in the version that it was made on, and followed from there to the present one. One that is not
in the present one keeps the place where it was found last.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from kb.features.reading.anchoring import EFFORT, Anchor, AnchoredQuote, AnchorState, anchor_again, anchor_all
from kb.features.reading.folded_text import fold
from kb.features.reading.records import PassageAnchor, PassageState, TextVersion, VersionsReading
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.selectors import position_of
from kb.services.core.library import Library
from kb.store import ReadSnapshot

_EFFORT_OF_REQUEST = EFFORT // 2
"""Steps for the passages of an item that the task has not anchored yet, while a request waits."""


@dataclass(frozen=True, slots=True)
class AnchoredPassages:
    """The versions of an item's text, and the place of each passage by annotation; none without a text.

    `is_new`: the places are to be stored.
    """

    versions: tuple[TextVersion, ...]
    anchors: Mapping[str, PassageAnchor]
    is_new: bool


def anchored_passages(reading: ReadSnapshot, item: Item, *, effort: int = _EFFORT_OF_REQUEST) -> AnchoredPassages:
    """The places of the passages of an item in the present version: the stored ones, and those that are missing."""
    records = VersionsReading(reading.connection)
    versions = records.versions(item.id)
    passages = [part for part in item.annotations if part.quote]
    if not versions or not passages:
        return AnchoredPassages(versions, {}, is_new=False)
    stored = records.anchors(item.id)
    known = {part.id: anchor for part in passages if (anchor := stored.get(part.id)) and anchor.digest == _digest(part)}
    present = versions[-1].number
    done = {part_id: anchor for part_id, anchor in known.items() if anchor.checked_in == present}
    missing = [part for part in passages if part.id not in done]
    if missing:
        search = _Search(item.id, versions, lambda number: _text_of(reading, records, item.id, number, present), effort)
        done |= search.anchors(missing, known)
    return AnchoredPassages(versions, done, is_new=bool(missing) or stored.keys() != done.keys())


def annotation_facts(library: Library, item: Item) -> Mapping[str, Mapping[str, object]]:
    """What answers of the API say of the passages of an item."""
    if not any(part.quote for part in item.annotations):
        return {}
    with library.store.read() as reading:
        anchors = anchored_passages(reading, item).anchors
    return {annotation_id: {"anchored": anchor.state.value} for annotation_id, anchor in anchors.items()}


def found_in_version(placed: AnchoredPassages, number: int) -> dict[str, Anchor]:
    """The place of each passage that was found last in a version, by annotation."""
    return {
        annotation_id: Anchor(anchor.begins, anchor.ends, AnchorState.EXACT)
        for annotation_id, anchor in placed.anchors.items()
        if anchor.found_in == number and anchor.begins is not None and anchor.ends is not None
    }


def anchors_in_version(reading: ReadSnapshot, item: Item, number: int) -> Mapping[str, Anchor]:
    """The place of each passage that stands in a version of an item's text, by annotation."""
    records = VersionsReading(reading.connection)
    placed = anchored_passages(reading, item)
    present = placed.versions[-1].number if placed.versions else 0
    found = found_in_version(placed, number)
    if number == present:
        return found
    text = _text_of(reading, records, item.id, number, present)
    others = [part for part in item.annotations if part.quote and part.id not in found]
    anchored = anchor_all(text, map(anchored_quote, others), effort=_EFFORT_OF_REQUEST) if text else ()
    return found | {part.id: anchor for part, anchor in zip(others, anchored, strict=False) if anchor}


def _text_of(reading: ReadSnapshot, records: VersionsReading, item_id: str, number: int, present: int) -> str:
    if number == present:
        return reading.page_texts.of_item(item_id) or ""
    version = records.text(item_id, number)
    return version.text if version else ""


def _digest(part: Annotation) -> str:
    position = position_of(part.selectors)
    words = (part.quote, part.prefix, part.suffix, position)
    return sha256(repr(words).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def anchored_quote(part: Annotation) -> AnchoredQuote:
    """The words of a passage with their context, as they are looked for in a text."""
    position = position_of(part.selectors)
    start = position.start if position else None
    return AnchoredQuote(part.quote or "", part.prefix or "", part.suffix or "", start)


class _Search:
    """The search for passages in the versions of one item, which share the steps."""

    def __init__(
        self, item_id: str, versions: tuple[TextVersion, ...], text_of: Callable[[int], str], effort: int
    ) -> None:
        self._item_id = item_id
        self._versions = versions
        self._present = versions[-1].number
        self._made_at = {version.number: version.made_at for version in versions}
        self._text_of = text_of
        self._effort = effort

    def anchors(self, passages: Iterable[Annotation], known: Mapping[str, PassageAnchor]) -> dict[str, PassageAnchor]:
        """The places of passages in the present version, with what is known of them from earlier versions."""
        parts = {part.id: part for part in passages}
        anchors = {part_id: known.get(part_id) or self._unknown(part) for part_id, part in parts.items()}
        anchors |= self._anchored([part for part_id, part in parts.items() if anchors[part_id].found_in is None])
        for number in sorted({anchor.found_in for anchor in anchors.values() if anchor.found_in is not None}):
            if number != self._present and number in self._made_at:
                self._follow(number, parts, anchors)
        return {part_id: self._checked(anchor) for part_id, anchor in anchors.items()}

    def _anchored(self, passages: list[Annotation]) -> dict[str, PassageAnchor]:
        """The places of passages in the versions that they were made on, else in the present one."""
        anchors: dict[str, PassageAnchor] = {}
        by_version: dict[int, list[Annotation]] = {}
        for part in passages:
            by_version.setdefault(self._made_in(part), []).append(part)
        left: list[Annotation] = []
        for number, parts in by_version.items():
            left += self._anchor(number, parts, anchors)
        self._anchor(self._present, [part for part in left if self._made_in(part) != self._present], anchors)
        return anchors

    def _anchor(self, number: int, parts: list[Annotation], anchors: dict[str, PassageAnchor]) -> list[Annotation]:
        """Anchor passages in one version; returns those that are not there. Words that are only alike in the version
        that a passage was made on were changed by nobody: the pages of a PDF and its text have other line ends.
        """
        found = anchor_all(self._text_of(number), map(anchored_quote, parts), effort=self._effort) if parts else ()
        for part, anchor in zip(parts, found, strict=True):
            if anchor:
                state = PassageState(anchor.state.value)
                is_changed = state is PassageState.MOVED and (part.added or "") < self._made_at[number]
                changed = number if is_changed else None
                anchors[part.id] = self._passage_anchor(part, number, anchor, state, changed)
        return [part for part, anchor in zip(parts, found, strict=True) if not anchor]

    def _follow(self, number: int, parts: Mapping[str, Annotation], anchors: dict[str, PassageAnchor]) -> None:
        """Anchor the passages again that were found last in an earlier version."""
        before = {part_id: anchor for part_id, anchor in anchors.items() if anchor.found_in == number}
        earlier = [Anchor(anchor.begins or 0, anchor.ends or 0, AnchorState.EXACT) for anchor in before.values()]
        old, new = self._text_of(number), self._text_of(self._present)
        found = anchor_again(old, earlier, new, effort=self._effort) if old else (None,) * len(earlier)
        for (part_id, anchor), old_anchor, new_anchor in zip(before.items(), earlier, found, strict=True):
            if new_anchor is None:
                continue
            words = fold(new[new_anchor.start : new_anchor.end]).text.strip()
            if words == fold(parts[part_id].quote or "").text.strip():
                state, changed = PassageState.EXACT, None
            else:
                state, changed = PassageState.MOVED, anchor.changed_in
                if words != fold(old[old_anchor.start : old_anchor.end]).text.strip():
                    changed = self._present
            anchors[part_id] = self._passage_anchor(parts[part_id], self._present, new_anchor, state, changed)

    def _checked(self, anchor: PassageAnchor) -> PassageAnchor:
        """The place as it is known after the search in the present version."""
        if anchor.found_in == self._present:
            return anchor
        gone_in = anchor.changed_in if anchor.state is PassageState.LOST and anchor.changed_in else self._present
        changed = gone_in if anchor.found_in is not None else None
        return replace(anchor, state=PassageState.LOST, checked_in=self._present, changed_in=changed)

    def _unknown(self, part: Annotation) -> PassageAnchor:
        return PassageAnchor(
            part.id, self._item_id, _digest(part), None, None, None, PassageState.LOST, self._present, None
        )

    def _passage_anchor(
        self, part: Annotation, number: int, anchor: Anchor, state: PassageState, changed: int | None
    ) -> PassageAnchor:
        return PassageAnchor(
            part.id, self._item_id, _digest(part), number, anchor.start, anchor.end, state, self._present, changed
        )

    def _made_in(self, part: Annotation) -> int:
        """The version that a passage was made on: the one that it names, else the present one of its day."""
        position = position_of(part.selectors)
        if position is not None and position.version in self._made_at:
            return position.version
        earlier = [version.number for version in self._versions if version.made_at <= (part.added or "")]
        return max(earlier, default=self._versions[0].number)
