"""The stemmers and the table of lemmas."""

import pytest

from index.analysis.english_stem import english_stem
from index.analysis.folding import fold
from index.analysis.french_stem import french_light_stem
from index.analysis.lemmas import french_lemmas, is_french


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("chevaux", "cheval"),
        ("hiboux", "hibou"),
        ("bateaux", "bateau"),
        ("chantes", "chant"),
        ("investissement", "investi"),
        ("investissant", "investi"),
        ("activement", "actif"),
        ("tristement", "trist"),
        ("federatrice", "feder"),
        ("qualificateur", "qualifi"),
        ("fabricatrice", "fabriqu"),
        ("lectrice", "lect"),
        ("troisieme", "trois"),
        ("heureuse", "heureu"),
        ("jardiniere", "jardini"),
        ("positive", "positif"),
        ("folle", "fou"),
        ("professionnelle", "profesion"),
        ("institutionnel", "institution"),
        ("complete", "complet"),
        ("mathematique", "mathemat"),
        ("individualisation", "individuel"),
        ("organisation", "organ"),
        ("exposition", "expos"),
        ("mie", "mie"),
        ("jolie", "jol"),
    ],
)
def test_light_french_stems(word: str, stem: str) -> None:
    assert french_light_stem(word) == stem


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("feed", "feed"),
        ("agreed", "agre"),
        ("plastered", "plaster"),
        ("sing", "sing"),
        ("conflated", "conflat"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("sky", "sky"),
        ("relational", "relat"),
        ("conditional", "condit"),
        ("digitizer", "digit"),
        ("vietnamization", "vietnam"),
        ("hopefulness", "hope"),
        ("triplicate", "triplic"),
        ("electrical", "electr"),
        ("revival", "reviv"),
        ("adjustment", "adjust"),
        ("adoption", "adopt"),
        ("probate", "probat"),
        ("rate", "rate"),
        ("cease", "ceas"),
        ("controll", "control"),
        ("roll", "roll"),
        ("generalizations", "gener"),
        ("is", "is"),
    ],
)
def test_english_stems_are_porters(word: str, stem: str) -> None:
    """The examples of Porter's paper, through all steps of the stemmer."""
    assert english_stem(word) == stem


@pytest.mark.parametrize(
    ("form", "lemma"),
    [
        ("travaux", "travail"),
        ("yeux", "oeil"),
        ("territoriale", "territorial"),
        ("benevoles", "benevole"),
        ("mangeaient", "manger"),
        ("donnees", "donner"),
        ("creees", "creer"),
        ("nouvelles", "nouveau"),
        ("acces", "acces"),
        ("proces", "proces"),
        ("florilegiste", "florilegiste"),
        ("", ""),
    ],
)
def test_lemmas_of_folded_forms(form: str, lemma: str) -> None:
    assert french_lemmas().lemma(form) == lemma


def test_lemmas_are_folded() -> None:
    table = french_lemmas()

    text = table.text.decode()
    assert text == fold(text)
    assert len(table.lemmas) > 230_000


@pytest.mark.parametrize("word", ["agent", "agents", "chevaux", "equation", "democratise", "mediatheques"])
def test_the_dictionary_knows_lemmas_and_their_forms(word: str) -> None:
    assert is_french(word)


@pytest.mark.parametrize("word", ["agnets", "teletravial", "guichen", "équation", ""])
def test_the_dictionary_knows_neither_slips_nor_names_nor_accents(word: str) -> None:
    assert not is_french(word)


def test_the_table_is_small() -> None:
    table = french_lemmas()

    parts = (table.firsts, table.starts, table.lemmas)
    assert sum(part.itemsize * len(part) for part in parts) + len(table.text) < 6_000_000
