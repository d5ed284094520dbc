"""`GET /api/v1/openapi.json`: the machine-readable description of the API (OpenAPI 3.1).

It is made from the operations (`kb.web.api.operations`), the types of their answers and bodies
(`kb.web.api.json_types`) and the fields of a search request. `openapi_base.json` has what no code says, such as
headers, and `openapi_texts.json` the words and examples.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from starlette.responses import Response
from typing_extensions import is_typeddict

from kb import __version__
from kb.model.items.annotation import AnnotationKind
from kb.model.search_request import (
    MATCH_ALL,
    MATCH_ANY,
    MAX_FACET_LIMIT,
    MAX_PAGE,
    MAX_PER_PAGE,
    MAX_QUERY,
    MAX_VALUE,
    MAX_VALUES,
    AddedSince,
    SearchRequest,
    Sort,
    parameter_name,
)
from kb.web.api import annotations, captures, groups, items
from kb.web.api.json_schema import Schema, SchemaBuilder
from kb.web.api.json_types.answers import KeptProblem, Problem
from kb.web.api.json_types.values import DATE_OR_EMPTY
from kb.web.api.operations import OPERATIONS, Operation, operation
from kb.web.api.responses import json_response
from kb.web.http.context import FeatureApi, RequestContext
from kb.web.http.limits.multipart_forms import MULTIPART_TYPE

DECLARED_IN = (items, captures, annotations, groups)
"""The other modules with operations: importing them declares these."""
_DEFAULTS: Mapping[str, Any] = {parameter_name(field.name): field.default for field in fields(SearchRequest)}
_PROBLEMS_OF_ALL = {
    400: "BadRequest",
    401: "SignInNeeded",
    413: "BodyTooLarge",
    414: "AddressTooLong",
    429: "TooMany",
    500: "Failed",
    503: "Unavailable",
}


@operation("GET /openapi.json", "describe", "Description", tag="description")
def get_openapi(context: RequestContext) -> Response:
    """The API description."""
    return json_response(context, openapi_description(tuple(web.api for web in context.features if web.api)))


def all_operations() -> tuple[Operation, ...]:
    """The operations of the core."""
    return tuple(OPERATIONS)


@cache
def openapi_description(features: tuple[FeatureApi, ...] = ()) -> dict[str, Any]:
    """The description of the core's operations and of those of features, with the version of this program."""
    document, texts = _read_json("openapi_base.json"), _read_json("openapi_texts.json")
    for feature in features:
        own = json.loads((feature.folder / "openapi_texts.json").read_text(encoding="utf-8"))
        for part in own:
            texts[part] |= own[part]
    builder = SchemaBuilder(texts["schemas"], texts["examples"])
    document["info"]["version"] = __version__
    order = (*texts["parameters"], *document["components"]["parameters"])
    operations: Iterable[Operation] = (operation for feature in features for operation in feature.operations)
    for api_operation in (*all_operations(), *operations):
        described = _operation(api_operation, texts["operations"][api_operation.id], order, builder)
        document["paths"].setdefault(api_operation.path, {})[api_operation.method.lower()] = described
    components = document["components"]
    searched = {name: _search_parameter(name, text) for name, text in texts["parameters"].items()}
    components["parameters"] = {**searched, **components["parameters"]}
    components["responses"] |= {name: _problem(problem, builder) for name, problem in texts["problems"].items()}
    components["schemas"] = {**builder.named, **components["schemas"]}
    return document


def _read_json(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files("kb.web.api").joinpath(name).read_text(encoding="utf-8"))
    return value


def _operation(
    operation: Operation, texts: Mapping[str, Any], order: Iterable[str], builder: SchemaBuilder
) -> dict[str, Any]:
    parameters = {"lang", *operation.parameters, *(name for name in ("id", "slug") if f"{{{name}}}" in operation.path)}
    if operation.method == "POST":
        parameters.add("Idempotency-Key")
    if operation.takes_version:
        parameters.add("If-Match")
    responses = {
        **{status: _answer(operation, text, builder) for status, text in texts["answers"].items()},
        **{str(status): _reference("responses", name) for status, name in _other_answers(operation).items()},
    }
    return {
        "operationId": operation.id,
        "summary": texts["summary"],
        "description": texts["description"],
        "tags": [operation.tag],
        **({"security": [{"token": []}]} if operation.writes else {}),
        "parameters": [_reference("parameters", name) for name in order if name in parameters],
        **({"requestBody": _request_body(operation, texts, builder)} if operation.sent else {}),
        "responses": dict(sorted(responses.items())),
    }


def _other_answers(operation: Operation) -> dict[int, str]:
    """The names of all answers but those of success, by status."""
    names = dict(_PROBLEMS_OF_ALL)
    if operation.writes or "{" in operation.path or "one_group" in operation.parameters:
        names[404] = "NotFound"
    if operation.writes:
        names[403] = "Refused"
    elif operation.etag:
        names[304] = "UnchangedThing" if operation.versioned else "Unchanged"
    if not operation.writes and (
        "{slug}" in operation.path or {"group", "one_group"}.intersection(operation.parameters)
    ):
        names[308] = "MovedGroup"
    if operation.method == "POST":
        names[422] = "OtherRequest"
    if operation.takes_version:
        names[412] = "Stale"
    if operation.sent:
        names[415] = "NotJson"
    return {**names, **operation.others}


def _answer(operation: Operation, text: str, builder: SchemaBuilder) -> dict[str, Any]:
    """The answer of success."""
    headers = {"Cache-Control": "No-Store" if operation.writes else "Cache-Control"}
    if operation.etag and operation.answer:
        headers["ETag"] = "Strong-ETag" if operation.versioned else "ETag"
    if operation.created:
        headers["Location"] = operation.created
    return {
        "description": text,
        "headers": {name: _reference("headers", header) for name, header in headers.items()},
        **({"content": {"application/json": _content(operation.answer, builder)}} if operation.answer else {}),
    }


def _content(shape: Any, builder: SchemaBuilder) -> dict[str, Any]:
    if isinstance(shape, str):
        return {"schema": _reference("schemas", shape)}
    shapes = (shape,) if is_typeddict(shape) else get_args(shape)
    return {
        "schema": builder.schema_of(shape),
        "examples": {shape.__name__: {"value": builder.example_of(shape)} for shape in shapes},
    }


def _request_body(operation: Operation, texts: Mapping[str, Any], builder: SchemaBuilder) -> dict[str, Any]:
    kinds = (*(("application/merge-patch+json",) if operation.method == "PATCH" else ()), operation.sent_as)
    content = dict.fromkeys(kinds, _sent_content(operation.sent, texts["sent"], builder))
    if operation.upload is not None:
        content[MULTIPART_TYPE] = _sent_content(operation.uploaded, texts["uploaded"], builder)
    return {"required": True, "content": content}


def _sent_content(shape: Any, examples: Mapping[str, Any], builder: SchemaBuilder) -> dict[str, Any]:
    return {
        "schema": builder.schema_of(shape),
        "examples": {name: {"value": value} for name, value in examples.items()},
    }


def _problem(problem: Mapping[str, Any], builder: SchemaBuilder) -> dict[str, Any]:
    """The answer for a problem; one that names the item in the way has a shape of its own too."""
    status, names_item = problem["status"], "item" in problem
    schema: Schema = {"allOf": [builder.schema_of(Problem), {"properties": {"status": {"const": status}}}]}
    headers = {"Cache-Control": "No-Store", **problem.get("headers", {})}
    example = {"type": "about:blank", **{name: problem[name] for name in ("title", "status", "detail")}}
    if names_item:
        schema, example = {"anyOf": [builder.schema_of(KeptProblem), schema]}, {**example, "item": problem["item"]}
    return {
        "description": problem["description"],
        "headers": {name: _reference("headers", header) for name, header in headers.items()},
        "content": {"application/problem+json": {"schema": schema, "examples": {"problem": {"value": example}}}},
    }


def _search_parameter(name: str, text: Mapping[str, Any]) -> dict[str, Any]:
    schema = _search_parameter_schema(name)
    return {
        "name": name,
        "in": "query",
        "description": text["description"],
        "required": False,
        **({"style": "form", "explode": True} if schema.get("type") == "array" else {}),
        "schema": schema,
        "examples": {"example": {"value": text["example"]}},
    }


def _search_parameter_schema(name: str) -> Schema:
    """The values of a parameter of a search. An empty value is as if not given."""
    match name:
        case "q":
            return {"type": "string", "maxLength": MAX_QUERY}
        case "match":
            return _one_of((MATCH_ANY, MATCH_ALL))
        case "sort":
            return _one_of(Sort)
        case "since":
            return _one_of(AddedSince)
        case "kind":
            return {"type": "array", "items": _one_of(AnnotationKind), "maxItems": MAX_VALUES}
        case "from" | "to":
            return {"type": "string", "pattern": DATE_OR_EMPTY}
        case "page" | "per_page" | "facet_limit":
            most = {"page": MAX_PAGE, "per_page": MAX_PER_PAGE, "facet_limit": MAX_FACET_LIMIT}[name]
            number = {"type": "integer", "minimum": 1, "maximum": most}
            return {"anyOf": [number, {"type": "string", "maxLength": 0}], "default": _DEFAULTS[name]}
        case "date" | "view" | "vocabulary" | "meaning":
            words: type[StrEnum] = type(_DEFAULTS[name])
            return {**_one_of(words), "default": _DEFAULTS[name].value}
        case _:
            return {"type": "array", "items": {"type": "string", "maxLength": MAX_VALUE}, "maxItems": MAX_VALUES}


def _one_of(values: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [*map(str, values), ""]}


def _reference(family: str, name: str) -> Schema:
    return {"$ref": f"#/components/{family}/{name}"}
