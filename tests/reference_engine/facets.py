"""Count the values of documents."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from index.analysis import fold
from index.engine import EPOCH
from index.hits import Facet
from index.plan import FacetRequest
from index.schema import Field, Kind, Schema
from tests.reference_engine.stored_document import StoredDocument


def facet(request: FacetRequest, documents: Sequence[StoredDocument], schema: Schema) -> Facet:
    """The requested counts, over these documents."""
    field = schema[request.field]
    counts = _months(field, documents) if field.kind is Kind.PERIOD else _values(request, field, documents)
    return Facet(request.field, tuple(counts))


def _values(request: FacetRequest, field: Field, documents: Sequence[StoredDocument]) -> list[tuple[str, int]]:
    """Values in their most frequent spelling, with the number of documents of each: the first, and the selected."""
    counts = Counter[str]()
    spellings: dict[str, Counter[str]] = {}
    for document in documents:
        values = set(document.strings.get(field.name, ()))
        counts.update({field.compared(value) for value in values})
        for value in values:
            spellings.setdefault(field.compared(value), Counter())[value] += 1
    for value in request.selected:
        counts[field.compared(value)] += 0
        spellings.setdefault(field.compared(value), Counter({value: 0}))
    spellings_shown = {
        compared: min(counts, key=lambda value: (-counts[value], value)) for compared, counts in spellings.items()
    }
    order = sorted(
        counts, key=lambda compared: (-counts[compared], fold(spellings_shown[compared]), spellings_shown[compared])
    )
    values_found = [compared for compared in order if counts[compared]]
    shown = set(values_found if request.limit is None else values_found[: request.limit])
    shown |= {field.compared(value) for value in request.selected}
    return [(spellings_shown[compared], counts[compared]) for compared in order if compared in shown]


def _months(field: Field, documents: Sequence[StoredDocument]) -> list[tuple[str, int]]:
    """Each month with the number of documents whose period overlaps it, then "" with that of documents without a
    period.

    It counts starts and ends, not the months between: a period of ten thousand years costs no more than a day.
    """
    begun, ended, without = Counter[int](), Counter[int](), 0
    for document in documents:
        if field.name in document.periods:
            first, last = document.periods[field.name]
            begun[_month(first)] += 1
            ended[_month(last)] += 1
        else:
            without += 1
    counts: list[tuple[str, int]] = []
    running = 0
    for month in range(min(begun, default=0), max(ended, default=-1) + 1):
        running += begun[month]
        if running:
            counts.append((f"{month // 12:04}-{month % 12 + 1:02}", running))
        running -= ended[month]
    return [*counts, ("", without)] if without else counts


def _month(day: int) -> int:
    """The number of the month of a day since 1970-01-01: twelve times the year, plus 0 to 11."""
    when = date.fromordinal(day + EPOCH)
    return when.year * 12 + when.month - 1
