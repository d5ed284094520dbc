"""The ledger of quotations of a group: the articles that it sent, and their copies, by month and source."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.model.circulation import Circulation
from kb.model.people.group import Group
from kb.services.core.library import Library


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The articles of a source that were sent in a month (`YYYY-MM`), and their copies: each article times those who
    received it.
    """

    month: str
    source: str
    articles: int
    copies: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows of a year, and all years that have some, the latest first."""

    group: Group
    year: str
    rows: tuple[LedgerRow, ...]
    years: tuple[str, ...]


def ledger_of_group(library: Library, actor: Actor, slug: str, year: str) -> Ledger:
    """The ledger of a year, of the latest with rows if it is empty. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
        sent = library.store.circulation_of(reading, group.id)
    rows = ledger_rows(sent)
    years = tuple(sorted({row.month[:4] for row in rows}, reverse=True))
    chosen = year or next(iter(years), "")
    return Ledger(group, chosen, tuple(row for row in rows if row.month[:4] == chosen), years)


def ledger_rows(sent: Iterable[Circulation]) -> list[LedgerRow]:
    """The rows of all months: by month, then by source. What nobody received is not counted."""
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    names: dict[str, str] = {}
    for one in sent:
        for source in one.sources if one.recipients else ():
            name = names.setdefault(source.casefold(), source)
            count = counts[one.sent_at[:7], name]
            count[0] += 1
            count[1] += one.recipients
    ordered = sorted(counts.items(), key=lambda pair: (pair[0][0], pair[0][1].casefold()))
    return [LedgerRow(month, source, articles, copies) for (month, source), (articles, copies) in ordered]
