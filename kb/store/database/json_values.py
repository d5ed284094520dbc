"""Values of data classes as JSON, with the ids of users instead of their names: the field `author` is `author_id`.

What is None is left out. Whoever erases a user sets the ids to null: the values are then read without the user.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from types import NoneType
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

from kb.model.people.user import User

V = TypeVar("V")
People: TypeAlias = Mapping[str, User]

_PLAIN = frozenset({str, int, float, bool, dict})
USER_KEYS = ("author_id", "owner_id", "user_id")
"""The names of users in all classes that are stored so."""


class _Field(NamedTuple):
    """A field of a class, and its name in JSON. `read` makes its value of what is stored."""

    name: str
    key: str
    read: Callable[[Any, People], Any]
    is_required: bool


def json_of(value: Any) -> Any:
    """A value as `json.dumps` takes it."""
    cls = value.__class__
    if cls in _PLAIN:
        return value
    if cls is tuple:
        return [json_of(element) for element in value]
    if cls is User:
        return value.id
    if isinstance(value, Enum):
        return value.value
    return {
        field.key: json_of(content) for field in _fields(cls) if (content := getattr(value, field.name)) is not None
    }


def value_of(cls: type[V], record: Mapping[str, Any], people: People) -> V:
    """The value of a record; a user who is not in `people` is None, and an element of a list for whom there must be
    one is left out.
    """
    values = {}
    for name, key, read, is_required in _fields(cast("Any", cls)):
        stored = record.get(key)
        if stored is not None or is_required:
            values[name] = read(stored, people)
    return cls(**values)


def user_ids_in(record: Any) -> Iterator[str]:
    """The ids of the users that a record and its parts name; some of them several times."""
    for part in objects_in(record):
        yield from filter(None, map(part.get, USER_KEYS))


def replace_user(record: Any, from_id: str, to_id: str | None) -> None:
    """Give what is of one user in a record to another one, or to nobody."""
    for part in objects_in(record):
        part.update({name: to_id for name in USER_KEYS if part.get(name) == from_id})


def objects_in(record: Any) -> Iterator[dict[str, Any]]:
    """A record, if it is an object, and all objects in it."""
    if isinstance(record, dict):
        yield record
    if isinstance(record, dict | list):
        for value in record.values() if isinstance(record, dict) else record:
            yield from objects_in(value)


@cache
def _fields(cls: Any) -> tuple[_Field, ...]:
    """The fields that are stored: those that count in comparisons, and the date of the last change."""
    hints = get_type_hints(cls)
    return tuple(
        _Field(
            field.name,
            f"{field.name}_id" if User in (hints[field.name], *get_args(hints[field.name])) else field.name,
            _reader(hints[field.name]),
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(cls)
        if field.compare or field.name == "changed_at"
    )


def _reader(hint: Any) -> Callable[[Any, People], Any]:
    """How what is stored is read as a type. The reader of a user who must be there raises KeyError without them."""
    options = get_args(hint)
    if hint == User | None:
        return lambda stored, people: people.get(stored)
    if NoneType in options:
        read = _reader(options[0])
        return lambda stored, people: None if stored is None else read(stored, people)
    if get_origin(hint) is tuple:
        return partial(_read_all, _reader(options[0]))
    if hint is User:
        return lambda stored, people: people[stored]
    if isinstance(hint, type) and is_dataclass(hint):
        return partial(value_of, hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda stored, _: hint(stored)
    return lambda stored, _: stored


def _read_all(read: Callable[[Any, People], Any], stored: list[Any], people: People) -> tuple[Any, ...]:
    values = []
    for element in stored:
        with suppress(KeyError):
            values.append(read(element, people))
    return tuple(values)
