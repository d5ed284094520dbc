"""The state of an import, its counts and formats, in words."""

from kb.formats.import_formats import AUTO, IMPORT_FORMATS
from kb.model.items.import_job import ImportJob, ImportJobState
from kb.translation import Translator
from kb.web.ui.form_options import FormOption


def format_options(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    """The kinds of file to choose from."""
    labels = {AUTO: translator.gettext("Recognized by its content")} | {
        name: translator.gettext(import_format.label) for name, import_format in IMPORT_FORMATS.items()
    }
    return tuple(FormOption(name, label, selected=name == selected) for name, label in labels.items())


def percent_done(job: ImportJob) -> int | None:
    report = job.report
    if job.state is ImportJobState.UNDOING:
        changes = report.added + report.updated
        return min(100, 100 * (report.undone + report.not_undone) // changes) if changes else None
    if job.state is not ImportJobState.WANTED or not job.total:
        return None
    return min(100, 100 * job.done // job.total)


def state_sentence(job: ImportJob, translator: Translator) -> str:
    _ = translator.gettext
    failure = job.report.failure
    reason = _(failure.message, **failure.values) if failure else ""
    match job.state:
        case ImportJobState.SENT:
            return reason or _("The file is being read.")
        case ImportJobState.SHOWN:
            if failure or not job.report.read:
                return reason or _("No item was found in this file.")
            return _("Nothing has been imported yet: this is what would happen.")
        case ImportJobState.WANTED:
            return reason or _(
                "Importing: %(done)s of %(total)s.",
                done=translator.number(job.done),
                total=translator.number(job.total or 0),
            )
        case ImportJobState.DONE:
            if failure:
                return _("The undo has stopped: %(why)s", why=reason)
            return _("It has been imported.")
        case ImportJobState.UNDOING:
            return _(
                "Being undone: %(done)s of %(total)s.",
                done=translator.number(job.report.undone + job.report.not_undone),
                total=translator.number(job.report.added + job.report.updated),
            )
        case ImportJobState.UNDONE:
            return _("The import is undone.")
        case ImportJobState.FAILED:
            return reason or _("It could not be read.")
