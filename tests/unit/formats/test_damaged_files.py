"""Responses of Diigo's API, tables and lists of addresses: recognized, truncated, in Windows-1252, hostile."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from tests.factories.import_files import drafts, read, warnings, without_format_warnings
from tests.factories.import_samples import FILES


@pytest.mark.parametrize("form", FILES)
def test_the_format_is_recognized_by_the_content_also_in_the_sandboxed_process(form: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(FILES[form])
    in_process, in_this_process = read_drafts_in_subprocess(path, "auto"), read_drafts(io.BytesIO(FILES[form]))
    assert list(without_format_warnings(in_process)) == read(form, FILES[form])
    assert list(without_format_warnings(in_this_process)) == read(form, FILES[form], 1)


@pytest.mark.parametrize("form", FILES)
def test_a_cut_file_gives_the_records_before_the_cut(form: str) -> None:
    whole = drafts(form, FILES[form])
    for end in range(0, len(FILES[form]), 5):
        cut = drafts(form, FILES[form][:end])
        assert len(cut) <= len(whole)
        assert cut[:-1] == whole[: max(len(cut) - 1, 0)]


@pytest.mark.parametrize("form", FILES)
def test_a_file_in_windows_1252_keeps_its_accents_and_says_so(form: str) -> None:
    data = FILES[form].decode("utf-8-sig").encode("cp1252")
    assert drafts(form, data) == [replace(draft) for draft in drafts(form, FILES[form])]
    assert warnings(form, data)[0].startswith("This file is not in UTF-8")


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize(
    "piece", [b"\x00", b'"', b"\n", b",", b"[", b'{"a":', b"<a ", b"&#9", b"https://a.fr/", b"\xff", b"\\u0000"]
)
def test_a_hostile_file_is_read_to_its_end(form: str, piece: bytes) -> None:
    data = FILES[form]
    for place in (0, len(data) // 2, len(data)):
        for draft in drafts(form, data[:place] + piece * 20_000 + data[place:], 1 << 16):
            assert "\0" not in f"{draft.url}{draft.title}{draft.description}"
