"""Leave out of an undo record the parts that its action did not change: annotations, replies, entries of lists.

Otherwise each of many small changes of a large item would store all of it twice. An unchanged part is stored as its id
and a hash, and read from the item as it is now; where it was changed or removed since, a part stands for it that equals
none, so that an undo leaves what there is.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

Record = Any
"""A part as JSON; an unchanged one is a text: `<id> <hash>` before the action, `<id>` after it."""


def without_unchanged(
    before: Sequence[Record], after: Sequence[Record], id_of: Callable[[Record], str]
) -> tuple[list[Record], list[Record]]:
    """The parts before and after an action, the unchanged ones as texts."""
    known = {id_of(part): part for part in after}
    same = {id_of(part) for part in before if known.get(id_of(part)) == part}
    return (
        [f"{id_of(part)} {_hash(part)}" if id_of(part) in same else part for part in before],
        [id_of(part) if id_of(part) in same else part for part in after],
    )


def with_unchanged(
    before: Iterable[Record],
    after: Iterable[Record],
    now: Mapping[str, Record],
    replacement: Callable[[str], Record],
) -> tuple[list[Record], list[Record]]:
    """The parts as `without_unchanged` got them. `now` are the present parts by id, `replacement` gives a part that
    stands for one that is not the same any more.
    """
    known: dict[str, Record] = {}
    whole = []
    for part in before:
        if isinstance(part, str):
            id_, _, digest = part.partition(" ")
            is_same = id_ in now and _hash(now[id_]) == digest
            known[id_] = now[id_] if is_same else replacement(id_)
            whole.append(known[id_])
        else:
            whole.append(part)
    return whole, [known[part] if isinstance(part, str) else part for part in after]


def _hash(part: Record) -> str:
    return blake2b(json.dumps(part, sort_keys=True).encode(), digest_size=12).hexdigest()
