"""The connections of the server subclass a private class of uvicorn: only versions that were tested are allowed."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from uvicorn.protocols.http.h11_impl import H11Protocol

from kb.cli.server.http_protocol import _BoundedProtocol

PROJECT = tomllib.loads((Path(__file__).resolve().parents[4] / "pyproject.toml").read_text(encoding="utf-8"))


def allowed_versions() -> SpecifierSet:
    requirements = map(Requirement, PROJECT["project"]["dependencies"])
    return next(requirement.specifier for requirement in requirements if requirement.name == "uvicorn")


def test_the_installed_version_is_one_that_was_tested() -> None:
    assert version("uvicorn") in allowed_versions()


def test_a_version_that_comes_later_is_not_allowed_before_it_is_tested() -> None:
    assert "<" in {specifier.operator for specifier in allowed_versions()}


@pytest.mark.parametrize(
    "name", [name for name, member in vars(_BoundedProtocol).items() if callable(member) and name[0] != "_"]
)
def test_the_methods_that_uvicorn_calls_exist(name: str) -> None:
    # `close_idle` is ours.
    assert name == "close_idle" or hasattr(H11Protocol, name)
