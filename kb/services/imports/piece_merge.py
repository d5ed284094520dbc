"""Merge a record of a file of a library of Diigo into an item that other files of the library have made.

A library comes in several files, each with a part of its facts (`kb.model.items.library_pieces`). Each fact stays from
the file that has it best, whichever file comes first. Two bookmarks of one address in a file are one item: the first in
the file gives its texts, the earlier one its author and date, the other people are its `sharers`.

An item that users saved here, or that another format gave, stays what it is: a file gives it what it lacks, and its
title and description as any import does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from kb.formats.source_and_date import source_and_date
from kb.model.bibliographic_record import with_record_values
from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.import_draft import ItemDraft
from kb.model.items.item import Item, Sharing
from kb.model.items.library_pieces import DATE_RANKS, TEXT_RANKS, LibraryPiece, pieces_of, text_of_pieces
from kb.model.people.user import User, is_same_person
from kb.services.imports.piece_annotations import PieceParts, merged_annotations
from kb.services.imports.piece_texts import chosen_date, chosen_text, is_same_time

_Shared: TypeAlias = tuple[User | None, str | None]
"""Who shared an item, and when; None for what the file does not say."""


@dataclass(slots=True)
class PieceRun:
    """One import of a file: which files came before for each item, and what this one has given it.

    A second bookmark of the same address gives less.
    """

    _before: dict[str, frozenset[LibraryPiece]] = field(default_factory=dict)
    _given: set[tuple[str, str, LibraryPiece]] = field(default_factory=set)

    def rank_before(self, ranks: Mapping[LibraryPiece, int], item: Item) -> int:
        """The best rank of the files that were merged into an item before this import; above all of them for an item
        that was not made of such files.
        """
        before = self._before.setdefault(item.id, pieces_of(item.pieces))
        return max((ranks[one] for one in before), default=-1 if item.pieces else len(ranks))

    def is_first(self, item_id: str, fact: str, piece: LibraryPiece) -> bool:
        """Whether the file gives an item a fact for the first time; true once."""
        known = len(self._given)
        self._given.add((item_id, fact, piece))
        return len(self._given) > known

    def give_new(self, item: Item, piece: LibraryPiece) -> None:
        """Remember that an item was made of a record of the file."""
        self._before[item.id] = frozenset()
        self.is_first(item.id, _TEXTS, piece)
        self.is_first(item.id, _date_of(item.author), piece)


_TEXTS = "texts"


def _date_of(user: User | None) -> str:
    return f"date {user.id if user else ''}"


def merged_piece(
    item: Item, draft: ItemDraft, piece: LibraryPiece, run: PieceRun, parts_of: Callable[[bool, bool], PieceParts]
) -> Item:
    """The item with a record of the file in it, for an import that may change all of it.

    `parts_of` gives how annotations are merged, by whether the file has the better texts, and the better dates.
    """
    # A file that is imported again gives its texts again.
    better = run.is_first(item.id, _TEXTS, piece) and TEXT_RANKS[piece] >= run.rank_before(TEXT_RANKS, item)
    is_of_files = item.pieces is not None
    parts = parts_of(better, DATE_RANKS[piece] > run.rank_before(DATE_RANKS, item))
    shared = _merged_sharings(item, draft, parts.user(draft.author), piece, run)
    annotations = merged_annotations(item.annotations, draft.annotations, parts)
    (author, added), *others = shared
    after = replace(
        with_record_values(
            item,
            {
                "url": draft.url if draft.url and (better or not item.url) else item.url,
                "title": chosen_text(item.title, draft.title, better=better or not is_of_files),
                "description": chosen_text(item.description, draft.description, better=better or not is_of_files),
            },
        ),
        author=author,
        added=added,
        sharers=tuple(Sharing(user, date) for user, date in others if user is not None),
        updated=_latest(item.updated, draft.updated),
        tags=item.tags if draft.tags is None else (*draft.tags, *item.tags) if better else (*item.tags, *draft.tags),
        views=max(item.views, draft.views or 0),
        annotations=annotations,
        pieces=text_of_pieces(pieces_of(item.pieces) | {piece}) if is_of_files else None,
    )
    return _with_language_again(item, _with_source(item, after))


def _with_source(before: Item, after: Item) -> Item:
    """The item with source and date of publication from the first comment that has them, if no user gave others."""
    known = (before.source, before.published)
    if known != (None, None) and known not in _sources_in(before.annotations):
        return after
    source, published = next(iter(_sources_in(after.annotations)), known)
    return replace(after, source=source, published=published)


def _sources_in(annotations: Sequence[Annotation]) -> list[tuple[str | None, str | None]]:
    comments = (one.body for one in annotations if one.kind is AnnotationKind.COMMENT and one.body)
    return [(found.source, found.published) for body in comments if (found := source_and_date(body))]


def _with_language_again(before: Item, after: Item) -> Item:
    """The item without the language that was detected in other texts."""
    if not before.language_decided or _texts(before) == _texts(after):
        return after
    return replace(after, language=None)


def _texts(item: Item) -> tuple[object, ...]:
    return item.title, item.description, [(one.quote, one.body) for one in item.annotations]


def _latest(held: str | None, given: str | None) -> str | None:
    if not held or not given:
        return held or given
    return max(held, given, key=lambda date: (stored_instant(date) is not None, stored_instant(date), date))


def _merged_sharings(
    item: Item, draft: ItemDraft, user: User | None, piece: LibraryPiece, run: PieceRun
) -> list[_Shared]:
    """All who shared the item, the earliest first."""
    known: list[_Shared] = [(item.author, item.added), *((one.user, one.added) for one in item.sharers)]
    place = _place_of(known, user, draft.added)
    if place is None:
        if user is not None:
            run.is_first(item.id, _date_of(user), piece)
            known.append((user, draft.added))
    else:
        held, date = known[place]
        is_first = run.is_first(item.id, _date_of(held or user), piece)
        # A date without a name may be that of another one who shared it.
        better = is_first and user is not None and DATE_RANKS[piece] > run.rank_before(DATE_RANKS, item)
        same = piece in pieces_of(item.pieces) and (user is not None or held is None)
        known[place] = (held or user, chosen_date(date, draft.added, better=better, same=same))
    named = [one for one in known if one[0] is not None]
    if item.pieces is None and item.author is not None:
        return [known[0], *sorted(named[1:], key=_by_date)]
    return sorted(named, key=_by_date) if named else known[:1]


def _place_of(known: list[_Shared], user: User | None, added: str | None) -> int | None:
    """The place of the sharing that a record means: that of its user, else one that may be of the same time."""
    if user is not None:
        same = (place for place, (one, _) in enumerate(known) if one is not None and is_same_person(one, user))
        nameless = 0 if known[0][0] is None and is_same_time(known[0][1], added) else None
        return next(same, nameless)
    near = [place for place, (one, date) in enumerate(known) if one is None or is_same_time(date, added)]
    return min(near, key=lambda place: _distance(known[place][1], added), default=None)


def _distance(one: str | None, other: str | None) -> float:
    first, second = stored_instant(one), stored_instant(other)
    return 0.0 if first is None or second is None else abs((first - second).total_seconds())


def _by_date(shared: _Shared) -> tuple[bool, float, str]:
    instant = stored_instant(shared[1])
    return instant is None, instant.timestamp() if instant else 0.0, shared[0].login if shared[0] else ""
