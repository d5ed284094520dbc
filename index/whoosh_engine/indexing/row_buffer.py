"""Hold added documents as rows of numbers: one number for each field of a document.

Documents with the same fields share one shape, so that a row is built without looking at names. Rows become columns
when the segment is written.
"""

from array import array
from collections.abc import Callable, Container, Iterable, Mapping
from operator import getitem

import numpy as np

from index.document import Value
from index.whoosh_engine.storage.array_file import Ids

Values = tuple[Value, ...]
Numbering = dict[Values, int]
"""Gives a number for any values, the same one for equal values."""
Shape = tuple[str, ...]
"""The rules of a language, then the names of fields, in their order."""


class RowBuffer:
    """The rows of the documents of a pool. `numbering` gives the numbering of a field, by its name, in a language;
    `texts` are the names of the fields whose numbers `add` returns.
    """

    def __init__(self, numbering: Callable[[str, str], Numbering], texts: Container[str] = ()) -> None:
        self._numbering = numbering
        self._texts = texts
        self._numbers, self._ends = array("i"), array("q", [0])
        self._shapes: dict[Shape, tuple[int, tuple[Numbering, ...], tuple[int, ...]]] = {}
        self._shape_of = array("i")

    def __len__(self) -> int:
        return len(self._shape_of)

    def add(self, rules: str, values: Mapping[str, Values]) -> list[int]:
        """Add the row of a document; adds none if the numbering raises an error. Returns the numbers of its texts."""
        shape = (rules, *values)
        number, numberings, texts = self._shapes.get(shape) or self._learn(shape)
        row = list(map(getitem, numberings, values.values()))
        before = len(self)
        try:
            self._shape_of.append(number)
            self._numbers.fromlist(row)
            self._ends.append(len(self._numbers))
        except BaseException:
            del self._shape_of[before:], self._numbers[self._ends[before] :], self._ends[before + 1 :]
            raise
        return [row[index] for index in texts]

    def _learn(self, shape: Shape) -> tuple[int, tuple[Numbering, ...], tuple[int, ...]]:
        rules, *names = shape
        numberings = tuple(self._numbering(name, rules) for name in names)
        texts = tuple(index for index, name in enumerate(names) if name in self._texts)
        made = self._shapes[shape] = (len(self._shapes), numberings, texts)
        return made

    def columns(self, names: Iterable[str]) -> Mapping[str, Ids]:
        """For each of these fields, the number of each document; -1 where it lacks the field."""
        columns: dict[str, Ids] = {name: np.full(len(self), -1, np.int32) for name in names}
        numbers, starts = np.array(self._numbers, np.int32), np.array(self._ends, np.int64)[:-1]
        shape_of = np.array(self._shape_of, np.int32)
        for (_, *field_names), (number, *_) in self._shapes.items():
            documents = np.flatnonzero(shape_of == number)
            for index, name in enumerate(field_names):
                if name in columns:
                    columns[name][documents] = numbers[starts[documents] + index]
        return columns
