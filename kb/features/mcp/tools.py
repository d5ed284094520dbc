"""The tools of the MCP server: operations of the JSON API, under the names that assistants see.

Their schemas and words are those of the API description, so that a tool takes and answers what the API does.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from starlette.responses import Response

from kb.access.actor import RequestMemo
from kb.errors import Invalid, NotFound
from kb.services.authentication.authentication import count_form_post, with_present_rights
from kb.services.core.idempotency import in_one_transaction
from kb.web.api.description import all_operations, openapi_description
from kb.web.api.json_types.values import ID
from kb.web.api.operations import Operation
from kb.web.http.conditional_requests import Conditions
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import Pairs

_REFERENCE = "#/components/schemas/"
_NOTHING = "There is nothing at this address, or you may not read it."
_ID = re.compile(ID)
_NOT_ARGUMENTS = frozenset({"lang", "Idempotency-Key", "If-Match"})


@dataclass(frozen=True, slots=True)
class ApiTool:
    """A tool: its name, its API operation, and the argument that is the variable part of the operation's path."""

    name: str
    operation_id: str
    path_argument: str = ""

    @property
    def operation(self) -> Operation:
        return _operations()[self.operation_id]


TOOLS = (
    ApiTool("search", "search"),
    ApiTool("read_item", "getItem", "id"),
    ApiTool("list_groups", "listGroups"),
    ApiTool("list_tags", "listTags"),
    ApiTool("list_saved_searches", "listSavedSearches"),
    ApiTool("save_item", "keepItem"),
    ApiTool("annotate_item", "addAnnotation", "id"),
)


@dataclass(frozen=True, slots=True)
class ToolDescription:
    """What assistants read of a tool; the schemas are JSON Schema (2020-12), each complete in itself."""

    title: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]


@cache
def describe_tool(tool: ApiTool) -> ToolDescription:
    """The words and schemas of a tool, from the API description."""
    description, operation = openapi_description(), tool.operation
    described = description["paths"][operation.path][operation.method.lower()]
    parameters = [_resolved(description, parameter) for parameter in described["parameters"]]
    arguments = {
        parameter["name"]: {**parameter["schema"], "description": parameter["description"]}
        for parameter in parameters
        if parameter["name"] not in _NOT_ARGUMENTS
    }
    required = [parameter["name"] for parameter in parameters if parameter["required"]]
    if "requestBody" in described:
        sent = _resolved(description, described["requestBody"]["content"]["application/json"]["schema"])
        arguments |= sent["properties"]
        required += sent.get("required", [])
    taken = {"type": "object", "properties": arguments, "required": required, "additionalProperties": False}
    answer = next(described["responses"][status] for status in ("200", "201") if status in described["responses"])
    # The root of a tool's output is an object, also where the answer has one of several shapes.
    output_schema = {"type": "object", **answer["content"]["application/json"]["schema"]}
    return ToolDescription(
        described["summary"],
        described["description"],
        _complete(description, taken),
        _complete(description, output_schema),
    )


def run_tool(context: RequestContext, tool: ApiTool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a tool, a JSON object. Raises Invalid for bad arguments, and the errors of the operation.

    A tool that writes runs in one transaction, and counts as a form that its user sends.
    """
    called = _call(context, tool, arguments)
    if tool.operation.writes:
        count_form_post(context.library, context.actor, context.client)
        with in_one_transaction(context.library) as within:
            return _answer(
                tool.operation.handler(replace(called, library=within, actor=with_present_rights(within, called.actor)))
            )
    reading = replace(called, actor=replace(context.actor, memo=RequestMemo()))
    response = tool.operation.handler(reading)
    if response.status_code == 303:
        # The item was merged into another one.
        item_id = response.headers["location"].rsplit("/", 1)[-1]
        response = tool.operation.handler(replace(reading, path_params={"id": item_id}))
    return _answer(response)


def _call(context: RequestContext, tool: ApiTool, arguments: Mapping[str, Any]) -> RequestContext:
    """The request to the operation that a call of its tool stands for."""
    operation, remaining = tool.operation, dict(arguments)
    path_params = {}
    if tool.path_argument:
        value = remaining.pop(tool.path_argument, None)
        if not isinstance(value, str):
            raise Invalid("“%(name)s” is missing.", name=tool.path_argument)
        if not _ID.fullmatch(value):
            raise NotFound(_NOTHING)
        path_params[tool.path_argument] = value
    called = replace(context, method=operation.method, path_params=path_params, params=(), conditions=Conditions())
    if operation.writes:
        return replace(called, body=json.dumps(remaining).encode())
    return replace(called, params=_parameters(remaining))


def _parameters(arguments: Mapping[str, Any]) -> Pairs:
    """Arguments as the parameters of an address. Raises Invalid for other values than texts, numbers and lists."""
    pairs = []
    for name, value in arguments.items():
        for element in value if isinstance(value, list) else [] if value is None else [value]:
            if isinstance(element, bool) or not isinstance(element, str | int):
                raise Invalid("“%(name)s” should be a text, a whole number, or a list of texts.", name=name[:40])
            pairs.append((name, str(element)))
    return tuple(pairs)


def _answer(response: Response) -> dict[str, Any]:
    if response.status_code >= 300:
        raise NotFound(_NOTHING)
    answer: dict[str, Any] = json.loads(bytes(response.body))
    return answer


@cache
def _operations() -> Mapping[str, Operation]:
    return {operation.id: operation for operation in all_operations()}


def _resolved(description: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of the description, or the one that it refers to."""
    if "$ref" not in part:
        return part
    family, _, name = part["$ref"].removeprefix("#/components/").partition("/")
    resolved: Mapping[str, Any] = description["components"][family][name]
    return resolved


def _complete(description: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with the named schemas that it refers to, in `$defs`."""
    named = description["components"]["schemas"]
    text = json.dumps(schema)
    used: dict[str, Any] = {}
    waiting = _references(text)
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = named[name]
            waiting |= _references(json.dumps(named[name]))
    whole = {**schema, **({"$defs": used} if used else {})}
    complete: dict[str, Any] = json.loads(json.dumps(whole).replace(_REFERENCE, "#/$defs/"))
    return complete


def _references(text: str) -> set[str]:
    return {part.partition('"')[0] for part in text.split(_REFERENCE)[1:]}
