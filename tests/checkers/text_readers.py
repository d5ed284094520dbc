"""The regular expressions and functions of our packages that read a user's text, found in the source code.

`expressions` finds every compiled expression of a module and every call of `re` with a literal pattern. `functions`
finds every public function of PACKAGES with a text parameter.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "kb.model",
    "kb.formats",
    "kb.citations",
    "kb.press_review",
    "kb.feeds",
    "kb.extraction",
    "kb.fetcher",
    "kb.language",
    "kb.search",
    "kb.oidc",
    "kb.web",
    "kb.features",
    "index.query_parser",
    "index.analysis",
    "index.snippets",
)
"""Packages whose public functions may get a user's text."""
METHODS = ("fullmatch", "match", "search", "sub", "split", "findall", "finditer")


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression, and the methods that the code calls on it."""

    name: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    methods: frozenset[str]


def modules(*packages: str) -> Iterator[ModuleType]:
    """All modules of these packages, themselves included."""
    for name in packages:
        package = importlib.import_module(name)
        yield package
        for walk_package in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not walk_package.name.endswith("__main__") and ".migrations." not in walk_package.name:
                yield importlib.import_module(walk_package.name)


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax trees of our modules, by name."""
    return {
        module.__name__: ast.parse(Path(module.__file__ or "").read_text("utf-8"))
        for module in modules("kb", "index")
        if module.__file__
    }


def expressions() -> list[Expression]:
    """Every expression of `kb` and `index`."""
    uses = _methods_of_names()
    expressions: dict[tuple[str, int], Expression] = {}
    for name in trees():
        module = importlib.import_module(name)
        for variable, value in vars(module).items():
            for place, pattern in enumerate(_patterns_in(value)):
                key = (pattern.pattern, pattern.flags)
                methods = uses.get(variable) or frozenset(_bound_method(value) or METHODS[:3])
                known_expression = expressions.get(key)  # type: ignore[arg-type]
                label = f"{name}.{variable}{f'[{place}]' if place else ''}"
                expressions[key] = Expression(  # type: ignore[index]
                    known_expression.name if known_expression else label,
                    pattern,
                    methods | (known_expression.methods if known_expression else frozenset()),
                )
        for line, method, pattern in _inline_expressions(trees()[name]):
            key = (pattern.pattern, pattern.flags)
            expressions.setdefault(key, Expression(f"{name}:{method}:{line}", pattern, frozenset({method})))
    return sorted(expressions.values(), key=lambda expression: expression.name)


def _patterns_in(value: object, depth: int = 0) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    owner = getattr(value, "__self__", value) if callable(value) else value
    if isinstance(owner, re.Pattern):
        yield owner
    elif depth < 4 and isinstance(value, tuple | list | set | frozenset):
        for expression in value:
            yield from _patterns_in(expression, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        for expression in (*value, *value.values()):
            yield from _patterns_in(expression, depth + 1)


def _bound_method(value: object) -> tuple[str, ...]:
    return (value.__name__,) if isinstance(getattr(value, "__self__", None), re.Pattern) else ()  # type: ignore[attr-defined]


def _methods_of_names() -> dict[str, frozenset[str]]:
    """The methods that any module calls on each name of an expression."""
    calls: dict[str, set[str]] = {}
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                calls.setdefault(node.value.id, set()).add(node.attr)
    return {name: frozenset(methods) for name, methods in calls.items()}


def _inline_expressions(tree: ast.Module) -> Iterator[tuple[int, str, re.Pattern[str]]]:
    """The expressions that functions pass to `re` as literals."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=method), args=[ast.Constant(value=str() as text), *_]
            ):
                if method in METHODS:
                    yield node.lineno, method, re.compile(text)


def unknown_expressions() -> list[str]:
    """Where code creates an expression at run time, which `expressions` cannot find."""
    calls = []
    for name, tree in trees().items():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            for node in ast.walk(function):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=method), args=[first, *_]):
                        if method in (*METHODS, "compile") and (
                            method == "compile" or not isinstance(first, ast.Constant)
                        ):
                            calls.append(f"{name}.{getattr(function, 'name', 'lambda')}")
    return sorted(set(calls))


def functions() -> dict[str, Callable[..., object]]:
    """Every public function of PACKAGES with a text parameter, by its full name."""
    functions: dict[str, Callable[..., object]] = {}
    for module in modules(*PACKAGES):
        for node in trees().get(module.__name__, ast.Module([], [])).body:
            if (
                isinstance(node, ast.FunctionDef)
                and not node.name.startswith("_")
                and any(map(_is_text, parameters(node)))
            ):
                functions[f"{module.__name__}.{node.name}"] = getattr(module, node.name)
    return functions


def parameters(node: ast.FunctionDef) -> list[ast.arg]:
    """All parameters of a function."""
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _is_text(parameter: ast.arg) -> bool:
    return parameter.annotation is not None and any(
        isinstance(node, ast.Name) and node.id in {"str", "bytes"} for node in ast.walk(parameter.annotation)
    )
