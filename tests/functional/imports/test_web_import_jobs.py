"""Import jobs in the browser: upload, preview, background import and report."""

import os
import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.services.core.library import Library
from kb.services.imports.import_job_runner import purge_import_jobs, run_due_import_jobs
from kb.services.imports.import_jobs import LARGEST_FILE
from kb.services.imports.import_quotas import MOST_WAITING_FILES
from kb.site import create_app
from tests.factories.diigo_files import diigo_rss_file
from tests.factories.diigo_library import a_diigo_library
from tests.factories.group import as_
from tests.factories.import_jobs import LINES, files_in, send_action, send_file
from tests.support.browser_sessions import PASSWORD, sign_in, token_of


def test_a_file_is_previewed_first_and_imported_on_request(library: Library, slug: str, claire: TestClient) -> None:
    sent = send_file(claire, slug, LINES, mine="C. Aubert")
    assert sent.status_code == 303
    address = sent.headers["location"]
    sent_page = claire.get(address).text
    assert "data-follow" in sent_page
    # Its length is not known yet.
    assert '<progress aria-label="' in sent_page
    assert run_due_import_jobs(library) == 1
    page_text = claire.get(address).text
    assert "30 nouveaux signets" in page_text
    assert "Crue 0" in page_text
    assert "data-follow" not in page_text
    with library.store.read() as reading:
        assert not list(reading.items.ids())
    assert send_action(claire, address, "bring").status_code == 303
    assert "Importation en cours" in claire.get(address).text
    assert '<progress max="100" value="0"' in claire.get(address).text
    assert send_action(claire, address, "forget").status_code == 409
    run_due_import_jobs(library)
    catch_up(library)
    assert "30 signets ajoutés" in claire.get(address).text
    assert files_in(library) == []
    results = claire.get(f"/api/v1/search?group={slug}&author=claire").json()
    assert results["total"] == 30
    # A second import adds nothing, and there is nothing to import.
    again = send_file(claire, slug, LINES, mine="C. Aubert").headers["location"]
    run_due_import_jobs(library)
    page = claire.get(again).text
    assert "30 signets déjà connus, sans changement" in page
    assert 'value="bring"' not in page


def test_items_without_a_date_of_addition_are_counted(library: Library, slug: str, claire: TestClient) -> None:
    table = "title,url,added\nA,https://exemple.fr/a,\nB,https://exemple.fr/b,\nC,https://exemple.fr/c,2024-05-01\n"
    sentence = "2 signets n’ont pas de date d’ajout\u202f: ni les nouveautés ni le rapport d’activité ne les comptent."
    address = send_file(claire, slug, table, "tableau.csv").headers["location"]
    run_due_import_jobs(library)
    assert sentence in claire.get(address).text
    send_action(claire, address, "bring")
    run_due_import_jobs(library)
    assert sentence in claire.get(address).text
    again = send_file(claire, slug, table, "autre.csv").headers["location"]
    run_due_import_jobs(library)
    assert "date d’ajout" not in claire.get(again).text


def test_the_columns_of_a_table_are_chosen_after_its_preview(library: Library, slug: str, claire: TestClient) -> None:
    table = "Rubrique;Où\nLes agents;https://exemple.fr/a\n"
    refused = send_file(claire, slug, table, "tableau.csv").headers["location"]
    run_due_import_jobs(library)
    assert "choisissez «\u202fUn tableau avec des titres de colonnes (CSV)\u202f»" in claire.get(refused).text
    address = send_file(claire, slug, table, "tableau.csv", format="csv").headers["location"]
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert '<option value="rubrique">' in page
    assert 'value="bring"' not in page
    columns = {"column-title": "Rubrique", "column-url": "où"}
    sent = {"form_token": token_of(claire, "/account"), "act": "columns", **columns}
    assert claire.post(address, data=sent | {"column-url": "x" * 201}).status_code == 400
    # A double click sends the same form twice.
    assert [claire.post(address, data=sent).status_code for _ in range(2)] == [303, 303]
    assert claire.post(address, data=sent | {"form_token": token_of(claire, "/account")}).status_code == 409
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert "1 nouveau signet" in page
    assert 'name="column-title" type="text" value="Rubrique"' in page
    sent = {"form_token": token_of(claire, address), "act": "bring"}
    assert [claire.post(address, data=sent).status_code for _ in range(2)] == [303, 303]
    run_due_import_jobs(library)
    catch_up(library)
    assert claire.get(f"/api/v1/search?group={slug}&q=agents").json()["total"] == 1


@pytest.mark.parametrize(
    ("content", "expected", "is_kept"),
    [
        (b"PK\x03\x04rien", "archive", False),
        (b"<!doctype html><title>x</title>", "HTML", False),
        ("titre\n".encode("utf-16"), "reconnu", True),
        ("Un poème sans rime.\n" * 20, "reconnu", True),
    ],
)
def test_an_unreadable_file_gives_an_error_message(
    library: Library, slug: str, claire: TestClient, content: str | bytes, expected: str, *, is_kept: bool
) -> None:
    address = send_file(claire, slug, content).headers["location"]
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert re.search(rf'<p role="status">[^<]*{expected}', page), page
    assert (len(files_in(library)), 'value="kind"' in page) == (is_kept, is_kept)
    assert send_action(claire, address, "bring").status_code == 409
    assert send_action(claire, address, "forget").status_code == 303
    assert claire.get(address).status_code == 404
    assert files_in(library) == []


def test_a_text_that_is_not_recognised_is_read_again_as_the_kind_that_its_user_chooses(
    library: Library, slug: str, claire: TestClient
) -> None:
    data = {"form_token": token_of(claire, "/account"), "format": "auto", "pasted": "Les quais de la Marne\nCrue\n"}
    address = claire.post(f"/g/{slug}/import", data=data, files={"file": ("", b"")}).headers["location"]
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert "Votre envoi est gardé une heure\u202f: choisissez sa nature pour le relire." in page
    sent = {"form_token": token_of(claire, address), "act": "kind"}
    assert claire.post(address, data=sent | {"format": "docx"}).status_code == 400
    # It has no item in this format: nothing is to be imported, and another one may be chosen.
    assert claire.post(address, data=sent | {"format": "saved-page"}).status_code == 303
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert "Aucun signet n’a été trouvé dans ce fichier." in page
    assert "voici l’aperçu" not in page
    assert '<option value="saved-page" selected>' in page
    again = sent | {"form_token": token_of(claire, address), "format": "csv"}
    assert claire.post(address, data=again).status_code == 303
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert "Lu comme" in page
    columns = {"form_token": token_of(claire, address), "act": "columns", "column-title": "Les quais de la Marne"}
    assert claire.post(address, data=columns).status_code == 303
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert "1 nouveau signet" in page
    assert 'value="kind"' not in page


def test_empty_and_too_large_files_are_refused_where_they_are_chosen(slug: str, claire: TestClient) -> None:
    assert send_file(claire, slug, b" \n").status_code == 400
    assert send_file(claire, slug, b"x" * (LARGEST_FILE + 1)).status_code == 400
    assert send_file(claire, slug, LINES, format="docx").status_code == 400
    page = f"/g/{slug}/import"
    nothing = claire.post(page, data={"form_token": token_of(claire, page)})
    assert nothing.status_code == 400
    assert "Choisissez un fichier ou collez une page." in nothing.text


def test_names_of_files_are_words_that_are_escaped(library: Library, slug: str, claire: TestClient) -> None:
    address = send_file(claire, slug, LINES, name='C:\\moi\\<script>"é.jsonl').headers["location"]
    page = claire.get(address).text
    assert "<script>&#34;" not in page
    assert "&lt;script&gt;" in page
    assert "moi" not in page


def test_an_import_job_is_not_found_by_other_users(library: Library, slug: str, claire: TestClient) -> None:
    address = send_file(claire, slug, LINES).headers["location"]
    with TestClient(create_app(library), follow_redirects=False) as paul:
        sign_in(paul, "paul", PASSWORD)
        assert paul.get(address).status_code == 404
        assert paul.get(f"/g/{slug}/import").status_code == 403


def test_a_user_has_a_bounded_number_of_import_jobs(library: Library, slug: str, claire: TestClient) -> None:
    for number in range(MOST_WAITING_FILES):
        assert send_file(claire, slug, LINES, name=f"{number}.jsonl").status_code == 303
    assert send_file(claire, slug, LINES).status_code == 409
    assert len(files_in(library)) == MOST_WAITING_FILES


def test_a_file_that_is_sent_twice_is_one_import_job_until_it_is_decided(
    library: Library, slug: str, claire: TestClient
) -> None:
    address = send_file(claire, slug, LINES).headers["location"]
    assert send_file(claire, slug, LINES).headers["location"] == address
    run_due_import_jobs(library)
    # From the browser's history, after the preview.
    assert send_file(claire, slug, LINES).headers["location"] == address
    assert len(files_in(library)) == 1
    for other in ({"mine": "C. Aubert"}, {"format": "jsonl"}, {"name": "autre.jsonl"}):
        assert send_file(claire, slug, LINES, **other).headers["location"] != address
    assert send_action(claire, address, "bring").status_code == 303
    run_due_import_jobs(library)
    assert send_action(claire, address, "forget").status_code == 303
    assert send_file(claire, slug, LINES).headers["location"] != address


def test_an_import_checks_the_rights_when_it_runs(library: Library, slug: str, claire: TestClient) -> None:
    address = send_file(claire, slug, LINES).headers["location"]
    run_due_import_jobs(library)
    send_action(claire, address, "bring")
    with library.store.write() as writing:
        group, user_id = writing.groups.by_slug(slug), as_(library, "claire").user_id
        assert group is not None
        assert user_id is not None
        writing.groups.set_role(user_id, group.id, Role.READER)
    run_due_import_jobs(library)
    with library.store.read() as reading:
        assert not list(reading.items.ids())
    assert "mais pas y faire cela" in claire.get(address).text


def test_a_lost_file_is_requested_again_and_an_unknown_one_is_deleted(
    library: Library, slug: str, claire: TestClient
) -> None:
    address = send_file(claire, slug, LINES).headers["location"]
    (name,) = files_in(library)
    (library.settings.data / "import-jobs" / name).unlink()
    if library.store.is_shared:
        # The file may be on another machine.
        run_due_import_jobs(library)
        assert "envoyez-le de nouveau" not in claire.get(address).text
        with library.store.write() as writing:
            job = writing.import_jobs.by_id(name)
            assert job is not None
            writing.import_jobs.put(replace(job, changed_at="2020-01-01T09:00:00.000000Z"))
    run_due_import_jobs(library)
    assert "envoyez-le de nouveau" in claire.get(address).text
    stray = library.settings.data / "import-jobs" / "perdu"
    stray.write_text("rien")
    purge_import_jobs(library)
    assert files_in(library) == ["perdu"]
    os.utime(stray, (0, 0))
    purge_import_jobs(library)
    assert files_in(library) == []


BOOKMARKS = (
    "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n"
    '<DT><A HREF="https://exemple.fr/ouvert">Ouvert</A>\n'
    '<DT><A HREF="https://exemple.fr/secret" PRIVATE="1">Secret</A>\n</DL><p>\n'
)


@pytest.mark.parametrize("choice", ["skip", "own", "share", "autre"])
def test_private_bookmarks_go_where_the_user_says_and_nowhere_else(
    library: Library, slug: str, claire: TestClient, choice: str
) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug(slug)
        assert group is not None
        writing.groups.update(replace(group, visible=Visibility.EVERYONE))
    address = send_file(claire, slug, BOOKMARKS, name="favoris.html").headers["location"]
    run_due_import_jobs(library)
    page_text = claire.get(address).text
    assert "Lu comme\u202f: Favoris d’un navigateur (HTML)." in page_text
    assert "1 signet est privé dans ce fichier." in page_text
    assert 'name="private" value="skip" checked' in re.sub(r"\s+", " ", page_text)
    assert "1 signet privé a été laissé de côté" in page_text
    data = {"form_token": token_of(claire, "/account"), "act": "bring", "private": choice}
    assert claire.post(address, data=data).status_code == 303
    run_due_import_jobs(library)
    catch_up(library)

    def titles(group: str) -> list[str]:
        return [item["title"] for item in claire.get(f"/api/v1/search?group={group}").json()["items"]]

    assert ("Secret" in titles(slug)) is (choice == "share")
    assert ("Secret" in titles("~claire")) is (choice == "own")
    assert "Ouvert" in titles(slug)
    report = claire.get(address).text
    assert re.search("signets? privés?", report)
    undo = re.search(r'action="(/restore/[^"]+|[^"]*undo[^"]*)"', report)
    assert undo is not None, report
    assert claire.post(undo[1], data={"form_token": token_of(claire, "/account")}).status_code == 303
    catch_up(library)
    assert titles(slug) == titles("~claire") == []


def test_a_group_of_members_asks_nothing_about_private_bookmarks(
    library: Library, slug: str, claire: TestClient
) -> None:
    with library.store.write() as writing:
        group = writing.groups.by_slug(slug)
        assert group is not None
        writing.groups.update(replace(group, visible=Visibility.MEMBERS))
    address = send_file(claire, slug, BOOKMARKS).headers["location"]
    run_due_import_jobs(library)
    page_text = claire.get(address).text
    assert 'name="private"' not in page_text
    assert "1 signet privé\u202f: ici, les lecteurs du groupe le lisent aussi." in page_text
    assert "2 nouveaux signets" in page_text


def test_the_report_says_what_the_format_of_the_file_cannot_carry(
    library: Library, slug: str, claire: TestClient
) -> None:
    address = send_file(claire, slug, diigo_rss_file(a_diigo_library(3))).headers["location"]
    run_due_import_jobs(library)
    assert "Le flux d’un groupe Diigo n’a ni les signets privés" in claire.get(address).text
    address = send_file(claire, slug, LINES).headers["location"]
    run_due_import_jobs(library)
    assert "Diigo n’a" not in claire.get(address).text
