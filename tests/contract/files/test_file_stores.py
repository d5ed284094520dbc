"""The contract of a file store, tested with a folder and with S3-compatible storage."""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from kb.errors import Invalid, NotFound, Unavailable
from kb.files.file_store import BLOCK, FileStore, content_key
from kb.files.opening import open_file_store
from kb.files.received_file import received_file
from tests.support.s3_server import KEYS, an_s3_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with an_s3_server(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """An empty file store."""
    if request.param == "folder":
        return open_file_store("", tmp_path)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    url = request.getfixturevalue("server").replace("/florilege?", f"/{tmp_path.name}?")
    return open_file_store(url, tmp_path)


def test_a_file_comes_back_whole_and_in_parts(store: FileStore) -> None:
    content = os.urandom(3 * BLOCK + 17)
    key = store.put(content)
    assert (store.holds(key), store.get(key)) == (True, content)
    assert b"".join(store.read(key)) == content
    assert b"".join(store.read(key, 5, BLOCK + 9)) == content[5 : BLOCK + 9]
    assert b"".join(store.read(key, len(content) - 3)) == content[-3:]
    assert list(store.read(key, 7, 7)) == []
    assert all(len(block) <= 8 * BLOCK for block in store.read(key))


def test_a_file_larger_than_a_part_of_an_upload_comes_back_whole(store: FileStore) -> None:
    content = os.urandom(1 << 20) * 12
    key = content_key(content)
    store.put_file(BytesIO(content), key)
    assert [(file.key, file.size) for file in store.files()] == [(key, len(content))]
    assert store.get(key) == content


def test_a_file_is_kept_once_however_often_it_is_put(store: FileStore) -> None:
    key = store.put(b"deux fois")
    assert store.put(b"deux fois") == key
    assert [file.key for file in store.files()] == [key]


def test_a_missing_file_raises_before_the_first_block(store: FileStore) -> None:
    absent = "0" * 64
    assert not store.holds(absent)
    for ask in (lambda: next(store.read(absent)), lambda: next(store.read(absent, 1, 2)), lambda: store.get(absent)):
        with pytest.raises(NotFound):
            ask()
    assert list(store.files()) == []


def test_deleting_removes_existing_files_and_ignores_missing_ones(store: FileStore) -> None:
    kept_key, deleted_key = store.put(b"reste"), store.put(b"part")
    for key in (deleted_key, deleted_key, "1" * 64):
        store.delete(key)
    assert [file.key for file in store.files()] == [kept_key]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "/x"])
def test_no_name_but_a_hash_reaches_a_store(store: FileStore, name: str) -> None:
    for ask in (lambda: store.holds(name), lambda: next(store.read(name)), lambda: store.delete(name)):
        with pytest.raises(ValueError):
            ask()


def test_a_draft_of_a_killed_process_is_removed_after_a_day(tmp_path: Path) -> None:
    store = open_file_store("", tmp_path)
    folder = tmp_path / "files" / store.put(b"voisin")[:2]
    young, old = folder / ".draft-1", folder / ".draft-2"
    for path in (young, old):
        path.write_bytes(b"moiti")
    os.utime(old, (0, 0))
    assert len(list(store.files())) == 1
    assert (young.exists(), old.exists()) == (True, False)


def test_a_server_that_does_not_answer_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("kb.files.s3_store._RETRIES", 0)
    store = open_file_store("s3://fichiers/f?endpoint=http://127.0.0.1:9", tmp_path)
    with pytest.raises(Unavailable, match="does not answer"):
        store.put(b"perdu")


def test_a_file_is_hashed_while_it_is_received_within_its_limit(tmp_path: Path) -> None:
    with received_file(tmp_path, [b"ab", b"c"], 3) as received:
        assert (received.size, received.key) == (3, content_key(b"abc"))
        received.file.seek(0)
        assert received.file.read() == b"abc"
    for pieces, most, words in (([b"abcd"], 3, "too large"), ([], 3, "not empty"), ([b""], 3, "not empty")):
        with pytest.raises(Invalid, match=words), received_file(tmp_path, pieces, most):
            pass
    assert list(tmp_path.iterdir()) == []
