"""The page on which users download their personal data."""

from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from starlette.responses import Response, StreamingResponse

from kb.services.accounts.personal_data_export import (
    PersonalDataCounts,
    count_download,
    personal_data_counts,
    write_own_personal_data,
)
from kb.web.http.context import RequestContext
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import DATA, AccountHeader, account_header, require_browser
from kb.web.ui.rendering import render

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class PersonalDataPage:
    head: AccountHeader
    counts: PersonalDataCounts


def personal_data_page(context: RequestContext) -> Response:
    """The contents of the export. Raises LoginNeeded, Forbidden for a program."""
    require_browser(context)
    page = PersonalDataPage(account_header(context, DATA), personal_data_counts(context.library, context.actor))
    return with_secret_headers(render(context, "accounts/personal_data_export.html", page))


def handle_personal_data_post(context: RequestContext) -> Response:
    """The export file. It is written completely first, so that a slow download does not keep the database snapshot
    open.
    """
    require_browser(context)
    count_download(context.library, context.actor)
    file = TemporaryFile()  # noqa: SIM115 - it is read, and closed, once this is done
    try:
        write_own_personal_data(context.library, context.actor, file)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {
        "Content-Disposition": f'attachment; filename="florilege-{context.actor.login}.zip"',
        "Content-Length": str(size),
    }
    return with_secret_headers(StreamingResponse(_chunks(file), media_type="application/zip", headers=headers))


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
