"""Number the values of KEYWORD fields across segments, so that counts of several segments can be added as arrays.

A number is given once and never changes. Values that no segment holds any more keep their number; when they outnumber
the other values, all numbers are given anew.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from threading import Lock

import numpy as np

from index.analysis import fold
from index.schema import Field
from index.whoosh_engine.storage.array_file import Ints
from index.whoosh_engine.storage.segments import Segment

Numbers = Ints | slice
"""The number of each of the values of a segment; a slice where they are numbered in their own order, from 0 on."""


class GlobalOrdinals:
    """The values of one field. A value is one spelling; `forms` tells which spellings are the same value.

    Thread-safe: numbers are only ever added, under a lock.
    """

    def __init__(self, field: Field) -> None:
        self._field = field
        self._lock = Lock()
        self._numbers: dict[str, int] = {}
        self._form_numbers: dict[str, int] = {}
        self._values: list[str] = []
        self._forms: list[int] = []
        self._spellings: list[list[int]] = []
        self._arrays = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._sorted_keys: list[str] = []
        self._sorted_numbers = np.zeros(0, np.int64)
        self.several: frozenset[int] = frozenset()
        """The forms that have several spellings."""

    def __len__(self) -> int:
        return len(self._values)

    def numbers(self, segment: Segment) -> Numbers:
        """The global number of each spelling of a segment."""
        # The object itself is part of the key, because another one gives other numbers.
        return segment.cached_here((self, "numbers"), lambda: self._numbered(segment))

    def form_numbers(self, segment: Segment) -> Ints:
        """The global number of each compared form of a segment, in a folded field."""

        def look() -> Ints:
            compared = segment.column(self._field).compared
            forms = np.zeros(len(segment.term_dictionary(self._field.name)), np.int64)
            if compared is not None:
                forms[compared] = self.forms()[self.numbers(segment)]
            return forms

        return segment.cached_here((self, "forms"), look)

    def _numbered(self, segment: Segment) -> Numbers:
        values = segment.spellings(self._field).texts()
        with self._lock:
            numbers = np.fromiter((self._number(value) for value in values), np.int64, len(values))
        return slice(0, len(numbers)) if (numbers == np.arange(len(numbers))).all() else numbers

    def _number(self, value: str) -> int:
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self._values)
            self._values.append(value)
            form = self._form_numbers.setdefault(self._field.compared(value), len(self._spellings))
            self._forms.append(form)
            if form == len(self._spellings):
                self._spellings.append([number])
            else:
                self._spellings[form].append(number)
                self.several |= {form}
        return number

    def value(self, number: int) -> str:
        """A spelling."""
        return self._values[number]

    def values_of(self, numbers: Sequence[int]) -> list[str]:
        """Several spellings."""
        values = self._values
        return [values[number] for number in numbers]

    def form(self, compared: str) -> int:
        """The number of a compared form, -1 if no segment has held it."""
        return self._form_numbers.get(compared, -1)

    def spellings(self, form: int) -> Sequence[int]:
        return self._spellings[form]

    def forms(self) -> Ints:
        """The form of each spelling."""
        return self._order()[0]

    def first_spellings(self) -> Ints:
        """One spelling of each form: the only one, except for the forms that have `several`."""
        return self._order()[1]

    def ranks(self) -> Ints:
        """The rank of each spelling, sorted by folded form, then by spelling."""
        return self._order()[2]

    def _order(self) -> tuple[Ints, Ints, Ints]:
        arrays = self._arrays
        if len(arrays[0]) < len(self._values):
            with self._lock:
                arrays = self._arrays = self._grown(*self._arrays[:2])
        return arrays

    def _grown(self, forms: Ints, firsts: Ints) -> tuple[Ints, Ints, Ints]:
        """The arrays with the values that were added since: only these are folded and sorted, whatever there is."""
        added = islice(self._values, len(forms), None)
        # By folded form, then by value, as one text: no value holds a NUL.
        fresh = sorted((f"{fold(value)}\0{value}", number) for number, value in enumerate(added, len(forms)))
        keys = [key for key, _ in fresh]
        positions = [bisect_left(self._sorted_keys, key) for key in keys]
        self._sorted_numbers = np.insert(self._sorted_numbers, positions, [number for _, number in fresh])
        # Two ascending runs: the sort merges them.
        self._sorted_keys.extend(keys)
        self._sorted_keys.sort()
        ranks = np.empty(len(self._sorted_numbers), np.int64)
        ranks[self._sorted_numbers] = np.arange(len(ranks))
        new_firsts = [spellings[0] for spellings in self._spellings[len(firsts) :]]
        return (
            np.concatenate((forms, np.array(self._forms[len(forms) :], np.int64))),
            np.concatenate((firsts, np.array(new_firsts, np.int64))),
            ranks,
        )


class GlobalOrdinalsCache:
    """The global ordinals of each field that was counted."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_field: dict[str, GlobalOrdinals] = {}

    def of(self, field: Field) -> GlobalOrdinals:
        """The global ordinals of a KEYWORD field."""
        ordinals = self._by_field.get(field.name)
        if ordinals is None:
            with self._lock:
                ordinals = self._by_field.setdefault(field.name, GlobalOrdinals(field))
        return ordinals

    def fresh(self, segments: Sequence[Segment]) -> "GlobalOrdinalsCache":
        """A copy without the fields of which the segments hold less than half of the values."""
        cache = GlobalOrdinalsCache()
        for name, ordinals in list(self._by_field.items()):
            spelling_count = sum(len(segment.spellings(segment.schema[name])) for segment in segments)
            if len(ordinals) <= 2 * spelling_count + 1000:
                cache._by_field[name] = ordinals
        return cache
