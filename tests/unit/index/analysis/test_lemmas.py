"""The lemma table: its content, and the choice of its file."""

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from random import Random

import pytest

from index.analysis import FINGERPRINT, lemmas
from index.analysis.folding import fold
from index.analysis.lemmas import CODE, Lemmas, build_lemma_table, build_simplemma_table, pack_lemmas, unpack_lemmas

WRITTEN = {(3, "2.0.0"): "2da6515de6792dcc99fd0d954874c5b9ed44884a95acea4189dea212a7b4ee74"}
"""The digest of the table by CODE and release of simplemma."""


@pytest.fixture(scope="module")
def dictionary() -> Mapping[str, str]:
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    return DefaultDictionaryFactory(cache_max_size=0).get_dictionary("fr")


@pytest.fixture(scope="module")
def lemma_table() -> Lemmas:
    return build_simplemma_table()


def test_every_form_of_the_dictionary_has_its_lemma(dictionary: Mapping[str, str], lemma_table: Lemmas) -> None:
    spellings: dict[str, list[str]] = defaultdict(list)
    for form, lemma in dictionary.items():
        spellings[fold(form)].append(fold(lemma))
    counts = Counter(lemma for lemmas in spellings.values() for lemma in lemmas)
    verbs = {
        lemma for form, lemmas in spellings.items() if form.endswith("ez") for lemma in lemmas if lemma[-2:] == "er"
    }

    def chosen(form: str) -> str:
        votes = Counter(spellings.get(form, [form]))
        return max(votes, key=lambda lemma: (votes[lemma], counts[lemma], lemma))

    def expected(form: str) -> str:
        lemma = chosen(chosen(chosen(form)))
        for ending in ("ees", "ee", "es"):
            if lemma.endswith(ending):
                verb = lemma.removesuffix(ending) + "er"
                return verb if verb in verbs else lemma
        return lemma

    words = spellings.keys() | counts.keys()
    assert len(words) > 230_000
    assert [word for word in words if not lemma_table.knows(word)] == []
    assert [(word, lemma_table.lemma(word)) for word in words if lemma_table.lemma(word) != expected(word)] == []


def test_a_word_outside_the_dictionary_has_no_lemma(dictionary: Mapping[str, str], lemma_table: Lemmas) -> None:
    words = {fold(word) for pair in dictionary.items() for word in pair}
    slips = {word + letter for word in words for letter in "qw"} - words

    assert len(slips) > 450_000
    assert [word for word in slips if lemma_table.knows(word)] == []
    assert lemma_table.lemma("\ud800") == "\ud800"
    assert not lemma_table.knows("\ud800")


def test_words_of_one_bucket_are_distinguished() -> None:
    rng = Random(1)
    forms = {f"mot{rng.getrandbits(60)}": f"lemme{number % 7}" for number in range(4000)}
    table = build_lemma_table(forms)
    buckets = [lemmas.bucket_of(form.encode()) for form in forms]

    assert len(set(buckets)) < len(buckets)
    assert {form: table.lemma(form) for form in forms} == forms


def test_the_table_does_not_change_without_its_number(lemma_table: Lemmas) -> None:
    release = version("simplemma")
    if release not in {number for _, number in WRITTEN}:
        pytest.skip(f"what simplemma {release} gives is not known yet")

    # Raise CODE in index/analysis/lemmas.py, then write the new digest above.
    assert sha256(pack_lemmas(lemma_table)).hexdigest() == WRITTEN.get((CODE, release))


def test_the_file_of_this_checkout_is_what_would_be_made(lemma_table: Lemmas) -> None:
    assert pack_lemmas(lemmas.load_lemma_table(lemmas.PLACE)) == pack_lemmas(lemma_table)


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    table = build_lemma_table({"marées": "marée", "allez": "aller"})
    (tmp_path / "table").write_bytes(pack_lemmas(table))

    assert lemmas.load_lemma_table(tmp_path / "table") == table


def other_edition(content: bytes) -> bytes:
    return content.replace(FINGERPRINT.encode(), FINGERPRINT.replace("simplemma-", "simplemma-0").encode(), 1)


def other_machine(content: bytes) -> bytes:
    return content.replace(sys.byteorder.encode(), b"big" if sys.byteorder == "little" else b"little", 1)


def cut(content: bytes) -> bytes:
    return content[:-1]


def head_alone(content: bytes) -> bytes:
    return content.partition(b"\n")[0] + b"\n"


def one_bit(content: bytes) -> bytes:
    return content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]


def nothing(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("spoil", [other_edition, other_machine, cut, head_alone, one_bit, nothing])
def test_a_file_that_is_not_of_here_and_now_is_not_used(spoil: Callable[[bytes], bytes]) -> None:
    content = pack_lemmas(build_lemma_table({"marées": "marée"}))

    assert spoil(content) != content
    assert unpack_lemmas(spoil(content)) is None


def test_without_a_file_the_table_is_made_and_nothing_is_said(
    tmp_path: Path, lemma_table: Lemmas, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "old").write_bytes(other_edition(pack_lemmas(replace(lemma_table, text=lemma_table.text[::-1]))))

    assert lemmas.load_lemma_table(tmp_path / "absent") == lemma_table
    assert lemmas.load_lemma_table(tmp_path / "old") == lemma_table
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_the_lemma_table_replaces_the_dictionary(tmp_path: Path) -> None:
    (tmp_path / "lemmas.table").write_bytes(pack_lemmas(build_lemma_table({"agents": "agent"})))
    code = f"""if True:
        import sys
        from pathlib import Path
        from index.analysis import analyze, lemmas
        lemmas.PLACE = Path({str(tmp_path)!r}, "lemmas.table")
        assert analyze("agents", "fr")[0].term == "agent"
        assert "simplemma" not in sys.modules
    """

    subprocess.run([sys.executable, "-c", code], check=True)
