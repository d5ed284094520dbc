"""The routes of Pinboard's API, where everything is a GET, also what writes; `/pinboard/v1/user/…` and `/notes/…`."""

from functools import partial
from pathlib import Path

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound, translatable
from kb.features.pinboard import answers, posts
from kb.services.clients.tag_names import one_word_tag, tags_from_words
from kb.services.tags.tag_edit import delete_tags, rename_tags
from kb.services.tags.tags import tag_counts
from kb.web.clients.client_routes import client_routes, selected_group, selected_library
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, HelpSection, RequestContext


def get_tags(context: RequestContext) -> Response:
    """All tags with their numbers of items."""
    counts = {
        one_word_tag(tag_count.label): tag_count.count
        for tag_count in tag_counts(context.library, context.actor, selected_library(context))
    }
    return answers.tags_response(context, counts)


def delete_tag(context: RequestContext) -> Response:
    """Remove a tag from all items of the library."""
    delete_tags(context.library, context.actor, selected_library(context), (_tag(context, "tag"),))
    return answers.result(context, answers.DONE)


def rename_tag(context: RequestContext) -> Response:
    """Rename a tag on all items of the library."""
    new = context.param("new").strip()
    rename_tags(context.library, context.actor, selected_library(context), (_tag(context, "old"),), new)
    return answers.result(context, answers.DONE)


def _tag(context: RequestContext, name: str) -> str:
    word = context.param(name).strip()
    if not word:
        raise Invalid("“%(name)s” is missing.", name=name)
    return tags_from_words(context.library, context.actor, selected_library(context), (word,))[0]


def get_api_token(context: RequestContext) -> Response:
    """The token that the program has shown: programs ask for it after a login with Basic."""
    selected_group(context)
    return answers.result(context, context.credentials.token or "")


def get_secret(context: RequestContext) -> Response:
    """No secret: each private feed has a key of its own here, which its user makes."""
    selected_group(context)
    raise NotFound("Private feeds have keys of their own: make one on the page “Private feeds” of your account.")


def list_notes(context: RequestContext) -> Response:
    """No notes: notes belong to items here."""
    selected_group(context)
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
    *_read("/v1/tags/get", get_tags),
    *_write("/v1/tags/delete", delete_tag),
    *_write("/v1/tags/rename", rename_tag),
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
