import random

import pytest

from kb.language.judging import Judge, judge_of

WORDS = """
agents publics réticents associer société civile jeunes pousses projets numérique collectivités œuvres ça naïve été Île
public servants reluctant involve young companies design services smart city big data open government learning to the
aujourd'hui qu’en l'énergie e-administration 2014 d.g.s. C++ https://exemple.fr/a?b=c nom@exemple.fr « » … — 100 000 €
ÉNERGIE NHS ﬁn 𝐀𝐁 İstanbul Straße ǅ 日本語 Привет мир şţ ệ e\u0301cole 🙂 [A_Z] \\ ^ ` x
""".split()
CHARACTERS = "abcdeéèàçœ ABÉ ’'-.,;:!?«»019/@_[]^\u0301\u00a0\u202f日п🙂"


class Alone(Judge):
    """A judge who may not ask langdetect."""

    def by_langdetect(self, text: str) -> dict[str, float]:
        raise AssertionError(text)


def texts(seed: int) -> list[str]:
    chance = random.Random(seed)
    words = [" ".join(chance.choices(WORDS, k=chance.randint(1, 12))) for _ in range(500)]
    return [*words, *("".join(chance.choices(CHARACTERS, k=chance.randint(0, 60))) for _ in range(500))]


@pytest.mark.parametrize("languages", [("fr", "en"), ("en", "fr"), ("fr", "en", "de")])
def test_the_judge_finds_what_langdetect_finds_to_the_last_bit(languages: tuple[str, ...]) -> None:
    judge = judge_of(languages)
    for text in texts(len(languages)):
        for one in (text, text.lower()):
            assert judge.probabilities(one) == judge.by_langdetect(one), one


def test_ordinary_texts_need_no_langdetect() -> None:
    judge = Alone(("fr", "en"))
    assert judge.probabilities("communication interne libératrice")["fr"] > 0.99
    assert judge.probabilities("internal communication matters")["en"] > 0.99
    assert judge.probabilities("l’énergie, https://exemple.fr/") != {}


def test_nothing_is_found_where_there_is_no_letter() -> None:
    assert judge_of(("fr", "en")).probabilities("2014-11-07 !") == {}
    assert judge_of(("fr", "en")).probabilities("") == {}
