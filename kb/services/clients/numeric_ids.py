"""Numeric ids, for programs that know no others.

The number of an item is a permutation of its place in the order of import, keyed with a secret of the database: it
stays the same for ever, leads back to the item without a table, and does not tell how many items there are. Everything
else, such as a tag, has a keyed hash of its name. A number gives no rights.
"""

from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_hex

from kb.access.actor import Actor
from kb.errors import NotFound
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.items.items import ItemView

KEY_NAME = "numeric_ids_key"
_HALF_BITS = 15
_HALF = (1 << _HALF_BITS) - 1
MOST_NUMBERED = 1 << (2 * _HALF_BITS)
"""Numbers are below it: programs on telephones read them into 32 bits."""
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class NumericIds:
    """The numeric ids of a database, whose secret is `key`."""

    key: bytes

    def of_order(self, order: int) -> int:
        """The number of the item with this order. Raises ValueError beyond MOST_NUMBERED."""
        if not 0 <= order < MOST_NUMBERED:
            raise ValueError(order)
        remaining, right = order >> _HALF_BITS, order & _HALF
        # A Feistel network (Luby and Rackoff, 1988): each round can be undone, whatever its function.
        for step in range(_ROUNDS):
            remaining, right = right, remaining ^ self._round(step, right)
        return remaining << _HALF_BITS | right

    def order_of(self, number: int) -> int | None:
        """The order of the item with this number; None for what is no number of an item."""
        if not 0 <= number < MOST_NUMBERED:
            return None
        remaining, right = number >> _HALF_BITS, number & _HALF
        for step in reversed(range(_ROUNDS)):
            remaining, right = right ^ self._round(step, remaining), remaining
        return remaining << _HALF_BITS | right

    def of_text(self, kind: str, text: str) -> int:
        """The number of something else than an item: `kind` says of what, `text` is its name or its id."""
        digest = blake2b(f"{kind}\0{text}".encode("utf-8", "surrogatepass"), key=self.key, digest_size=4).digest()
        return int.from_bytes(digest) % MOST_NUMBERED

    def _round(self, step: int, half: int) -> int:
        return (
            int.from_bytes(blake2b(bytes((step, half >> 8, half & 255)), key=self.key, digest_size=2).digest()) & _HALF
        )


def numeric_ids(library: Library) -> NumericIds:
    """The numeric ids of the database, whose secret is drawn when it is first needed. Raises Unavailable."""
    with library.store.read() as reading:
        key = reading.meta.get(KEY_NAME)
    if key is None:
        with library.store.write() as writing:
            key = writing.meta.get(KEY_NAME)
            if key is None:
                key = token_hex(32)
                writing.meta.set(KEY_NAME, key)
    return NumericIds(bytes.fromhex(key))


def item_with_number(library: Library, actor: Actor, number: int) -> ItemView:
    """The item with this number. Raises NotFound, with the same message for one that the actor may not read."""
    order = numeric_ids(library).order_of(number)
    with library.store.read() as reading:
        scope, groups = readable_groups(reading, actor)
        item = reading.items.with_order(order, scope) if order is not None else None
    group = next((group for group in groups if item is not None and group.id == item.group_id), None)
    if item is None or group is None:
        raise NotFound("This item does not exist, or you may not read it.")
    return ItemView(item, group)
