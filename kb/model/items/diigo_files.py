"""The files of one library of Diigo: each holds a part of the facts, and some facts are better in some files.

The texts and tags of the CSV are whole, and its dates have no time zone. The answers of the API give exact dates, also
of comments, and logins. The feed gives exact dates of bookmarks, the page days; both give the names of people.
"""

import re
from collections.abc import Mapping
from enum import StrEnum


class DiigoFile(StrEnum):
    """A file of the library, by the name of its format."""

    DIIGO_CSV = "diigo-csv"
    DIIGO_JSON = "diigo-json"
    DIIGO_RSS = "diigo-rss"
    DIIGO_HTML = "diigo-html"
    SAVED_PAGE = "saved-page"


_BY_TEXTS = (DiigoFile.SAVED_PAGE, DiigoFile.DIIGO_HTML, DiigoFile.DIIGO_RSS, DiigoFile.DIIGO_JSON, DiigoFile.DIIGO_CSV)
_BY_DATES = (DiigoFile.SAVED_PAGE, DiigoFile.DIIGO_HTML, DiigoFile.DIIGO_CSV, DiigoFile.DIIGO_RSS, DiigoFile.DIIGO_JSON)
TEXT_RANKS: Mapping[DiigoFile, int] = {piece: rank for rank, piece in enumerate(_BY_TEXTS)}
"""Texts, tags, and the order of annotations: the file with the highest rank gives them."""
DATE_RANKS: Mapping[DiigoFile, int] = {piece: rank for rank, piece in enumerate(_BY_DATES)}


def pieces_of(text: str | None) -> frozenset[DiigoFile]:
    """The files that `Item.pieces` names; unknown names are of another version of the program."""
    pieces = {piece.value: piece for piece in DiigoFile}
    return frozenset(pieces[name] for name in (text or "").split() if name in pieces)


def text_of_pieces(pieces: frozenset[DiigoFile]) -> str | None:
    """The files as `Item.pieces`."""
    return " ".join(sorted(pieces)) or None


MOST_TIMES = 50
"""Times without a person that an item keeps: the earliest ones."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[T0-9:.Z+-]*)(?:=(\d{4}-\d\d-\d\d)?)?", re.ASCII)


def nameless_times_of(text: str | None) -> dict[str, str | None]:
    """The times in `Item.pieces` at which someone shared the page, from files that do not say who. Each has the day
    that it stands for in a date of the item: `2014-11-07T09:12:00Z=2014-11-07`; empty if the date was unknown, None if
    it stands for none.
    """
    times = (_TIME.fullmatch(word) for word in (text or "").split())
    return {match[1]: (match[2] or "") if "=" in match[0] else None for match in times if match}


def text_with_times(text: str | None, times: Mapping[str, str | None]) -> str | None:
    """`Item.pieces` with these times."""
    words = [time if day is None else f"{time}={day}" for time, day in sorted(times.items())]
    return " ".join([*([text] if text else []), *words[:MOST_TIMES]]) or None
