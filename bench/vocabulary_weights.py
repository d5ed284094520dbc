"""The best weight of a concept's other labels relative to the typed words, measured with relevance judgements.

    python bench/vocabulary_weights.py FOLDER [--questions 1500]

FOLDER has `documents.jsonl` ({"id", "title", "text"}) and `questions.jsonl` ({"text", "rel": {id: grade}}). True
synonyms are simulated: the rarest word of each question that enough documents contain is replaced by an invented word
in half of the documents, and the vocabulary declares both as synonyms. False synonyms are real words of similar
frequency and other meaning, as in a careless vocabulary. nDCG@10.
"""

import argparse
import json
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

from index import analyze
from kb.access.actor import ReadableGroups
from kb.indexer import catch_up
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.model.vocabulary import Concept, ConceptText, Vocabulary
from kb.search import vocabulary_expansion
from kb.search.index_search import Catalogue, open_catalogue
from kb.search.vocabulary_expansion import VocabularyMatcher
from kb.services.core.library import Library
from kb.settings import Settings
from kb.site import open_store

GROUP = Group("g", "groupe", "Groupe")
WEIGHTS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
LEAST, MOST = 4, 300
"""The number of documents that contain a replaced word."""


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    relevant: Mapping[str, int]
    stem: str
    word: str


def rows(path: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def stems(text: str) -> list[tuple[str, str]]:
    """The stems of words of letters, and the words."""
    return [
        (analyzed.term, text[analyzed.start : analyzed.end])
        for analyzed in analyze(text, "fr")
        if analyzed.term.isalpha()
    ]


def chosen(questions: Sequence[dict], holders: Mapping[str, int]) -> list[Question]:  # type: ignore[type-arg]
    passages = []
    for question in questions:
        candidates = [
            (holders[stem], stem, word) for stem, word in stems(question["text"]) if LEAST <= holders[stem] <= MOST
        ]
        if candidates:
            _, stem, word = min(candidates)
            passages.append(Question(question["text"], question["rel"], stem, word))
    return passages


def with_replacements(text: str, halved: Mapping[str, str]) -> str:
    for token in reversed(analyze(text, "fr")):
        if token.term in halved:
            text = text[: token.start] + halved[token.term] + text[token.end :]
    return text


def catalogue_of(folder: Path, items: Sequence[Item]) -> Library:
    settings = Settings(folder, "sqlite:///:memory:", f"whoosh:{folder}/index")
    library = Library(open_store(settings.store_url), open_catalogue(settings.index_url), settings)
    with library.store.write() as writing:
        writing.groups.add(GROUP)
        writing.items.add(items)
    catch_up(library)
    return library


def quality(catalogue: Catalogue, questions: Sequence[Question], matcher: VocabularyMatcher, weight: float) -> float:
    """Mean nDCG@10."""
    vocabulary_expansion.SYNONYM_WEIGHT = weight
    total = 0.0
    for question in questions:
        request = SearchRequest(q=question.text, per_page=10, facet_limit=1)
        answer = catalogue.search(request, ReadableGroups.of([GROUP]), [matcher] if weight else []).answer()
        gain = sum(question.relevant.get(hit.id, 0) / log2(place + 2) for place, hit in enumerate(answer.hits))
        best = sum(grade / log2(place + 2) for place, grade in enumerate(sorted(question.relevant.values())[::-1][:10]))
        total += gain / best
    return total / len(questions)


def matcher_of(pairs: Mapping[str, str]) -> VocabularyMatcher:
    concepts = [
        Concept(f"urn:x:{place}", (ConceptText("fr", word),), (ConceptText("fr", other),))
        for place, (word, other) in enumerate(sorted(pairs.items()))
    ]
    return VocabularyMatcher.of(GROUP.id, Vocabulary.of(concepts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=1_500)
    arguments = parser.parse_args()
    rng = random.Random(7)
    documents = [row for row in rows(arguments.folder / "documents.jsonl") if row.get("lang", "fr") == "fr"]
    texts = {document["id"]: (document.get("title") or "", document["text"]) for document in documents}
    holders = Counter(stem for title, text in texts.values() for stem in {s for s, _ in stems(f"{title} {text}")})
    questions = chosen(rows(arguments.folder / "questions.jsonl"), holders)
    questions = [question for question in questions if question.relevant.keys() <= texts.keys()]
    questions = rng.sample(questions, min(arguments.questions, len(questions)))
    words = {question.stem: question.word for question in questions}
    others = {stem: f"zq{place}".translate(str.maketrans("0123456789", "bcdfgklmnp")) + "ax"
              for place, stem in enumerate(sorted(words))}  # fmt: skip
    by_count = defaultdict(list)
    for stem, count in holders.items():
        by_count[count.bit_length()].append(stem)
    spelt = {stem: word for title, text in texts.values() for stem, word in stems(f"{title} {text}")}
    false = {word: spelt[rng.choice(by_count[holders[stem].bit_length()])] for stem, word in words.items()}
    items = []
    for number, (id_, (title, text)) in enumerate(texts.items()):
        halved = others if rng.random() < 0.5 else {}
        items.append(Item(id_, GROUP.id, number, title=with_replacements(title, halved) or None,
                          description=with_replacements(text, halved), language="fr"))  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        library = catalogue_of(Path(place), items)
        print(f"{len(items)} documents, {len(questions)} questions, {len(words)} words said otherwise")
        print("| weight | true synonyms | false ones |\n| --- | --- | --- |")
        true = matcher_of({words[stem]: other for stem, other in others.items()})
        wrong = matcher_of(false)
        for weight in WEIGHTS:
            good, bad = (quality(library.catalogue, questions, vocabulary, weight) for vocabulary in (true, wrong))
            print(f"| {weight} | {good:.4f} | {bad:.4f} |", flush=True)
        library.close()


if __name__ == "__main__":
    main()
