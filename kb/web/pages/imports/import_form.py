"""The form that uploads a file to import, or takes a pasted text."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid
from kb.formats.import_formats import AUTO, IMPORT_FORMATS
from kb.services.groups.group_views import require_group_permission
from kb.services.imports.import_jobs import LARGEST_FILE, create_import_job, own_import_jobs
from kb.services.imports.import_quotas import ImportQuota
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.imports.import_status_text import format_options, state_sentence
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, whole_readers_sentence
from kb.web.ui.group_header import LIBRARY, GroupHeader, header_of_group
from kb.web.ui.rendering import render

_LONGEST_PASTED = 500_000
"""Characters of a pasted text."""
LARGEST_IMPORT_FORM = LARGEST_FILE + (1 << 20)
"""Bytes: slightly more than the limit of a file, so that a file over the limit gets a clear message."""


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The upload form, and the user's files; `limit` is in MB.

    `accepted` are the suffixes and media types of files. `quota` is what the user may still upload and import.
    """

    head: GroupHeader
    readers: str
    accepted: str
    formats: tuple[FormOption, ...]
    sent: tuple[Link, ...]
    quota: ImportQuota
    limit: ClassVar[int] = LARGEST_FILE // 10**6
    longest_pasted: ClassVar[int] = _LONGEST_PASTED


def check_importer(context: RequestContext) -> None:
    """Raise NotFound, LoginNeeded or Forbidden unless the user may import files into the group of the address."""
    require_group_permission(context.library, context.actor, Action.IMPORT, context.path_params["group"])


def import_page(context: RequestContext) -> Response:
    """The upload form."""
    translator = context.translator
    files = own_import_jobs(context.library, context.actor, context.path_params["group"])
    page = ImportPage(
        head=header_of_group(context, files.group, LIBRARY, below=translator.gettext("Import a file")),
        readers=whole_readers_sentence(files.group, translator),
        accepted=",".join(kind for import_format in IMPORT_FORMATS.values() for kind in import_format.file_types),
        formats=format_options(context.form_value("format") or AUTO, translator),
        sent=tuple(
            Link(
                job.name or translator.gettext("File without name"),
                context.addresses.import_job(job.id),
                state_sentence(job, translator),
            )
            for job in files.files
        ),
        quota=files.quota,
    )
    return render(context, "imports/import_form.html", page)


@handle_form(import_page)
def handle_import_post(context: RequestContext) -> Response:
    """Store the file, and redirect to its preview."""
    sent, pasted = context.file("file"), context.form_value("pasted")
    if len(pasted) > _LONGEST_PASTED:
        raise Invalid("At most %(limit)s characters are pasted here: send a file.", limit=_LONGEST_PASTED)
    if not sent and not pasted.strip():
        raise Invalid("Choose a file or paste a page.")
    job = create_import_job(
        context.library,
        context.actor,
        context.path_params["group"],
        sent.name if sent else context.translator.gettext("Pasted text"),
        sent.chunks() if sent else pasted.encode(errors="replace"),
        form=context.form_value("format") or AUTO,
        own_names=context.form_value("mine"),
    )
    return redirect_with_flash(context.addresses.import_job(job.id))
