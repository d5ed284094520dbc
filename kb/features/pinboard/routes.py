"""The routes of Pinboard's API, where everything is a GET, also what writes; `/pinboard/v1/user/…` and `/notes/…`."""

from functools import partial
from pathlib import Path

from starlette.responses import JSONResponse, Response

from kb.errors import NotFound, translatable
from kb.features.pinboard import answers, posts, tags
from kb.web.clients.client_routes import chosen_group, client_routes
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, HelpSection, RequestContext


def get_api_token(context: RequestContext) -> Response:
    """The token that the program has shown: programs ask for it after a login with Basic."""
    chosen_group(context)
    return answers.result(context, context.credentials.token or "")


def get_secret(context: RequestContext) -> Response:
    """No secret: each private feed has a key of its own here, which its user makes."""
    chosen_group(context)
    raise NotFound("Private feeds have keys of their own: make one on the page “Private feeds” of your account.")


def list_notes(context: RequestContext) -> Response:
    """No notes: notes belong to items here."""
    chosen_group(context)
    if answers.is_json(context):
        return JSONResponse({"count": 0, "notes": []})
    return answers.xml_response(answers.element("notes", {"count": "0"}))


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
    *_read("/v1/user/api_token", get_api_token),
    *_read("/v1/user/secret", get_secret),
    *_read("/v1/notes/list", list_notes),
)


def _error(status: int, reason: str, form: str) -> Response:
    if form == "json":
        return JSONResponse({"result_code": reason}, status)
    response = answers.xml_response(answers.element("result", {"code": reason}))
    response.status_code = status
    return response


WEB = FeatureWeb(
    translatable("programs made for Pinboard"),
    routes=_ROUTES,
    client=ClientProtocol(("/pinboard/",), TokenScheme.PARAMETER, _error),
    help=HelpSection("garder", Path(__file__).parent),
)
