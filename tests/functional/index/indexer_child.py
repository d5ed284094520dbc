"""A process that changes and indexes a library in an endless loop and logs its steps, until a test kills it."""

import random
import sys
from dataclasses import replace
from pathlib import Path

from kb.indexer import catch_up, rebuild
from kb.settings import default_settings_in
from kb.site import open_library
from tests.factories.items import an_annotation, an_item


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main(folder: str, seed: int) -> None:
    library = open_library(default_settings_in(Path(folder)))
    rng = random.Random(seed)
    say("ready")
    while True:
        with library.store.write() as writing:
            ids = list(writing.items.ids())
            some = rng.sample(ids, min(len(ids), 20))
            items = list(writing.items.any_of(some[5:]).values())
            writing.items.remove(some[:5])
            writing.items.update([replace(item, title=f"Titre {rng.random()}") for item in items])
            order = writing.items.next_order()
            writing.items.add(
                [
                    an_item(
                        id=f"n{order + place}", order=order + place, annotations=[an_annotation(id=f"a{order + place}")]
                    )
                    for place in range(5)
                ]
            )
        say("begin")
        if rng.random() < 0.15:
            rebuild(library)
        else:
            catch_up(library)
        say("end")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
