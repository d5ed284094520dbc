"""What every engine is given: documents and questions. Nothing here imports `index`: it serves any commit of it."""

from dataclasses import dataclass
from datetime import date

KINDS = ("rare", "common", "and", "or3", "phrase", "prefix", "tag", "date", "all")
VALUES = 50
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Row:
    """A document as terms. `day`: days since 1970-01-01; `number`: its number in the corpus, from 0."""

    number: int
    title: list[str]
    body: list[str]
    tags: list[str]
    author: str
    day: int

    @property
    def key(self) -> str:
        return f"d{self.number}"

    @property
    def month(self) -> int:
        """Months since year 0: twelve times the year, and 0 to 11."""
        when = date.fromordinal(self.day + EPOCH)
        return when.year * 12 + when.month - 1


@dataclass(frozen=True, slots=True)
class Text:
    """A document before analysis."""

    title: str
    body: tuple[str, ...]
    tags: tuple[str, ...]
    author: str
    day: int
    language: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the words that a user would type for it.

    `terms` are stems: each is searched in title or body; all are required (any of them for `or3`), and consecutive for
    `phrase`. `prefix` is the start of a term. `days`: first and last, inclusive. `values`: the number of requested tags
    and authors.
    """

    kind: str
    terms: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    prefix: str = ""
    tag: str = ""
    days: tuple[int, int] | None = None
    values: int = VALUES
