"""The files of Hypothesis' client, as they were published (`scripts/fetch-hypothesis-client`): scripts, styles, fonts.

Pages of other sites load them, and documents of no origin: without cookies, and for everybody the same.
"""

import mimetypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.responses import FileResponse, Response

from kb.errors import NotFound
from kb.features.hypothesis.settings import HypothesisSettings
from kb.settings.values import ON
from kb.web.http.context import RequestContext
from kb.web.http.files.static_files import IMMUTABLE

CLIENT = "/hypothesis/client"
_FOLDER = Path(__file__).parent / "client"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
_FOR_OTHERS: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def offers_client(context: RequestContext) -> bool:
    """Whether the site offers the client."""
    return context.library.settings.of(HypothesisSettings).hypothesis == ON


def require_client(context: RequestContext) -> None:
    """Raise NotFound unless the site offers the client."""
    if not offers_client(context):
        raise NotFound("There is nothing at this address.")


def client_file(context: RequestContext) -> Response:
    """One file of the client. The client adds a hash to the addresses of its files, except to that of `boot.js`."""
    require_client(context)
    path = context.path_params["path"]
    if path not in _shipped_files():
        raise NotFound("There is nothing at this address.")
    media_type = _TYPES.get(Path(path).suffix) or mimetypes.types_map.get(Path(path).suffix, "text/plain")
    caching = IMMUTABLE if context.params else "no-cache"
    headers = {**_FOR_OTHERS, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    return FileResponse(_FOLDER / path, media_type=media_type, headers=headers)


@cache
def _shipped_files() -> frozenset[str]:
    return frozenset(path.relative_to(_FOLDER).as_posix() for path in _FOLDER.rglob("*") if path.is_file())
