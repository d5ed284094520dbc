"""Checks answers of `/api/v1` against the API description; a difference raises `ContractViolation`."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from kb.features import FEATURES
from kb.site import feature_webs
from kb.web.api import description

PREFIX = "/api/v1"
_HERE = "urn:description"


def openapi_description() -> dict[str, Any]:
    """The description of the API with all features."""
    return description.openapi_description(tuple(web.api for web in feature_webs(FEATURES) if web.api))


class ContractViolation(AssertionError):
    """An answer that contradicts the description."""


def check_answer(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Compare an answer with the description. `path` is decoded, header names are in lower case."""
    item = path_item(path)
    if item is None:
        _check_problem(404, status, headers, body if method != "HEAD" else None)
    elif ("get" if method == "HEAD" else method.lower()) not in item:
        _check_problem(405, status, headers, body)
        if {name.strip().lower() for name in headers.get("allow", "").split(",")} != {
            *item,
            *(["head"] if "get" in item else []),
        }:
            raise ContractViolation(f"{method} {path}: Allow is {headers.get('allow')!r}")
    else:
        operation = item["get" if method == "HEAD" else method.lower()]
        _check_described(operation["responses"], status, headers, None if method == "HEAD" else body)


def path_item(path: str) -> Any:
    """The description of a path; None if there is none."""
    for template, item in openapi_description()["paths"].items():
        pattern = re.sub(r"\\\{[a-z]+\\\}", "[^/]+", re.escape(PREFIX + template))
        if re.fullmatch(pattern, path, re.DOTALL):
            return item
    return None


def resolved(value: Any) -> Any:
    """The value that a reference points to, or the value itself."""
    if isinstance(value, dict) and "$ref" in value:
        parameters: Any = openapi_description()
        for name in value["$ref"].removeprefix("#/").split("/"):
            parameters = parameters[name]
        return parameters
    return value


def errors(value: object, schema: Any) -> Iterator[str]:
    """The problems of a value, in sentences."""
    for error in _validator(json.dumps(schema)).iter_errors(value):
        best_error = best_match([error]) or error
        yield f"{best_error.json_path}: {best_error.message[-300:]}"


def _check_described(responses: Mapping[str, Any], status: int, headers: Mapping[str, str], body: bytes | None) -> None:
    if str(status) not in responses:
        raise ContractViolation(f"status {status} is not described")
    response = resolved(responses[str(status)])
    for name, header in response.get("headers", {}).items():
        _check_header(name, resolved(header), headers.get(name.lower()))
    content = response.get("content")
    if content is None:
        if body:
            raise ContractViolation(f"a body where none is described: {body[:100]!r}")
        return
    media_type = headers.get("content-type")
    if media_type not in content:
        raise ContractViolation(f"media type {media_type!r} is not described")
    if body is not None:
        _check_body(body, content[media_type]["schema"])


def _check_problem(expected: int, status: int, headers: Mapping[str, str], body: bytes | None) -> None:
    """Check an answer that no operation describes: an unknown address, or a method that an address does not have."""
    problems = {
        str(code): {
            "headers": {"Cache-Control": {"$ref": "#/components/headers/No-Store"}},
            "content": {
                "application/problem+json": {
                    "schema": {
                        "allOf": [
                            {"$ref": "#/components/schemas/Problem"},
                            {"properties": {"status": {"const": code}}},
                        ]
                    }
                }
            },
        }
        for code in (expected, 400, 401, 413, 414, 429)
    }
    _check_described(problems, status, headers, body)


def _check_header(name: str, header: Any, value: str | None) -> None:
    if value is None:
        if header.get("required"):
            raise ContractViolation(f"there is no {name}")
        return
    read: object = int(value) if header["schema"].get("type") == "integer" and value.isdigit() else value
    for error in errors(read, header["schema"]):
        raise ContractViolation(f"{name}: {error}")


def _check_body(body: bytes, schema: Any) -> None:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise ContractViolation(f"no JSON: {body[:100]!r}") from error
    errors_found = list(errors(value, schema))
    if errors_found:
        raise ContractViolation("\n".join(errors_found))


@cache
def _validator(schema: str) -> Draft202012Validator:
    resource: Resource[Any] = Resource(contents=openapi_description(), specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(_HERE, resource)
    # References to external schemas are resolved inside the description.
    absolute = json.loads(schema.replace('"#/', f'"{_HERE}#/'))
    return Draft202012Validator(absolute, registry=registry, format_checker=FormatChecker())
