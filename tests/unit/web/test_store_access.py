"""The web layer asks services: it opens no transaction of the database itself."""

import ast
from pathlib import Path

from kb import web

FOLDER = Path(web.__file__).parent
ASKED_WITHOUT_A_QUERY = {"is_shared"}
"""Attributes of a store that no database answers."""


def store_uses(source: str) -> list[int]:
    """The lines that use the store of a library, but for ASKED_WITHOUT_A_QUERY."""
    tree = ast.parse(source)
    harmless = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ASKED_WITHOUT_A_QUERY
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "store" and id(node) not in harmless
    ]


def test_no_module_of_the_web_layer_opens_the_store() -> None:
    assert store_uses("with library.store.read() as reading: ...") == [1]
    uses = {
        str(path.relative_to(FOLDER)): lines
        for path in FOLDER.rglob("*.py")
        if (lines := store_uses(path.read_text(encoding="utf-8")))
    }
    assert not uses
