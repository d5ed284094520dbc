"""The difference of two texts shows what was removed and what was added, and nothing else."""

import random
import time

import pytest

from kb.features.reading.text_difference import Change, DifferenceRow, difference

SAME, REMOVED, ADDED = Change.SAME, Change.REMOVED, Change.ADDED
OLD = "Titre\nLe conseil a voté le budget.\nUne ligne qui s’en va.\nUne autre ligne.\nFin."


def side(rows: tuple[DifferenceRow, ...], lines: list[str], *kinds: Change) -> list[str]:
    """One of both texts, put together again from the rows."""
    text, place = [], 0
    for row in rows:
        if row.same_lines:
            text += lines[place : place + row.same_lines]
            place += row.same_lines
        elif any(change in kinds for _, change in row.pieces):
            text.append("".join(part for part, change in row.pieces if change in kinds))
            place += 1
    return text


def test_words_are_compared_within_lines_that_correspond() -> None:
    new = "Titre\nLe conseil a adopté le budget.\nUne autre ligne.\nEncore une.\nFin."
    assert difference(OLD, new) == (
        DifferenceRow((), 1),
        DifferenceRow((("Le conseil a ", SAME), ("voté", REMOVED), ("adopté", ADDED), (" le budget.", SAME))),
        DifferenceRow((("Une ligne qui s’en va.", REMOVED),)),
        DifferenceRow((), 1),
        DifferenceRow((("Encore une.", ADDED),)),
        DifferenceRow((), 1),
    )


def test_equal_texts_differ_in_nothing() -> None:
    assert difference(OLD, OLD) == ()
    assert difference("", "") == ()
    assert difference("", "Un texte") == (DifferenceRow((("Un texte", ADDED),)),)


def test_both_texts_can_be_put_together_from_the_difference() -> None:
    draw = random.Random(31)
    words = "le la un conseil ville budget piscine mars avril travaux voté rouvrira".split()
    for _ in range(60):
        old = [" ".join(draw.choices(words, k=draw.randrange(1, 9))) for _ in range(draw.randrange(1, 12))]
        new = [line for line in old if draw.random() < 0.8]
        new = [line if draw.random() < 0.6 else f"{line} {draw.choice(words)}" for line in new] + draw.choices(old, k=2)
        rows = difference("\n".join(old), "\n".join(new))
        assert side(rows, old, SAME, REMOVED) == old or not rows
        assert side(rows, new, SAME, ADDED) == new or not rows


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a", "b"),
        ("a\n", "b\n"),
        ("a b ", "b a "),
        ("a\nb\n", "b\na\n"),
        ("\n", "x"),
        ("a b\n", "a c\n"),
        ("ab ", "a b"),
    ],
)
def test_hostile_texts_are_compared_within_bounds(old: str, new: str) -> None:
    started = time.process_time()
    difference((old * 200_000)[:200_000], (new * 200_000)[:200_000])
    assert time.process_time() - started < 20
