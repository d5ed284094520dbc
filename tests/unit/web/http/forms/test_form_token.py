"""The token of forms, and that its bytes reveal nothing of the secret."""

import gzip
from dataclasses import replace
from hashlib import sha256

import pytest

from kb.web.http.authentication import RequestCredentials, secret_of_form_token
from kb.web.http.forms.form_requests import FORM_TOKEN, is_own_form

# A fixed mask: the parameters are part of the test names, which must be equal in each process.
MINE, THEIRS = (
    RequestCredentials(session="a session", mask=bytes(range(16))),
    RequestCredentials(session="another session"),
)


def answers(number: int) -> list[RequestCredentials]:
    """The credentials of the same browser in several requests."""
    return [replace(MINE, mask=sha256(b"%d" % number).digest()[:16]) for number in range(number)]


def test_each_answer_has_a_new_mask() -> None:
    assert len({RequestCredentials(session="a session").form_token for _ in range(100)}) == 100


def test_each_answer_has_a_token_of_its_own_and_all_of_them_are_good_for_the_browser() -> None:
    tokens = {answer.form_token for answer in answers(100)}
    assert len(tokens) == 100
    for token in tokens:
        assert is_own_form(((FORM_TOKEN, token),), MINE.form_secret)
        assert not is_own_form(((FORM_TOKEN, token),), THEIRS.form_secret)


def test_an_answer_repeats_one_token_so_that_a_hundred_forms_compress() -> None:
    assert MINE.form_token == MINE.form_token
    assert len(gzip.compress(MINE.form_token.encode() * 100)) < 200


def test_no_guess_of_the_secret_makes_an_answer_shorter() -> None:
    """The page repeats a guess beside its token. Only a guess of the random mask could make the page compress
    better.
    """
    secret = MINE.form_secret.hex()
    for answer in answers(50):
        right, wrong = (
            len(gzip.compress(f"<p>{guess}</p><input value={answer.form_token}>".encode(), mtime=0))
            for guess in (secret, THEIRS.form_secret.hex())
        )
        assert abs(right - wrong) < 8
        assert secret not in answer.form_token


@pytest.mark.parametrize(
    "token",
    [
        *("", "a", "00" * 16, "g" * 64, "0" * 63, "0" * 65, "0" * 64, " " * 64, "é" * 64, "٣" * 64, "\ud800" * 64),
        "00 " * 21 + "0",
        MINE.form_secret.hex(),
        MINE.form_secret.hex() * 2,
        MINE.form_token[:-1] + "g",
        MINE.form_token + "0",
        " " + MINE.form_token,
        MINE.form_token[::-1],
    ],
)
def test_an_invalid_token_is_refused(token: str) -> None:
    assert not is_own_form(((FORM_TOKEN, token),), MINE.form_secret)
    assert len(secret_of_form_token(token)) <= 16
