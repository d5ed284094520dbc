"""Large and irregular Zotero libraries in RDF, whose elements are kept in a database, in memory or in a temporary
file.
"""

import json
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator

import pytest

from kb.errors import Invalid
from kb.formats.import_formats import read_drafts
from kb.formats.import_subprocess import _LARGEST_IN_MEMORY, read_drafts_in_subprocess
from kb.formats.scratch_database import scratch_database
from kb.formats.zotero_rdf.element_lookup import ElementKind, ZoteroElements
from kb.formats.zotero_rdf.reader import read_zotero_rdf
from kb.model.items.import_draft import ItemDraft
from tests.factories.documents import a_zip
from tests.factories.import_files import drafts

HEAD = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:bib="http://purl.org/net/biblio#" xmlns:link="http://purl.org/rss/1.0/modules/link/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
"""
NAMED = """<bib:Memo rdf:about="#note"><rdf:value>Une note</rdf:value></bib:Memo>
<z:Attachment rdf:about="#file"><dc:identifier><dcterms:URI><rdf:value>https://exemple.fr/a.pdf</rdf:value>
</dcterms:URI></dc:identifier></z:Attachment>
<bib:Journal rdf:about="#journal"><dc:title>Revue</dc:title></bib:Journal>
<z:Collection rdf:about="#inner"><dc:title>Dedans</dc:title><dcterms:hasPart rdf:resource="#a"/></z:Collection>
<z:Collection rdf:about="#outer"><dc:title>Autour</dc:title><dcterms:hasPart rdf:resource="#inner"/></z:Collection>
"""
REFERENCE = """<bib:Article rdf:about="#a"><z:itemType>journalArticle</z:itemType><dc:title>Un titre</dc:title>
<dcterms:isPartOf rdf:resource="#journal"/><dcterms:isReferencedBy rdf:resource="#note"/>
<link:link rdf:resource="#file"/></bib:Article>
"""
RECORD = """<bib:Document rdf:about="https://exemple.fr/%(n)d"><z:itemType>webpage</z:itemType>
<dc:title>Page %(n)d</dc:title><dcterms:isReferencedBy rdf:resource="#n%(n)d"/></bib:Document>
<bib:Memo rdf:about="#n%(n)d"><rdf:value>%(text)s %(n)d</rdf:value></bib:Memo>
"""


def a_library(number: int, text: str = "Note") -> Iterator[bytes]:
    """A file of some references with a note each, in chunks."""
    yield HEAD.encode()
    for n in range(number):
        yield (RECORD % {"n": n, "text": text}).encode()
    yield b"</rdf:RDF>"


@pytest.mark.parametrize("file", [NAMED + REFERENCE, REFERENCE + NAMED], ids=["named-first", "named-last"])
def test_related_elements_may_stand_before_or_after_their_reference(file: str) -> None:
    (draft,) = drafts("zotero-rdf", f"{HEAD}{file}</rdf:RDF>".encode())
    assert (draft.source, draft.url, draft.tags) == ("Revue", "https://exemple.fr/a.pdf", ("Autour", "Dedans"))
    assert [annotation.body for annotation in draft.annotations] == ["Une note"]


def test_a_note_that_two_references_name_belongs_to_the_first_one() -> None:
    again = REFERENCE.replace('"#a"', '"#b"').replace("Un titre", "Un autre")
    first, second = drafts("zotero-rdf", f"{HEAD}{REFERENCE}{again}{NAMED}</rdf:RDF>".encode())
    assert (len(first.annotations), len(second.annotations)) == (1, 0)


def test_two_notes_of_one_name_are_both_kept() -> None:
    other = '<bib:Memo rdf:about="#note"><rdf:value>Une autre</rdf:value></bib:Memo>'
    first, second = drafts("zotero-rdf", f"{HEAD}{NAMED}{REFERENCE}{other}</rdf:RDF>".encode())
    assert [annotation.body for draft in (first, second) for annotation in draft.annotations] == [
        "Une autre",
        "Une note",
    ]


def test_a_library_on_disk_takes_no_memory_and_is_read_as_one_in_memory(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with scratch_database(on_disk=True) as scratch:
        # The file is already unlinked: a killed process leaves nothing.
        assert list(tmp_path.iterdir()) == []
        entries = list(read_zotero_rdf(a_library(50), scratch))
        # The files of an archive are read one after the other, with the same database.
        assert list(read_zotero_rdf(a_library(50), scratch)) == entries == list(read_zotero_rdf(a_library(50)))
        tracemalloc.start()
        assert sum(1 for _ in read_zotero_rdf(a_library(500, "x" * 10_000), scratch)) == 500
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2 << 20


def test_a_large_library_is_read_in_the_sandbox_with_a_file_that_is_gone(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    file = tmp_path / "library.rdf"
    file.write_bytes(b"".join(a_library(1_200, "x" * 20_000)))
    assert file.stat().st_size > _LARGEST_IN_MEMORY
    read = [draft for draft in read_drafts_in_subprocess(file, "auto") if isinstance(draft, ItemDraft)]
    assert [(draft.url, len(draft.annotations)) for draft in read] == [
        (f"https://exemple.fr/{n}", 1) for n in range(1_200)
    ]
    assert list(tmp_path.iterdir()) == [file]


def test_a_pipe_and_an_archive_of_libraries_are_read_too(tmp_path) -> None:
    library = b"".join(a_library(3))
    command = [sys.executable, "-P", "-m", "kb.formats.import_subprocess", "20", str(1 << 30), "auto"]
    lines = subprocess.run(command, input=library, capture_output=True, check=True).stdout.splitlines()
    assert [json.loads(line).keys() for line in lines] == [{"format"}, *[{"draft"}] * 3]
    archive = tmp_path / "two.zip"
    archive.write_bytes(a_zip({"a.rdf": library, "b.rdf": library}))
    with archive.open("rb") as stream, scratch_database(on_disk=True) as scratch:
        assert sum(isinstance(entry, ItemDraft) for entry in read_drafts(stream, scratch=scratch)) == 6


def test_a_full_disk_is_one_sentence() -> None:
    with scratch_database(on_disk=False) as scratch:
        scratch.execute("PRAGMA max_page_count = 20")
        with pytest.raises(Invalid, match="no room"):
            list(read_zotero_rdf(a_library(1_000, "x" * 1_000), scratch))


def test_a_temporary_folder_that_cannot_be_written_is_replaced(monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", "/absent")
    with scratch_database(on_disk=True) as scratch:
        assert list(read_zotero_rdf(a_library(2), scratch)) == list(read_zotero_rdf(a_library(2)))


def test_elements_of_one_name_and_different_kinds_are_not_confused() -> None:
    with scratch_database(on_disk=False) as scratch:
        elements = ZoteroElements(scratch)
        elements.add(ElementKind.SOURCE, 1, "Revue")
        elements.add(ElementKind.NOTE, 1, "Note")
        assert (elements.text(ElementKind.SOURCE, 1), elements.text(ElementKind.ATTACHMENT, 1)) == ("Revue", "")
        assert (elements.take_note(1), elements.take_note(1), elements.take_note(2)) == ("Note", "", "")
    with pytest.raises(sqlite3.ProgrammingError):
        elements.text(ElementKind.SOURCE, 1)
