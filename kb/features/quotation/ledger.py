"""The ledger of quotations of a group: the articles that it sent, and their copies, by month and source."""

from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.features.quotation.records import (
    Distribution,
    LedgerRow,
    distributions_of_group,
    ledger_rows,
    ledger_years,
)
from kb.model.people.group import Group
from kb.services.core.library import Library


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows of a year, and all years that have some, the latest first. `recorded` are the press reviews of the year
    that users have recorded.
    """

    group: Group
    year: str
    rows: tuple[LedgerRow, ...]
    years: tuple[str, ...]
    recorded: tuple[Distribution, ...]


def ledger_of_group(library: Library, actor: Actor, slug: str, year: str) -> Ledger:
    """The ledger of a year, of the latest with rows if it is empty. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.MANAGE, reading.groups.by_slug(slug))
        connection, years = reading.connection, ledger_years(reading.connection, group.id)
        chosen = year or next(iter(years), "")
        rows = ledger_rows(connection, group.id, chosen)
        recorded = distributions_of_group(connection, group.id, chosen)
    return Ledger(group, chosen, rows, years, recorded)
