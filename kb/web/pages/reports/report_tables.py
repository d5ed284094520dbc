"""The tables of a report: its figures by group, person, tag, source and item, on the page and as CSV files."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.services.reports.activity_report import MOST_SAVED_ITEMS, ActivityReport, PersonTagRow, ReportRow
from kb.store import Figures
from kb.translation import Translator
from kb.web.ui.display_text import Link, group_name

_WIDEST = 160
"""Pixels of the longest bar beside the rows of a table."""

_MOST_PAIRS = 20
"""Rows of persons and tags on the page; its CSV file has all."""

FilterAddress = Callable[..., str]
"""The address of the same report with further filters, by their names."""
ItemAddress = Callable[[str], str]
ValueAddress = Callable[[str, tuple[str, ...], Figures], str]


@dataclass(frozen=True, slots=True)
class TableRow:
    """`share` is the width of its bar in pixels; `numbers` are written, one for each column."""

    link: Link
    share: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """`note` stands above the table; `column` is the heading of the first column, `csv` the address of its file."""

    id: str
    title: str
    column: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    csv: str
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
        yield from _person_tag_table(report.people_tags, words, filter_address)
    yield from _table("tag", (say("Tags"), say("Tag")), report.tags, words, filter_address)
    yield from _table("source", (say("Sources"), say("Source")), report.sources, words, filter_address)
    titles = say("Most opened"), say("Item")
    for table in _table("item", titles, report.items, words, filter_address):
        rows = zip(table.rows, report.items, strict=True)
        yield replace(
            table,
            rows=tuple(
                replace(row, link=Link(row.link.label, item_address(report_row.value))) for row, report_row in rows
            ),
        )


def _table(
    id_: str, titles: tuple[str, str], rows: tuple[ReportRow, ...], words: Translator, address: FilterAddress
) -> Iterator[ReportTable]:
    """One table, if it has rows; `titles` are its own and that of its first column."""
    # Nobody knows who opened a page.
    columns = figure_names(words)[:3] if id_ == "person" else figure_names(words)
    sizes = [_size(id_, row.figures) for row in rows]
    most = max(sizes, default=0) or 1
    if rows:
        table_rows = (
            TableRow(
                Link(_label(id_, row, words), address(**{id_: row.value}) if row.value else ""),
                round(_WIDEST * size / most),
                tuple(words.number(number) for number in figure_numbers(row.figures)[: len(columns)]),
            )
            for row, size in zip(rows, sizes, strict=True)
        )
        yield ReportTable(id_, *titles, columns, tuple(table_rows), address(format="csv", table=id_))


def _person_tag_table(
    rows: tuple[PersonTagRow, ...], words: Translator, address: FilterAddress
) -> Iterator[ReportTable]:
    """The table of persons and tags, if it has rows."""
    if not rows:
        return
    most = max(sum(figure_numbers(row.figures)) for row in rows)
    table_rows = tuple(
        TableRow(
            Link(f"{row.name}{words.say(':')} {row.tag}", address(person=row.login, tag=row.tag)),
            round(_WIDEST * sum(figure_numbers(row.figures)) / most),
            tuple(words.number(number) for number in figure_numbers(row.figures)[:3]),
        )
        for row in rows[:_MOST_PAIRS]
    )
    note = (
        words.say("Only the first ones are here: the CSV file has all (%(total)s).", total=len(rows))
        if len(rows) > _MOST_PAIRS
        else ""
    )
    titles = words.say("Persons and tags"), words.say("Person and tag")
    csv = address(format="csv", table="person-tag")
    yield ReportTable("person-tag", *titles, figure_names(words)[:3], table_rows, csv, note)


def _size(id_: str, figures: Figures) -> int:
    """The number of which the bar of a row shows the share: that by which the rows are ordered."""
    return figures.opened if id_ == "item" else sum(figure_numbers(figures))


def _label(id_: str, row: ReportRow, words: Translator) -> str:
    if row.label:
        return row.label
    return words.say("Unknown author") if id_ == "person" else words.say("Without a title")


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
    report: ActivityReport, words: Translator, value_address: ValueAddress, *, of_site: bool
) -> Iterator[CsvTable]:
    """The tables as files, one for each kind of rows, of which a spreadsheet sorts and sums each column.

    `value_address` gives the permanent link of a row: of the kind of its table, its values, and its figures.
    """
    say, link = words.say, words.say("Permanent link")
    names = figure_names(words)
    kinds: tuple[tuple[str, str, str, tuple[ReportRow, ...]], ...] = (
        ("period", say("Periods"), say("Period"), report.periods),
        ("group", say("Groups"), say("Group"), report.groups if of_site else ()),
        ("person", say("Persons"), say("Person"), report.people or ()),
        ("tag", say("Tags"), say("Tag"), report.tags),
        ("source", say("Sources"), say("Source"), report.sources),
        ("item", say("Most opened"), say("Item"), report.items),
    )
    for id_, title, column, rows in kinds:
        # Nobody knows who opened a page.
        figures = names[:3] if id_ == "person" else names
        lines = (
            (
                _label(id_, row, words),
                *map(str, figure_numbers(row.figures)[: len(figures)]),
                value_address(id_, (row.value,), row.figures) if row.value else "",
            )
            for row in rows
        )
        yield CsvTable(id_, title, ((column, *figures, link), *lines), bool(rows))
    pairs = (
        (
            row.name,
            row.tag,
            *map(str, figure_numbers(row.figures)[:3]),
            value_address("person-tag", (row.login, row.tag), row.figures),
        )
        for row in report.people_tags
    )
    headings = say("Person"), say("Tag"), *names[:3], link
    yield CsvTable("person-tag", say("Persons and tags"), (headings, *pairs), bool(report.people_tags))


def saved_items_table(
    report: ActivityReport, items: Iterable[tuple[Item, Group]], words: Translator, address: ItemAddress
) -> CsvTable:
    """The table of the saved items, as far as the reader may read them, a line at a time. Who shared them is in it for
    those who may see figures about persons: lines can be counted.
    """
    return CsvTable(
        "saved",
        words.say("Pages saved in the period"),
        _saved_item_lines(report, items, words, address),
        bool(report.saved_ids),
    )


def _saved_item_lines(
    report: ActivityReport, items: Iterable[tuple[Item, Group]], words: Translator, address: ItemAddress
) -> Iterator[tuple[str, ...]]:
    say, with_people = words.say, report.people is not None
    sharer = (say("Shared by"),) if with_people else ()
    headings = say("Title"), say("Address"), say("Group"), *sharer, say("Tags"), say("Added"), say("Permanent link")
    yield headings
    for item, group in items:
        sharer = (item.author.name if item.author else "",) if with_people else ()
        tags = ", ".join(item.tags)
        yield (
            item.title or "",
            item.url or "",
            group_name(group, words),
            *sharer,
            tags,
            item.added or "",
            address(item.id),
        )
    if report.total.saved > MOST_SAVED_ITEMS:
        numbers = {"count": words.number(MOST_SAVED_ITEMS), "total": words.number(report.total.saved)}
        yield say("The first %(count)s of %(total)s items.", **numbers), *[""] * (len(headings) - 1)
