"""A picture of the saved copy of a page, for the reading view: of a format that runs nothing."""

import re

from starlette.responses import Response

from kb.errors import NotFound
from kb.model.web_pages.copy_pictures import picture_in_copy
from kb.services.captures.page_capture import copy_content, page_copy
from kb.web.http.context import RequestContext
from kb.web.http.files.file_downloads import SANDBOX

_NAME = re.compile(r"[0-9a-f]{16}")


def copy_picture(context: RequestContext) -> Response:
    """The picture. Raises NotFound, with the same message for an item that the actor may not read."""
    copy, name = page_copy(context.library, context.actor, context.path_params["id"]), context.path_params["name"]
    if not _NAME.fullmatch(name):
        raise NotFound("This copy has no such picture.")
    headers = {
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": SANDBOX,
        # A name is a hash of the content.
        "ETag": f'"{name}"',
        "X-Robots-Tag": "noindex",
    }
    if context.conditions.holds(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    document = copy_content(context.library, copy, compressed=False).decode("utf-8", "replace")
    picture = picture_in_copy(document, name)
    if picture is None:
        raise NotFound("This copy has no such picture.")
    return Response(picture.content, media_type=picture.media_type, headers=headers)
