"""The duration of reading, importing and preparing a thesaurus, and of searching with it.

    python bench/vocabulary.py [--items 20000] [--concepts 0,100,5000,10000]

Items and thesauri have invented words, the same in each run. All figures are of one run, in processor time (for
searches, which are all different, the better of three rounds); peak memory is that of a process that reads one file.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from kb.access.actor import ANONYMOUS, OPERATOR
from kb.formats.skos.reader import read_skos
from kb.formats.skos.writer import SKOS_FORMATS, write_skos
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, VocabularyMode
from kb.model.vocabulary import Concept, ConceptText, Vocabulary
from kb.search.index_search import open_catalogue
from kb.search.vocabulary_expansion import VocabularyMatcher
from kb.services.core.library import Library, VocabularyCache
from kb.services.search.search import run_search
from kb.services.vocabulary.vocabularies import import_vocabulary
from kb.settings import Settings
from kb.site import migrate, open_store

SYLLABLES = tuple(start + vowel for start in "b c d f g l m n p r s t v ch tr pl".split() for vowel in "aeiou")
GROUP = Group("g", "groupe", "Groupe")


def words(count: int, rng: random.Random) -> list[str]:
    words_found: dict[str, None] = {}
    while len(words_found) < count:
        words_found["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))] = None
    return list(words_found)


def thesaurus(count: int, known_words: list[str], rng: random.Random) -> Vocabulary:
    """Each concept has a preferred label of one or two words, two synonyms, and one broader concept."""

    def label() -> str:
        return " ".join(rng.choices(known_words, k=rng.choice((1, 2, 2, 3))))

    concepts = [
        Concept(
            f"urn:x:{number:06}",
            (ConceptText("fr", known_words[number % len(known_words)] if number < len(known_words) else label()),),
            (ConceptText("fr", label()), ConceptText("fr", label())),
            scope_note=(ConceptText("fr", " ".join(rng.choices(known_words, k=12))),),
            broader=(f"urn:x:{rng.randrange(number):06}",) if number else (),
        )
        for number in range(count)
    ]
    return Vocabulary.of(concepts, "urn:x:tout")


def library_of(folder: Path, count: int, known_words: list[str], rng: random.Random) -> Library:
    settings = Settings(folder, f"sqlite:///{folder}/store.sqlite3", f"whoosh:{folder}/index")
    migrate(settings.store_url)
    library = Library(open_store(settings.store_url), open_catalogue(settings.index_url), settings)
    weights = [1 / (place + 1) for place in range(len(known_words))]
    items = [
        Item(f"i{number}", GROUP.id, number, title=" ".join(rng.choices(known_words, weights, k=8)),
             description=" ".join(rng.choices(known_words, weights, k=60)), language="fr")
        for number in range(count)
    ]  # fmt: skip
    with library.store.write() as writing:
        writing.groups.add(GROUP)
        writing.items.add(items)
    catch_up(library)
    return library


def timed(act: Callable[[], object], turns: int = 1) -> float:
    """Milliseconds of processor time, of the better round."""
    best = float("inf")
    for _ in range(turns):
        started = time.process_time()
        act()
        best = min(best, time.process_time() - started)
    return best * 1000


def searches(library: Library, queries: list[str], use: VocabularyMode | None) -> str:
    """The percentiles 50 and 99 of the searches. None: vocabularies are not used, as for a followed search."""

    def ask(query: str) -> None:
        run_search(library, ANONYMOUS, SearchRequest(q=query, vocabulary=use or VocabularyMode.VERBATIM))

    # One more space makes another query: no answer is cached from one round to the next.
    seconds = sorted(min(timed(partial(ask, query + " " * turn)) for turn in range(3)) for query in queries)
    return f"{median(seconds):.2f}, {seconds[int(len(seconds) * 0.99)]:.2f}"


def peak(path: Path) -> float:
    """MiB of a process that reads a file."""
    program = (
        "import sys, re, pathlib; from kb.formats.skos.reader import read_skos;"
        "read_skos(pathlib.Path(sys.argv[1]).read_bytes());"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    return int(ran.stdout) / 1024


def bring_in(library: Library, vocabulary: Vocabulary, folder: Path) -> None:
    """Print how long a thesaurus takes from its file to the first search that uses it."""
    for form in SKOS_FORMATS:
        path = folder / f"t.{form}"
        path.write_bytes(write_skos(vocabulary, form))
        seconds = timed(lambda: read_skos(path.read_bytes()))  # noqa: B023 - called at once
        print(f"  read {form}: {seconds:.0f} ms, {path.stat().st_size >> 10} KiB, peak {peak(path):.0f} MiB")
    file = read_skos(write_skos(vocabulary, "turtle"))
    put = timed(lambda: import_vocabulary(library, OPERATOR, GROUP.slug, file, instead=True))
    again = timed(lambda: import_vocabulary(library, OPERATOR, GROUP.slug, file))
    print(f"  bring in: {put:.0f} ms; again, nothing new: {again:.0f} ms")
    with library.store.read() as reading:
        vocabulary_saved = reading.vocabularies.of_group(GROUP.id)
        print(f"  read from the store: {timed(lambda: reading.vocabularies.of_group(GROUP.id)):.0f} ms")
    tracemalloc.start()
    matcher = VocabularyMatcher.of(GROUP.id, vocabulary_saved)
    mebibytes = tracemalloc.get_traced_memory()[0] / (1 << 20)
    tracemalloc.stop()
    ready = timed(lambda: VocabularyMatcher.of(GROUP.id, vocabulary_saved))
    print(
        f"  make ready: {ready:.0f} ms; {len(matcher.concepts_by_key)} keys, {mebibytes:.1f} MiB beside the vocabulary"
    )
    fresh = replace(library, matchers=VocabularyCache())
    request = SearchRequest(q="premier")
    print(f"  first search: {timed(lambda: run_search(fresh, ANONYMOUS, request)):.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--concepts", default="0,100,5000,10000")
    arguments = parser.parse_args()
    rng = random.Random(5)
    known_words = words(12_000, rng)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        library = library_of(folder, arguments.items, known_words, rng)
        queries = [" ".join(rng.choices(known_words[:3000], k=rng.randint(1, 4))) for _ in range(150)]
        print(f"{arguments.items} items; searches in ms: half, 99 %")
        for count in map(int, arguments.concepts.split(",")):
            vocabulary = thesaurus(count, known_words, random.Random(count))
            print(f"\n{count} concepts, {sum(len(concept.labels) for concept in vocabulary.concepts)} labels")
            if count:
                bring_in(library, vocabulary, folder)
            uses = {
                "not looked at": None,
                "off": VocabularyMode.OFF,
                "on": VocabularyMode.ON,
                "narrower": VocabularyMode.NARROWER,
            }
            for name, use in uses.items():
                print(f"  {name}: {searches(library, queries, use)}")
        library.close()


if __name__ == "__main__":
    main()
