"""What an item was imported from: the files of one library of Diigo, which each hold a part of its facts.

The texts and tags of the CSV are whole, and its dates have no time zone. The answers of the API give exact dates, also
of comments, and logins. The feed gives exact dates of bookmarks, the page days; both give the names of people.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
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
TEXT_RANKS: Mapping[str, int] = {file: rank for rank, file in enumerate(_BY_TEXTS)}
"""Texts, tags, and the order of annotations: the file with the highest rank gives them."""
DATE_RANKS: Mapping[str, int] = {file: rank for rank, file in enumerate(_BY_DATES)}

MOST_TIMES = 50
"""Times without a person that an item has: the earliest ones."""


@dataclass(frozen=True, slots=True)
class ImportSource:
    """A file that an item was imported from, by its format.

    `added` is a time at which someone shared the page, from a file that does not say who: there is one source for each
    such time. `day` is the date of the item in whose stead the time stands: empty if that date was unknown, None if
    the time stands for none.
    """

    format: str
    added: str | None = None
    day: str | None = None


def sources_of(formats: Set[str], times: Mapping[str, str | None]) -> tuple[ImportSource, ...]:
    """The sources of an item, from the formats of its files, and the times of the CSV with their days."""
    csv = DiigoFile.DIIGO_CSV.value
    timed = [ImportSource(csv, time, day) for time, day in sorted(times.items())[:MOST_TIMES]]
    untimed = sorted(str(name) for name in formats if name != csv or not timed)
    return (*map(ImportSource, untimed), *timed)
