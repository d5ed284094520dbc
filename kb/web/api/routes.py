"""The routes of the JSON API: those of the operations that its modules declare."""

from collections.abc import Sequence

from starlette.routing import Route

from kb.web.api.description import all_operations
from kb.web.api.operations import Operation
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.endpoint import call_endpoint, write_endpoint
from kb.web.http.former_addresses import with_former_addresses
from kb.web.http.limits.request_bodies import LARGEST_BODY

API_PREFIX = "/api/v1"


def api_routes(operations: Sequence[Operation]) -> tuple[Route, ...]:
    """The routes of operations: one for each path."""
    paths = dict.fromkeys(operation.path for operation in operations)
    return tuple(
        _route(path, {operation.method: operation for operation in operations if operation.path == path})
        for path in paths
    )


def _route(path: str, operations: dict[str, Operation]) -> Route:
    if (called := next((operation for operation in operations.values() if operation.call), None)) and called.call:
        answer = call_endpoint(called.handler, called.call, largest_body=called.largest_body)
        return Route(API_PREFIX + path, answer, methods=(called.method,))
    read = with_former_addresses(operations["GET"].handler)
    writes = {method: operation.handler for method, operation in operations.items() if method != "GET"}
    upload = next((operation.upload for operation in operations.values() if operation.upload), None)
    largest = LARGEST_OBJECT if path.startswith(("/items", "/annotations")) else LARGEST_BODY
    endpoint = write_endpoint(read, writes, largest_body=largest, upload=upload)
    return Route(API_PREFIX + path, endpoint, methods=tuple(operations))


API_ROUTES = api_routes(all_operations())
