"""The tables of a report: its figures by group, person, tag, source and item, on the page and in the CSV file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kb.services.reports.activity_report import ActivityReport, ReportRow
from kb.store import Figures
from kb.translation import Translator
from kb.web.ui.display_text import Link

_WIDEST = 160
"""Pixels of the longest bar beside the rows of a table."""

FilterAddress = Callable[[str, str], str]
"""The address of the same report with one more filter: its name and its value."""
ItemAddress = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class TableRow:
    """`share` is the width of its bar in pixels; `numbers` are written, one for each column."""

    link: Link
    share: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """`note` stands above the table; `column` is the heading of the first column."""

    id: str
    title: str
    column: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    note: str = ""


def figure_names(words: Translator) -> tuple[str, str, str, str]:
    """The names of the four figures, in the order of `figure_numbers`."""
    return (
        words.say("Saved pages"),
        words.say("Passages and notes"),
        words.say("Comments and replies"),
        words.say("Openings"),
    )


def figure_numbers(figures: Figures) -> tuple[int, int, int, int]:
    """The four figures."""
    return figures.saved, figures.annotated, figures.commented, figures.opened


def tables_of(
    report: ActivityReport,
    words: Translator,
    filter_address: FilterAddress,
    item_address: ItemAddress,
    *,
    of_site: bool,
) -> Iterator[ReportTable]:
    """The tables with rows. Figures about persons are in the report only for those who may see them."""
    say = words.say
    if of_site:
        yield from _table("group", (say("Groups"), say("Group")), report.groups, words, filter_address)
    if report.people is not None:
        note = say(
            "Figures about persons serve to organise the work of the group. They must not be used to appraise agents "
            "(GDPR, article 5, paragraph 1, point b: purpose limitation)."
        )
        people = _table("person", (say("Persons"), say("Person")), report.people, words, filter_address)
        yield from (replace(table, note=note) for table in people)
    yield from _table("tag", (say("Tags"), say("Tag")), report.tags, words, filter_address)
    yield from _table("source", (say("Sources"), say("Source")), report.sources, words, filter_address)
    titles = say("Most opened"), say("Item")
    yield from _table("item", titles, report.items, words, lambda _, item_id: item_address(item_id))


def _table(
    id_: str, titles: tuple[str, str], rows: tuple[ReportRow, ...], words: Translator, address: FilterAddress
) -> Iterator[ReportTable]:
    """One table, if it has rows; `titles` are its own and that of its first column."""
    # Nobody knows who opened a page.
    columns = figure_names(words)[:3] if id_ == "person" else figure_names(words)
    sizes = [_size(id_, one.figures) for one in rows]
    most = max(sizes, default=0) or 1
    if rows:
        table_rows = (
            TableRow(
                Link(_label(id_, one, words), address(id_, one.value) if one.value else ""),
                round(_WIDEST * size / most),
                tuple(words.number(number) for number in figure_numbers(one.figures)[: len(columns)]),
            )
            for one, size in zip(rows, sizes, strict=True)
        )
        yield ReportTable(id_, *titles, columns, tuple(table_rows))


def _size(id_: str, figures: Figures) -> int:
    """The number of which the bar of a row shows the share: that by which the rows are ordered."""
    return figures.opened if id_ == "item" else sum(figure_numbers(figures))


def _label(id_: str, row: ReportRow, words: Translator) -> str:
    if row.label:
        return row.label
    return words.say("Unknown author") if id_ == "person" else words.say("Without a title")


def report_lines(
    report: ActivityReport, words: Translator, item_address: ItemAddress, *, of_site: bool
) -> Iterator[tuple[str, ...]]:
    """The lines of the CSV file, one for each value: what it is, its name, its four numbers, the address of an item.

    A spreadsheet can filter and sort them. The openings of a person are empty, because they are not known.
    """
    kinds = (
        ("", words.say("Total"), (ReportRow("", words.say("Total"), report.total),)),
        ("", words.say("Period"), report.periods),
        ("group", words.say("Group"), report.groups if of_site else ()),
        ("person", words.say("Person"), report.people or ()),
        ("tag", words.say("Tag"), report.tags),
        ("source", words.say("Source"), report.sources),
        ("item", words.say("Item"), report.items),
    )
    yield words.say("Figures by"), words.say("Value"), *figure_names(words), words.say("Permanent link")
    for kind, name, rows in kinds:
        for one in rows:
            numbers = [str(number) for number in figure_numbers(one.figures)]
            if kind == "person":
                numbers[-1] = ""
            yield name, _label(kind, one, words), *numbers, item_address(one.value) if kind == "item" else ""
