"""The tables of a report: its figures by group, person, tag, source and item, on the page and as CSV files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kb.features.reports.activity_report import MOST_ROWS, MOST_SAVED_ITEMS, ActivityReport, ReportRow
from kb.features.reports.records import Figures
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.translation import Translator
from kb.web.ui.display_text import group_name

_FIGURES = {"person": (0, 1, 2), "person-tag": (0, 1, 2), "item": (3, 0, 1, 2)}
"""Which of the four figures a table has, if not all: nobody knows who opened a page. Rows are sorted by the first."""

"""The address of the same report with further filters, by their names."""
ItemAddress = Callable[[str], str]
ValueAddress = Callable[[str, tuple[str, ...], Figures], str]
_Value = TypeVar("_Value")


def figure_names(translator: Translator) -> tuple[str, str, str, str]:
    """The names of the four figures, in the order of `Figures.numbers`."""
    _ = translator.gettext
    return _("Saved pages"), _("Passages and notes"), _("Comments and replies"), _("Openings")


def _kinds(
    report: ActivityReport, translator: Translator, *, of_site: bool
) -> Iterator[tuple[str, str, tuple[str, ...], tuple[ReportRow, ...]]]:
    """The tables with their titles, what their rows are of, and the rows. Figures about persons are in the report only
    for those who may see them.
    """
    gettext = translator.gettext
    yield "group", gettext("Groups"), (gettext("Group"),), report.groups if of_site else ()
    yield "person", gettext("Persons"), (gettext("Person"),), report.people or ()
    yield "person-tag", gettext("Persons and tags"), (gettext("Person"), gettext("Tag")), report.people_tags
    yield "tag", gettext("Tags"), (gettext("Tag"),), report.tags
    yield "source", gettext("Sources"), (gettext("Source"),), report.sources
    yield "item", gettext("Most opened"), (gettext("Item"),), report.items


def _figures(id_: str, values: Sequence[_Value]) -> tuple[_Value, ...]:
    """Of the four figures, or of their names, those of a table, in its order."""
    return tuple(values[position] for position in _FIGURES.get(id_, range(4)))


def _first_rows(rows: tuple[ReportRow, ...], most: int) -> tuple[tuple[ReportRow, ...], bool]:
    """So many rows, with the last one if it has no value; and whether there are more."""
    named = rows[:-1] if rows and not rows[-1].value else rows
    return (*named[:most], *rows[len(named) :]), len(named) > most


def _label(id_: str, row: ReportRow, translator: Translator) -> str:
    _ = translator.gettext
    if row.label:
        return row.label
    match id_:
        case "person":
            return _("Unknown author")
        case "tag":
            return _("No tag")
        case "source":
            return _("No source")
        case _:
            return _("Without a title")


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The lines of one file, the headings first; `id` is the value of `table` in its address. `has_rows`: there are
    lines below the headings.
    """

    id: str
    name: str
    lines: Iterable[tuple[str, ...]]
    has_rows: bool


def csv_tables(
    report: ActivityReport, translator: Translator, value_address: ValueAddress, *, of_site: bool
) -> Iterator[CsvTable]:
    """The tables as files, one for each kind of rows, of which a spreadsheet sorts and sums each column.

    `value_address` gives the permanent link of a row: of the kind of its table, its values, and its figures.
    """
    periods = "period", translator.gettext("Periods"), (translator.gettext("Period"),), report.periods
    for id_, title, columns, rows in (periods, *_kinds(report, translator, of_site=of_site)):
        yield CsvTable(id_, title, _csv_lines(id_, columns, rows, translator, value_address), bool(rows))


def _csv_lines(
    id_: str, columns: tuple[str, ...], rows: tuple[ReportRow, ...], translator: Translator, value_address: ValueAddress
) -> Iterator[tuple[str, ...]]:
    """The lines of one table, the headings first; the last one says that there are more rows."""
    headings = *columns, *_figures(id_, figure_names(translator)), translator.gettext("Permanent link")
    yield headings
    first, is_cut = _first_rows(rows, MOST_ROWS)
    for row in first:
        numbers = map(str, _figures(id_, row.figures.numbers))
        address = value_address(id_, (row.value, row.tag), row.figures) if row.value and row.figures else ""
        yield *(_label(id_, row, translator), row.tag)[: len(columns)], *numbers, address
    if is_cut:
        yield (
            translator.gettext("Only the first %(count)s rows are here.", count=MOST_ROWS),
            *[""] * (len(headings) - 1),
        )


def saved_items_table(
    report: ActivityReport, items: Iterable[tuple[Item, Group]], translator: Translator, address: ItemAddress
) -> CsvTable:
    """The table of the saved items, as far as the reader may read them, a line at a time. Who shared them is in it for
    those who may see figures about persons: lines can be counted.
    """
    return CsvTable(
        "saved",
        translator.gettext("Pages saved in the period"),
        _saved_item_lines(report, items, translator, address),
        bool(report.saved_ids),
    )


def _saved_item_lines(
    report: ActivityReport, items: Iterable[tuple[Item, Group]], translator: Translator, address: ItemAddress
) -> Iterator[tuple[str, ...]]:
    gettext, with_people = translator.gettext, report.people is not None
    contributor = (gettext("Shared by"),) if with_people else ()
    headings = (
        gettext("Title"),
        gettext("Address"),
        gettext("Group"),
        *contributor,
        gettext("Tags"),
        gettext("Added"),
        gettext("Permanent link"),
    )
    yield headings
    for item, group in items:
        contributor = (item.author.shown_name if item.author else "",) if with_people else ()
        tags = ", ".join(item.tags)
        yield (
            item.title or "",
            item.url or "",
            group_name(group, translator),
            *contributor,
            tags,
            item.added or "",
            address(item.id),
        )
    if report.total.saved > MOST_SAVED_ITEMS:
        numbers = {"count": translator.number(MOST_SAVED_ITEMS), "total": translator.number(report.total.saved)}
        yield gettext("The first %(count)s of %(total)s items.", **numbers), *[""] * (len(headings) - 1)
