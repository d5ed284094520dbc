"""A writer that changes a number of items per second through `kb.services`, for `bench/pages/page_speed.py`.

Reads {"rate", "ids"} as a line of JSON from standard input, and changes one item after another in the database of the
environment until its input ends; then writes {"changes": number, "late": maximum seconds of delay}. Each change gives
an item its own description with the words in another order, so that the database keeps its size.
"""

import json
import random
import select
import sys
import time

from kb.access.actor import OPERATOR
from kb.model.items.import_draft import GroupDraft, ItemDraft
from kb.services.core.library import Library
from kb.services.imports.import_export import import_items
from kb.site import open_library, settings_from_environment


def change(library: Library, item_id: str, rng: random.Random) -> None:
    """Give an item another description."""
    with library.store.read() as reading:
        item = reading.items.any_of([item_id])[item_id]
        group = reading.groups.by_ids([item.group_id])[item.group_id]
    words = (item.description or item.title or "").split()
    rng.shuffle(words)
    draft = ItemDraft(id=item.id, group=GroupDraft(slug=group.slug), title=item.title, description=" ".join(words))
    report = import_items(library, OPERATOR, [draft])
    if report.updated + report.unchanged != 1:
        raise SystemExit(f"{item_id} was not changed: {report}")


def main() -> None:
    options = json.loads(sys.stdin.readline())
    library = open_library(settings_from_environment())
    rng = random.Random(7)
    started, count, late = time.monotonic(), 0, 0.0
    try:
        while True:
            wait = started + count / options["rate"] - time.monotonic()
            if select.select([sys.stdin], [], [], max(0.0, wait))[0]:
                break
            late = max(late, -wait)
            change(library, rng.choice(options["ids"]), rng)
            count += 1
    finally:
        library.close()
    json.dump({"changes": count, "late": late}, sys.stdout)


if __name__ == "__main__":
    main()
