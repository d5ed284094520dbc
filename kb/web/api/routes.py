"""The routes of the JSON API: those of the operations that its modules declare."""

from starlette.routing import Route

from kb.web.api.description import all_operations
from kb.web.api.request_objects import LARGEST_OBJECT
from kb.web.http.endpoint import call_endpoint, write_endpoint
from kb.web.http.former_addresses import with_former_addresses
from kb.web.http.limits.request_bodies import LARGEST_BODY

API_PREFIX = "/api/v1"


def _route(path: str) -> Route:
    for operation in all_operations():
        if operation.path == path and operation.call is not None:
            answer = call_endpoint(operation.handler, operation.call, largest_body=operation.largest_body)
            return Route(API_PREFIX + path, answer, methods=(operation.method,))
    handlers = {operation.method: operation.handler for operation in all_operations() if operation.path == path}
    writes = {method: handler for method, handler in handlers.items() if method != "GET"}
    upload = next(
        (operation.upload for operation in all_operations() if operation.path == path and operation.upload is not None),
        None,
    )
    largest = LARGEST_OBJECT if path.startswith(("/items", "/annotations")) else LARGEST_BODY
    return Route(
        API_PREFIX + path,
        write_endpoint(with_former_addresses(handlers["GET"]), writes, largest_body=largest, upload=upload),
        methods=tuple(handlers),
    )


API_ROUTES = tuple(map(_route, dict.fromkeys(operation.path for operation in all_operations())))
