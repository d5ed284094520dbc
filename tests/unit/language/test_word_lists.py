"""The lists of French and English words, from their files and without them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.language import word_lists
from kb.language.word_lists import LANGUAGES_WITH_WORD_LIST, has_dictionary_word, pack_words


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place of the files; what is loaded is forgotten before and after the test."""
    monkeypatch.setattr(word_lists, "word_list_path", lambda language: tmp_path / f"{language}.words")
    word_lists._load.cache_clear()
    yield tmp_path
    word_lists._load.cache_clear()


def test_words_are_those_of_the_dictionary() -> None:
    assert has_dictionary_word("fr", "maison")
    assert has_dictionary_word("fr", "été")
    assert has_dictionary_word("en", "house")
    assert not has_dictionary_word("fr", "house")
    assert not has_dictionary_word("en", "maison")
    assert not has_dictionary_word("fr", "\ud800")


def test_the_files_are_those_that_the_dictionary_gives() -> None:
    for language in LANGUAGES_WITH_WORD_LIST:
        place = word_lists.word_list_path(language)
        assert not place.exists() or place.read_bytes() == pack_words(language)


def test_a_list_without_its_file_is_made_again(folder: Path) -> None:
    assert not list(folder.iterdir())
    assert has_dictionary_word("fr", "maison")
    assert not has_dictionary_word("fr", "house")


def test_a_damaged_file_is_not_used() -> None:
    whole = pack_words("en")
    assert word_lists._unpack(whole) is not None
    damaged = (whole.replace(b"FLORWORDS1", b"FLORWORDS0", 1), whole[:-4], whole[:-2], whole[:5000] + whole[5004:], b"")
    assert [content for content in damaged if word_lists._unpack(content) is not None] == []


def test_the_file_is_used(folder: Path) -> None:
    (folder / "fr.words").write_bytes(pack_words("en"))
    assert has_dictionary_word("fr", "house")
