"""The page of an imported file: its preview, the import, which runs in the background, and its undo."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound
from kb.formats.csv_table.column_mapping import COLUMN_FIELDS, COLUMNS_LEFT_OUT, format_with_columns, split_columns
from kb.formats.import_formats import IMPORT_FORMATS, TABLE_FORMATS
from kb.model.bibliographic_record import RECORD_FIELDS
from kb.model.items.import_draft import PrivateRecords, RecordWarning
from kb.model.items.import_job import UNFINISHED_STATES, ImportedName, ImportJob, ImportJobState
from kb.services.groups.known_people import login_of_typed
from kb.services.imports.import_jobs import (
    ImportJobView,
    drop_import_job,
    own_import_job,
    read_file_again,
    restore_from_trash,
    start_import,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.imports.import_status_text import format_options, percent_done, state_sentence
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import IMPORT, LIBRARY, GroupHeader, header_of_group
from kb.web.ui.rendering import render

_NAME = "name-"
"""The beginning of the fields with the accounts of names; the number of the name follows."""
_COLUMN = "column-"
"""The beginning of the fields with the names of columns; the field of an item follows."""
_LONGEST_FIELD = 10
_IMPORTED_STATES = frozenset({ImportJobState.DONE, ImportJobState.UNDONE})


@dataclass(frozen=True, slots=True)
class NameRow:
    """A name in the file, and the login of the account that it means; `field` is the name of its field."""

    field: str
    name: ImportedName
    login: str
    error: bool


@dataclass(frozen=True, slots=True)
class WarningLine:
    """One kind of warning: its sentence, how often it is given, and the records that it names. `in_trash`: they are in
    the trash of the group.
    """

    sentence: str
    count: int
    records: tuple[str, ...]
    in_trash: bool


@dataclass(frozen=True, slots=True)
class ImportJobPage:
    """One file. `is_running`: work goes on, and a script refreshes the page; `is_preview`: the user decides.

    `progress` is in percent, None if unknown. `names` are those in the file. `columns` are the fields for which columns
    of a table can be selected: name of the field, label, column; `left_out` are columns that are no field. `kinds` are
    offered to read the file again, if nothing was found in it; `formats` are the labels of those that were read.
    """

    head: GroupHeader
    view: ImportJobView
    state: str
    is_running: bool
    is_preview: bool
    is_imported: bool
    progress: int | None
    names: tuple[NameRow, ...]
    columns: tuple[tuple[str, str, str], ...]
    left_out: tuple[str, ...]
    kinds: tuple[FormOption, ...]
    formats: tuple[str, ...]
    private_choices: tuple[FormOption, ...]
    warnings: tuple[WarningLine, ...]
    may_run: bool
    may_discard: bool


def import_job_page(context: RequestContext) -> Response:
    """The state of a file."""
    view = own_import_job(context.library, context.actor, context.path_params["id"])
    translator, job, report, state = context.translator, view.job, view.job.report, view.job.state
    is_running, is_preview = state in UNFINISHED_STATES, state is ImportJobState.SHOWN
    page = ImportJobPage(
        head=header_of_group(context, view.group, LIBRARY, below=translator.gettext("Import a file")),
        view=view,
        state=state_sentence(job, translator),
        is_running=is_running,
        is_preview=is_preview,
        is_imported=state in _IMPORTED_STATES,
        progress=percent_done(job),
        names=_name_rows(view, context) if is_preview else (),
        columns=_columns(job, context) if is_preview else (),
        left_out=tuple(
            column
            for warning in report.warnings
            if warning.message == COLUMNS_LEFT_OUT
            for column in str(warning.values.get("columns", "")).split(", ")
        ),
        kinds=_kinds(job, context) if is_preview else (),
        formats=tuple(
            translator.gettext(IMPORT_FORMATS[name].label) for name in report.formats if name in IMPORT_FORMATS
        ),
        private_choices=_private_choices(context) if is_preview else (),
        warnings=() if is_running else _warning_lines(report.warnings, translator),
        may_run=is_preview and report.added + report.updated + report.private > 0,
        may_discard=state is not ImportJobState.UNDOING
        and (state is not ImportJobState.WANTED or report.failure is not None),
    )
    return render(context, "imports/import_job.html", page)


@handle_form(import_job_page, {NotFound: 400, Forbidden: 403})
def handle_import_job_post(context: RequestContext) -> Response:
    """Start the import, read the file again, restore items of it that are in the trash, or delete the file."""
    if context.form_value("act") == "restore":
        job_id = context.path_params["id"]
        restore_from_trash(context.library, context.actor, job_id)
        return redirect_with_flash(context.addresses.import_job(job_id), "items-restored")
    return _decide(context)


@once
def _decide(context: RequestContext) -> Response:
    """Start the import, read the file again, or delete the file."""
    library, actor, job_id = context.library, context.actor, context.path_params["id"]
    match context.form_value("act"):
        case "bring":
            people = own_import_job(library, actor, job_id).people.values()
            logins = {
                int(name[len(_NAME) :]): login_of_typed(value, people)
                for name, value in context.fields
                if name.startswith(_NAME) and name[len(_NAME) :].isdecimal() and len(name) < _LONGEST_FIELD
            }
            choice = context.form_value("private")
            private = PrivateRecords(choice) if choice in set(PrivateRecords) else PrivateRecords.SKIP
            start_import(library, actor, job_id, logins, private=private)
            return redirect_with_flash(context.addresses.import_job(job_id))
        case "columns":
            columns = {field: context.form_value(f"{_COLUMN}{field}") for field in COLUMN_FIELDS}
            read_file_again(library, actor, job_id, format_with_columns(columns))
            return redirect_with_flash(context.addresses.import_job(job_id))
        case "kind":
            read_file_again(library, actor, job_id, context.form_value("format"))
            return redirect_with_flash(context.addresses.import_job(job_id))
        case "forget":
            is_imported = own_import_job(library, actor, job_id).job.state in _IMPORTED_STATES
            group = drop_import_job(library, actor, job_id)
            address = context.addresses.group(group.slug, IMPORT)
            return redirect_with_flash(address, "" if is_imported else "intake-forgotten")
        case _:
            raise Invalid("The request is not a form of this site.")


def _name_rows(view: ImportJobView, context: RequestContext) -> tuple[NameRow, ...]:
    """The names of the file, each with what was typed, or with the account that it means so far."""
    rows = []
    for number, name in enumerate(view.job.report.names):
        field = f"{_NAME}{number}"
        user = view.people.get(name.user_id)
        login = context.typed_value(field, user.login if user else "")[:100]
        known = not login or any(login.strip().casefold() == user.login for user in view.people.values())
        rows.append(NameRow(field, name, login, context.form_error is not None and not known))
    return tuple(rows)


def _columns(job: ImportJob, context: RequestContext) -> tuple[tuple[str, str, str], ...]:
    """The fields of a table, each with its column: what was typed, or what was selected so far."""
    if TABLE_FORMATS.isdisjoint(job.report.formats):
        return ()
    selected = split_columns(job.format)[1]
    _ = context.translator.gettext
    labels = {record.name: _(record.label) for record in RECORD_FIELDS} | {
        "tags": _("Tags"),
        "added": _("Added"),
        "highlight": _("Passage"),
        "note": _("Note"),
        "folder": _("Folder"),
    }
    return tuple(
        (f"{_COLUMN}{field}", labels[field], context.typed_value(f"{_COLUMN}{field}", selected.get(field, "")))
        for field in COLUMN_FIELDS
    )


def _kinds(job: ImportJob, context: RequestContext) -> tuple[FormOption, ...]:
    """The kinds in which a file can be read again: all, if no record of it is one of an item; else none."""
    report = job.report
    if report.skipped < report.read or report.private or any(warning.removal for warning in report.warnings):
        return ()
    return format_options(context.form_value("format") or split_columns(job.format)[0], context.translator)


def _warning_lines(warnings: Iterable[RecordWarning], translator: Translator) -> tuple[WarningLine, ...]:
    """The warnings in their order, each kind where its first one stands."""
    records: dict[tuple[str, bool], list[str]] = {}
    for warning in warnings:
        sentence = translator.gettext(warning.message, **warning.values) if warning.message else warning.why
        record = (
            translator.gettext("line %(number)s", number=str(warning.line))
            if warning.line is not None
            else warning.item
        )
        records.setdefault((sentence, bool(warning.removal)), []).append(record or "")
    return tuple(
        WarningLine(sentence, len(named), tuple(filter(None, named)), in_trash)
        for (sentence, in_trash), named in records.items()
    )


def _private_choices(context: RequestContext) -> tuple[FormOption, ...]:
    selected = context.form_value("private") or PrivateRecords.SKIP
    _ = context.translator.gettext
    labels = {
        PrivateRecords.SKIP: _("Leave them out"),
        PrivateRecords.OWN: _("Put them in my own library"),
        PrivateRecords.SHARE: _("Import them with the others: the readers of the group read them"),
    }
    return tuple(FormOption(records.value, label, selected=records == selected) for records, label in labels.items())
