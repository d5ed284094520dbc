"""Every library that the program needs is named in pyproject.toml, whichever pip installs it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = {"kb", "index"}
NEEDED_BY_LIBRARIES = {
    # `lxml.html.clean`, which jusText imports: it asks for it by the extra `lxml[html_clean]`.
    "lxml-html-clean",
}
"""Named without an import of ours."""
READ_BY_ANY_PIP = re.compile(r"[a-z0-9]+")
"""An extra that every pip finds: before 23.3, `html_clean` was not the extra that is declared as `html-clean`."""


def _named(requirements: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(requirement).name) for requirement in requirements}


NAMED = _named(PROJECT["project"]["dependencies"])
OPTIONAL = _named(
    requirement for extra in PROJECT["project"]["optional-dependencies"].values() for requirement in extra
)
BUILDING = _named(PROJECT["build-system"]["requires"])


def _imported(path: Path) -> Iterator[str]:
    """The top-level modules that a file imports anywhere, but for its own package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from (alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(module))]):
                yield module.partition(".")[0]
            case _:
                pass


def _libraries(files: Iterable[Path]) -> set[str]:
    """The distributions of the modules that these files import."""
    modules = {module for path in files for module in _imported(path)} - OURS - sys.stdlib_module_names
    providers = packages_distributions()
    return {canonicalize_name(providers[module][0]) for module in modules}


def test_every_import_is_of_a_library_that_is_named() -> None:
    imported = _libraries(path for package in OURS for path in (ROOT / package).rglob("*.py"))

    assert imported - NAMED - OPTIONAL == set()
    assert (NAMED | OPTIONAL) - imported == NEEDED_BY_LIBRARIES


def test_the_build_imports_libraries_that_it_names() -> None:
    assert _libraries([ROOT / "hatch_build.py"]) <= BUILDING


def _requirements(name: str, extras: Iterable[str]) -> Iterator[Requirement]:
    """What a distribution needs here, with these extras."""
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        environments = [{"extra": extra} for extra in ("", *extras)]
        if requirement.marker is None or any(map(requirement.marker.evaluate, environments)):
            yield requirement


def _closure(*, any_extra: bool) -> set[str]:
    """All libraries that our dependencies bring, with every extra or only those that every pip reads."""
    waiting = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        extras = frozenset(extra for extra in requirement.extras if any_extra or READ_BY_ANY_PIP.fullmatch(extra))
        if (key := (canonicalize_name(requirement.name), extras)) not in seen:
            seen.add(key)
            waiting.extend(_requirements(requirement.name, extras))
    return {name for name, _ in seen}


def test_no_library_is_left_out_by_a_pip_that_does_not_normalize_the_names_of_extras() -> None:
    assert _closure(any_extra=True) - _closure(any_extra=False) == set()


@pytest.mark.parametrize("extra", PROJECT["project"]["optional-dependencies"])
def test_our_own_extras_have_names_that_every_pip_reads(extra: str) -> None:
    assert READ_BY_ANY_PIP.fullmatch(extra)
