"""Read the fields of a form, and check that one of our own pages sent it (CSRF protection)."""

import hmac
from collections.abc import Mapping
from typing import IO
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from kb.errors import Forbidden, Invalid
from kb.web.http.authentication import secret_of_form_token
from kb.web.http.forms.refused_forms import FORM_TOKEN
from kb.web.http.limits.multipart_forms import MULTIPART_TYPE, Upload, parse_multipart
from kb.web.http.request_origin import is_same_origin
from kb.web.http.urls.listing_scope import Pairs

_JSON, _MERGE_PATCH = "application/json", "application/merge-patch+json"
_MOST_FIELDS = 400
LONGEST_NEXT = 12_000
"""Characters of an address to continue at: enough for the parameters of a bookmarklet."""
STALE_FORM = "This form is too old, or came from elsewhere: open its page again, then send it once more."


def parse_form(content_type: str, body: IO[bytes], files: IO[bytes]) -> tuple[Pairs, tuple[Upload, ...]]:
    """The fields and the uploads of a form, as its page sends it. Raises Invalid for an invalid form.

    The content of the uploads is written to `files`, which must stay open as long as they are read.
    """
    if not content_type.lower().startswith(MULTIPART_TYPE):
        return parse_form_fields(body.read()), ()
    fields, uploads = parse_multipart(content_type, body, files)
    return tuple((name, value.replace("\r\n", "\n")) for name, value in fields), uploads


def parse_form_fields(body: bytes) -> Pairs:
    """The fields of a form. Raises Invalid for an invalid form.

    Browsers send other characters than ASCII as `%` and digits, `curl -d` as they are.
    """
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Invalid("The request is not a form of this site.") from None
    # Browsers send the line ends of a text as CR LF, however they were typed.
    return tuple((name, value.replace("\r\n", "\n")) for name, value in pairs)


def require_same_origin(headers: Mapping[str, str]) -> None:
    """Raise Forbidden if the browser says that another site sent a form (Fetch Metadata, or `Origin`)."""
    if not is_same_origin(headers):
        raise Forbidden(STALE_FORM)


def is_own_form(fields: Pairs, form_secret: bytes) -> bool:
    """Whether a form has the secret of this browser's pages; checked in any case, whatever the browser's headers
    say.
    """
    sent = next((value for name, value in fields if name == FORM_TOKEN), "")
    return hmac.compare_digest(secret_of_form_token(sent), form_secret)


def require_json(headers: Mapping[str, str], *, merging: bool = False) -> None:
    """Raise HTTPException (415) unless the body is declared as JSON, which a form of another site cannot do.

    `merging`: it may also be declared as a JSON Merge Patch (RFC 7396), which is how it is read in any case.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _JSON and not (merging and media_type == _MERGE_PATCH):
        raise HTTPException(
            415, headers={"Accept-Patch": f"{_MERGE_PATCH}, {_JSON}"} if merging else {"Accept-Post": _JSON}
        )


def redirect_with_flash(address: str, done: str = "", undo: str = "") -> Response:
    """The redirect after an action; `done` is its message, a key of `kb.web.ui.flash`.

    `undo` is the id of removed content, which the page offers to restore.
    """
    if done:
        path, _, anchor = address.partition("#")
        more = f"done={done}" + (f"&undo={undo}" if undo else "")
        address = f"{path}{'&' if '?' in path else '?'}{more}" + (f"#{anchor}" if anchor else "")
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


def without_flash(address: str) -> str:
    """The address of a page without its flash message."""
    path, _, query = address.partition("?")
    params = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in {"done", "undo"}]
    return f"{path}?{urlencode(params)}" if params else path


def safe_next(address: str) -> str:
    r"""A path of this site to continue at; the home page for any other address.

    A browser reads `//host`, `/\host` and addresses with a hidden line end or tab as addresses of other hosts.
    """
    good = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if good and "\\" not in address and len(address) < LONGEST_NEXT else "/"
