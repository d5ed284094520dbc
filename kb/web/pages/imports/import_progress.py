"""The state of an import, its counts and formats, in words."""

from collections.abc import Iterator

from kb.formats.csv_table.column_mapping import COLUMNS_LEFT_OUT
from kb.formats.import_formats import AUTO, IMPORT_FORMATS
from kb.model.items.import_job import ImportCounts, ImportJob, ImportJobState
from kb.translation import Translator
from kb.web.ui.form_options import FormOption


def left_out_columns(report: ImportCounts) -> Iterator[str]:
    """The columns that the remarks of the preview name."""
    for remark in report.remarks:
        if remark.message == COLUMNS_LEFT_OUT:
            yield from str(remark.values.get("columns", "")).split(", ")


def format_options(chosen: str, translator: Translator) -> tuple[FormOption, ...]:
    """The kinds of file to choose from."""
    labels = {AUTO: translator.gettext("Recognized by its content")} | {
        name: translator.gettext(import_format.label) for name, import_format in IMPORT_FORMATS.items()
    }
    return tuple(FormOption(name, label, chosen=name == chosen) for name, label in labels.items())


def format_labels(report: ImportCounts, translator: Translator) -> str:
    """The formats that were read, in the words of the form."""
    labels = (translator.gettext(IMPORT_FORMATS[name].label) for name in report.formats if name in IMPORT_FORMATS)
    return translator.gettext("Read as: %(formats)s.", formats=", ".join(labels)) if report.formats else ""


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


def count_phrases(report: ImportCounts, translator: Translator, *, is_preview: bool) -> tuple[str, ...]:
    if not report.read:
        return ()
    ngettext, names = translator.ngettext, len(report.names)
    return (
        ngettext("%(count)s record read", "%(count)s records read", report.read),
        *(
            (
                ngettext("%(count)s passage", "%(count)s passages", report.passages),
                ngettext("%(count)s comment", "%(count)s comments", report.comments),
                ngettext("%(count)s name", "%(count)s names", names),
            )
            if is_preview
            else ()
        ),
        ngettext("%(count)s new item", "%(count)s new items", report.added)
        if is_preview
        else ngettext("%(count)s item added", "%(count)s items added", report.added),
        *(
            (
                ngettext(
                    "%(count)s item has no date of addition: neither the newest items nor the report of activity"
                    " counts it.",
                    "%(count)s items have no date of addition: neither the newest items nor the report of activity"
                    " counts them.",
                    report.undated,
                ),
            )
            if report.undated
            else ()
        ),
        ngettext("%(count)s item to complete", "%(count)s items to complete", report.updated)
        if is_preview
        else ngettext("%(count)s item completed", "%(count)s items completed", report.updated),
        ngettext(
            "%(count)s record of a known item, without change",
            "%(count)s records of known items, without change",
            report.unchanged,
        ),
        ngettext("%(count)s record passed over", "%(count)s records passed over", report.skipped),
        *(
            (
                ngettext("%(count)s item undone", "%(count)s items undone", report.undone),
                ngettext("%(count)s item not undone", "%(count)s items not undone", report.not_undone),
            )
            if report.undone or report.not_undone
            else ()
        ),
    )
