"""Code that works on the Python of the tests, and would fail on the oldest supported Python."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import MappingProxyType

import typing_extensions

import index
import kb
from kb.web.api.description import openapi_description
from kb.web.api.json_types import answers


def _classes() -> Iterator[type]:
    for package in (kb, index):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                yield from filter(is_dataclass, vars(importlib.import_module(module.name)).values())


def test_no_default_of_a_dataclass_is_mutable_for_python_3_11() -> None:
    """`MappingProxyType` is hashable since 3.12; before, a class with such a default fails at import."""
    refused = {
        f"{cls.__module__}.{cls.__qualname__}.{field.name}"
        for cls in _classes()
        for field in fields(cls)
        if isinstance(field.default, MappingProxyType)
    }
    assert refused == set()


def test_the_types_of_the_api_know_what_they_extend_in_python_3_11() -> None:
    """`typing.TypedDict` records inherited members since 3.12; before, these would have no description."""
    assert answers.TypedDict is typing_extensions.TypedDict
    whole = openapi_description()["components"]["schemas"]["PlacedAnnotation"]
    assert whole["properties"]["quote"]["description"]
