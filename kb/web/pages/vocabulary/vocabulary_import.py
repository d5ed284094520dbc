"""Import a thesaurus (SKOS) into a group's vocabulary: upload a file, see the preview, confirm."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from zlib import compress, decompressobj
from zlib import error as ZlibError  # noqa: N812 - it is a class

from starlette.responses import Response

from kb.errors import Invalid
from kb.formats.skos.reader import SkosFile
from kb.formats.skos.sandbox import LARGEST_UPLOADED_SKOS, read_skos_in_subprocess
from kb.model.items.import_draft import RecordWarning
from kb.model.people.group import Group
from kb.services.vocabulary.concepts import VocabularyChangedMeanwhile, editable_vocabulary
from kb.services.vocabulary.vocabularies import (
    VocabularyImportPreview,
    VocabularyReport,
    import_vocabulary,
    preview_import,
)
from kb.translation import Translator
from kb.web.http.context import FormError, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.group_header import VOCABULARY, GroupHeader, header_of_group
from kb.web.ui.rendering import render

LARGEST_VOCABULARY_FORM = 12 << 20
"""Bytes: slightly more than the limit of a file, so that a file over the limit gets a clear message."""
MOST_SHOWN_WARNINGS = 100
ADDED, INSTEAD = "added", "instead"


@dataclass(frozen=True, slots=True)
class VocabularyImportPage:
    """The upload form; `limit` is in MB."""

    head: GroupHeader
    limit: int


@dataclass(frozen=True, slots=True)
class VocabularyPreviewPage:
    """The effect of a file. `packed` is the file itself, which is stored nowhere else, `copy` the present vocabulary.

    `ways` are two choices, unless there is no vocabulary yet: then `only` is the one.
    """

    head: GroupHeader
    name: str
    packed: str
    version: str
    read: str
    ways: tuple[FormOption, ...]
    only: str
    warnings: tuple[str, ...]
    more: str
    copy: str


def vocabulary_import_page(context: RequestContext) -> Response:
    """The upload form, for a user who may change the vocabulary."""
    title = context.translator.gettext("Import a thesaurus")
    head = header_of_group(context, _group_of_path(context), VOCABULARY, below=title)
    page = VocabularyImportPage(head, LARGEST_UPLOADED_SKOS // 10**6)
    return render(context, "vocabulary/vocabulary_import.html", page)


@handle_form(vocabulary_import_page)
def handle_vocabulary_import_post(context: RequestContext) -> Response:
    """Show the effect of a file; or import it, if the vocabulary is still as it was shown."""
    # Check the right first: files of other users are not read.
    group = _group_of_path(context)
    if context.form_value("act") == "apply":
        return _apply(context, group)
    sent = context.file("file")
    content = sent.content if sent else b""
    if sent is None or not content or content.isspace():
        raise Invalid("Choose a file that is not empty.")
    return _preview(context, group, content, sent.name)


def _group_of_path(context: RequestContext) -> Group:
    return editable_vocabulary(context.library, context.actor, context.path_params["group"]).group


def _apply(context: RequestContext, group: Group) -> Response:
    data, instead = _unpack_file(context.form_value("packed")), context.form_value("way") == INSTEAD
    file, version = _read(context, data), context.form_value("version")
    try:
        import_vocabulary(context.library, context.actor, group.slug, file, instead=instead, version=version)
    except VocabularyChangedMeanwhile as error:
        shown_again = replace(context, form_error=FormError(error, 409))
        return _preview(shown_again, group, data, context.form_value("name"))
    return redirect_with_flash(context.addresses.group(group.slug, VOCABULARY), "vocabulary-imported")


def _preview(context: RequestContext, group: Group, data: bytes, name: str) -> Response:
    translator = context.translator
    preview = preview_import(context.library, context.actor, group.slug, _read(context, data))
    report = preview.added or preview.instead
    remaining = len(report.warnings) - MOST_SHOWN_WARNINGS
    page = VocabularyPreviewPage(
        head=header_of_group(context, group, VOCABULARY, below=translator.gettext("What this file would do")),
        name=name[:200],
        packed=urlsafe_b64encode(compress(data)).decode(),
        version=preview.version,
        read=translator.ngettext("%(count)s concept read", "%(count)s concepts read", report.read),
        ways=_ways(preview, translator) if preview.concepts else (),
        only=_counts(report, translator),
        warnings=tuple(_warning(warning, translator) for warning in report.warnings[:MOST_SHOWN_WARNINGS]),
        more=translator.ngettext("%(count)s more remark", "%(count)s more remarks", remaining) if remaining > 0 else "",
        copy=f"{ListingScope(group.slug).path}/{VOCABULARY}.ttl" if preview.concepts else "",
    )
    return render(context, "vocabulary/vocabulary_import_preview.html", page)


def _read(context: RequestContext, data: bytes) -> SkosFile:
    """Read a file, one per user at a time. Raises as `read_skos_in_subprocess` does."""
    return read_skos_in_subprocess(data, context.actor.user_id or "")


def _ways(preview: VocabularyImportPreview, translator: Translator) -> tuple[FormOption, ...]:
    """Adding comes first, unless the two together would be too large."""
    instead = FormOption(
        INSTEAD,
        translator.gettext("Replace the vocabulary with it"),
        _counts(preview.instead, translator),
        preview.added is None,
    )
    if preview.added is None:
        return (instead,)
    return (
        FormOption(
            ADDED, translator.gettext("Add it to the vocabulary"), _counts(preview.added, translator), selected=True
        ),
        instead,
    )


def _counts(report: VocabularyReport, translator: Translator) -> str:
    return ", ".join(
        (
            translator.ngettext("%(count)s new", "%(count)s new", report.added),
            translator.ngettext("%(count)s changed", "%(count)s changed", report.updated),
            translator.ngettext("%(count)s unchanged", "%(count)s unchanged", report.unchanged),
            translator.ngettext("%(count)s removed", "%(count)s removed", report.removed),
        )
    )


def _warning(warning: RecordWarning, translator: Translator) -> str:
    why = translator.gettext(warning.message, **warning.values)
    return f"{warning.item}{translator.gettext(':')} {why}" if warning.item else why


def _unpack_file(text: str) -> bytes:
    """The file in a page's hidden field. Raises Invalid for anything else, and if it unpacks to more than the limit."""
    reader = decompressobj()
    try:
        data = reader.decompress(urlsafe_b64decode(text.encode()), LARGEST_UPLOADED_SKOS + 1)
    except (ValueError, ZlibError):
        raise Invalid("The request is not a form of this site.") from None
    if not reader.eof:
        raise Invalid("The request is not a form of this site.")
    return data
