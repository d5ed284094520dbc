"""Measure how long one change takes that is matched against all followed searches.

    python bench/followed_searches.py [--searches 1000] [--changes 50] [--page-words 1500]

The items are those of `corpus.py`, each with the text of a page; the searches are of every kind. CPU time is counted.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus import Words, lines

from kb.access.actor import OPERATOR
from kb.formats.json_lines.reader import read_json_lines
from kb.indexer import catch_up
from kb.services.core.library import Library
from kb.services.followed_searches.following import follow
from kb.services.followed_searches.matching import bring_up_to_date
from kb.services.imports.import_export import import_items
from kb.settings import default_settings_in
from kb.site import migrate, open_library

ITEMS = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=1_000)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--page-words", type=int, default=1_500)
    arguments = parser.parse_args()
    rng = random.Random(32)
    words = Words(rng)
    with TemporaryDirectory() as folder:
        settings = default_settings_in(Path(folder))
        migrate(settings.store_url)
        library = open_library(settings)
        import_items(library, OPERATOR, read_json_lines(line.encode() for line in lines(ITEMS)))
        catch_up(library)
        beginning = [cpu(lambda: follow(library, a_search(rng, words))) for _ in range(arguments.searches)]
        report("begin to follow a search", beginning)
        report("first change (plans are read)", [change(library, rng, words, arguments.page_words)])
        changes = [change(library, rng, words, arguments.page_words) for _ in range(arguments.changes)]
        report(f"one change, {arguments.searches} searches", changes)
        with library.store.write() as writing:
            for search in writing.followed_searches.all():
                writing.followed_searches.remove([search.id])
        follow(library, [("q", "zzzz")])
        alone = [change(library, rng, words, arguments.page_words) for _ in range(arguments.changes)]
        report("the same, one search", alone)
        library.close()


def a_search(rng: random.Random, words: Words) -> list[tuple[str, str]]:
    """A search of some kind."""
    first, second, third = (rng.choice(words.words[20:5_000]) for _ in range(3))
    kinds = (
        [("q", f"{first} {second}"), ("match", "all")],
        [("q", f"{first} {second} {third}")],
        [("q", f'"{first} {second}"')],
        [("q", f"{first} -{second}")],
        [("q", f"{first[:4]}*"), ("tag", second)],
        [("q", f"{first}~")],
        [("q", f"titre:{first} OU surlignage:{second}")],
        [("tag", words.words[300 + 7 * rng.randrange(400)])],
        [("site", f"site-{rng.randrange(211)}.example"), ("q", first)],
        [("source", f"Journal n° {rng.randrange(41)}"), ("from", "2014")],
        [("author", f"personne-{rng.randrange(60)}"), ("view", "passages"), ("q", f"{first} {second}")],
    )
    return rng.choice(kinds)


def change(library: Library, rng: random.Random, words: Words, page_words: int) -> float:
    """Change one item and its page; returns the seconds until every followed search knows it."""
    item_id = f"corpus-{rng.randrange(ITEMS)}"
    with library.store.write() as writing:
        item = writing.items.any_of([item_id])[item_id]
        writing.items.update([replace(item, description=words.text(30))])
        writing.page_texts.put(item_id, words.text(page_words))
    return cpu(lambda: bring_up_to_date(library))


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def report(name: str, seconds: list[float]) -> None:
    times = sorted(1000 * each for each in seconds)
    print(f"{name:40} median {statistics.median(times):7.1f} ms   p95 {times[int(0.95 * (len(times) - 1))]:7.1f} ms")


if __name__ == "__main__":
    main()
