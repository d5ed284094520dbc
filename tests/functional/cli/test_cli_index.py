"""`kb index check` lists damaged files, and `kb index rebuild` writes them again."""

from tests.conftest import Kb


def test_check_names_the_damaged_file_and_its_segment_and_a_rebuild_repairs_it(base: Kb) -> None:
    assert base("index", "check").code == 0
    path = max(base.folder.rglob("*.arrays"), key=lambda path: path.stat().st_size)
    whole = path.read_bytes()
    for at in range(0, len(whole), len(whole) // 25):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        answer = base("--language", "en", "index", "check")
        assert answer.code == 1
        name = path.relative_to(base.folder / "index").as_posix()
        assert answer.out == (
            f"Damaged: {name} (segment {path.stem}) is not as it was written.\n"
            "The index is damaged: run “kb index rebuild” to rebuild it from the database.\n"
        )
        assert answer.err == ""
    path.unlink()
    assert f"Damaged: {name} (segment {path.stem}) is missing.\n" in base("--language", "en", "index", "check").out
    assert base("index", "rebuild").code == 0
    assert base("index", "check").code == 0
    assert base("search", "*").code == 0


def test_check_names_the_damaged_table_of_contents_and_the_name_of_the_generation(base: Kb) -> None:
    index = base.folder / "index"
    (toc,) = index.rglob("*.toc")
    for path in (toc, index / "current"):
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        answer = base("index", "check")
        assert answer.code == 1
        assert path.relative_to(index).as_posix() in answer.out
        assert "kb index rebuild" in answer.out
        path.write_bytes(whole)
    assert base("index", "check").code == 0


def test_an_index_of_another_version_is_to_be_rebuilt(base: Kb) -> None:
    (toc,) = base.folder.rglob("*.toc")
    # Written by an earlier version, which wrote no checksum.
    toc.write_bytes(toc.read_bytes()[:-12])
    assert base("search", "agents").code == 1
    assert "kb index rebuild" in base("search", "agents").err
    assert base("index", "check").code == 1
    assert base("index", "rebuild").code == 0
    assert base("search", "agents").code == 0
