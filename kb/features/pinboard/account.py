"""`/pinboard/v1/user/…` and `/pinboard/v1/notes/…`."""

from starlette.responses import JSONResponse, Response

from kb.errors import NotFound
from kb.features.pinboard import answers
from kb.web.clients.client_routes import chosen_group
from kb.web.http.context import RequestContext


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
