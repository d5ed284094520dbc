"""Files by content hash: each file is whole or absent, equal files are stored once, altered files are refused."""

import errno
import os
import threading
from pathlib import Path

import pytest

from kb.errors import NotFound, Unavailable
from kb.files.file_store import FolderStore, content_key


def test_a_file_comes_back_and_equal_files_are_stored_once(tmp_path: Path) -> None:
    files = FolderStore(tmp_path / "files")
    assert list(files.files()) == []
    key = files.put(b"une page")
    assert (key, files.put(b"une page"), files.get(key)) == (content_key(b"une page"), key, b"une page")
    other = files.put(b"")
    assert {(file.key, file.size) for file in files.files()} == {(key, 8), (other, 0)}
    assert files.holds(key)
    files.delete(key)
    files.delete(key)
    assert not files.holds(key)
    with pytest.raises(NotFound):
        files.get(key)


def test_a_file_put_again_is_as_recent_as_a_new_one(tmp_path: Path) -> None:
    files = FolderStore(tmp_path)
    key = files.put(b"x")
    os.utime(tmp_path / key[:2] / key[2:], (1, 1))
    files.put(b"x")
    assert next(files.files()).put_at > 1


@pytest.mark.parametrize("key", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 63 + "\n", "a" * 64 + "\n"])
def test_a_key_never_becomes_another_path(tmp_path: Path, key: str) -> None:
    files = FolderStore(tmp_path)
    for ask in (files.get, files.holds, files.delete):
        with pytest.raises(ValueError, match=r".*"):
            ask(key)


def test_a_damaged_file_is_not_given(tmp_path: Path) -> None:
    files = FolderStore(tmp_path)
    key = files.put(b"une page")
    (tmp_path / key[:2] / key[2:]).write_bytes(b"une pag")
    with pytest.raises(NotFound):
        files.get(key)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    files = FolderStore(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Unavailable):
            files.put(b"une page")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_only_the_operator_may_read_a_file(tmp_path: Path) -> None:
    key = FolderStore(tmp_path).put(b"x")
    assert (tmp_path / key[:2] / key[2:]).stat().st_mode & 0o777 == 0o600


def test_a_writer_killed_half_way_leaves_no_file_that_is_listed(tmp_path: Path) -> None:
    files = FolderStore(tmp_path)
    key = files.put(b"x")
    (tmp_path / key[:2] / ".draft-0011").write_bytes(b"half")
    assert [file.key for file in files.files()] == [key]


def test_two_at_once_put_the_same_file(tmp_path: Path) -> None:
    files, content = FolderStore(tmp_path), os.urandom(100_000)
    writers = [threading.Thread(target=files.put, args=(content,)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [file.key for file in files.files()] == [content_key(content)]
    assert files.get(content_key(content)) == content
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
