"""The operations of the API: `operation` declares a handler as one.

Its route and its part of the API description follow from the declaration; its words are in `openapi_texts.json`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kb.web.api.parameters import check_parameters
from kb.web.http.context import Call, Handler, RequestContext


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of an address. `path` is without `/api/v1`.

    `answer` is the shape of its answer, None without one; `sent` that of the body it takes, `sent_as` the type of that
    body. `call` handles another body than JSON, with the header fields, and opens its own transaction; its body has at
    most `largest_body` bytes. `upload` handles a form with a file that is sent instead, of the shape `uploaded`, in the
    same way. `parameters` are keys of the description: `one_group` is the parameter `group`, given
    once. `versioned`: it is about something that can be changed, whose ETag is strong. `etag`: its answer has one.
    `created` is the header with the address of what a POST makes. `others` are further answers, by status.
    """

    id: str
    method: str
    path: str
    tag: str
    answer: Any
    handler: Handler
    sent: Any = None
    sent_as: str = "application/json"
    largest_body: int = 0
    call: Call | None = None
    upload: Call | None = None
    uploaded: Any = None
    parameters: tuple[str, ...] = ()
    versioned: bool = False
    etag: bool = True
    created: str = ""
    others: Mapping[int, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def takes_version(self) -> bool:
        """Whether a program may say which version it changes (`If-Match`)."""
        return self.versioned and self.method in {"PATCH", "DELETE"}


OPERATIONS: list[Operation] = []
_PARAMETER_NAMES = {"one_group": "group", "tag_q": "q"}
"""The names in addresses of parameters with another key in the description."""


def operation(
    address: str, id_: str, answer: Any, into: list[Operation] = OPERATIONS, **more: Any
) -> Callable[[Handler], Handler]:
    """Declare a handler as the operation of a method and path, `GET /items/{id}`; `more` are fields of `Operation`.

    Other parameters than its own are refused before it runs. A feature has a list of its own for its operations.
    """
    method, _, path = address.partition(" ")
    tag = more.pop("tag", path.split("/")[1])
    names = tuple(_PARAMETER_NAMES.get(key, key) for key in more.get("parameters", ()))

    def declare(handler: Handler) -> Handler:
        @wraps(handler)
        def checked(context: RequestContext) -> Response:
            check_parameters(context.params, names)
            return handler(context)

        into.append(Operation(id_, method, path, tag, answer, checked, **more))
        return checked

    return declare


def called_operation(address: str, id_: str, answer: Any, **more: Any) -> Callable[[Call], Call]:
    """As `operation`, for one that reads its body itself (`Operation.call`)."""

    def declare(call: Call) -> Call:
        @wraps(call)
        def checked(context: RequestContext, headers: Headers) -> Response:
            check_parameters(context.params, ())
            return call(context, headers)

        operation(address, id_, answer, call=checked, **more)(_refuse)
        return checked

    return declare


def _refuse(_context: RequestContext) -> Response:
    raise HTTPException(405)
