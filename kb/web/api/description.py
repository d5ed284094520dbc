"""`GET /api/v1/openapi.json`: the machine-readable description of the API."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.responses import Response

from kb import __version__
from kb.web.api.parameters import parse_search_request
from kb.web.api.responses import json_response
from kb.web.http.context import RequestContext


@cache
def openapi_description() -> dict[str, Any]:
    """The description (OpenAPI 3.1), with the version of this program."""
    text = files("kb.web.api").joinpath("openapi.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    document["info"]["version"] = __version__
    return document


def get_openapi(context: RequestContext) -> Response:
    """The API description."""
    parse_search_request(context.params)
    return json_response(context, openapi_description())
