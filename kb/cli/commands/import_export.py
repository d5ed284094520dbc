"""`kb import` and `kb export`."""

import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing

import click

from kb.access.actor import OPERATOR
from kb.cli.console import (
    CommandMisused,
    CommandSession,
    json_option,
    print_error,
    print_json,
    print_line,
    printable_file_name,
)
from kb.cli.files import open_input, open_output, replace_option
from kb.cli.import_pipeline import CommandLineImport, ImportSource
from kb.cli.progress import count_on_terminal
from kb.errors import Unavailable
from kb.formats.csv_table.column_mapping import COLUMN_FIELDS, format_with_columns
from kb.formats.export_formats import EXPORT_FORMATS
from kb.formats.import_formats import AUTO, IMPORT_FORMATS
from kb.formats.json_lines import JSON_LINES
from kb.model.items.import_draft import PrivateRecords, RecordWarning
from kb.model.items.import_job import ImportReport
from kb.model.items.item import Item
from kb.model.people.group import Group, Visibility
from kb.services.core.library import Library
from kb.services.exports.exports import export_details, export_of_items, export_of_list, exported_items
from kb.services.imports.import_export import export_items
from kb.services.imports.import_report import ImportOptions

_COUNTS = ("read", "added", "updated", "unchanged", "skipped")
_PRIVATE = frozenset({PrivateRecords.SKIP.value, PrivateRecords.SHARE.value})
_SHOWN = 50
"""Warnings that are printed for a user; --json prints them all."""


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--group", metavar="SLUG", help="Import everything into this group, which is created if it is missing.")
@click.option(
    "--format",
    "form",
    type=click.Choice([AUTO, *IMPORT_FORMATS]),
    default=AUTO,
    show_default=True,
    help="; ".join(f"{name}: {known.label}" for name, known in IMPORT_FORMATS.items()) + ".",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=NAME",
    help="The column of a table (CSV) that is this field of an item, if its name is not recognised. The fields are"
    f" {', '.join(COLUMN_FIELDS)}.",
)
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="NAME=LOGIN",
    help="Give the contributions of NAME in the file to the account LOGIN.",
)
@click.option(
    "--visible",
    type=click.Choice([str(visibility) for visibility in Visibility]),
    help="The readers of the groups that the import creates.",
)
@click.option(
    "--private",
    "private",
    metavar="skip|share|SLUG",
    default="skip",
    show_default=True,
    help="Records that are private in their file, for groups that not only their members read: leave them out, import"
    " them like the others, or put them in the group SLUG, such as ~login.",
)
@click.option("--dry-run", is_flag=True, help="Report what would change, and change nothing.")
@click.option("--verbose", is_flag=True, help="Report each batch once it is committed.")
@json_option("the report")
@click.pass_obj
def import_command(
    session: CommandSession,
    /,
    files: tuple[str, ...],
    *,
    group: str | None,
    form: str,
    columns: tuple[str, ...],
    mapped: tuple[str, ...],
    visible: str | None,
    private: str,
    dry_run: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Import items from files; - is standard input. Importing the same file twice adds nothing."""
    options = ImportOptions(
        group_slug=group,
        visible=Visibility(visible) if visible else None,
        author_map=_author_map(mapped),
        dry_run=dry_run,
        private=PrivateRecords(private) if private in _PRIVATE else PrivateRecords.OWN,
        own_library=None if private in _PRIVATE else private,
    )
    if columns:
        form = _table_format(form, columns)
    with ExitStack() as opened:
        # All of them first: a file that is not there must not stop an import half-way.
        sources = [ImportSource(name, form, opened.enter_context(open_input(name))) for name in files]
        importing = CommandLineImport(session, options, verbose=verbose)
        try:
            failed = importing.run(sources)
        except Unavailable as error:
            if not importing.reports:
                raise
            # Usually a full disk: the batches stored before are reported.
            print_error(session.translator.sentence(error))
            failed = True
    if as_json:
        print_json(_shape(session, importing.reports))
    else:
        _show(session, importing.reports, dry_run=dry_run)
    return 1 if failed else 0


@click.command("export")
@click.option("--group", metavar="SLUG", help="Only this group.")
@click.option("--query", metavar="QUERY", default="", help="Only the items that this query finds on the search page.")
@click.option("--list", "list_id", metavar="ID", help="Only the items of this list, in its order; ID ends its address.")
@click.option("--item", "items", multiple=True, metavar="ID", help="Only this item; repeat it for several, in order.")
@click.option(
    "--format",
    "form",
    type=click.Choice([*EXPORT_FORMATS]),
    default=JSON_LINES,
    show_default=True,
    help=" ".join(f"{name}: {known.label}. {known.purpose}" for name, known in EXPORT_FORMATS.items()),
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write to this file, which appears only if the export succeeds [standard output].",
)
@replace_option
@click.pass_obj
def export_command(
    session: CommandSession,
    /,
    *,
    group: str | None,
    query: str,
    list_id: str | None,
    items: tuple[str, ...],
    form: str,
    output: str | None,
    replace: bool,
) -> None:
    """Export the library, a group, a list or items, in one of the formats that other programs read."""
    if (list_id is not None) + bool(items) + bool(group or query) > 1:
        raise CommandMisused("--list, --item, and --group with --query, exclude each other.")
    with (
        session.library() as library,
        # Otherwise a reader that stops half-way leaves a snapshot open.
        closing(_rows(library, group, query, list_id, items)) as rows,
        open_output(output, replace=replace) as file,
    ):
        counted = (
            rows if file is sys.stdout.buffer else count_on_terminal(session.translator.gettext("Exporting"), rows)
        )
        title = export_of_list(library, OPERATOR, list_id).title if list_id else query or group or ""
        file.writelines(EXPORT_FORMATS[form].write(counted, export_details(library, title, session.translator)))


def _rows(
    library: Library, group: str | None, query: str, list_id: str | None, items: tuple[str, ...]
) -> Generator[tuple[Item, Group], None, None]:
    """The chosen items, each with its group. Raises NotFound for a group, a list or an item that is not there."""
    if list_id is not None:
        return exported_items(library, OPERATOR, export_of_list(library, OPERATOR, list_id).ids)
    if items:
        return exported_items(library, OPERATOR, export_of_items(library, OPERATOR, items).ids)
    return export_items(library, OPERATOR, group, query)


def _table_format(form: str, columns: tuple[str, ...]) -> str:
    """The format with its columns. Raises CommandMisused, and Invalid for a field that does not exist."""
    if form not in {AUTO, "csv"}:
        raise CommandMisused("--column is for tables: --format csv, not %(value)s.", value=form)
    pairs = [column.partition("=") for column in columns]
    for (field, _, name), column in zip(pairs, columns, strict=True):
        if not field.strip() or not name.strip():
            raise CommandMisused("--column requires FIELD=NAME, not %(value)s.", value=column)
    return format_with_columns({field.strip(): name for field, _, name in pairs})


def _author_map(mapped: tuple[str, ...]) -> Mapping[str, str]:
    pairs = [entry.rpartition("=") for entry in mapped]
    for (name, _, login), entry in zip(pairs, mapped, strict=True):
        if not name.strip() or not login.strip():
            raise CommandMisused("--map requires NAME=LOGIN, not %(value)s.", value=entry)
    return {name.strip(): login.strip() for name, _, login in pairs}


def _shape(session: CommandSession, reports: Mapping[str, ImportReport]) -> dict[str, object]:
    """The report as JSON; with several files, each warning names its file."""
    return {
        **{name: sum(getattr(report, name) for report in reports.values()) for name in _COUNTS},
        "warnings": [
            {
                **({"file": printable_file_name(name)} if len(reports) > 1 else {}),
                **({"line": warning.line} if warning.line is not None else {}),
                **({"item": warning.item} if warning.item is not None else {}),
                "why": _warning_text(session, warning),
            }
            for name, report in reports.items()
            for warning in report.warnings
        ],
        **({"not_carried": not_carried} if (not_carried := _not_carried(session, reports)) else {}),
    }


def _not_carried(session: CommandSession, reports: Mapping[str, ImportReport]) -> list[str]:
    """The sentences on what the formats of the files cannot carry, each once."""
    return list(
        dict.fromkeys(_warning_text(session, warning) for report in reports.values() for warning in report.not_carried)
    )


def _warning_text(session: CommandSession, warning: RecordWarning) -> str:
    return session.translator.gettext(warning.message, **warning.values) if warning.message else warning.why


def _show(session: CommandSession, reports: Mapping[str, ImportReport], *, dry_run: bool) -> None:
    translator = session.translator
    _ = translator.gettext
    for name, report in reports.items():
        for warning in report.warnings[:_SHOWN]:
            location = _("line %(number)s", number=str(warning.line)) if warning.line is not None else warning.item
            print_error(
                ": ".join(
                    part for part in (printable_file_name(name), location, _warning_text(session, warning)) if part
                )
            )
        if len(report.warnings) > _SHOWN:
            more = len(report.warnings) - _SHOWN
            print_error(
                translator.ngettext(
                    "%(count)s more warning; --json gives them all.",
                    "%(count)s more warnings; --json gives them all.",
                    more,
                )
            )
        counts = _(
            "%(read)s read: %(added)s added, %(updated)s updated, %(unchanged)s unchanged, %(skipped)s skipped.",
            **{name: getattr(report, name) for name in _COUNTS},
        )
        print_line(f"{printable_file_name(name)}: {counts}" if len(reports) > 1 else counts)
    for sentence in _not_carried(session, reports):
        print_error(sentence)
    if dry_run:
        print_line(_("Dry run: nothing was changed."))
