"""Ids, and storable texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.model.ids import is_id, new_id
from kb.model.storable_text import check_text, check_texts, is_storable


def test_new_ids_are_ids_and_all_different() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert len(set(ids)) == 10_000
    assert all(map(is_id, ids))


@pytest.mark.parametrize("text", ["", "a b", "é", "a/b", "a\n", "\n", "a" * 65, "．", "a.b"])
def test_an_invalid_id_is_recognised(text: str) -> None:
    assert not is_id(text)


def test_the_longest_and_the_shortest_ids() -> None:
    assert is_id("a")
    assert is_id("-_Z9" * 16)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_text_of_real_characters_is_kept(text: str) -> None:
    assert is_storable(text)
    assert check_text(text) is text
    check_texts(["", text, text])


@pytest.mark.parametrize(
    ("text", "named"), [("a\0", "U+0000"), ("\ud83d", "U+D83D"), ("é\udfff!", "U+DFFF"), ("\udce9t\udce9", "U+DCE9")]
)
def test_an_unstorable_text_is_refused_by_field_name(text: str, named: str) -> None:
    assert not is_storable(text)
    with pytest.raises(Invalid) as refusal:
        check_text(text)
    assert refusal.value.values == {"character": named}
    assert named in str(refusal.value)
    with pytest.raises(Invalid, match=named.replace("+", r"\+")):
        check_texts(["bon", text])
