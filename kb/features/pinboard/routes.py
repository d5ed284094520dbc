"""The routes of Pinboard's API: everything is a GET, also what writes."""

from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

from starlette.responses import JSONResponse, Response

from kb.errors import translatable
from kb.features.pinboard import account, posts, tags
from kb.feeds.xml_writing import xml_document
from kb.model.storable_text import xml_safe_text
from kb.web.clients.client_routes import client_routes
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, HelpSection

_read = partial(client_routes, "/pinboard")
_write = partial(client_routes, "/pinboard", read_writes=True)

_ROUTES = (
    *_read("/v1/posts/update", posts.get_update),
    *_write("/v1/posts/add", posts.add_post),
    *_write("/v1/posts/delete", posts.delete_post),
    *_read("/v1/posts/get", posts.get_posts),
    *_read("/v1/posts/recent", posts.get_recent),
    *_read("/v1/posts/all", posts.get_all),
    *_read("/v1/posts/dates", posts.get_dates),
    *_read("/v1/posts/suggest", posts.suggest_tags),
    *_read("/v1/tags/get", tags.get_tags),
    *_write("/v1/tags/delete", tags.delete_tag),
    *_write("/v1/tags/rename", tags.rename_tag),
    *_read("/v1/user/api_token", account.get_api_token),
    *_read("/v1/user/secret", account.get_secret),
    *_read("/v1/notes/list", account.list_notes),
)


def _error(status: int, reason: str, form: str) -> Response:
    if form == "json":
        return JSONResponse({"result_code": reason}, status)
    document = xml_document(ET.Element("result", {"code": xml_safe_text(reason)}))
    return Response(document, status, {"Content-Type": "text/xml; charset=utf-8"})


PINBOARD_WEB = FeatureWeb(
    "pinboard",
    translatable("programs made for Pinboard"),
    routes=_ROUTES,
    client=ClientProtocol(("/pinboard/",), TokenScheme.PARAMETER, _error),
    help=HelpSection("garder", Path(__file__).parent),
)
