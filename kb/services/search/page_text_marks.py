"""Mark the query's words in the fetched page text of a hit, if the item's own fields do not show them."""

from dataclasses import replace

from kb.search.index_search import IndexAnswer
from kb.search.marks import matched_page_text
from kb.services.search.results import FieldMatch, SearchHit
from kb.store import ReadSnapshot

MOST_CHARACTERS = 1_000_000
"""Characters of page texts searched for one page of results."""
_PASSAGE_FIELDS = frozenset(("description", "highlight", "note", "comment", "reply"))
"""Places for which a row shows the passage found."""


def with_page_marks(reading: ReadSnapshot, rows: tuple[SearchHit, ...], found: IndexAnswer) -> tuple[SearchHit, ...]:
    """The rows, with marks in the page text for rows without a marked text of users."""
    if found.marker is None:
        return rows
    lacking = [row.item.id for row in rows if not any(match.field in _PASSAGE_FIELDS for match in row.matches)]
    held = reading.page_texts.held(lacking) if lacking else set[str]()
    left, made = MOST_CHARACTERS, list[SearchHit]()
    for row in rows:
        text = reading.page_texts.of_item(row.item.id) if left > 0 and row.item.id in held else None
        if text:
            left -= len(text)
            marks = matched_page_text(text, row.item.language, found.marker)
            places = tuple(FieldMatch(mark.field, mark.annotation, mark.pieces) for mark in marks)
            made.append(replace(row, matches=row.matches + places))
        else:
            made.append(row)
    return tuple(made)
