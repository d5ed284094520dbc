"""The schemas of types, and examples of them."""

from enum import StrEnum
from typing import Annotated, Any, Literal, TypedDict

import pytest
from jsonschema import Draft202012Validator

from kb.web.api.json_schema import Keywords, SchemaBuilder

Id = Annotated[str, Keywords(name="Id", pattern="^[a-z]+$")]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Thing(TypedDict):
    """Something
    with a name.
    """

    id: Id
    colour: Colour | Literal[""] | None


class Box(Thing, total=False):
    things: list[Thing]
    note: Annotated[str | None, Keywords(maxLength=3)]


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, {"type": "string"}),
        (int | None, {"type": ["integer", "null"]}),
        (list[float], {"type": "array", "items": {"type": "number"}}),
        (Annotated[list[str] | None, Keywords(maxItems=2)],
         {"type": ["array", "null"], "items": {"type": "string"}, "maxItems": 2}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Colour, {"type": "string", "enum": ["red", "blue"]}),
        (Colour | Literal[""] | None, {"type": ["string", "null"], "enum": ["red", "blue", "", None]}),
        (Id | None, {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"type": "null"}]}),
    ],
)  # fmt: skip
def test_a_type_has_its_schema(kind: Any, schema: dict[str, object]) -> None:
    assert SchemaBuilder({}, {}).schema_of(kind) == schema


def test_an_object_is_closed_and_refers_to_named_parts() -> None:
    builder = SchemaBuilder({"Thing": {"id": "For ever."}}, {})
    assert builder.schema_of(Box) == {"$ref": "#/components/schemas/Box"}
    assert set(builder.named) == {"Id", "Thing", "Box"}
    thing_schema, box = builder.named["Thing"], builder.named["Box"]
    assert thing_schema["description"] == "Something with a name."
    assert thing_schema["required"] == box["required"] == ["id", "colour"]
    assert thing_schema["properties"]["id"] == {"$ref": "#/components/schemas/Id", "description": "For ever."}
    assert box["properties"]["id"] == thing_schema["properties"]["id"]
    assert box["additionalProperties"] is False


def test_an_example_is_made_of_those_of_its_parts() -> None:
    builder = SchemaBuilder({}, {"Id": "un", "Box.id": "deux", "Box.note": "oui"})
    builder.schema_of(Box)
    example = builder.example_of(Box)
    assert example == {"id": "deux", "colour": "red", "things": [{"id": "un", "colour": "red"}], "note": "oui"}
    schema = {"$ref": "#/components/schemas/Box", "components": {"schemas": builder.named}}
    Draft202012Validator(schema).validate(example)


def test_a_type_of_another_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        SchemaBuilder({}, {}).schema_of(bytes)
