"""Pairs of a page and a later state of it, with passages of the first and where they are in the second.

The texts are those of `meaning/documents.jsonl`, which were written for this project. A page is blocks of words; each
word keeps a number through all changes, so that the true place of a passage is known by construction. The same seed
makes the same pairs.
"""

import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

DOCUMENTS = Path(__file__).parent / "meaning" / "documents.jsonl"
PASSAGES = 4
"""Passages of each page."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the space or line break before it. Words of the first page have a number, added ones have none."""

    text: str
    number: int | None = None
    space: str = " "


Block = list[Word]
Page = list[Block]


@dataclass(frozen=True, slots=True)
class Passage:
    """The numbers of the first and the last word of a passage."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sought:
    """A passage in the first text, and its true place in the second; None if it is gone."""

    start: int
    end: int
    truth: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Pair:
    kind: str
    old: str
    new: str
    passages: tuple[Sought, ...]


class Maker:
    """What makes one pair: a page, its passages, and draws."""

    def __init__(self, seed: str) -> None:
        self.draw = random.Random(seed)
        self.texts = [json.loads(line)["text"] for line in DOCUMENTS.read_text("utf-8").splitlines()]
        self.words = [word for text in self.texts for word in text.split() if len(word) > 3]
        self.gone: set[int] = set()
        self._count = 0
        self.page = self._first_page()
        self.passages = self._passages()

    def block(self, text: str, *, numbered: bool = False) -> Block:
        words = []
        for place, word in enumerate(text.split()):
            if numbered:
                self._count += 1
            words.append(Word(word, self._count if numbered else None, " " if place else "\n"))
        return words

    def sentences(self, count: int) -> str:
        """Sentences of a text that the first page does not have, in their order."""
        parts = re.split(r"(?<=[.?!]) ", self.draw.choice(self.others))
        start = self.draw.randrange(max(1, len(parts) - count))
        return " ".join(parts[start : start + count])

    def _first_page(self) -> Page:
        texts = self.draw.sample(self.texts, 7)
        self.others = [text for text in self.texts if text not in texts]
        blocks = ["Accueil Actualités Services en ligne Contact", "Accepter les cookies Refuser Personnaliser"]
        for text in texts:
            title, _, body = text.partition(". ")
            parts = re.split(r"(?<=[.?!]) ", body)
            middle = self.draw.randrange(1, len(parts)) if len(parts) > 1 else 1
            blocks += [title, " ".join(parts[:middle]), *filter(None, [" ".join(parts[middle:])])]
        day = self.draw.randrange(1, 20)
        row = "mars 2014 : le compte rendu de la commission est disponible en mairie."
        blocks += [f"Séance du {day + number} {row}" for number in range(6)]
        blocks += ["Lire la suite", f"Publié le {day} novembre 2014 à {day % 12} h 30", "Mentions légales Plan du site"]
        return [self.block(text, numbered=True) for text in blocks]

    def _passages(self) -> list[Passage]:
        """Whole sentences, several of them, or some words; not of the rows that are alike."""
        bodies = [block for block in self.page[2:-9] if len(block) > 8]
        chosen = []
        for block in self.draw.sample(bodies, min(PASSAGES, len(bodies))):
            length = self.draw.choice((6, 9, 14, 25, len(block)))
            start = self.draw.randrange(max(1, len(block) - length))
            part = block[start : start + length]
            chosen.append(Passage(part[0].number or 0, part[-1].number or 0))
        return chosen

    def choose(self, blocks: list[Block], length: int) -> None:
        """Passages of some words of these blocks, instead."""
        self.passages = []
        for block in blocks:
            start = self.draw.randrange(max(1, len(block) - length))
            part = block[start : start + length]
            self.passages.append(Passage(part[0].number or 0, part[-1].number or 0))

    def holds(self, word: Word) -> Passage | None:
        return next((one for one in self.passages if word.number and one.first <= word.number <= one.last), None)

    def pair(self, kind: str, change: "Change", rewrite: Callable[[str], str] | None = None) -> Pair:
        changed = change(self, [list(block) for block in self.page])
        if rewrite is not None:
            changed = [[replace(word, text=rewrite(word.text)) for word in block] for block in changed]
        old, old_places = written(self.page)
        new, new_places = written(changed)
        sought = []
        for passage in self.passages:
            numbers = range(passage.first, passage.last + 1)
            there = [new_places[number] for number in numbers if number in new_places]
            is_gone = passage.first in self.gone or not there
            truth = None if is_gone else (min(start for start, _ in there), max(end for _, end in there))
            sought.append(Sought(old_places[passage.first][0], old_places[passage.last][1], truth))
        return Pair(kind, old, new, tuple(sought))


def written(page: Page) -> tuple[str, dict[int, tuple[int, int]]]:
    """The text of a page, and where each numbered word is; of several, the first."""
    pieces, places, length = [], dict[int, tuple[int, int]](), 0
    for block in page:
        for word in block:
            space = word.space if length else ""
            start = length + len(space)
            pieces += (space, word.text)
            length = start + len(word.text)
            if word.number is not None:
                places.setdefault(word.number, (start, length))
    return "".join(pieces), places


Change = Callable[[Maker, Page], Page]


def boilerplate(maker: Maker, page: Page) -> Page:
    """Menus, notices, dates and footers change."""
    head = [maker.block("Menu Rechercher Mon compte"), maker.block(f"Il y a {maker.draw.randrange(90)} commentaires")]
    foot = [maker.block("À lire aussi"), maker.block(maker.sentences(1)), maker.block("© 2015 Tous droits réservés")]
    return [*head, *page[2:-3], *foot]


def moved(maker: Maker, page: Page) -> Page:
    """Paragraphs stand in another order."""
    middle = page[2:-3]
    maker.draw.shuffle(middle)
    return [*page[:2], *middle, *page[-3:]]


def cut(maker: Maker, page: Page) -> Page:
    """The page is shorter: passages beyond the cut are gone."""
    place = maker.draw.randrange(4, len(page) - 4)
    dropped, kept = (page[:place], page[place:]) if maker.draw.random() < 0.5 else (page[place:], page[:place])
    maker.gone |= {word.number or 0 for block in dropped for word in block}
    return kept


def added(maker: Maker, page: Page) -> Page:
    """There are more paragraphs."""
    for _ in range(8):
        page.insert(maker.draw.randrange(len(page)), maker.block(maker.sentences(maker.draw.randrange(1, 5))))
    return page


def same(_maker: Maker, page: Page) -> Page:
    return page


def reflowed(maker: Maker, page: Page) -> Page:
    """Lines are broken elsewhere, and spaces doubled."""
    return [[replace(word, space=maker.draw.choice((" ", " ", " ", "\n", "  ", "\n\n"))) for word in b] for b in page]


def hyphenated(maker: Maker, page: Page) -> Page:
    """Words are broken at line ends, as in a PDF."""

    def broken(word: Word) -> Word:
        if len(word.text) < 9 or not word.text.isalpha() or maker.draw.random() < 0.6:
            return word
        place = maker.draw.randrange(3, len(word.text) - 3)
        return replace(word, text=f"{word.text[:place]}-\n{word.text[place:]}")

    return [[broken(word) for word in block] for block in page]


def edited(share: float, where: str) -> Change:
    """Words are replaced, left out or added, this share of them: inside of passages, or outside."""

    def change(maker: Maker, page: Page) -> Page:
        def edit(block: Block) -> Iterator[Word]:
            for word in block:
                is_inside = maker.holds(word) is not None
                ends = {number for one in maker.passages for number in (one.first, one.last)}
                if is_inside != (where == "inside") or word.number in ends or maker.draw.random() > share:
                    yield word
                    continue
                match maker.draw.randrange(4):
                    case 0:
                        yield word
                        yield Word(maker.draw.choice(maker.words))
                    case 1:
                        pass
                    case _:
                        yield replace(word, text=maker.draw.choice(maker.words))

        return [list(edit(block)) for block in page]

    return change


def ends_edited(maker: Maker, page: Page) -> Page:
    """The first and the last word of passages of many words are replaced."""
    ends = {number for one in maker.passages if one.last - one.first > 10 for number in (one.first, one.last)}
    return [
        [replace(word, text=maker.draw.choice(maker.words)) if word.number in ends else word for word in block]
        for block in page
    ]


def sentence_added(maker: Maker, page: Page) -> Page:
    """A sentence is added inside of passages of many words."""
    middles = {(one.first + one.last) // 2 for one in maker.passages if one.last - one.first > 12}
    out = []
    for block in page:
        words: Block = []
        for word in block:
            words.append(word)
            if word.number in middles:
                words += [replace(new, space=" ") for new in maker.block(maker.sentences(1))]
        out.append(words)
    return out


def rewritten(maker: Maker, page: Page) -> Page:
    """Other sentences stand where passages were."""
    return _without(maker, page, lambda: maker.sentences(2))


def removed(maker: Maker, page: Page) -> Page:
    """Passages are taken out, and nothing else."""
    return _without(maker, page, lambda: "")


def _without(maker: Maker, page: Page, instead: Callable[[], str]) -> Page:
    out = []
    for block in page:
        words: Block = []
        for word in block:
            passage = maker.holds(word)
            if passage is None:
                words.append(word)
            elif word.number == passage.first:
                maker.gone.add(passage.first)
                words += [replace(new, space=" ") for new in maker.block(instead())]
        out.append(words)
    return out


def paragraphs_removed(maker: Maker, page: Page) -> Page:
    """Half of the paragraphs with passages are taken out."""
    out = []
    for block in page:
        passage = next(filter(None, map(maker.holds, block)), None)
        if passage is not None and maker.draw.random() < 0.5:
            maker.gone |= {word.number or 0 for word in block}
        else:
            out.append(block)
    return out


def sibling_left(maker: Maker, page: Page) -> Page:
    """Of rows that are alike, those with passages are taken out; others stay."""
    rows = [block for block in page if block[0].text == "Séance"]
    chosen = maker.draw.sample(rows, 3)
    maker.passages = [Passage(block[0].number or 0, block[-1].number or 0) for block in rows[:4]]
    maker.gone |= {word.number or 0 for block in chosen for word in block}
    return [block for block in page if block not in chosen]


def named_sibling_left(maker: Maker, page: Page) -> Page:
    """The same of rows that differ by a word, and by no figure."""
    names = ("des finances", "des sports", "de la culture", "des écoles", "des travaux", "des transports")
    rows = [
        maker.block(f"Le rapport annuel de la commission {name} est disponible en mairie.", numbered=True)
        for name in names
    ]
    maker.page[4:4] = rows
    maker.passages = [Passage(row[0].number or 0, row[-1].number or 0) for row in rows[:4]]
    chosen = maker.draw.sample(rows, 3)
    maker.gone |= {word.number or 0 for row in chosen for word in row}
    return [*page[:4], *(row for row in rows if row not in chosen), *page[4:]]


def duplicated(maker: Maker, page: Page) -> Page:
    """The words of passages stand once more, in a summary above or below."""
    out = list(page)
    for passage in maker.passages:
        words = [word.text for block in page for word in block if maker.holds(word) is passage]
        copy = maker.block("En bref : " + " ".join(words) + " " + maker.sentences(1))
        out.insert(maker.draw.choice((2, len(out) - 2)), copy)
    return out


def short(maker: Maker, page: Page) -> Page:
    """Passages of three words; half of their paragraphs are taken out, and others are moved."""
    bodies = [block for block in maker.page[2:-9] if len(block) > 8]
    maker.choose(maker.draw.sample(bodies, 4), 3)
    return added(maker, paragraphs_removed(maker, page))


def common(maker: Maker, page: Page) -> Page:
    """Passages of two words that stand in each row; rows go, and others come."""
    rows = [block for block in page if block[0].text == "Séance"]
    maker.passages = [Passage(block[8].number or 0, block[10].number or 0) for block in rows[:4]]
    return paragraphs_removed(maker, boilerplate(maker, page))


def figures_updated(maker: Maker, page: Page) -> Page:
    """Passages are in rows with figures, and some figures are others."""
    maker.passages = []
    for place, (word, low) in enumerate((("Budget", 10), ("Fréquentation", 300), ("Effectif", 40), ("Surface", 900))):
        text = f"{word} de la commune en 2014 : {maker.draw.randrange(low, 9 * low)} selon le rapport du service."
        block = maker.block(text, numbered=True)
        maker.page.insert(4 + 2 * place, block)
        maker.passages.append(Passage(block[0].number or 0, block[-1].number or 0))
        figure = str(maker.draw.randrange(low, 9 * low))
        after = [replace(one, text=figure) if one.text.isdecimal() else one for one in block]
        page.insert(4 + 2 * place, [*block[:5], block[5], *after[6:]] if place % 2 else after)
    return page


def sentences_moved(maker: Maker, page: Page) -> Page:
    """Passages of ten words and more stand alone, elsewhere."""
    long = [passage for passage in maker.passages if passage.last - passage.first > 8]
    taken = [[word for block in page for word in block if maker.holds(word) is passage] for passage in long]
    left = [[word for word in block if maker.holds(word) not in long] for block in page]
    for words in taken:
        left.insert(maker.draw.randrange(len(left)), [replace(words[0], space="\n"), *words[1:]])
    return left


def long_passages(maker: Maker, page: Page) -> Page:
    """Passages of several paragraphs, edited lightly."""
    bodies = page[3:-9]
    middle = len(bodies) // 2
    parts = bodies[1 : middle - 1], bodies[middle:-1]
    maker.passages = [Passage(part[0][0].number or 0, part[-1][-1].number or 0) for part in parts]
    return edited(0.05, "inside")(maker, page)


def replaced_page(maker: Maker, page: Page) -> Page:
    """Another page stands at the address, with the same menu."""
    maker.gone |= {word.number or 0 for block in page[2:] for word in block}
    return [*page[:2], *(maker.block(maker.sentences(6)) for _ in range(8))]


def retitled(maker: Maker, page: Page) -> Page:
    """Capital letters and punctuation change."""

    def write(word: Word) -> Word:
        text = word.text.upper() if maker.draw.random() < 0.15 else word.text
        return replace(word, text=text.replace(",", " ;").replace(".", " !") if maker.draw.random() < 0.3 else text)

    return [[write(word) for word in block] for block in page]


def mixed(maker: Maker, page: Page) -> Page:
    """Much at once: an edited page of another layout."""
    return reflowed(maker, added(maker, moved(maker, boilerplate(maker, edited(0.08, "outside")(maker, page)))))


def typographic(text: str) -> str:
    text = text.replace("'", "’").replace("...", "…").replace("fi", "ﬁ").replace("oe", "œ").replace("-", "‑")
    return re.sub(r"(\w)([;:!?])", "\\1\u202f\\2", text)


def without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def misread(text: str) -> str:
    return text.encode().decode("cp1252", "replace")


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


KINDS: dict[str, tuple[Change, Callable[[str], str] | None]] = {
    "unchanged": (same, None),
    "boilerplate changed": (boilerplate, None),
    "paragraphs moved": (moved, None),
    "page cut": (cut, None),
    "paragraphs added": (added, None),
    "lines and spaces": (reflowed, None),
    "words broken at line ends": (hyphenated, None),
    "typography": (same, typographic),
    "Unicode decomposed": (same, decomposed),
    "accents lost": (same, without_accents),
    "encoding misread": (same, misread),
    "capitals and punctuation": (retitled, None),
    "edited around passages": (edited(0.3, "outside"), None),
    "edited lightly": (edited(0.06, "inside"), None),
    "edited": (edited(0.15, "inside"), None),
    "first and last word edited": (ends_edited, None),
    "sentence added inside": (sentence_added, None),
    "figures updated": (figures_updated, None),
    "passages moved alone": (sentences_moved, None),
    "long passages": (long_passages, None),
    "duplicated": (duplicated, None),
    "much at once": (mixed, None),
    "short passages": (short, None),
    "common words": (common, None),
    "removed": (removed, None),
    "paragraphs removed": (paragraphs_removed, None),
    "rewritten": (rewritten, None),
    "page replaced": (replaced_page, None),
    "alike rows left": (sibling_left, None),
    "alike rows without figures left": (named_sibling_left, None),
}


def page_pairs(each: int, seed: int = 31) -> Iterator[Pair]:
    """So many pairs of each kind."""
    for kind, (change, rewrite) in KINDS.items():
        for number in range(each):
            yield Maker(f"{seed} {kind} {number}").pair(kind, change, rewrite)
