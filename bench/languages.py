"""The accuracy of language detection: `python bench/languages.py --folder FOLDER`

FOLDER contains HTML documents, each in a language that its path names (`html/fr-FR/`, `ch01.de.html`, `guide-es/`;
otherwise English), as in documentation packages of Debian: bench/README.md has the command that fetches them. A fixed
sample of their sentences and headings is drawn: 80 % in the first language, 14 % in the second, the rest in the others.
The language of each text is detected by `kb.language`, and by langdetect with default options in the same run.
"""

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import langdetect
from langdetect.detector_factory import DetectorFactory

from kb.language import detect_language
from kb.language.language_detection import detection_sample, language_by_stop_words, likeliest_language

SHARES = (0.80, 0.14)
"""The shares of the first and of the second language; the others share the rest."""
KINDS = (
    "3 words",
    "5 words",
    "10 words",
    "headings of 2 words or more",
    "headings of 3 words or more",
    "a heading and two sentences",
)
_LANGUAGE_IN_PATH = re.compile(r"(?:^|[-.])([a-z]{2})(?:[-_][A-Z]{2})?(?:\.html?)?$")
_SENTENCE_END = re.compile(r"(?<=[.!?…:;])\s+")
_NUMBERING = re.compile(r"^\W*(?:(?:[A-Z]|\d+)(?:\.\d+)*\.\s+|[^\W\d_]+\s+\d+\.\s+)?")
_SETTLED = {"script", "style", "head"}
_CODE = {"code", "pre", "tt", "kbd", "samp", "var"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


class Page(HTMLParser):
    """The paragraphs and headings of a page; paragraphs with code are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self.titles: list[str] = []
        self._kind: str | None = None
        self._text: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: object) -> None:  # noqa: ARG002 - html.parser's signature
        if tag in _HEADINGS or tag == "p":
            self._kind, self._text = tag, []
        elif tag in _SETTLED | _CODE:
            self._silent += 1
            self._text.append("\x00")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SETTLED | _CODE:
            self._silent = max(0, self._silent - 1)
        elif tag == self._kind:
            text = " ".join("".join(self._text).split())
            (self.paragraphs if tag == "p" else self.titles).append(text)
            self._kind = None

    def handle_data(self, data: str) -> None:
        if self._kind is not None and not self._silent:
            self._text.append(data)


@dataclass(slots=True)
class Material:
    """The results of one language."""

    sentences: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)


def language_in(path: Path) -> str:
    """The last language that a path names; English if it names none."""
    for part in reversed(path.parts):
        if match := _LANGUAGE_IN_PATH.search(part):
            return match[1]
    return "en"


def material_of(folders: Iterable[Path], languages: Sequence[str]) -> dict[str, Material]:
    """Unique sentences and headings by language. Texts that two languages have in common are left out, because they
    were not translated.
    """
    materials: dict[str, Material] = {language: Material() for language in languages}
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for folder in folders:
        for path in sorted(folder.rglob("*.htm*")):
            language = language_in(path.relative_to(folder))
            if not path.is_file():
                continue
            page = Page()
            page.feed(path.read_text("utf-8", "replace"))
            sentences = [part for text in page.paragraphs for part in _SENTENCE_END.split(text) if _is_prose(part)]
            titles = [text_ for title in page.titles if _is_prose(text_ := _NUMBERING.sub("", title), words=2)]
            for text in (*sentences, *titles):
                holders[_only_letters(text)].add(language)
            if language in materials:
                materials[language].sentences += sentences
                materials[language].titles += titles
    for text_ in materials.values():
        text_.sentences = [text for text in dict.fromkeys(text_.sentences) if len(holders[_only_letters(text)]) == 1]
        text_.titles = [text for text in dict.fromkeys(text_.titles) if len(holders[_only_letters(text)]) == 1]
    return materials


def _only_letters(text: str) -> str:
    """The letters of a text, to compare two languages: often only quotes and dashes were translated."""
    return "".join(filter(str.isalpha, text.casefold()))


def _is_prose(text: str, words: int = 3) -> bool:
    letters = sum(character.isalpha() for character in text)
    return "\x00" not in text and "://" not in text and letters * 4 >= len(text) * 3 and len(text.split()) >= words


def sample_texts(material: dict[str, Material], kind: str, count: int, rng: random.Random) -> list[tuple[str, str]]:
    """The texts of one kind with their languages, in the shares of the sample: `count`, or as many as possible."""
    languages = list(material)
    shares = dict(zip(languages, SHARES, strict=False))
    rest = (1 - sum(SHARES)) / max(1, len(languages) - len(shares))
    texts = {language: list(dict.fromkeys(_texts(material[language], kind, rng))) for language in languages}
    count = min(count, *(int(len(texts[language]) / shares.get(language, rest)) for language in languages))
    return [
        (language, text)
        for language in languages
        for text in rng.sample(texts[language], min(len(texts[language]), round(count * shares.get(language, rest))))
    ]


def _texts(material: Material, kind: str, rng: random.Random) -> Iterator[str]:
    match kind:
        case "headings of 2 words or more":
            yield from material.titles
        case "headings of 3 words or more":
            yield from (title for title in material.titles if len(title.split()) >= 3)
        case "a heading and two sentences":
            for title in material.titles:
                yield "\n".join((title, *rng.sample(material.sentences, 2)))
        case _:
            size = int(kind.removesuffix(" words"))
            for sentence in material.sentences:
                words = sentence.split()
                if len(words) >= size:
                    start = rng.randrange(len(words) - size + 1)
                    yield " ".join(words[start : start + size])


def raw(text: str) -> str | None:
    """The result of langdetect alone."""
    try:
        return str(langdetect.detect(text))
    except langdetect.LangDetectException:
        return None


def detect_with_langdetect(text: str, languages: tuple[str, ...]) -> str | None:
    """The result of langdetect, seeded, restricted to these languages, for text in lower case."""
    detector = _factory(languages).create()
    detector.append(text.lower())
    try:
        return str(detector.detect())
    except langdetect.LangDetectException:
        return None


@cache
def _factory(languages: tuple[str, ...]) -> DetectorFactory:
    factory = DetectorFactory()
    factory.set_seed(0)
    folder = files("langdetect").joinpath("profiles")
    factory.load_json_profile([folder.joinpath(name).read_text("utf-8") for name in languages])
    return factory


def accuracy(base: Sequence[tuple[str, str]], answers: Sequence[str | None], languages: Iterable[str]) -> float:
    """The share of correct answers for the texts in these languages."""
    allowed = set(languages)
    right = [answer == language for (language, _), answer in zip(base, answers, strict=True) if language in allowed]
    return sum(right) / max(1, len(right))


def timed(detect: Callable[[str], str | None], base: Sequence[tuple[str, str]]) -> tuple[list[str | None], float]:
    """The answers, and milliseconds of processor time for each."""
    start = time.process_time()
    languages_found = [detect(text) for _, text in base]
    return languages_found, (time.process_time() - start) * 1000 / len(base)


def measure(base: Sequence[tuple[str, str]], languages: tuple[str, ...], wrong: int) -> None:
    """Print the accuracy and speed of each method."""
    two = languages[:2]
    print(f"  {'langdetect as it comes':26} {_figures(base, raw, languages)}")
    figures = _figures(base, lambda text: detect_with_langdetect(text, languages), languages)
    print(f"  {'langdetect, these alone':26} {figures}")
    for chosen in (two, languages):
        figures = _figures(base, lambda text, chosen=chosen: detect_language(text, chosen), languages)
        print(f"  {'ours, ' + ','.join(chosen):26} {figures}")
    others = Counter(detect_language(text, two) for language, text in base if language not in two)
    print(f"  where {' and '.join(two)} are all, the others become {dict(others.most_common())}")
    samples = [detection_sample(text) for _, text in base]
    alone = [(sample, language_found) for sample in samples if (language_found := language_by_stop_words(sample, two))]
    agree = sum(language_found == likeliest_language(sample, two) for sample, language_found in alone)
    print(f"  stop words alone decide {len(alone)} of {len(base)}, {agree} of them as the whole method does")
    results = (
        (language, text, detect_language(text, two), detect_language(text, languages)) for language, text in base
    )
    missed = [result for result in results if result[0] != result[3] or (result[0] in two and result[0] != result[2])]
    for language, text, narrow, wide in missed[:wrong]:
        print(f"    {language}, told {narrow} and {wide}: {text}")


def _figures(base: Sequence[tuple[str, str]], detect: Callable[[str], str | None], languages: Sequence[str]) -> str:
    languages_found, seconds = timed(detect, base)
    each = "  ".join(f"{language} {accuracy(base, languages_found, [language]):.3f}" for language in languages)
    two = f"{'+'.join(languages[:2])} {accuracy(base, languages_found, languages[:2]):.3f}"
    return f"all {accuracy(base, languages_found, languages):.3f}  {two}  {each}  {seconds:5.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, action="append", required=True, help="documents in HTML; may be repeated"
    )
    parser.add_argument("--languages", default="fr,en,de,es,it", help="those of the base, the expected one first")
    parser.add_argument("--count", type=int, default=3000, help="texts of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", type=int, default=0, help="texts told wrongly to show, of each kind")
    arguments = parser.parse_args()
    languages = tuple(arguments.languages.split(","))
    material = material_of(arguments.folder, languages)
    for language, texts in material.items():
        print(f"{language}: {len(texts.sentences)} sentences, {len(texts.titles)} headings")
    # Data that is loaded once for the process is not part of a text's time.
    for chosen in (languages[:2], languages):
        detect_language("Institution", chosen)
        detect_with_langdetect("Institution", chosen)
    raw("Institution")
    for kind in KINDS:
        base = sample_texts(material, kind, arguments.count, random.Random(f"{arguments.seed} {kind}"))
        print(f"{kind}: {len(base)} texts")
        measure(base, languages, arguments.wrong)


if __name__ == "__main__":
    main()
