"""The page of an imported file: its preview, the import, which runs in the background, and its undo."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound
from kb.formats.csv_table.column_mapping import COLUMN_FIELDS, format_with_columns, split_columns
from kb.formats.import_formats import TABLE_FORMATS
from kb.model.bibliographic_record import RECORD_FIELDS
from kb.model.items.import_draft import PrivateRecords
from kb.model.items.import_job import UNFINISHED_STATES, ImportJob, ImportJobState
from kb.model.people.group import Visibility
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
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.imports.import_progress import (
    count_phrases,
    format_labels,
    format_options,
    left_out_columns,
    percent_done,
    state_sentence,
)
from kb.web.pages.imports.import_remarks import RemarkLine, remark_lines
from kb.web.ui.display_text import Link, facts_line
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import IMPORT, LIBRARY, TRASH, GroupHeader, header_of_group
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
    name: str
    facts: str
    login: str
    error: bool


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A field of an item, and the name of the column that was chosen for it; `field` is the name of its field."""

    field: str
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class ImportJobPage:
    """One file. `is_running`: work goes on, and a script refreshes the page.

    `progress` is in percent, None if unknown. `counts` are those of the preview, or of the import. `names` are those in
    the file, `accounts` the login and name of whom they may mean. `columns` are the fields for which columns of a table
    can be chosen, and `left_out` columns that are no field. `kinds` are offered to read the file again, if nothing was
    found in it. `again` links to the upload form, and `undo` is the address to undo the import, if possible. `trash` is
    the address of the trash of the group.
    """

    title: str
    head: GroupHeader
    name: str
    state: str
    is_running: bool
    progress: int | None
    progress_label: str
    counts: tuple[str, ...]
    first: tuple[str, ...]
    names: tuple[NameRow, ...]
    accounts: tuple[Link, ...]
    columns: tuple[ColumnRow, ...]
    left_out: tuple[str, ...]
    kinds: tuple[FormOption, ...]
    formats: str
    private: str
    private_choices: tuple[FormOption, ...]
    remarks: tuple[RemarkLine, ...]
    more: str
    trash: str
    may_run: bool
    may_discard: bool
    again: str
    library: str
    undo: str


def import_job_page(context: RequestContext) -> Response:
    """The state of a file."""
    view = own_import_job(context.library, context.actor, context.path_params["id"])
    translator, job, group = context.translator, view.job, view.group
    _ = translator.gettext
    report, state = job.report, job.state
    is_running, is_preview = state in UNFINISHED_STATES, state is ImportJobState.SHOWN
    name = job.name or _("File without name")
    page = ImportJobPage(
        title=f"{name} – {group.name}",
        head=header_of_group(context, group, LIBRARY, below=_("Import a file")),
        name=name,
        state=state_sentence(job, translator),
        is_running=is_running,
        progress=percent_done(job),
        progress_label=_("Undone") if state is ImportJobState.UNDOING else _("Brought in"),
        counts=() if is_running else count_phrases(report, translator, is_preview=is_preview),
        first=report.titles if is_preview else (),
        names=_name_rows(view, context) if is_preview else (),
        accounts=tuple(Link(person.login, "", person.name) for person in view.people.values()) if is_preview else (),
        columns=_column_rows(job, context) if is_preview else (),
        left_out=tuple(left_out_columns(report)),
        kinds=_kinds(job, context) if is_preview else (),
        formats=format_labels(report, translator),
        private=_private_sentence(view, translator) if is_preview else "",
        private_choices=_private_choices(context) if is_preview else (),
        remarks=() if is_running else remark_lines(report.remarks, len(view.restorable), translator),
        more=translator.ngettext("%(count)s more remark", "%(count)s more remarks", report.more) if report.more else "",
        trash=context.addresses.group(group.slug, TRASH),
        may_run=is_preview and report.added + report.updated + report.private > 0,
        may_discard=state is not ImportJobState.UNDOING
        and (state is not ImportJobState.WANTED or report.failure is not None),
        again=context.addresses.group(group.slug, IMPORT),
        library=ListingScope(group.slug).path if state in _IMPORTED_STATES else "",
        undo=context.addresses.restore(report.undo) if view.can_undo and report.undo else "",
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
    translator = context.translator
    rows = []
    for number, name in enumerate(view.job.report.names):
        field = f"{_NAME}{number}"
        user = view.people.get(name.user_id)
        login = context.typed_value(field, user.login if user else "")[:100]
        known = not login or any(login.strip().casefold() == user.login for user in view.people.values())
        facts = facts_line(
            translator.ngettext("%(count)s item", "%(count)s items", name.items) if name.items else "",
            translator.ngettext("%(count)s text", "%(count)s texts", name.texts) if name.texts else "",
        )
        rows.append(NameRow(field, name.name, facts, login, context.form_error is not None and not known))
    return tuple(rows)


def _column_rows(job: ImportJob, context: RequestContext) -> tuple[ColumnRow, ...]:
    """The fields of a table, each with its column: what was typed, or what was chosen so far."""
    if TABLE_FORMATS.isdisjoint(job.report.formats):
        return ()
    chosen = split_columns(job.format)[1]
    _ = context.translator.gettext
    labels = {record.name: _(record.label) for record in RECORD_FIELDS} | {
        "tags": _("Tags"),
        "added": _("Added"),
        "highlight": _("Passage"),
        "note": _("Note"),
        "folder": _("Folder"),
    }
    return tuple(
        ColumnRow(f"{_COLUMN}{field}", labels[field], context.typed_value(f"{_COLUMN}{field}", chosen.get(field, "")))
        for field in COLUMN_FIELDS
    )


def _kinds(job: ImportJob, context: RequestContext) -> tuple[FormOption, ...]:
    """The kinds in which a file can be read again: all, if no record of it is one of an item; else none."""
    report = job.report
    if report.skipped < report.read or report.private or any(remark.removal for remark in report.remarks):
        return ()
    return format_options(context.form_value("format") or split_columns(job.format)[0], context.translator)


def _private_sentence(view: ImportJobView, translator: Translator) -> str:
    """How many items of the file are private, if not only the members of the group would read them."""
    number = view.job.report.private
    if not number or view.group.visible is Visibility.MEMBERS:
        return ""
    return translator.ngettext(
        "%(count)s item is private in this file.", "%(count)s items are private in this file.", number
    )


def _private_choices(context: RequestContext) -> tuple[FormOption, ...]:
    chosen = context.form_value("private") or PrivateRecords.SKIP
    _ = context.translator.gettext
    labels = {
        PrivateRecords.SKIP: _("Leave them out"),
        PrivateRecords.OWN: _("Put them in my own library"),
        PrivateRecords.SHARE: _("Import them with the others: the readers of the group read them"),
    }
    return tuple(FormOption(records.value, label, chosen=records == chosen) for records, label in labels.items())
