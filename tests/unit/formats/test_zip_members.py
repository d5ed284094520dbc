"""Archives: the files inside are read, and nothing is unpacked that an export would not contain."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from kb.errors import Invalid
from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.model.items.import_draft import ItemDraft, RecordWarning
from tests.factories.diigo_files import diigo_csv_file, diigo_zip_file
from tests.factories.diigo_library import a_diigo_library
from tests.factories.import_files import drafts
from tests.support.cpu_time import cpu_seconds_at_most

LIBRARY = a_diigo_library(20)
DAMAGED = "damaged or incomplete"
TOO_LARGE = "too many or too large files"


def packed(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as written:
        for name, content in files:
            written.writestr(name, content)
    return archive.getvalue()


def entries(data: bytes) -> list[ItemDraft | RecordWarning]:
    return list(read_drafts(io.BytesIO(data)))


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        entries(data)
    return str(caught.value)


def test_an_export_of_diigo_in_an_archive_is_read_as_the_file_inside(tmp_path: Path) -> None:
    archive, inside = diigo_zip_file(LIBRARY), drafts("diigo-csv", diigo_csv_file(LIBRARY))
    assert [entry for entry in entries(archive) if isinstance(entry, ItemDraft)] == inside
    path = tmp_path / "diigo.zip"
    path.write_bytes(archive)
    sandboxed = [draft for draft in read_drafts_in_subprocess(path, "auto") if isinstance(draft, ItemDraft)]
    assert sandboxed == inside


def test_each_file_of_an_archive_is_read_and_others_are_named() -> None:
    data = packed(
        ("dossier/", b""),
        ("dossier/un.csv", diigo_csv_file(LIBRARY[:2])),
        ("lisez\x07-moi.txt", b"bonjour"),
        ("deux.csv", diigo_csv_file(LIBRARY[2:3])),
    )
    entries_read = entries(data)
    assert [entry.url for entry in entries_read if isinstance(entry, ItemDraft)] == [
        bookmark.url for bookmark in LIBRARY[:3]
    ]
    warnings = [entry.why for entry in entries_read if isinstance(entry, RecordWarning)]
    assert "In this archive, lisez\ufffd-moi.txt is in no format that we read." in warnings


def test_an_archive_in_which_nothing_is_read_is_refused_in_a_sentence() -> None:
    assert refusal(packed(("lisez-moi.txt", b"bonjour"))) == (
        "This archive (ZIP) holds no file that we read: unpack it to see what is inside."
    )
    assert "holds no file that we read" in refusal(packed(("autre.zip", diigo_zip_file(LIBRARY[:1]))))
    assert "holds no file that we read" in refusal(packed(("dossier/", b"")))


def test_of_the_archive_of_a_group_the_items_are_read_and_the_rest_is_named() -> None:
    beside = [(name, b"{}\n[]") for name in ("lists.jsonl", "saved-searches.jsonl", "vocabulary.ttl", "files.jsonl")]
    items = ("items.jsonl", b'{"title": "Crue"}\n')
    group, document = ("group.json", b'{\n "title": "Quais"\n}'), ("file/crue.txt", b"https://exemple.fr/crue\n")
    readme, other = ("LISEZ-MOI.txt", b"https://exemple.fr/lisez\n"), ("autre.csv", b"title,url\nEau,\n")
    first, second, draft = entries(packed(readme, group, items, *beside, document))
    assert "import that file on the page of the vocabulary" in str(first)
    assert "saved searches" in str(second)
    assert isinstance(draft, ItemDraft)
    assert draft.title == "Crue"
    # Other files are read, and so is each file of an archive that lacks one of them.
    for data, expected in (
        (packed(readme, group, items, *beside, other), ["Crue", "Eau"]),
        (packed(items, *beside[1:], document), ["Crue", "https://exemple.fr/crue"]),
    ):
        read = [entry.title or entry.url for entry in entries(data) if isinstance(entry, ItemDraft)]
        assert [title for title in read if title] == expected


@pytest.mark.parametrize(
    "data",
    [
        diigo_zip_file(LIBRARY)[:-30],
        diigo_zip_file(LIBRARY)[:600],
        b"PK\x03\x04" + b"\0" * 100,
        b"PK\x03\x04" + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, 46, 1 << 31, 0),
        diigo_zip_file(LIBRARY).replace(b"\xd0", b"\xd1").replace(b"\x95", b"\x94"),
    ],
    ids=["no end", "cut", "nothing", "a place beyond the end", "other bytes"],
)
def test_a_damaged_archive_is_refused_in_a_sentence(data: bytes) -> None:
    assert DAMAGED in refusal(data)


def test_a_zip_bomb_is_not_unpacked() -> None:
    with cpu_seconds_at_most(2):
        assert TOO_LARGE in refusal(packed(("zeros.csv", b"0" * 30_000_000)))
        # About 200 kB of an archive that declares petabytes.
        declared = bytearray(packed(("x.csv", b"title,url\n" * 10)))
        place = declared.rfind(b"PK\x01\x02")
        struct.pack_into("<II", declared, place + 20, 60, 0xFFFF_FFF0)
        assert TOO_LARGE in refusal(bytes(declared))


def test_many_files_and_a_large_directory_are_refused_before_they_are_read() -> None:
    assert TOO_LARGE in refusal(packed(*((f"{place}.csv", b"x") for place in range(300))))
    assert TOO_LARGE in refusal(packed(*((f"{place}{'n' * 4_000}.csv", b"x") for place in range(100))))


def test_a_directory_in_64_bits_is_refused() -> None:
    data = packed(("x.csv", b"title,url\n"))
    locator = b"PK\x06\x07" + b"\0" * 16
    assert TOO_LARGE in refusal(data[:-22] + locator + data[-22:])


def test_a_file_that_declares_less_than_it_holds_is_cut_or_refused() -> None:
    data = bytearray(packed(("x.csv", diigo_csv_file(LIBRARY))))
    struct.pack_into("<I", data, data.rfind(b"PK\x01\x02") + 24, 100)
    assert DAMAGED in refusal(bytes(data))


def test_passwords_and_unusual_packing_are_refused_in_a_sentence() -> None:
    data = bytearray(packed(("x.csv", diigo_csv_file(LIBRARY))))
    struct.pack_into("<H", data, data.rfind(b"PK\x01\x02") + 8, 1)
    assert "has a password" in refusal(bytes(data))
    assert "packed in an unusual way" in refusal(packed(("x.csv", b"title,url\n"), method=zipfile.ZIP_LZMA))


def test_an_archive_from_a_pipe_is_to_be_unpacked_first() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(Invalid, match="This is an archive"):
        list(read_drafts(Pipe(diigo_zip_file(LIBRARY))))
