"""Passages are found in a text: as quoted, in their context, or in words that are much alike; never elsewhere."""

import random
import time

import pytest

from kb.features.reading.anchoring import Anchor, AnchoredQuote, AnchorState, anchor, anchor_again, anchor_all
from kb.features.reading.folded_text import fold

TEXT = (
    "La Ville ouvre un guichet unique pour les habitants.\n"
    "Les agents accueillent le public du lundi au samedi, et répondent aux courriers sous dix jours.\n"
    "Le service informatique a remplacé les postes de travail des agents du guichet.\n"
    "Les agents accueillent le public."
)


def found(text: str, passage: AnchoredQuote) -> tuple[str, str] | None:
    """What stands at the place, and how it was found."""
    place = anchor(text, passage)
    return place and (text[place.start : place.end], place.state)


def test_words_are_found_as_quoted() -> None:
    quote = "répondent aux courriers sous dix jours"
    start = TEXT.index(quote)
    assert anchor(TEXT, AnchoredQuote(quote)) == Anchor(start, start + len(quote), AnchorState.EXACT)


def test_position_chooses_among_equal_words() -> None:
    quote = "Les agents accueillent le public"
    for start in (TEXT.index(quote), TEXT.rindex(quote)):
        assert anchor(TEXT, AnchoredQuote(quote, start=start)) == Anchor(start, start + len(quote), AnchorState.EXACT)


def test_words_alone_choose_none_of_equal_places() -> None:
    assert anchor(TEXT, AnchoredQuote("Les agents accueillent le public")) is None
    sentence = "Le service informatique a remplacé les postes de travail des agents du guichet."
    assert anchor(f"{TEXT}\nEn bref : {sentence}", AnchoredQuote(sentence)) is None
    assert anchor(f"{TEXT}\nEn bref : {sentence}", AnchoredQuote(sentence, start=3)) is None
    assert found(TEXT, AnchoredQuote("Les agents accueillent le public du lundi")) is not None


def test_few_words_alone_are_not_found_in_alike_ones() -> None:
    text = "La réunion se tient dans la commune où elle est prévue."
    assert anchor(text, AnchoredQuote("l'audition, commune ou")) is None


@pytest.mark.parametrize("context", [True, False])
def test_an_alike_row_is_another_passage(context: bool) -> None:
    names = ("des sports", "des eaux", "des fêtes", "du bâti")
    rows = [f"Le rapport annuel de la commission {name} est disponible." for name in names]
    around = (f"{rows[1][-32:]}\n", f"\n{rows[3][:32]}") if context else ("", "")
    assert anchor("\n".join([*rows[:2], rows[3]]), AnchoredQuote(rows[2], *around)) is None


def test_repeated_paragraphs_around_a_passage_do_not_hide_it() -> None:
    repeated = "Les agents accueillent le public du lundi au samedi, et répondent aux courriers sous dix jours. " * 3
    old = f"{repeated}\nLa Ville a ouvert un guichet, où chacun trouve ce qui se demandait à cinq adresses.\n{repeated}"
    new = old.replace("trouve", "obtient").replace("cinq", "six")
    for words, edited in (
        ("un guichet, où chacun trouve", "un guichet, où chacun obtient"),
        ("chacun trouve ce qui se demandait à cinq adresses", "chacun obtient ce qui se demandait à six adresses"),
    ):
        start = old.index(words)
        passage = AnchoredQuote(words, old[start - 32 : start], old[start + len(words) :][:32], start)
        assert found(new, passage) == (edited, "moved")
        (place,) = anchor_again(old, [Anchor(start, start + len(words), AnchorState.EXACT)], new)
        assert place == anchor(new, passage)


def test_context_chooses_among_equal_words() -> None:
    quote, last = "Les agents accueillent le public", TEXT.rindex("Les agents accueillent")
    assert anchor(TEXT, AnchoredQuote(quote, suffix=" du lundi au")) == Anchor(53, 85, AnchorState.EXACT)
    assert anchor(TEXT, AnchoredQuote(quote, prefix="travail des agents du guichet. ")) == Anchor(
        last, last + len(quote), AnchorState.EXACT
    )


def test_a_number_at_the_edge_of_the_context_is_no_other_number() -> None:
    text = "".join(f"Séance {number} : le compte rendu est lisible en mairie. " for number in range(100, 120))
    for quote in ("est lisible", "mairie"):
        start = text.index(quote, 600)
        for around in range(4, 60):
            prefix, suffix = text[start - around : start], text[start + len(quote) :][:around]
            passage = AnchoredQuote(quote, prefix, suffix, start)
            assert anchor(text, passage) == Anchor(start, start + len(quote), AnchorState.EXACT)


def test_position_of_another_text_is_only_a_hint() -> None:
    quote = "répondent aux courriers sous dix jours"
    assert found(TEXT, AnchoredQuote(quote, start=2)) == (quote, "exact")
    assert found(TEXT, AnchoredQuote(quote, start=10**9)) == (quote, "exact")
    assert found(TEXT, AnchoredQuote(quote, start=-4)) == (quote, "exact")


@pytest.mark.parametrize(
    ("written", "quote"),
    [
        ("une  ligne\n\tet\xa0une autre ligne", "une ligne et une autre ligne"),
        ("l’agent de l‘État arrive", "l'agent de l'État arrive"),
        ("elle dit « oui » à tous", 'elle dit "oui" à tous'),
        ("elle dit “oui” à tous", "elle dit «\u202foui\u202f» à tous"),
        ("de 2012–2014 — environ", "de 2012-2014 - environ"),
        ("à 10\u202f% : c’est peu", "à 10%: c'est peu"),
        ("l’œuvre et la ﬁn des œufs", "l'oeuvre et la fin des oeufs"),
        ("un e\u0301te\u0301 a\u0300 Paris", "un été à Paris"),
        ("la co\xadopé\u200bration des agents…", "la coopération des agents..."),
        ("la dÃ©cision dâ€™Ã©tÃ© Ã\xa0 Nice, 3 â‚¬", "la décision d’été à Nice, 3 €"),
    ],
)
def test_typography_and_white_space_make_no_difference(written: str, quote: str) -> None:
    for text, words in ((written, quote), (quote, written)):
        page = f"Avant, il y a ceci. {text} Après, il y a cela."
        assert found(page, AnchoredQuote(words, "y a ceci. ", " Après")) == (text, "exact")


def test_words_that_were_edited_are_found_whole() -> None:
    edited = TEXT.replace("répondent aux courriers sous dix jours", "répondent à tous les courriers sous huit jours")
    passage = AnchoredQuote("répondent aux courriers sous dix jours", "du lundi au samedi, et ", ".\nLe service")
    assert found(edited, passage) == ("répondent à tous les courriers sous huit jours", "moved")


def test_changed_words_at_the_ends_belong_to_the_passage() -> None:
    passage = AnchoredQuote("Notre service informatique a remplacé les postes de travail des collègues")
    assert found(TEXT, passage) == ("Le service informatique a remplacé les postes de travail des agents", "moved")


def test_removed_words_are_not_found() -> None:
    sentence = "Le service informatique a remplacé les postes de travail des agents du guichet."
    place = AnchoredQuote(sentence, "sous dix jours.\n", "\nLes agents accueillent le public.")
    assert found(TEXT, place) == (sentence, "exact")
    assert found(TEXT.replace(sentence, ""), place) is None
    assert found(TEXT.replace(sentence, "Le maire a salué la presse."), place) is None


def test_few_words_elsewhere_are_another_passage() -> None:
    passage = AnchoredQuote("le public", "Une enquête demande à tout ", " son avis sur le tramway")
    assert found(TEXT, passage) is None
    assert found(TEXT, AnchoredQuote("le public", "Les agents accueillent ", " du lundi")) == ("le public", "exact")


def test_a_part_of_a_word_is_no_occurrence() -> None:
    assert found("Les inventions et le vent", AnchoredQuote("vent")) == ("vent", "exact")
    assert anchor("Les inventions et le vent", AnchoredQuote("vent")) == Anchor(21, 25, AnchorState.EXACT)


def test_a_passage_that_ends_inside_a_word_is_found_as_quoted() -> None:
    text = "Les agents, que le guichet aide, lisent. Un agent du guichet répond aux usagers le matin."
    start = text.index("agent du guich")
    passage = AnchoredQuote("agent du guich", text[start - 32 : start], text[start + 14 :][:32])
    assert found(text, passage) == ("agent du guich", "exact")
    edited = text.replace("le matin", "le soir").replace("Les agents, que", "Tous les agents, que")
    (place,) = anchor_again(text, [Anchor(start, start + 14, AnchorState.EXACT)], edited)
    assert place == Anchor(start + 5, start + 19, AnchorState.EXACT)
    # The same letters in another context are another word.
    assert (
        anchor("Un agentaire du guichon.", AnchoredQuote("agent", "Chaque semaine, l’", " répond aux usagers")) is None
    )


def test_similar_words_that_stood_elsewhere_before_are_another_passage() -> None:
    lines = [f"Le rapport de la commission des finances du {day} mars est disponible." for day in range(10, 20)]
    old = "\n".join(lines)
    start = old.index(lines[4])
    place = Anchor(start, start + len(lines[4]), AnchorState.EXACT)
    assert anchor_again(old, [place], "\n".join([*lines[:4], *lines[5:]])) == (None,)
    moved = "\n".join([lines[4], *lines[:4], *lines[5:]])
    assert anchor_again(old, [place], moved) == (Anchor(0, len(lines[4]), AnchorState.EXACT),)


def test_nothing_is_found_for_no_words() -> None:
    assert anchor_all(TEXT, [AnchoredQuote(""), AnchoredQuote(" \n"), AnchoredQuote("« »"), AnchoredQuote("—")]) == (
        (None,) * 4
    )
    assert anchor("", AnchoredQuote("des mots")) is None


def test_letters_that_look_like_misread_ones_stay() -> None:
    for text in ("un été\xa0» et l’Écosse\xa0»", "Â° et Ã", "Å“uvre"[1:], "SÃ", "ÂÃ", "été“ où”"):
        assert fold(text).text == fold(" ".join(text.split())).text
    assert fold("un été\xa0» ici").text == 'un été" ici'


def test_every_position_of_a_folded_text_leads_back() -> None:
    text = "A\u0301\xad b  « c » ﬁ … d\u0301\u0323\u200b œ\n\n% e"
    folded = fold(text)
    spans = [folded.span(at, at + 1) for at in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert text[slice(*folded.span(0, len(folded.text)))] == text
    assert fold(folded.text).text == folded.text


def test_passages_beyond_the_effort_are_lost() -> None:
    assert anchor_all(TEXT, [AnchoredQuote("guichet unique pour les habitants")] * 3, effort=10_000) != (None,) * 3
    assert anchor_all(TEXT, [AnchoredQuote("guichet unique pour les habitants")] * 3, effort=10_000)[2] is None


@pytest.mark.parametrize(
    ("filler", "length", "count"),
    [("a", 1_000_000, 250), *((filler, 100_000, 50) for filler in ("a ", "e\u0301", "« ", "\u0301", "ﬁ", "漢"))],
)
def test_hostile_texts_are_searched_within_bounds(filler: str, length: int, count: int) -> None:
    text = (filler * length)[:length]
    longest = AnchoredQuote((filler * 50_000)[:49_999] + "b", filler * 500, filler * 500, 7)
    short = AnchoredQuote(filler * 20 + "c", filler * 500, filler * 500)
    started = time.process_time()
    places = anchor_all(text, [short] * count + [longest] * count)
    assert time.process_time() - started < 60
    assert set(places) == {None}


def test_time_grows_with_the_length_of_the_text() -> None:
    draw = random.Random(15)
    words = [f"mot{number}" for number in range(2_000)] + ["le", "la", "de"] * 200
    text = " ".join(draw.choices(words, k=34_000))[:200_000]
    passages = [AnchoredQuote(text[start : start + 200]) for start in range(0, 199_000, 400)]
    started = time.process_time()
    places = anchor_all(text, passages)
    assert time.process_time() - started < 5
    assert [place and place.state for place in places] == [AnchorState.EXACT] * len(passages)
