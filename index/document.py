"""A document: field names and values, and the language in which its words are analysed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from marshal import dumps

Value = str | int | tuple[int, int]
_MARSHAL = 2
"""The last version of Python's marshalling that writes equal values alike, whatever else holds them."""


@dataclass(frozen=True, slots=True)
class Document:
    """What an engine keeps and finds.

    `values` by field name: strings for KEYWORD and TEXT, one int for NUMBER, one pair of days for PERIOD. A field
    that is missing, or has no value, is the same to a search. The schema's key field holds `key`, said again in
    `values` or not. No phrase crosses the pieces of a TEXT field, whatever its slop.
    """

    key: str
    values: Mapping[str, tuple[Value, ...]]
    language: str | None = None

    def digest(self) -> str:
        """16 hexadecimal digits that change with any value or the language."""
        return digest_of(self.content())

    def content(self) -> bytes:
        """All that the document says, in bytes: the same for equal documents, and for no others."""
        names = sorted(self.values)
        content = (self.key, self.language, names, list(map(self.values.__getitem__, names)))
        try:
            return dumps(content, _MARSHAL)
        except ValueError:
            # A string of a class of its own: what represents it will do.
            return repr(content).encode("utf-8", "surrogatepass")


def digest_of(content: bytes) -> str:
    """The digest of a document of this content (BLAKE2b, 8 bytes)."""
    return blake2b(content, digest_size=8).hexdigest()
