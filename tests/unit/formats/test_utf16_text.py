"""Files in UTF-16 and UTF-32 with a byte order mark: Excel's "Unicode text" tables and any other text."""

import codecs
import io
import tracemalloc
from pathlib import Path

import pytest

from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.formats.shared.decoded_text import chunks_in_utf8
from kb.model.items.import_draft import ItemDraft, RecordWarning
from tests.factories.documents import a_zip
from tests.factories.import_files import pieces

TABLE = "Titre\tAdresse\tMots-clés\tCommentaire\r\n" + "\r\n".join(
    f'"Les quais d’été, {n}"\thttps://exemple.fr/{n}\t"vélo;𝄞"\tRelu' for n in range(3)
)
MARKS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
FILES = {
    "csv": TABLE,
    "netscape": '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p><DT><A HREF="https://exemple.fr/é">Élu</A>\n</DL>',
    "jsonl": '{"title": "Élu", "url": "https://exemple.fr/"}\n',
    "ris": "TY  - ELEC\nTI  - Élu\nER  - \n",
    "feed": '<?xml version="1.0" encoding="UTF-16"?><rss><channel><item><title>Élu</title></item></channel></rss>',
    "pinboard": '[{"href": "https://exemple.fr/", "description": "Élu", "extended": "", "time": "", "shared": "yes",'
    ' "toread": "no", "tags": ""}]',
    "addresses": "https://exemple.fr/a Élu\nhttps://exemple.fr/b\n",
}


def encoded(text: str, encoding: str) -> bytes:
    return MARKS[encoding] + text.encode(encoding)


def entries(data: bytes, form: str = "auto") -> list[ItemDraft | RecordWarning]:
    return list(read_drafts(io.BytesIO(data), form))


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("form", FILES)
def test_a_file_in_utf_16_is_read_as_in_utf_8(form: str, encoding: str) -> None:
    names: list[str] = []
    data = encoded(FILES[form], encoding)
    entries_read = list(read_drafts(io.BytesIO(data), "auto", names.append))
    assert names == [form]
    assert entries_read == entries(FILES[form].encode()) == entries(data, form)
    assert any(isinstance(entry, ItemDraft) for entry in entries_read)


def test_unicode_text_of_excel_gives_titles_addresses_and_tags(tmp_path: Path) -> None:
    file = tmp_path / "Classeur1.txt"
    file.write_bytes(encoded(TABLE, "utf-16-le"))
    drafts = [entry for entry in read_drafts_in_subprocess(file, "auto") if isinstance(entry, ItemDraft)]
    assert [(draft.title, draft.url, draft.tags) for draft in drafts] == [
        (f"Les quais d’été, {n}", f"https://exemple.fr/{n}", ("vélo", "𝄞")) for n in range(3)
    ]
    archive = a_zip({"Classeur1.txt": encoded(TABLE, "utf-16-le")})
    assert [entry.title for entry in entries(archive) if isinstance(entry, ItemDraft)] == [
        draft.title for draft in drafts
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 64])
@pytest.mark.parametrize("encoding", MARKS)
def test_the_size_of_chunks_changes_nothing(encoding: str, size: int) -> None:
    data = encoded(TABLE, encoding)
    head, rest = data[:8], pieces(data[8:], size)
    first, others = chunks_in_utf8(head, rest)
    assert b"".join([first, *others]).decode() == TABLE


@pytest.mark.parametrize("rest", [b"\x41", b"\x00\xd8", b"\x00\xdc\x41\x00", b"\x00\xd8\x41\x00"])
def test_invalid_utf_16_is_replaced(rest: bytes) -> None:
    first, others = chunks_in_utf8(codecs.BOM_UTF16_LE + "Élu ".encode("utf-16-le"), [rest])
    text = b"".join([first, *others]).decode()
    assert text.startswith("Élu \ufffd")


def test_a_cut_file_gives_the_rows_before_the_cut() -> None:
    entries_read = entries(encoded(TABLE, "utf-16-le")[:-21])
    assert [entry.title for entry in entries_read if isinstance(entry, ItemDraft)][:2] == [
        "Les quais d’été, 0",
        "Les quais d’été, 1",
    ]


def test_a_large_file_is_decoded_in_bounded_memory() -> None:
    chunk = ("x" * 1000).encode("utf-16-le") * 30
    tracemalloc.start()
    _, others = chunks_in_utf8(codecs.BOM_UTF16_LE, (chunk for _ in range(300)))
    assert sum(map(len, others)) == 300 * 30_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
