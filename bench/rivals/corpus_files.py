"""The corpus on disk: the original items, and their terms, which are computed once and given to every engine."""

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any

from index.analysis import FINGERPRINT, terms_of

from .inputs import EPOCH, Row, Text
from .synthetic import VERSION, lines

PLAIN = re.compile("[a-z0-9]+")
"""Terms that the simplest tokenizer of every engine leaves unchanged; all others are left out for all engines."""


@dataclass(frozen=True, slots=True)
class Material:
    """A corpus in a folder. `analysis`: CPU seconds of the analysis of all of it."""

    folder: Path
    source: tuple[str, ...]
    documents: int
    analysis: float

    def rows(self) -> Iterator[Row]:
        with (self.folder / "terms.jsonl").open(encoding="utf-8") as file:
            for line in file:
                yield Row(*json.loads(line))

    def texts(self) -> Iterator[Text]:
        return _texts(self.source, self.documents)


def prepare(folder: Path, source: Path | None, documents: int, seed: int) -> Material:
    """The corpus of this folder, created if it is missing or different.

    `source`: a file of JSON Lines or a folder of them; None makes `documents` synthetic items.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if source is None:
        corpus_path = folder / "corpus.jsonl"
        wanted_key: list[Any] = ["synthetic", VERSION, documents, seed]
        sources = [corpus_path]
    else:
        sources = sorted(source.glob("*.jsonl")) if source.is_dir() else [source]
        wanted_key = [[str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns] for path in sources]
        wanted_key.append(documents)
    wanted_key = [wanted_key, FINGERPRINT]
    stamp = folder / "corpus.json"
    stamp_values = json.loads(stamp.read_text()) if stamp.exists() else {}
    if stamp_values.get("wanted") != wanted_key:
        stamp.unlink(missing_ok=True)
        if source is None:
            with corpus_path.open("w", encoding="utf-8") as file:
                file.writelines(lines(documents, seed))
        names = tuple(map(str, sources))
        count, seconds = _analyse(folder / "terms.jsonl", names, documents)
        stamp_values = {"wanted": wanted_key, "material": asdict(Material(folder, names, count, seconds))}
        stamp.write_text(json.dumps(stamp_values, default=str))
    material_facts = stamp_values["material"]
    return Material(folder, tuple(material_facts["source"]), material_facts["documents"], material_facts["analysis"])


def identity(folder: Path) -> Any:
    """The identity of this corpus; an index of another corpus is built again."""
    return json.loads((folder / "corpus.json").read_text())["wanted"]


def _analyse(target: Path, sources: tuple[str, ...], most: int) -> tuple[int, float]:
    seconds, number = 0.0, 0
    texts = _texts(sources, most)
    with target.open("w", encoding="utf-8") as file:
        while some := list(islice(texts, 1000)):
            started = time.process_time()
            analyzed = [
                (
                    terms_of(text.title, text.language).stems,
                    [terms_of(paragraph, text.language).stems for paragraph in text.body],
                )
                for text in some
            ]
            seconds += time.process_time() - started
            for text, (title, body) in zip(some, analyzed, strict=True):
                row = (number, _plain(title), _plain(chain.from_iterable(body)), text.tags, text.author, text.day)
                file.write(json.dumps(row) + "\n")
                number += 1
    return number, seconds


def _plain(terms: Iterable[str]) -> list[str]:
    return [term for term in terms if PLAIN.fullmatch(term)]


def _texts(sources: tuple[str, ...], most: int) -> Iterator[Text]:
    return (text_of(json.loads(line)) for line in islice(chain.from_iterable(map(_lines, sources)), most))


def _lines(source: str) -> Iterator[str]:
    with Path(source).open(encoding="utf-8") as file:
        yield from file


def text_of(item: dict[str, Any]) -> Text:
    """The part of an item of the exchange format that engines index."""
    author = item.get("author") or ""
    when = item.get("published") or item.get("added") or "1970-01-01"
    day = date.fromisoformat((when + "-01-01")[:10] if len(when) < 10 else when[:10]).toordinal() - EPOCH
    pieces = [item.get("description")]
    for annotation in item.get("annotations") or ():
        pieces += (
            annotation.get("quote"),
            annotation.get("body"),
            *(reply.get("body") for reply in annotation.get("replies") or ()),
        )
    return Text(
        item.get("title") or "",
        tuple(piece for piece in pieces if piece),
        # Some engines treat tags that differ only by case as one tag, others as two.
        tuple(sorted({tag.casefold() for tag in item.get("tags") or ()})),
        (author if isinstance(author, str) else author["login"]).casefold() or "inconnu",
        day,
        item.get("language"),
    )
