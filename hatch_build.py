"""Make what a package holds beside its sources, for a wheel and for an editable install alike.

Message catalogues are compiled, and the table of French lemmas is made: a second of work that no process need repeat.
"""

import io
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MakeFiles(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        for po in (root / "kb" / "locale").glob("*/LC_MESSAGES/*.po"):
            fresh = io.BytesIO()
            with po.open("rb") as source:
                write_mo(fresh, read_po(source))
            put(fresh.getvalue(), po.with_suffix(".mo"))
        make_lemmas(root)


def put(content: bytes, place: Path) -> None:
    """Write a file in one step: somebody may be reading the one that is there."""
    fresh = place.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(place)


def make_lemmas(root: Path) -> None:
    """Write the table of lemmas where `index.analysis.lemmas` looks for it."""
    # The whole of `index` needs what is not installed while it is built; its analysis does not.
    package = sys.modules["index"] = ModuleType("index")
    package.__path__ = [str(root / "index")]
    try:
        lemmas = import_module("index.analysis.lemmas")
        content: bytes = lemmas.pack_lemmas(lemmas.build_simplemma_table())
        place: Path = lemmas.PLACE
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "index"]:
            del sys.modules[name]
    put(content, place)
