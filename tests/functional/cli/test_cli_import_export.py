"""`kb import` and `kb export`, by the command line."""

import gzip
import json
import os
import stat
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kb.formats import import_subprocess
from kb.model.items.item_list import ItemList, ListEntry, ListEntryKind
from kb.site import open_store
from tests.factories.diigo_base import diigo_files
from tests.factories.diigo_library import a_diigo_library
from tests.factories.documents import a_docx, a_pdf, a_zip, an_epub, an_odt

PAGES = Path(__file__).resolve().parents[2] / "corpus" / "saved_pages"
COUNTS = ("read", "added", "updated", "unchanged", "skipped")


def counts(report):
    return tuple(report[name] for name in COUNTS)


def a_file(folder, *records, name="signets.jsonl"):
    path = folder / name
    path.write_text("".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records), encoding="utf-8")
    return path


def an_item(title="L’énergie d’aujourd’hui", **fields):
    return {"title": title, "group": "veille", **fields}


def test_imported_items_are_found_at_once_and_importing_twice_adds_nothing(kb, tmp_path):
    path = a_file(tmp_path, an_item(tags=["énergie"]), an_item("Œuvres d’été"))

    first, second = kb("import", "--json", path).json, kb("import", "--json", path).json

    assert counts(first) == (2, 2, 0, 0, 0)
    assert counts(second) == (2, 0, 0, 2, 0)
    assert first["warnings"] == second["warnings"] == []
    assert kb("search", "energie", "--json").json["total"] == 1


def test_a_saved_page_is_recognised(kb):
    report = kb("import", "--json", PAGES / "donnees-ouvertes.txt").json

    assert report["added"] > 1
    assert report["skipped"] == 0


def test_an_invalid_record_is_skipped_and_reported_and_the_others_are_imported(kb, tmp_path):
    path = a_file(tmp_path, an_item(), an_item("Été", published="hier"), an_item("Œuvre"))

    answer = kb("import", path)

    assert answer.code == 0
    assert "2" in answer.err
    assert kb("search", "", "--json").json["total"] == 2


def test_a_report_for_programs_stands_alone_on_standard_output(kb, tmp_path):
    path = a_file(tmp_path, an_item(), {"title": 3})

    answer = kb("import", "--json", path)

    assert answer.err == ""
    assert answer.json["warnings"][0]["line"] == 2
    assert answer.json["warnings"][0].keys() == {"line", "why"}


def test_several_files_are_reported_together(kb, tmp_path):
    first, two = a_file(tmp_path, an_item()), a_file(tmp_path, an_item("Œuvre"), {"title": 3}, name="autres.jsonl")

    report = kb("import", "--json", first, two).json

    assert counts(report) == (3, 2, 0, 0, 1)
    assert report["warnings"][0]["file"] == str(two)


def test_a_dry_run_changes_nothing(kb, tmp_path):
    path = a_file(tmp_path, an_item())

    report = kb("import", "--dry-run", "--json", path).json

    assert counts(report) == (1, 1, 0, 0, 0)
    assert kb("export").out == ""


def test_standard_input_is_a_file_too(kb):
    report = kb("import", "-", "--json", stdin=json.dumps(an_item()) + "\n").json

    assert report["added"] == 1


def test_each_batch_is_reported_once_it_is_committed(kb, tmp_path):
    path = a_file(tmp_path, *(an_item(f"Signet n° {number}") for number in range(1200)))
    kb.variables["KB_LANGUAGE"] = "en"

    answer = kb("import", "--verbose", path)

    assert answer.err.splitlines() == [f"{number} items safely stored" for number in ("500", "1,000", "1,200")]


def test_no_progress_is_printed_in_a_pipe(kb, tmp_path):
    answer = kb("import", a_file(tmp_path, an_item()))

    assert answer.err == ""
    assert answer.out.count("\n") == 1


def test_a_group_is_chosen_and_its_readers_too(kb, tmp_path):
    path = a_file(tmp_path, an_item())

    kb("import", path, "--group", "reserve", "--visible", "members")

    group = json.loads(kb("export").out)["group"]
    assert (group["slug"], group["visible"]) == ("reserve", "members")
    assert kb("search", "", "--json").json["total"] == 0


def test_a_name_is_given_a_login(kb, tmp_path):
    path = a_file(tmp_path, an_item(author="Sophie Point"))

    kb("import", path, "--map", "Sophie Point=sophie")

    assert json.loads(kb("export").out)["author"]["login"] == "sophie"


def test_the_columns_of_a_table_are_chosen(kb, tmp_path):
    path = tmp_path / "tableau.csv"
    path.write_text("Sujet;Où\nLes agents;https://exemple.fr/a\n", encoding="utf-8")

    assert kb("import", path, "--group", "veille", "--column", "title=Sujet", "--column", "url=Où").code == 0

    item = json.loads(kb("export").out)
    assert (item["title"], item["url"]) == ("Les agents", "https://exemple.fr/a")


@pytest.mark.parametrize(
    "wrong", [("--column", "Sujet"), ("--column", "title="), ("--format", "ris", "--column", "url=Où")]
)
def test_columns_of_another_form_are_misuse(kb, tmp_path, wrong):
    assert kb("import", a_file(tmp_path, an_item()), *wrong).code == 2


@pytest.mark.parametrize("wrong", ["Sophie Point", "=sophie", "Sophie Point=", "Sophie=So Phie"])
def test_a_map_of_another_form_is_misuse(kb, tmp_path, wrong):
    answer = kb("import", a_file(tmp_path, an_item(author="Sophie Point")), "--map", wrong)

    assert answer.code == 2
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("name", ["absent.jsonl", "dossier", "fermé.jsonl"])
def test_a_file_that_cannot_be_opened_is_misuse_and_nothing_is_imported(kb, tmp_path, name):
    good = a_file(tmp_path, an_item())
    (tmp_path / "dossier").mkdir()
    closed = a_file(tmp_path, an_item("Fermé"), name="fermé.jsonl")
    if name == closed.name:
        if os.geteuid() == 0:
            # Root can open every file; a symbolic link to itself fails for everyone.
            closed.unlink()
            closed.symlink_to(closed)
        else:
            closed.chmod(0)

    answer = kb("import", good, tmp_path / name)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert kb("export").out == ""


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><html><body>" + b"<p>Bonjour</p>" * 100,
        gzip.compress(b'{"title": "x"}\n' * 100_000),
        b"PK\x03\x04" + bytes(1000),
        b"\xff\xfe" + "Été".encode("utf-16-le"),
        bytes(100_000),
        b"[" * 100_000,
        b"{" * 100_000,
        b'{"title": ' * 100_000,
        b"\xff" * 1000,
        b'{"title": "' + b"x" * (17 * 1024 * 1024) + b'"}\n',
        b"Rien de connu, sur une ligne.\n",
    ],
    ids=["html", "gzip", "zip", "utf-16", "nul", "brackets", "braces", "deep", "not-utf-8", "huge-line", "prose"],
)
@pytest.mark.parametrize("form", ["auto", "jsonl"])
def test_a_file_that_is_no_library_fails_with_a_sentence(kb, tmp_path, content, form):
    path = tmp_path / "autre.jsonl"
    path.write_bytes(content)

    answer = kb("import", path, "--format", form)

    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert str(path) in answer.err
    assert kb("export").out == ""


def test_an_invalid_file_does_not_stop_the_import_of_the_others(kb, tmp_path):
    (tmp_path / "page.html").write_text("<html></html>", encoding="utf-8")

    answer = kb("import", tmp_path / "page.html", a_file(tmp_path, an_item()))

    assert answer.code == 1
    assert kb("search", "energie", "--json").json["total"] == 1


def test_an_imported_export_exports_the_same(kb, tmp_path):
    kb("import", PAGES / "donnees-ouvertes.txt")
    first = kb("export").out
    (tmp_path / "sortie.jsonl").write_text(first, encoding="utf-8")

    other = replace(kb, folder=tmp_path / "autre base")
    other("import", tmp_path / "sortie.jsonl")

    assert first.count("\n") > 1
    assert other("export").out == first


def test_an_export_into_a_file_takes_the_place_of_the_old_one(kb, tmp_path):
    kb("import", a_file(tmp_path, an_item()))
    target = tmp_path / "sortie.jsonl"
    target.write_text("ancien", encoding="utf-8")

    for language, sentence in (("en", "is there already: --replace"), ("fr", "existe déjà\u202f: --replace")):
        refused = kb("--language", language, "export", "-o", target)
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
        assert sentence in refused.err
    assert target.read_text(encoding="utf-8") == "ancien"
    assert kb("export", "--replace", "-o", target).code == 0

    assert target.read_text(encoding="utf-8") == kb("export").out
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_an_export_that_fails_leaves_the_old_file(kb, tmp_path):
    kb("import", a_file(tmp_path, an_item()))
    target = tmp_path / "sortie.jsonl"
    target.write_text("ancien", encoding="utf-8")

    answer = kb("export", "--group", "inconnu", "--replace", "-o", target)

    assert answer.code == 1
    assert target.read_text(encoding="utf-8") == "ancien"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_an_export_never_replaces_a_device(kb, tmp_path):
    kb("import", a_file(tmp_path, an_item()))

    assert kb("export", "-o", "/dev/null").code == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("target", ["absent/sortie.jsonl", "."])
def test_a_place_where_nothing_can_be_written_is_misuse(kb, tmp_path, target):
    kb("import", a_file(tmp_path, an_item()))

    answer = kb("export", "-o", tmp_path / target)

    assert (answer.code, answer.err.count("\n")) == (2, 1)


def test_a_full_disk_under_an_export_is_reported(kb, tmp_path):
    kb("import", a_file(tmp_path, an_item()))

    answer = kb("export", "-o", "/dev/full")

    assert (answer.code, answer.err.count("\n")) == (1, 1)


def test_an_export_of_a_query_holds_what_the_search_finds(kb, tmp_path):
    source = tmp_path / "trois.jsonl"
    titles = ("Les agents d’accueil", "La rivière", "Un agent et sa rivière")
    source.write_text("".join(json.dumps({"title": title, "group": "g"}) + "\n" for title in titles), encoding="utf-8")
    kb("import", source)
    exported = [json.loads(line)["title"] for line in kb("export", "--query", "agents").out.splitlines()]
    assert exported == [titles[0], titles[2]]
    assert kb("export", "--query", "agents", "--group", "g").out == kb("export", "--query", "agents").out
    assert kb("export", "--query", "rien du tout").out == ""
    refused = kb("export", "--query", "a" * 2001)
    assert refused.code == 2
    assert "2\u202f000" in refused.err


def test_a_file_of_unknown_size_is_imported_from_a_pipe(kb):
    with kb.start("import", "-", stdin=subprocess.PIPE) as process:
        _, err = process.communicate(json.dumps(an_item()), timeout=60)

    assert (process.returncode, err) == (0, "")


PRIVATE = (
    "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n"
    '<DT><A HREF="https://exemple.fr/ouvert">Ouvert</A>\n'
    '<DT><A HREF="https://exemple.fr/secret" PRIVATE="1">Secret</A>\n</DL><p>\n'
)


def test_private_bookmarks_are_published_by_choice_only(kb, tmp_path):
    path = tmp_path / "favoris.html"
    path.write_text(PRIVATE, encoding="utf-8")

    report = kb("import", "--json", "--group", "veille", path).json
    assert counts(report) == (2, 1, 0, 0, 1)
    assert "1" in report["warnings"][0]["why"]
    assert "Secret" not in kb("export").out
    moved = kb("import", "--json", "--group", "veille", "--private", "prives", path).json
    assert counts(moved) == (2, 1, 0, 1, 0)
    assert "Secret" in kb("export", "--group", "prives").out
    assert "Secret" not in kb("export", "--group", "veille").out
    assert kb("import", "--group", "veille", "--private", "share", path).code == 0
    assert "Secret" in kb("export", "--group", "veille").out
    assert kb("import", "--group", "veille", "--private", "Mes secrets", path).code == 2


def test_chosen_items_are_exported_in_the_order_given(kb, tmp_path):
    path = a_file(tmp_path, *(an_item(f"Titre {place}", id=f"i-{place}") for place in range(4)))
    kb("import", path)

    out = kb("export", "--item", "i-2", "--item", "i-0", "--item", "i-2").out

    assert [json.loads(line)["id"] for line in out.splitlines()] == ["i-2", "i-0"]
    assert kb("export", "--item", "i-9").code == 1
    assert kb("export", "--item", "i-2", "--group", "veille").code == 2
    assert kb("export", "--list", "inconnue").code == 1


def test_a_list_is_exported_in_its_order(kb, tmp_path):
    path = a_file(tmp_path, *(an_item(f"Titre {place}", id=f"i-{place}") for place in range(4)))
    kb("import", path)
    now = "2014-11-07T09:12:00Z"
    with closing(open_store(kb.settings.store_url)) as store, store.write() as writing:
        group = writing.groups.by_slug("veille")
        entries = tuple(ListEntry(f"e-{place}", ListEntryKind.ITEM, f"i-{place}") for place in (3, 1))
        writing.lists.add(ItemList("l-1", group.id, None, "À lire ensuite", "", False, now, now, entries=entries))

    out = kb("export", "--list", "l-1").out

    assert [json.loads(line)["id"] for line in out.splitlines()] == ["i-3", "i-1"]
    assert "<H1>À lire ensuite</H1>" in kb("export", "--list", "l-1", "--format", "netscape").out


def test_the_report_says_what_the_files_of_a_library_cannot_carry(kb, tmp_path):
    paths = []
    for name, data in diigo_files(a_diigo_library(6)).items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)

    kb.variables["KB_LANGUAGE"] = "en"
    report = kb("import", "--group", "usages-numeriques-63", "--json", *paths).json
    assert counts(report)[1] == 6
    assert len(report["not_carried"]) == 4
    assert report["not_carried"][0].startswith("The CSV of Diigo does not say who shared")
    kb.variables["KB_LANGUAGE"] = "fr"
    message = kb("import", "--group", "usages-numeriques-63", paths[2])
    assert "Le flux d’un groupe Diigo n’a ni les signets privés" in message.err
    assert "not_carried" not in kb("import", "--json", a_file(tmp_path, an_item())).json


def test_a_file_is_read_in_the_sandboxed_process_and_not_in_that_of_the_command(kb, tmp_path, monkeypatch):
    def read_here(*_):
        raise AssertionError("read in the process of the command")

    monkeypatch.setattr(import_subprocess, "read_drafts", read_here)
    assert counts(kb("import", "--json", a_file(tmp_path, an_item())).json) == (1, 1, 0, 0, 0)
    assert kb("import", "-", stdin=json.dumps(an_item("Par un tube")) + "\n").code == 0


def test_documents_become_items_with_their_files_and_their_text_is_found(kb, tmp_path):
    documents = {"rapport.pdf": a_pdf(), "note.docx": a_docx(), "reunion.odt": an_odt(), "livre.epub": an_epub()}
    paths = []
    for name, content in documents.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    assert kb("import", *paths).code == 1
    assert counts(kb("import", "--group", "fonds", "--dry-run", "--json", *paths).json) == (4, 4, 0, 0, 0)
    assert counts(kb("import", "--group", "fonds", "--json", *paths).json) == (4, 4, 0, 0, 0)
    again = kb("import", "--group", "fonds", "--json", *paths, a_file(tmp_path, an_item()))
    assert counts(again.json) == (5, 1, 0, 4, 0)
    results = kb("search", "mouettes", "--json").json
    assert [item["title"] for item in results["items"]] == ["Rapport sur les mouettes"]
    assert results["items"][0]["byline"] == "Marie"


def test_a_document_that_cannot_be_saved_is_refused_in_one_sentence(kb, tmp_path):
    path = tmp_path / "faux.docx"
    path.write_bytes(a_zip({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"}))
    answer = kb("import", "--group", "fonds", path, a_file(tmp_path, an_item()))
    assert (answer.code, answer.err.count("faux.docx")) == (1, 1)
    assert kb("export", "--group", "fonds").out.count("\n") == 1


def test_a_csv_of_diigo_again_changes_nothing(kb, tmp_path):
    path = tmp_path / "diigo.csv"
    path.write_text(
        "title,url,tags,description,comments,annotations,created_at\n"
        "Un,https://exemple.fr/1,a,,,,2012-02-29 00:00:00\nDeux,https://exemple.fr/2,,Une note,,,2012-02-29 08:00:00\n"
    )
    assert counts(kb("import", "--json", path, "--group", "lectures").json) == (2, 2, 0, 0, 0)
    assert counts(kb("import", "--json", path, "--group", "lectures").json) == (2, 0, 0, 2, 0)


def test_an_excel_file_is_named_in_the_refusal_and_an_empty_file_is_reported(kb, tmp_path):
    table, empty = tmp_path / "table.xlsx", tmp_path / "rien.csv"
    table.write_bytes(
        a_zip({"[Content_Types].xml": "<Types/>", "_rels/.rels": "<x/>", "xl/workbook.xml": "<workbook/>"})
    )
    answer = kb("import", str(table), "--group", "lectures")
    assert (answer.code, "enregistrez un tableau en CSV" in answer.err) == (1, True), answer.err
    empty.write_text("\n")
    answer = kb("import", str(empty), "--group", "lectures")
    assert (answer.code, "rien.csv : ce fichier ne contient rien" in answer.err) == (0, True), answer.err
