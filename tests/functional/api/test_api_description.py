"""`/api/v1/openapi.json` describes every operation, and an altered response fails its check."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from kb import __version__
from kb.access.actor import OPERATOR
from kb.model.bibliographic_record import RECORD_FIELDS
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.search.saved_searches import create_saved_search
from kb.site import all_routes, create_app
from kb.web.api import items as api_items
from tests.checkers.api_contract import (
    PREFIX,
    ContractViolation,
    check_answer,
    errors,
    openapi_description,
    resolved,
)
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library
from tests.support.browser_sessions import an_account

CLAIRE = a_user("claire", "Claire Aubert")
LECTURES = a_group("lectures", "Lectures communes")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    library = a_library(
        an_item(
            "Les agents",
            id="un",
            group=LECTURES,
            author=CLAIRE,
            published="2014-11",
            added="2014-11-07T09:12:00Z",
            tags=["agents"],
            annotations=[
                an_annotation("Les agents.", id="a-un", author=CLAIRE, replies=[a_reply()]),
                an_annotation(None, body="Oui"),
            ],
        ),
        groups=(LECTURES,),
    )
    create_saved_search(library, OPERATOR, "lectures", "Agents", "q=agents")
    an_account(library, "lectrice")
    with TestClient(create_app(library)) as client:
        yield client


SENT: dict[str, list[str]] = {
    "NewItem": ["group"],
    "NewCapture": ["file", "url"],
    "NewFile": ["file", "group"],
    "ItemChange": [],
    "NewWords": [],
    "WordsChange": [],
}
"""The schemas of request bodies, with their required members."""
GIVEN_IF_ANY = {"by_meaning", "answers", "anchored", *(field.name for field in RECORD_FIELDS if field.of_reference)}
"""Members that an answer has only when they say something."""


def schemas(node: object, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object schema of the description, with its location."""
    if isinstance(node, dict):
        if node.get("type") == "object" and isinstance(node.get("type"), str):
            yield place, node
        for name, part in node.items():
            if name not in ("examples", "const", "enum"):
                yield from schemas(part, f"{place}/{name}")
    elif isinstance(node, list):
        for number, part in enumerate(node):
            yield from schemas(part, f"{place}/{number}")


def operations() -> Iterator[dict[str, Any]]:
    """Every operation of the description."""
    for item in openapi_description()["paths"].values():
        yield from item.values()


def test_every_route_is_described_and_nothing_else_is() -> None:
    served = {
        (route.path, method.lower())
        for route in all_routes()
        # The site also serves Hypothesis's API, which the description leaves out.
        if route.path.startswith("/api/v1/")
        for method in (route.methods or {"GET"}) - {"HEAD"}
    }
    assert served == {
        (PREFIX + path, method) for path, item in openapi_description()["paths"].items() for method in item
    }


def published(description: dict[str, Any]) -> Iterator[str]:
    """What programs rely on, one line each: operations, their parameters and statuses, the members of every object."""
    for path, item in description["paths"].items():
        for method, operation in item.items():
            yield f"{operation['operationId']}: {method.upper()} {path}"
            for parameter in map(resolved, operation["parameters"]):
                yield f"{operation['operationId']}: {parameter['in']} {parameter['name']}"
            for status, response in operation["responses"].items():
                yield f"{operation['operationId']}: {status} {' '.join(sorted(resolved(response).get('headers', {})))}"
    for name, schema in description["components"]["schemas"].items():
        for member, part in schema.get("properties", {}).items():
            whole = resolved(part)
            kinds = whole.get("type", "value")
            yield f"{name}.{member}: {kinds if isinstance(kinds, str) else ' or '.join(kinds)}"


def test_nothing_that_was_published_is_gone() -> None:
    """Existing programs continue to work: within a version, `api_published.txt` may gain lines, and no line is removed
    or changed.
    """
    before = (Path(__file__).parent / "api_published.txt").read_text(encoding="utf-8").splitlines()
    assert len(before) > 400
    assert set(before) <= set(published(openapi_description()))


def test_the_description_is_served_with_the_version_of_the_program(client: TestClient) -> None:
    answer = client.get("/api/v1/openapi.json").json()
    assert answer == openapi_description()
    assert answer["info"]["version"] == __version__
    assert [server["url"] for server in answer["servers"]] == [PREFIX]


def test_no_schema_accepts_unknown_properties_or_omits_required_ones() -> None:
    for place, schema in schemas(openapi_description()["components"]["schemas"]):
        assert schema["additionalProperties"] is False, place
        # Most members of a request are optional.
        members = [name for name in schema.get("properties", {}) if name not in GIVEN_IF_ANY]
        parameters = SENT.get(place.lstrip("/"), members)
        assert schema.get("required", []) == parameters, place


def test_every_schema_is_one_and_every_example_is_what_it_shows() -> None:
    Draft202012Validator.check_schema({"$defs": openapi_description()["components"]["schemas"]})
    count = 0
    for operation in operations():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for example in content["examples"].values():
                count += 1
                assert not list(errors(example["value"], content["schema"]))
        for response in map(resolved, operation["responses"].values()):
            for content in response.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    count += 1
                    assert not list(errors(example["value"], content["schema"]))
        for parameter in map(resolved, operation["parameters"]):
            for example in parameter.get("examples", {}).values():
                count += 1
                assert not list(errors(example["value"], parameter["schema"]))
    assert count > 100


def test_every_reference_leads_somewhere_and_everything_named_is_used() -> None:
    text = json.dumps(openapi_description())
    for family, things in openapi_description()["components"].items():
        for name in things:
            # Security schemes are referenced by name, without `$ref`.
            used = f'{{"{name}": []}}' if family == "securitySchemes" else f'"#/components/{family}/{name}"'
            assert used in text, name
    for part in text.split('"$ref": "')[1:]:
        resolved({"$ref": part.partition('"')[0]})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("from", ("2014", "2014-11", "2014-11-30", "2016-02-29", "2000-02-29", "0400-02-29", ""),
         ("0000", "2014-13", "2014-00", "2014-11-31", "2015-02-29", "1900-02-29", "2014-1", " 2014", "2014-11-07T00")),
        ("page", (1, 1_000_000_000, ""), (0, -1, 1_000_000_001, 1.5, "un", " ")),
        ("view", ("items", "passages", ""), ("Items", " items", "tout")),
    ],
)  # fmt: skip
def test_parameters_accept_exactly_what_their_description_says(
    client: TestClient, name: str, good: tuple[object, ...], bad: tuple[object, ...]
) -> None:
    schema = openapi_description()["components"]["parameters"][name]["schema"]
    for value in good:
        assert not list(errors(value, schema)), value
        assert client.get("/api/v1/search", params={name: str(value)}).status_code == 200, value
    for value in bad:
        assert list(errors(value, schema)), value
        assert client.get("/api/v1/search", params={name: str(value)}).status_code == 400, value


@pytest.mark.parametrize("view", ["items", "passages"])
def test_the_command_gives_what_is_described_too(kb: Any, view: str) -> None:
    assert kb("import", Path(__file__).resolve().parents[2] / "corpus" / "sample.jsonl").code == 0
    answer = kb("search", "agents", "--json", "--view", view).json
    assert answer["total"] > 0
    assert not list(errors(answer, {"$ref": f"#/components/schemas/Found{view.title()}"}))


def test_every_address_takes_the_parameters_described_and_no_other(client: TestClient) -> None:
    saved = client.get("/api/v1/saved-searches").json()["items"][0]["id"]
    _, secret = add_token(client.app.state.library, OPERATOR, NewToken(), "lectrice")  # type: ignore[attr-defined]
    headers = {"authorization": f"Bearer {secret}"}
    for path, item in openapi_description()["paths"].items():
        id_ = {"saved-searches": saved, "annotations": "a-un"}.get(path.split("/")[1], "un")
        address = PREFIX + path.replace("{id}", id_).replace("{slug}", "lectures")
        if "get" not in item:
            assert client.post(address, params={"inconnu": ""}, headers=headers).status_code == 400, path
            continue
        names = [
            parameter["name"] for parameter in map(resolved, item["get"]["parameters"]) if parameter["in"] == "query"
        ]
        for name in ("q", "group", "page", "view", "facet_limit", "lang", "inconnu", "", "Q", *names):
            status = client.get(address, params={name: ""}, headers=headers).status_code
            assert status == (200 if name in names else 400), (path, name)
    detail = client.get("/api/v1/tags?tags=eau&lang=en").json()["detail"]
    assert detail == "“tags” is not a parameter of this address, which has: group, lang, page, per_page, q."


Falsify = Callable[[Any], object]


def _without(name: str) -> Falsify:
    return lambda answer: answer.pop(name)


def _with(**values: object) -> Falsify:
    return lambda answer: answer.update(values)


def _in_item(falsify: Falsify) -> Falsify:
    return lambda answer: falsify(answer["items"][0])


@pytest.mark.parametrize(
    ("path", "falsify"),
    [
        ("/search", _with(secret=1)),
        ("/search", _without("suggestion")),
        ("/search", _with(total="14")),
        ("/search", _with(total=-1)),
        ("/search", _with(page=0)),
        ("/search", _with(per_page=101)),
        ("/search", _with(range=[1])),
        ("/search", _with(range=[0, 1])),
        ("/search", _in_item(_with(id="un deux"))),
        ("/search", _in_item(_with(published="2014-02-30"))),
        ("/search", _in_item(_with(matches=[{"field": "titre", "annotation": None, "html": ""}]))),
        ("/search", _in_item(_with(matches=[{"field": "title", "annotation": None, "html": "<b>"}]))),
        ("/search", _in_item(_with(score=None, views=None))),
        ("/search?view=passages", _in_item(_without("annotation"))),
        ("/search?view=passages", _in_item(lambda hit: hit["item"].update(secret=1))),
        ("/search", lambda answer: answer["facets"].pop("tag")),
        ("/search", lambda answer: answer["facets"]["date"][0].update(value="2014-13")),
        ("/items", _with(took_ms=1)),
        ("/items", _in_item(_without("permalink"))),
        ("/items/un", lambda item: item["annotations"]["items"][0].pop("prefix")),
        ("/items/un", lambda item: item["annotations"]["items"][0].update(kind="mark")),
        ("/items/un", lambda item: item["author"].update(email="claire@example.org")),
        ("/items/un/annotations", _with(total=None)),
        ("/annotations/a-un", _without("item")),
        ("/annotations/a-un", _with(annotation="a-un")),
        ("/annotations/a-un/replies", _in_item(_without("body"))),
        ("/groups", _in_item(_with(visible="nobody"))),
        ("/groups/lectures", _with(members=3)),
        ("/groups/lectures", _with(role="chef")),
        ("/groups/lectures", _without("role")),
        ("/groups/lectures", _with(feeds=1)),
        ("/groups/lectures", _with(join="never")),
        ("/groups/lectures", _without("description")),
        ("/tags", _in_item(_with(count=0))),
        ("/saved-searches", _in_item(_with(created="hier"))),
        ("/openapi.json", lambda answer: answer["paths"]["/search"].update(secret=1)),
    ],
)  # fmt: skip
def test_a_falsified_answer_is_found_out(client: TestClient, path: str, falsify: Falsify) -> None:
    answer = client.get(PREFIX + path)
    headers, place = dict(answer.headers), (PREFIX + path).partition("?")[0]
    check_answer("GET", place, 200, headers, answer.content)
    changed = answer.json()
    falsify(changed)
    with pytest.raises(ContractViolation):
        check_answer("GET", place, 200, headers, json.dumps(changed).encode())


@pytest.mark.parametrize(
    ("path", "status", "header", "value"),
    [
        ("/search", 201, "", ""),
        ("/search", 404, "", ""),
        ("/items/un", 403, "", ""),
        ("/search", 200, "content-type", "text/html"),
        ("/search", 200, "content-type", "application/problem+json"),
        ("/search", 200, "cache-control", "public"),
        ("/items", 200, "etag", "1"),
        ("/items/un", 200, "etag", 'W/"1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'),
        ("/items", 304, "", ""),
    ],
)
def test_an_answer_of_another_status_media_type_or_header_is_found_out(
    client: TestClient, path: str, status: int, header: str, value: str
) -> None:
    answer = client.get(PREFIX + path)
    with pytest.raises(ContractViolation):
        check_answer("GET", PREFIX + path, status, {**dict(answer.headers), header: value}, answer.content)


@pytest.mark.parametrize("falsify", [_with(secret=1), _without("detail"), _with(status=404), _with(status="400")])
def test_a_falsified_problem_is_found_out(client: TestClient, falsify: Falsify) -> None:
    answer = client.get("/api/v1/search?page=0")
    changed = answer.json()
    falsify(changed)
    with pytest.raises(ContractViolation):
        check_answer("GET", "/api/v1/search", 400, dict(answer.headers), json.dumps(changed).encode())


def test_every_api_answer_in_functional_tests_is_checked(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = api_items.search_answer
    monkeypatch.setattr(api_items, "search_answer", lambda results: {**honest(results), "secret": 1})
    with pytest.raises(ContractViolation, match="secret"):
        client.get("/api/v1/search")
