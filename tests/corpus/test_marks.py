"""Every mark of more than a thousand hits begins and ends at word boundaries, and covers a word that matches the
query.
"""

import json
import os
import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.analysis import analyze
from kb.access.actor import ANONYMOUS, AccessScope, ReadableGroups
from kb.indexer import catch_up
from kb.model.search_request import SearchRequest, View
from kb.services.core.library import Library
from kb.services.items.items import item_page
from kb.site import create_app
from tests.checkers.mark_checker import Marked, parts_of, read_marks, stands_on_words, texts_of, uncut, unreached
from tests.corpus.judged.measures import HERE
from tests.factories.import_export import exported_lines, import_data, lines_of
from tests.factories.library import an_empty_library

EVERYTHING = AccessScope(everything=True)
HITS = int(os.environ.get("MARKED_HITS", "1000"))
"""The number of checked hits; MARKED_HITS=20000 tries more."""
SAMPLES = Path(__file__).resolve().parents[2] / "kb" / "samples"
_WORD = re.compile(r"[^\W\d_]{2,}")
DIFFICULT = (
    "Les e\u0301lus de l\u02bcœuvre, aujourd’hui, qu’en disent-ils\u202f?",
    "Le por\u00adte-pa\u00adro\u00adle de la D.G.S. (et S.I.A.E.P.) lit data.gouv.fr\u00a0: «\u202fl’open-data\u202f»",
    "C++ et C# : l’e-administration_numérique, sous-sous-préfet, 2014-11-07, 100\u202f000\u00a0€",
    "ÉTAT CIVIL ÉTAT-CIVIL État\u2011civil d'État ; « l’été »\n\nœuvres\tcœur… eaux,eau;EAU/eau(eau)",
    "<b>agents</b> & élus <mark>marqués</mark> … déjà coupés …",
    "東京の図書館 et la bibliothèque de Düsseldorf, ﬁnances et ﬂux, İstanbul, groſſe Straße",
)
"""Texts whose characters differ from their words: composed and invisible characters, compounds, markup."""


def a_difficult_record(number: int, language: str) -> dict[str, Any]:
    """A record with the same text in all fields."""
    text, name = DIFFICULT[number], f"difficile-{number}-{language}"
    annotations = [
        {
            "id": f"{name}-{kind}",
            "kind": kind,
            "quote": text if kind != "comment" else None,
            "body": text,
            "replies": [{"id": f"{name}-{kind}-r", "body": text}],
        }
        for kind in ("highlight", "note", "comment")
    ]
    whole = {"title": text, "description": f"{text} {text}", "source": text, "tags": [text]}
    return {"id": name, "group": "difficile", "language": language, "annotations": annotations} | whole


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The judged collection and the sample library."""
    opened = an_empty_library(index_url=f"whoosh:{tmp_path_factory.mktemp('marks') / 'index'}")
    difficult = [a_difficult_record(n, language) for n in range(len(DIFFICULT)) for language in ("fr", "en", "ja")]
    files = [path.read_bytes() for path in (HERE / "items.jsonl", *sorted(SAMPLES.glob("*.jsonl")))]
    for lines in (*files, lines_of(*difficult)):
        assert not import_data(opened, lines).skipped
    catch_up(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def records(library: Library) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in map(json.loads, exported_lines(library).splitlines())}


class Asking:
    """Queries made of words of a collection, as users type them: inflected, unaccented, misspelt, shortened, quoted."""

    def __init__(self, texts: list[str], seed: int) -> None:
        self.chance = random.Random(seed)
        self.texts = texts
        self.words = sorted({word for text in texts for word in _WORD.findall(text)})
        self.alike: defaultdict[str, list[str]] = defaultdict(list)
        for word in self.words:
            for token in analyze(word, "fr"):
                self.alike[token.term].append(word)

    def query(self) -> str:
        ways: tuple[Callable[[], str], ...] = (
            self.word, self.inflected, self.unaccented, self.prefixed, self.pattern, self.fuzzy, self.phrase, self.run,
            self.fielded, self.joined,
        )  # fmt: skip
        typed = " ".join(self.chance.choice(ways)() for _ in range(self.chance.choice((1, 1, 2, 3))))
        return self.chance.choice((typed, typed, typed.upper(), f"{typed} -{self.word()}"))

    def word(self) -> str:
        return self.chance.choice(self.words)

    def inflected(self) -> str:
        tokens = analyze(self.word(), "fr")
        return self.chance.choice(self.alike[tokens[0].term]) if tokens else self.word()

    def unaccented(self) -> str:
        apart = unicodedata.normalize("NFKD", self.inflected())
        return "".join(character for character in apart if not unicodedata.combining(character))

    def prefixed(self) -> str:
        word = self.word()
        return word[: self.chance.randint(2, len(word))] + "*"

    def pattern(self) -> str:
        word = self.word()
        place = self.chance.randrange(1, len(word))
        return f"{word[:place]}{self.chance.choice('?*')}{word[place + 1 :]}"

    def fuzzy(self) -> str:
        word = self.word()
        place = self.chance.randrange(len(word))
        return word[:place] + word[place + 1 :] + self.chance.choice(("~", "~2"))

    def phrase(self) -> str:
        return f'"{self.run()}"'

    def run(self) -> str:
        """Some consecutive words of a text, with the characters between them."""
        words = self.chance.choice(self.texts).replace('"', " ").split()
        start = self.chance.randrange(len(words))
        return " ".join(words[start : start + self.chance.randint(1, 4)])

    def fielded(self) -> str:
        name = self.chance.choice(("titre", "description", "surlignage", "note", "commentaire", "réponse", "source"))
        return f"{name}:{self.inflected()}"

    def joined(self) -> str:
        return self.word() + self.chance.choice(("-", "", " OU ", "’")) + self.word()


def words_of(record: dict[str, Any]) -> Iterator[str]:
    yield from filter(None, (record["title"], record["description"], record["source"], *record["tags"]))
    for annotation in record["annotations"]:
        yield from filter(
            None, (annotation["quote"], annotation["body"], *(reply["body"] for reply in annotation["replies"]))
        )


def problem_of(marked: Marked, texts: list[str], language: str | None) -> str | None:
    """The problem of a snippet of a text; None if it is right."""
    problem: str | None = "shown, and in no text"
    for text, marks in uncut(marked, texts):
        broken = [text[start:end] for start, end in marks if not stands_on_words(text, start, end, language)]
        if not broken:
            return None
        problem = f"no words: {broken}"
    return problem


def test_every_mark_covers_whole_words_that_the_query_reaches(
    library: Library, records: dict[str, dict[str, Any]]
) -> None:
    client = TestClient(create_app(library))
    asking = Asking([text for record in records.values() for text in words_of(record)], seed=1)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    with library.store.read() as reading:
        groups = reading.groups.all()
    while counts["hits"] < HITS:
        query, view = asking.query(), asking.chance.choice(("items", "items", "passages"))
        page = str(asking.chance.choice((1, 1, 2)))
        answer = client.get("/api/v1/search", params={"q": query, "view": view, "per_page": "5", "page": page}).json()
        # A pasted sentence that finds nothing is searched again without its quotation marks.
        suggested = answer["suggestion"] or query
        query_used = suggested if '"' in query and '"' not in suggested else query
        marker = library.catalogue.search(
            SearchRequest(q=query_used, view=View(view)), ReadableGroups(EVERYTHING, groups)
        ).marker()
        query_parts = list(parts_of(marker.query)) if marker else []
        marks_found: list[tuple[str, str, str | None]] = []
        for hit in answer["items"]:
            record = records[(hit["item"] if view == "passages" else hit)["id"]]
            counts["hits"] += 1
            marks_shown = [(match["field"], match["annotation"], match["html"]) for match in hit["matches"]]
            whole = item_page(library, ANONYMOUS, record["id"], query).matches if asking.chance.random() < 0.2 else ()
            marks_shown += [(mark.field, mark.annotation, _html(mark.pieces)) for mark in whole]
            for field, annotation, html in marks_shown:
                marked = read_marks(html)
                counts["marks"] += len(marked.marks)
                counts[field] += 1
                marks_found += [(field, marked.text[start:end], record["language"]) for start, end in marked.marks]
                problem = problem_of(marked, texts_of(record, field, annotation), record["language"])
                if problem or not marked.marks:
                    faults.append(f"{query!r} in {record['id']}, {field}: {problem}: {html[:300]}")
            if not marks_shown and query_parts:
                faults.append(f"{query!r} finds {hit.get('id') or hit['annotation']['id']} and marks nothing")
        assert marker is not None or not marks_found, query
        faults += [
            f"{query!r} reaches nothing of {part}" for part in (unreached(marker.query, marks_found) if marker else ())
        ]
    assert not faults, f"{len(faults)} faults of {counts}\n" + "\n".join(faults[:20])
    assert counts["marks"] > HITS
    places = {"title", "description", "highlight", "note", "comment", "reply", "tag", "source"}
    assert all(counts[place] for place in places), counts


def _html(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(f"<mark>{escape(text)}</mark>" if is_marked else escape(text) for text, is_marked in pieces)


def test_the_checker_refuses_wrong_marks() -> None:
    text = "L’e-administration des élus"
    assert stands_on_words(text, 2, 18, "fr")
    assert stands_on_words(text, 4, 18, "fr")
    assert not stands_on_words(text, 0, 18, "fr")
    assert not stands_on_words(text, 4, 17, "fr")
    assert not stands_on_words(text, 5, 18, "fr")
    assert problem_of(Marked("des élus", ((4, 8),)), [text], "fr") is None
    assert problem_of(Marked("des élus", ((4, 7),)), [text], "fr") == "no words: ['élu']"
    assert problem_of(Marked("des maires", ((4, 10),)), [text], "fr") == "shown, and in no text"
    for broken in ("<b>a</b>", "<mark>a", "<mark></mark>a", "<mark>a<mark>b</mark></mark>"):
        with pytest.raises(AssertionError):
            read_marks(broken)


def test_the_checker_asks_an_engine_which_marks_match_the_query(library: Library) -> None:
    query = 'titre:agents -maires numér* "cours d\'eau"'
    marker = library.catalogue.search(SearchRequest(q=query), ReadableGroups(EVERYTHING, ())).marker()
    assert marker is not None
    good = [("title", "agent", "fr"), ("note", "Numérique", "fr"), ("note", "cours d’eau", "fr")]
    bad = [("note", "agents", "fr"), ("title", "maires", "fr"), ("note", "cours", "fr"), ("note", "numéro", "en")]
    assert unreached(marker.query, [*good, *bad]) == bad[:3]
