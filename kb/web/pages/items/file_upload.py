"""Upload a file: the form, on a page of its own and on the page that saves an address, and what it does."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound
from kb.model.ids import new_id
from kb.model.items.item_fields import ItemFields, parse_tags
from kb.model.items.item_file import FileKind
from kb.model.people.group import Group
from kb.services.captures.page_upload import read_page_or_file
from kb.services.files.file_quotas import MEGABYTE, quota_of_group
from kb.services.files.file_upload import FileAlreadyHere, SentFile
from kb.services.groups.membership import require_signed_in
from kb.services.items.item_creation import SavedItem, writable_group, writable_groups
from kb.web.http.authentication import with_last_group_cookie
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.limits.multipart_forms import Upload
from kb.web.ui.file_sizes import file_size, files_sentence
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, writable_group_options
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class FileForm:
    """The form that uploads a file. `address` is the page with this form alone; `accepted` are suffixes and media
    types, `size` says how large it may be, `used` what the files of the selected group take; `once` identifies copies
    of the same form.
    """

    address: str
    accepted: str
    size: str
    used: str
    groups: tuple[FormOption, ...]
    once: str


@dataclass(frozen=True, slots=True)
class FileUploadPage:
    """The page with the form. `existing` is the id of the item that has this very file, if there is one."""

    form: FileForm
    existing: str


def file_form(context: RequestContext, groups: Sequence[Group], selected: Group | None) -> FileForm:
    """The form, for the groups in which the user may save."""
    translator = context.translator
    quota = quota_of_group(context.library, context.actor, selected.slug) if selected else None
    return FileForm(
        address=context.addresses.own("keep/file", (("group", selected.slug),) if selected else ()),
        accepted=",".join(text for kind in FileKind for text in (kind.suffix, kind.media_type)),
        size=file_size(context.library.settings.file_size * MEGABYTE, translator),
        used=files_sentence(quota, translator) if quota else "",
        groups=writable_group_options(groups, selected, translator),
        once=context.typed_value("once")[:64] or new_id(),
    )


def group_to_save_in(context: RequestContext, groups: Sequence[Group], slug: str) -> Group | None:
    """The group with this slug, otherwise the last one used, otherwise none but the only one: who reads it matters."""
    by_slug = {group.slug: group for group in groups}
    only = groups[0] if len(groups) == 1 else None
    return by_slug.get(slug) or by_slug.get(context.credentials.group) or only


def check_uploader(context: RequestContext) -> None:
    """Raise LoginNeeded unless a user is logged in: then no large body is read."""
    require_signed_in(context.actor)


def file_upload_page(context: RequestContext) -> Response:
    """The form. Raises LoginNeeded."""
    require_signed_in(context.actor)
    groups = writable_groups(context.library, context.actor)
    selected = group_to_save_in(context, groups, context.typed_value("group") or context.param("group"))
    error = context.form_error.error if context.form_error else None
    existing = error.item_id if isinstance(error, FileAlreadyHere) else ""
    page = FileUploadPage(file_form(context, groups, selected), existing)
    response = render(context, "items/file_upload.html", page)
    response.headers["Cache-Control"] = "no-store"
    return response


@handle_form(file_upload_page, {Forbidden: 403, NotFound: 404})
def handle_file_upload_post(context: RequestContext) -> Response:
    """Save the file as an item of a group."""
    require_signed_in(context.actor)
    slug, sent = context.form_value("group"), context.file("file")
    if not slug:
        raise Invalid("Choose the group to save the file in.")
    # The right comes first: what is wrong with the form says nothing of the group.
    writable_group(context.library, context.actor, slug)
    if sent is None:
        raise Invalid("Choose a file that is not empty.")
    fields = ItemFields(title=context.form_value("title"), tags=parse_tags(context.form_value("tags")))
    saved = _save(context, slug, sent, fields)
    response = redirect_with_flash(context.addresses.item(saved.item.id), "file-kept", saved.undo or "")
    return with_last_group_cookie(response, slug, context.library.settings)


def _save(context: RequestContext, slug: str, sent: Upload, fields: ItemFields) -> SavedItem:
    library, actor, once = context.library, context.actor, context.form_value("once")[:64]
    file = SentFile(sent.name, sent.chunks())
    with read_page_or_file(library, actor, slug, file, fields, head=sent.head, size=sent.size, once=once) as save:
        return save(library, actor)
