"""The ledger of quotations (`/g/<group>/ledger`, `.csv`), for owners; the page prints well."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.access.actor import Action
from kb.features.quotation.distribution_page import DistributionRow, distribution_row
from kb.features.quotation.distributions import remove_distribution
from kb.features.quotation.ledger import Ledger, ledger_of_group
from kb.features.quotation.records import LedgerRow
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import GroupHeader, header_of_group
from kb.web.ui.rendering import render
from kb.web.ui.table_files import table_file

LEDGER = "ledger"
"""The end of the address."""
_MOST_ROWS = 1_000
"""Rows of a page; the file has all."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """The first rows of a year, and the totals of all. `recorded` are press reviews that users have recorded."""

    head: GroupHeader
    year: str
    years: tuple[Link, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[int, int]
    file: str
    recorded: tuple[DistributionRow, ...]
    has_more: bool


def ledger_page(context: RequestContext) -> Response:
    """The ledger of a year. Raises NotFound, LoginNeeded, Forbidden."""
    ledger = _ledger(context)
    addresses, slug = context.addresses, ledger.group.slug
    page = LedgerPage(
        head=header_of_group(context, ledger.group, LEDGER),
        year=ledger.year,
        years=tuple(
            Link(year, addresses.group(slug, LEDGER, (("year", year),)), current=year == ledger.year)
            for year in ledger.years
        ),
        headings=_headings(context.translator),
        rows=tuple(_cells(row, context.translator) for row in ledger.rows[:_MOST_ROWS]),
        totals=(sum(row.articles for row in ledger.rows), sum(row.copies for row in ledger.rows)),
        file=addresses.group(slug, f"{LEDGER}.csv", (("year", ledger.year),)),
        recorded=tuple(distribution_row(one, ledger.group, context.translator) for one in ledger.recorded),
        has_more=len(ledger.rows) > _MOST_ROWS,
    )
    return render(context, "quotation/ledger.html", page)


@handle_form(ledger_page)
def handle_ledger_post(context: RequestContext) -> Response:
    """Delete a press review that was recorded."""
    slug = context.path_params["group"]
    remove_distribution(context.library, context.actor, slug, context.form_value("distribution"), Action.MANAGE)
    return redirect_with_flash(context.addresses.group(slug, LEDGER), "distribution-removed")


def ledger_file(context: RequestContext) -> Response:
    """The same as CSV, with the months as `YYYY-MM` and without a row of totals."""
    ledger = _ledger(context)
    rows = [
        _headings(context.translator),
        *((row.month, row.source, str(row.articles), str(row.copies)) for row in ledger.rows),
    ]
    title = f"{context.translator.gettext('Ledger of quotations')} {ledger.year} – {ledger.group.name}"
    return table_file(context, rows, title)


def _ledger(context: RequestContext) -> Ledger:
    year = context.param("year")[:4]
    return ledger_of_group(context.library, context.actor, context.path_params["group"], year if year.isdigit() else "")


def _headings(translator: Translator) -> tuple[str, ...]:
    _ = translator.gettext
    return _("Month"), _("Source"), _("Articles"), _("Copies")


def _cells(row: LedgerRow, translator: Translator) -> tuple[str, ...]:
    source = row.source or translator.gettext("Without a source")
    return translator.period(row.month), source, translator.number(row.articles), translator.number(row.copies)
