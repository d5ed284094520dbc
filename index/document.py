"""A document: names and values, and the language in which its words are analysed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

Value = str | int | tuple[int, int]


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
        """16 hexadecimal digits that change with any value or the language (BLAKE2b, 8 bytes)."""
        content = repr((self.key, self.language, sorted(self.values.items())))
        return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
