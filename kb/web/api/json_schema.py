"""JSON Schema (2020-12) of Python types: texts, numbers, enumerations, lists, `None`, and `TypedDict`.

The `TypedDict` is that of typing_extensions, which knows what a class extends in Python 3.11 too.

`Annotated[type, Keywords(…)]` adds what a type does not say. An object allows no property that its `TypedDict` lacks.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import get_original_bases, is_typeddict

Schema = dict[str, Any]
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_EXAMPLES = {str: "", int: 1, float: 0.5, bool: True, NoneType: None}


class Keywords:
    """What a type does not say: keywords of JSON Schema, and a name by which others refer to its schema."""

    def __init__(self, *, name: str = "", **keywords: object) -> None:
        self.name, self.keywords = name, keywords


class SchemaBuilder:
    """Builds schemas; those with a name are in `named`, and others refer to them there.

    `texts` has descriptions by name of the schema, then by member (`""` for the schema itself); `examples` has values
    by `Name.member` or `Name`.
    """

    def __init__(self, texts: Mapping[str, Mapping[str, str]], examples: Mapping[str, Any]) -> None:
        self.named: dict[str, Schema] = {}
        self._texts, self._examples = texts, examples

    def schema_of(self, kind: Any) -> Schema:
        """The schema of a type. Raises KeyError for a type of another kind."""
        origin, parts = get_origin(kind), get_args(kind)
        if origin is Annotated:
            (keywords,) = parts[1:]
            schema = {**self.schema_of(parts[0]), **keywords.keywords}
            return self._refer(keywords.name, schema) if keywords.name else schema
        if origin is Required:
            return self.schema_of(parts[0])
        if origin in (Union, UnionType):
            return _any_of([self.schema_of(part) for part in parts])
        if origin is list:
            return {"type": "array", "items": self.schema_of(parts[0])}
        if origin is Literal:
            return {"type": _TYPES[type(parts[0])], "enum": list(parts)}
        if is_typeddict(kind):
            return self._refer(kind.__name__, self._object(kind))
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"type": "string", "enum": [enum.value for enum in kind]}
        return {"type": _TYPES[kind]}

    def example_of(self, kind: Any, names: Iterable[str] = ()) -> Any:
        """An example of a type, made from those of its parts. `names`: those by which it may have one of its own."""
        origin, parts = get_origin(kind), get_args(kind)
        for name in (*names, *(part.name for part in parts[1:] if origin is Annotated)):
            if name in self._examples:
                return self._examples[name]
        if origin in (Annotated, Required):
            return self.example_of(parts[0])
        if origin in (Union, UnionType):
            return None if str in parts else self.example_of(parts[0])
        if origin is list:
            return [self.example_of(parts[0])]
        if origin is Literal:
            return parts[0]
        if is_typeddict(kind):
            hints = get_type_hints(kind, include_extras=True)
            return {member: self.example_of(part, _spellings(kind, member)) for member, part in hints.items()}
        return next(iter(kind)).value if issubclass(kind, Enum) else _EXAMPLES[kind]

    def _refer(self, name: str, schema: Schema) -> Schema:
        text = self._texts.get(name, {}).get("")
        self.named[name] = {**({"description": text} if text else {}), **schema}
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, kind: Any) -> Schema:
        hints = get_type_hints(kind, include_extras=True)
        required = [name for name in hints if name in kind.__required_keys__]
        members = {name: {**self.schema_of(part), **self._described(kind, name)} for name, part in hints.items()}
        return {
            **({"description": " ".join(kind.__doc__.split())} if kind.__doc__ else {}),
            "type": "object",
            "properties": members,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }

    def _described(self, kind: Any, member: str) -> Schema:
        for spelling in _spellings(kind, member):
            owner, _, name = spelling.partition(".")
            if text := self._texts.get(owner, {}).get(name):
                return {"description": text}
        return {}


def keywords_of(shape: Any) -> dict[str, Mapping[str, Any]]:
    """The keywords of each member of a `TypedDict`, by name."""
    hints = get_type_hints(shape, include_extras=True)
    types = {name: get_args(kind)[0] if get_origin(kind) is Required else kind for name, kind in hints.items()}
    return {name: get_args(kind)[1].keywords if get_origin(kind) is Annotated else {} for name, kind in types.items()}


def _spellings(kind: Any, member: str) -> Iterator[str]:
    """A member, as one of its class, and of those that it extends."""
    yield f"{kind.__name__}.{member}"
    for base in get_original_bases(kind):
        if is_typeddict(base):
            yield from _spellings(base, member)


def _any_of(schemas: list[Schema]) -> Schema:
    """A schema for values of any of these; in the short form for enumerations, or one type, and null."""
    others = [schema for schema in schemas if schema != {"type": "null"}]
    if all("enum" in schema for schema in others):
        nulls = [None] * (len(schemas) - len(others))
        whole = {**others[0], "enum": [*(value for schema in others for value in schema["enum"]), *nulls]}
    elif len(others) == 1 and "type" in others[0]:
        whole = others[0]
    else:
        return {"anyOf": schemas}
    return whole if len(others) == len(schemas) else {**whole, "type": [whole["type"], "null"]}
