"""A document: field names and values, and the language in which its words are analysed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from marshal import dumps

Value = str | int | tuple[int, int] | bytes
_MARSHAL = 2
"""The last version of Python's marshalling that writes equal values alike, whatever else holds them."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that an engine indexes.

    `values` by field name: strings for KEYWORD and TEXT, one int for NUMBER, one pair of days for PERIOD, bytes for
    VECTOR (`Kind.VECTOR`). A search does not distinguish a missing field from one without values. The schema's key
    field holds `key`, whether `values` repeats it or not. No phrase crosses the pieces of a TEXT field, whatever its
    slop.
    """

    key: str
    values: Mapping[str, tuple[Value, ...]]
    language: str | None = None

    def digest(self) -> str:
        """16 hexadecimal digits that change with any value or the language."""
        return blake2b(self.content(), digest_size=8).hexdigest()

    def content(self) -> bytes:
        """All contents of the document as bytes: equal for equal documents only."""
        names = sorted(self.values)
        content = (self.key, self.language, names, list(map(self.values.__getitem__, names)))
        try:
            return dumps(content, _MARSHAL)
        except ValueError:
            # A subclass of str may have another repr, which is good enough here.
            return repr(content).encode("utf-8", "surrogatepass")
