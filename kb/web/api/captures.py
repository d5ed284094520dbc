"""`POST /api/v1/capture`: a page as its reader saw it, as SingleFile sends it ("upload to a REST Form API")."""

from io import BytesIO

from starlette.datastructures import Headers
from starlette.responses import Response

from kb.errors import Invalid, LoginNeeded, UnsupportedContent
from kb.files.file_store import content_key
from kb.model.items.item_fields import ItemFields, parse_tags
from kb.model.storable_text import is_storable
from kb.services.authentication.authentication import count_form_post
from kb.services.captures.page_capture import LARGEST_CAPTURE, read_page, save_page
from kb.services.core.library import Library
from kb.services.files.file_upload import FileAlreadyHere, SentFile, upload_file
from kb.services.files.item_file_access import item_with_files
from kb.services.items.item_creation import AlreadySaved, save_target
from kb.web.api.json_types.answers import WholeItem
from kb.web.api.json_types.requests import NewCapture
from kb.web.api.operations import called_operation
from kb.web.api.responses import written_response
from kb.web.http.authentication import actor_of
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import parse_form
from kb.web.http.limits.multipart_forms import LONGEST_FIELDS, MULTIPART_TYPE, Upload
from kb.web.http.limits.request_bodies import spooled_file
from kb.web.http.writes.idempotent_write import ProgramRequest, run_idempotent_write

LARGEST_CAPTURE_FORM = LARGEST_CAPTURE + LONGEST_FIELDS
_HEAD = 1024
"""Bytes in which a PDF says that it is one."""
_FILE, _TAGS = "file", "tags"
_TEXTS = ("url", "group", "title", "description")


@called_operation(
    "POST /capture",
    "capturePage",
    WholeItem,
    tag="items",
    sent=NewCapture,
    sent_as=MULTIPART_TYPE,
    largest_body=LARGEST_CAPTURE_FORM,
    versioned=True,
    created="Item-Location",
    others={409: "Conflict", 415: "UnsupportedFile"},
)
def post_capture(context: RequestContext, headers: Headers) -> Response:
    """Keep a page as the copy of its item: 201 for a new item, 200 for one that the group has.

    The page is read before the transaction, because that takes seconds.
    """
    library, actor = context.library, context.actor
    if context.credentials.token is None:
        raise LoginNeeded("A program logs in here with a token, in its “Authorization” header.")
    count_form_post(library, actor, context.client)
    if not headers.get("content-type", "").lower().startswith(MULTIPART_TYPE):
        raise UnsupportedContent("A form with a file was expected: multipart/form-data.")
    with spooled_file(library.settings.data) as files:
        sent, uploads = parse_form(headers["content-type"], BytesIO(context.body), files)
        texts = _texts_of(sent)
        upload = _only_file(uploads)
        slug = save_target(library, actor, texts["group"])
        fields = ItemFields(
            url=texts["url"],
            title=texts["title"],
            description=texts["description"],
            tags=tuple(tag for name, value in sent if name == _TAGS for tag in parse_tags(value)),
        )
        if upload.content[:_HEAD].lstrip().startswith(b"%PDF-"):
            return _pdf_response(context, slug, fields, upload)
        page = read_page(library, actor, slug, fields, upload.content)

    def save(within: Library) -> Response:
        # The rights and the token may have ended while the page was read.
        now = actor_of(within, context.credentials)
        saved = save_page(within, now, slug, fields, page)
        response = written_response(context, item_with_files(within, now, saved.item_id), new=True)
        response.status_code = 201 if saved.is_new else 200
        return response

    keys = headers.getlist("idempotency-key")
    identified = ProgramRequest(
        context.method, context.path, (*context.params, *sent), content_key(page.content).encode(), keys
    )
    return run_idempotent_write(library, actor, identified, save)


def _pdf_response(context: RequestContext, slug: str, fields: ItemFields, upload: Upload) -> Response:
    """Keep a PDF as the file of its item; an item that has the address or the file stays as it is."""
    try:
        sent = SentFile(upload.name, upload.chunks())
        item_id, status = upload_file(context.library, context.actor, slug, sent, fields).item.id, 201
    except (AlreadySaved, FileAlreadyHere) as known:
        item_id, status = known.item_id, 200
    response = written_response(context, item_with_files(context.library, context.actor, item_id), new=True)
    response.status_code = status
    return response


def _texts_of(sent: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The fields with one value. Raises Invalid for an unknown name, a text that cannot be stored, and no address."""
    for name, value in sent:
        if name not in {*_TEXTS, _TAGS}:
            known = ", ".join((_FILE, *_TEXTS, _TAGS))
            raise Invalid("“%(name)s” is not known here; what can be sent: %(known)s.", name=name[:40], known=known)
        if not is_storable(value):
            raise Invalid("The request is not a form of this site.")
    texts = {name: next((value for field_name, value in sent if field_name == name), "") for name in _TEXTS}
    if not texts["url"].strip():
        raise Invalid("“%(name)s” is missing.", name="url")
    return texts


def _only_file(uploads: tuple[Upload, ...]) -> Upload:
    if len(uploads) != 1 or uploads[0].field != _FILE or not uploads[0].size:
        raise Invalid("“%(name)s” is missing.", name=_FILE)
    if uploads[0].size > LARGEST_CAPTURE:
        raise Invalid("A page has at most %(limit)s MB.", limit=LARGEST_CAPTURE // 10**6)
    return uploads[0]
