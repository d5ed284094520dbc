"""The import pages: upload a file, see the preview, confirm the import, which runs in the background."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Forbidden, Invalid, NotFound
from kb.formats.import_formats import AUTO, IMPORT_FORMATS, TABLE_FORMATS
from kb.formats.table_columns import COLUMN_FIELDS, COLUMNS_LEFT_OUT, split_columns
from kb.model.bibliographic_record import RECORD_FIELDS
from kb.model.items.import_draft import PrivateRecords
from kb.model.items.import_job import UNFINISHED_STATES, ImportCounts, ImportJob, ImportJobState
from kb.model.people.group import Visibility
from kb.services.groups.group_views import require_group_permission
from kb.services.groups.known_people import login_of_typed
from kb.services.imports.import_jobs import (
    LARGEST_FILE,
    ImportJobView,
    choose_columns,
    create_import_job,
    drop_import_job,
    own_import_job,
    own_import_jobs,
    restore_from_trash,
    start_import,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.imports.import_remarks import RemarkLine, remark_lines
from kb.web.ui.display_text import Link, facts_line
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, whole_readers_sentence
from kb.web.ui.group_header import IMPORT, LIBRARY, TRASH, GroupHeader, header_of_group
from kb.web.ui.rendering import render

_NAME = "name-"
"""The beginning of the fields with the accounts of names; the number of the name follows."""
_COLUMN = "column-"
"""The beginning of the fields with the names of columns; the field of an item follows."""
_LONGEST_FIELD = 10
_LONGEST_PASTED = 500_000
"""Characters of a pasted text."""
_IMPORTED_STATES = frozenset({ImportJobState.DONE, ImportJobState.UNDONE})
LARGEST_IMPORT_FORM = LARGEST_FILE + (1 << 20)
"""Bytes: slightly more than the limit of a file, so that a file over the limit gets a clear message."""


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The upload form, and the user's files; `limit` is in MiB.

    `accepted` are the suffixes and media types of files. `quota` says how much the user may still upload and import.
    """

    head: GroupHeader
    readers: str
    accepted: str
    formats: tuple[FormOption, ...]
    mine: str
    pasted: str
    sent: tuple[Link, ...]
    quota: str
    limit: ClassVar[int] = LARGEST_FILE >> 20
    longest_pasted: ClassVar[int] = _LONGEST_PASTED


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
    can be chosen, and `left_out` columns that are no field. `again` links to the upload form, and `undo` is the
    address to undo the import, if possible. `trash` is the address of the trash of the group.
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


def check_importer(context: RequestContext) -> None:
    """Raise NotFound, LoginNeeded or Forbidden unless the user may import files into the group of the address."""
    require_group_permission(context.library, context.actor, Action.IMPORT, context.path_params["group"])


def import_page(context: RequestContext) -> Response:
    """The upload form."""
    words = context.words
    files = own_import_jobs(context.library, context.actor, context.path_params["group"])
    group, quota = files.group, files.quota
    chosen = context.form_value("format") or AUTO
    labels = {AUTO: words.say("Recognized by its content")} | {
        name: words.say(import_format.label) for name, import_format in IMPORT_FORMATS.items()
    }
    page = ImportPage(
        head=header_of_group(context, group, LIBRARY, below=words.say("Import a file")),
        readers=whole_readers_sentence(group, words),
        accepted=",".join(kind for import_format in IMPORT_FORMATS.values() for kind in import_format.file_types),
        formats=tuple(FormOption(name, label, chosen=name == chosen) for name, label in labels.items()),
        mine=context.form_value("mine"),
        pasted=context.form_value("pasted")[:_LONGEST_PASTED],
        sent=tuple(
            Link(job.name or words.say("File without name"), context.addresses.import_job(job.id), _state(job, words))
            for job in files.files
        ),
        quota=words.say(
            "You may still send %(files)s of %(size)s MiB together, and import %(items)s today. A preview is forgotten"
            " after an hour.",
            files=words.plural("%(count)s file", "%(count)s files", quota.files),
            size=words.number(quota.bytes >> 20),
            items=words.plural("%(count)s item", "%(count)s items", quota.items),
        ),
    )
    return render(context, "imports/import_form.html", page)


@handle_form(import_page)
def handle_import_post(context: RequestContext) -> Response:
    """Store the file, and redirect to its preview."""
    sent, pasted = context.file("file"), context.form_value("pasted")
    if len(pasted) > _LONGEST_PASTED:
        raise Invalid("At most %(limit)s characters are pasted here: send a file.", limit=_LONGEST_PASTED)
    job = create_import_job(
        context.library,
        context.actor,
        context.path_params["group"],
        sent.name if sent else context.words.say("Pasted text"),
        sent.pieces() if sent else pasted.encode(errors="replace"),
        form=context.form_value("format") or AUTO,
        mine=context.form_value("mine"),
    )
    return redirect_with_flash(context.addresses.import_job(job.id))


def import_job_page(context: RequestContext) -> Response:
    """The state of a file."""
    view = own_import_job(context.library, context.actor, context.path_params["id"])
    words, job, group = context.words, view.job, view.group
    report, state = job.report, job.state
    is_running, is_preview = state in UNFINISHED_STATES, state is ImportJobState.SHOWN
    name = job.name or words.say("File without name")
    page = ImportJobPage(
        title=f"{name} – {group.name}",
        head=header_of_group(context, group, LIBRARY, below=words.say("Import a file")),
        name=name,
        state=_state(job, words),
        is_running=is_running,
        progress=_progress(job),
        progress_label=words.say("Undone") if state is ImportJobState.UNDOING else words.say("Brought in"),
        counts=() if is_running else _counts(report, words, is_preview=is_preview),
        first=report.titles if is_preview else (),
        names=_name_rows(view, context) if is_preview else (),
        accounts=tuple(Link(person.login, "", person.name) for person in view.people.values()) if is_preview else (),
        columns=_column_rows(job, context) if is_preview else (),
        left_out=tuple(_left_out_columns(report)),
        formats=_format_labels(report, words),
        private=_private_sentence(view, words) if is_preview else "",
        private_choices=_private_choices(context) if is_preview else (),
        remarks=() if is_running else remark_lines(report.remarks, len(view.restorable), words),
        more=words.plural("%(count)s more remark", "%(count)s more remarks", report.more) if report.more else "",
        trash=context.addresses.group(group.slug, TRASH),
        may_run=is_preview and report.added + report.updated + report.private > 0,
        may_discard=state not in {ImportJobState.WANTED, ImportJobState.UNDOING},
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
            choose_columns(library, actor, job_id, columns)
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
    words = context.words
    rows = []
    for number, name in enumerate(view.job.report.names):
        field = f"{_NAME}{number}"
        user = view.people.get(name.user_id)
        login = context.typed_value(field, user.login if user else "")[:100]
        known = not login or any(login.strip().casefold() == user.login for user in view.people.values())
        facts = facts_line(
            words.plural("%(count)s item", "%(count)s items", name.items) if name.items else "",
            words.plural("%(count)s text", "%(count)s texts", name.texts) if name.texts else "",
        )
        rows.append(NameRow(field, name.name, facts, login, context.form_error is not None and not known))
    return tuple(rows)


def _column_rows(job: ImportJob, context: RequestContext) -> tuple[ColumnRow, ...]:
    """The fields of a table, each with its column: what was typed, or what was chosen so far."""
    if TABLE_FORMATS.isdisjoint(job.report.formats):
        return ()
    words, chosen = context.words, split_columns(job.format)[1]
    labels = {record.name: words.say(record.label) for record in RECORD_FIELDS} | {
        "tags": words.say("Tags"),
        "added": words.say("Added"),
        "highlight": words.say("Passage"),
        "note": words.say("Note"),
        "folder": words.say("Folder"),
    }
    return tuple(
        ColumnRow(f"{_COLUMN}{field}", labels[field], context.typed_value(f"{_COLUMN}{field}", chosen.get(field, "")))
        for field in COLUMN_FIELDS
    )


def _left_out_columns(report: ImportCounts) -> Iterator[str]:
    """The columns that the remarks of the preview name."""
    for remark in report.remarks:
        if remark.message == COLUMNS_LEFT_OUT:
            yield from str(remark.values.get("columns", "")).split(", ")


def _format_labels(report: ImportCounts, words: Translator) -> str:
    """The formats that were read, in the words of the form."""
    labels = (words.say(IMPORT_FORMATS[name].label) for name in report.formats if name in IMPORT_FORMATS)
    return words.say("Read as: %(formats)s.", formats=", ".join(labels)) if report.formats else ""


def _private_sentence(view: ImportJobView, words: Translator) -> str:
    """How many items of the file are private, if not only the members of the group would read them."""
    number = view.job.report.private
    if not number or view.group.visible is Visibility.MEMBERS:
        return ""
    return words.plural("%(count)s item is private in this file.", "%(count)s items are private in this file.", number)


def _private_choices(context: RequestContext) -> tuple[FormOption, ...]:
    words, chosen = context.words, context.form_value("private") or PrivateRecords.SKIP
    labels = {
        PrivateRecords.SKIP: words.say("Leave them out"),
        PrivateRecords.OWN: words.say("Put them in my own library"),
        PrivateRecords.SHARE: words.say("Import them with the others: the readers of the group read them"),
    }
    return tuple(FormOption(records.value, label, chosen=records == chosen) for records, label in labels.items())


def _progress(job: ImportJob) -> int | None:
    report = job.report
    if job.state is ImportJobState.UNDOING:
        changes = report.added + report.updated
        return min(100, 100 * (report.undone + report.not_undone) // changes) if changes else None
    if job.state is not ImportJobState.WANTED or not job.total:
        return None
    return min(100, 100 * job.done // job.total)


def _state(job: ImportJob, words: Translator) -> str:
    failure = job.report.failure
    reason = words.say(failure.message, **failure.values) if failure else ""
    match job.state:
        case ImportJobState.SENT:
            return words.say("The file is being read.")
        case ImportJobState.SHOWN:
            return words.say("Nothing has been imported yet: this is what would happen.")
        case ImportJobState.WANTED:
            return words.say(
                "Importing: %(done)s of %(total)s.",
                done=words.number(job.done),
                total=words.number(job.total or 0),
            )
        case ImportJobState.DONE:
            if failure:
                return words.say("The undo has stopped: %(why)s", why=reason)
            return words.say("It has been imported.")
        case ImportJobState.UNDOING:
            return words.say(
                "Being undone: %(done)s of %(total)s.",
                done=words.number(job.report.undone + job.report.not_undone),
                total=words.number(job.report.added + job.report.updated),
            )
        case ImportJobState.UNDONE:
            return words.say("The import is undone.")
        case ImportJobState.FAILED:
            return reason or words.say("It could not be read.")


def _counts(report: ImportCounts, words: Translator, *, is_preview: bool) -> tuple[str, ...]:
    if not report.read:
        return ()
    plural, names = words.plural, len(report.names)
    return (
        plural("%(count)s record read", "%(count)s records read", report.read),
        *(
            (
                facts_line(
                    plural("%(count)s passage", "%(count)s passages", report.passages),
                    plural("%(count)s comment", "%(count)s comments", report.comments),
                    plural("%(count)s name", "%(count)s names", names),
                ),
            )
            if is_preview
            else ()
        ),
        plural("%(count)s new item", "%(count)s new items", report.added)
        if is_preview
        else plural("%(count)s item added", "%(count)s items added", report.added),
        plural("%(count)s item to complete", "%(count)s items to complete", report.updated)
        if is_preview
        else plural("%(count)s item completed", "%(count)s items completed", report.updated),
        plural(
            "%(count)s record of a known item, without change",
            "%(count)s records of known items, without change",
            report.unchanged,
        ),
        plural("%(count)s record passed over", "%(count)s records passed over", report.skipped),
        *(
            (
                plural("%(count)s item undone", "%(count)s items undone", report.undone),
                plural("%(count)s item not undone", "%(count)s items not undone", report.not_undone),
            )
            if report.undone or report.not_undone
            else ()
        ),
    )
