"""Vectors of the texts of an item: a model of embeddings gives texts of a like meaning vectors that are near."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class ItemVectors:
    """The vectors of an item, all of one model, by the digest of their text (`text_digest`), each as `index.quantize`
    gives it.

    `model` is a digest too: vectors of two models cannot be compared, even if they have as many dimensions.
    """

    model: str
    by_text: Mapping[str, bytes]


def text_digest(text: str) -> str:
    """32 hexadecimal digits by which a text finds its vector."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
