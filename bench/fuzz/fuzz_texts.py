"""Random texts for the search box, typed or hostile; the same number and seed give the same texts.

Common and rare words of the corpus, and words of no corpus, in Latin, Cyrillic, Greek, Arabic, Hebrew and Chinese
letters, between operators, quotes, brackets, fields and wildcards; and texts that are made to be slow.
"""

import random
from collections.abc import Callable, Iterator

from bench.corpus import FUNCTION_WORDS, Words
from bench.fuzz.fuzz_index import ALPHABETS, own_words

LONGEST = 2000
FIELDS = (
    "étiquette tag mot-clé mots-clés tags auteur author partagé-par shared-by groupe group titre title surlignage "
    "highlight note commentaire comment source site "
    "langue lang type kind avant before après after date a has description réponse sujet"
).split()
VALUES = ("groupe-1", "note", "surlignage", "fr", "2014-11", "2014", "hier", "site-7.example", "personne-3", "*", "*e*")
OPERATORS = "ET OU SAUF AND OR NOT".split()
SIGNS = (
    "(",
    ")",
    '"',
    "«",
    "»",
    "“",
    "-",
    "--",
    "~",
    "~2",
    "*",
    "?",
    ":",
    "!",
    "…",
    "/",
    "'",
    "’",
    "_",
    "+",
    "#",
    "\\",
)
ODD = (
    "\x00", "\x1b", "\x85", "\ud800", "\udfff", "\u200f", "\u202e", "\u200d", "\ufeff", "\u0301", "\u0301" * 40,
    "\u20dd", "\u3000", "\u00a0", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1eb\U0001f1f7", "☂", "ﬁ",
    "ß", "İ", "ŉ", "Ǆ",
)  # fmt: skip


class Typist:
    """A random source of typed texts."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"texts {seed}")
        self._words = Words(random.Random(1)).words[len(FUNCTION_WORDS) :]

    def texts(self, number: int) -> Iterator[str]:
        """This many texts, all different."""
        typed: set[str] = set()
        kinds: list[tuple[Callable[[], str], int]] = [
            (self._plain, 30),
            (self._signs, 25),
            (self._jokers, 15),
            (self._fields, 10),
            (self._hostile, 10),
            (self._noise, 10),
        ]
        makers, weights = zip(*kinds, strict=True)
        while len(typed) < number:
            text = self.chance.choices(makers, weights)[0]()[:LONGEST]
            if text not in typed:
                typed.add(text)
                yield text

    def _some(self, most: int, make: Callable[[], str], between: str = " ") -> str:
        return between.join(make() for _ in range(self.chance.randint(1, most)))

    def _one_of(self, *makers: Callable[[], str]) -> Callable[[], str]:
        def make_text() -> str:
            return self.chance.choice(makers)()

        return make_text

    def _word(self) -> str:
        """Half of the words are common, as in real queries; some have other letters, some are in no index."""
        kind = self.chance.random()
        if kind < 0.45:
            return self._words[int(len(self._words) * self.chance.random() ** 4)]
        if kind < 0.55:
            return self.chance.choice(FUNCTION_WORDS)
        if kind < 0.75:
            return self.chance.choice(own_words(self.chance))
        letters = ALPHABETS[self.chance.choice(list(ALPHABETS))]
        return "".join(self.chance.choices(letters, k=self.chance.randint(1, 9)))

    def _joker(self) -> str:
        word = self._word()
        cut = self.chance.randint(0, len(word))
        return self.chance.choice(
            (
                f"{word[:cut]}*",
                f"{word[:1]}*",
                f"{word[:2]}*",
                f"*{word[cut:]}",
                f"*{word[:2]}*",
                f"*{word[:1]}*",
                f"{word[:cut]}?{word[cut + 1 :]}",
                "".join(self.chance.choice((letter, letter, "?", "*")) for letter in word),
                "*".join(word),
                f"{word}~",
                f"{word}~2",
                f"{word[:1]}~2",
                f"{word[:cut]}{word[cut + 1 :]}~",
                "?*?*",
                "*?e?*",
            )
        )

    def _plain(self) -> str:
        return self._some(8, self._word)

    def _signs(self) -> str:
        makers = (self._word, self._word, self._quoted, self._joker, self._sign, self._operator, self._excluded)
        return self._some(14, self._one_of(*makers), self.chance.choice(("", " ", " ")))

    def _sign(self) -> str:
        return self.chance.choice(SIGNS)

    def _operator(self) -> str:
        return self.chance.choice(OPERATORS)

    def _quoted(self) -> str:
        return f'"{self._some(4, self._word)}"'

    def _excluded(self) -> str:
        return f"-{self._word()}"

    def _jokers(self) -> str:
        return self._some(12, self._joker, self.chance.choice((" ", " ", " ET ", " OU ", " SAUF ")))

    def _field(self) -> str:
        value = self.chance.choice((self._word, self._quoted, self._joker, self._value, lambda: f"({self._signs()})"))()
        return f"{self.chance.choice(('', '', '-'))}{self.chance.choice(FIELDS)}:{value}"

    def _value(self) -> str:
        return self.chance.choice(VALUES)

    def _fields(self) -> str:
        return self._some(6, self._one_of(self._field, self._field, self._word, self._operator))

    def _noise(self) -> str:
        makers = (self._word, self._sign, lambda: self.chance.choice(ODD), lambda: chr(self.chance.randrange(0x30000)))
        return self._some(30, self._one_of(*makers), self.chance.choice(("", " ")))

    def _hostile(self) -> str:
        word, other, letter = self._word(), self._word(), self._word()[0]
        many: tuple[Callable[[], str], ...] = (
            lambda: " ".join(self._joker() for _ in range(400)),
            lambda: " ".join(f"*{self._word()[:2]}*" for _ in range(400)),
            lambda: " ".join(f"{self._word()[:1]}*" for _ in range(400)),
            lambda: " ".join(self._word() for _ in range(400)),
            lambda: " ".join(self._words[rank] for rank in self.chance.sample(range(600), 400)),
            lambda: " ET ".join(self._words[rank] for rank in self.chance.sample(range(60), 40)),
            lambda: " OU ".join(f"{self._words[rank]}~2" for rank in self.chance.sample(range(60), 40)),
            lambda: f'"{" ".join(self._word() for _ in range(400))}"',
            lambda: f'"{" ".join([word] * 400)}"',
            lambda: f'"{" ".join([word, other] * 200)}"',
            lambda: " ".join(f'"{self._word()} {self._word()}"' for _ in range(150)),
            lambda: " ".join(
                f'"{self._words[rank]} {self._words[rank + 1]}"' for rank in range(self.chance.randrange(9), 150)
            ),
            lambda: f"{'(' * 1000}{word}{')' * 900}",
            lambda: "".join(f"({self._word()} OU " for _ in range(300)),
            lambda: "".join(f"-({self._word()} " for _ in range(300)),
            lambda: " ".join(f"-{self._word()}" for _ in range(300)),
            lambda: f"{'NOT ' * self.chance.randint(3, 400)}{word}",
            lambda: f"{letter}~2 {letter}~ {letter}* *{letter}* ?{letter}?* *{letter}",
            lambda: f"{word * 100}~2"[:LONGEST],
            lambda: f"{letter * 100}~2 {(letter + '?') * 50} {(letter + '*') * 50}",
            lambda: f"*{'*'.join(letter * self.chance.randint(2, 60))}*",
            lambda: " ".join(f"{field}:{self._joker()}" for field in FIELDS * 3),
            lambda: "/".join(self._word() for _ in range(400)),
            lambda: "".join(self.chance.choices(ALPHABETS["chinese"], k=self.chance.randint(100, 2000))),
            lambda: f'"{"".join(self.chance.choices(ALPHABETS["chinese"], k=300))}"',
            lambda: f"titre:({' '.join(self._field() for _ in range(100))})",
            lambda: self.chance.choice(ODD) * self.chance.randint(100, 2000),
        )
        return self.chance.choice(many)()
