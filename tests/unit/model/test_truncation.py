"""Texts in pieces are cut at a number of characters, with one ellipsis."""

import pytest

from kb.model.truncation import ELLIPSIS, truncate_marked_text

PIECES = (("La rivière ", False), ("déborde", True), (" dans la plaine.", False))


@pytest.mark.parametrize(
    ("longest", "expected"),
    [
        (34, PIECES),
        (27, (*PIECES[:2], (f" dans la{ELLIPSIS}", False))),
        (18, (*PIECES[:2], (ELLIPSIS, False))),
        (14, (PIECES[0], (f"déb{ELLIPSIS}", True))),
        (2, ((f"La{ELLIPSIS}", False),)),
    ],
)
def test_pieces_are_cut_between_words_and_stay_marked(longest: int, expected: tuple[tuple[str, bool], ...]) -> None:
    assert tuple(truncate_marked_text(PIECES, longest)) == expected
