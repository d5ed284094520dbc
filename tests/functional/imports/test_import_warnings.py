"""The warnings of an import: a line for each kind, and a button that restores items which an undo put in the trash."""

import re

from starlette.testclient import TestClient

from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.imports.import_job_runner import run_due_import_jobs
from tests.factories.group import as_
from tests.factories.import_jobs import LINES, as_group, bring_file, send_action, send_file
from tests.support.browser_sessions import token_of


def undone_import(library: Library, slug: str, client: TestClient) -> None:
    """Import the 30 items of LINES, and undo it: they are in the trash."""
    page = client.get(bring_file(library, client, slug, LINES)).text
    undo = re.search(r'action="(/restore/[^"]+)"', page)
    assert undo is not None, page
    client.post(undo[1], data={"form_token": token_of(client, "/account")})
    while run_due_import_jobs(library):
        pass


def preview(library: Library, slug: str, client: TestClient) -> str:
    address = str(send_file(client, slug, LINES).headers["location"])
    run_due_import_jobs(library)
    return address


def test_an_undone_import_is_one_warning_that_leads_to_the_trash_and_out_of_it(
    library: Library, slug: str, claire: TestClient
) -> None:
    undone_import(library, slug, claire)
    address = preview(library, slug, claire)
    page = claire.get(address).text
    assert page.count("Ces signets sont dans la corbeille") == 1
    assert "30 signets\u202f: ligne 1, ligne 2, ligne 3…" in page.replace("\u202f:", "\u202f:")
    assert "Voir les 27 autres" in page
    assert f'href="/g/{slug}/bin"' in page
    assert page.count("Restaurer les 30 signets") == 1
    # Where nothing else can be imported, this is the first action.
    assert page.index("Restaurer les 30 signets") < page.index("Choisir un autre fichier") < page.index("la corbeille")
    back = send_action(claire, address, "restore")
    assert back.headers["location"] == f"{address}?done=items-restored"
    run_due_import_jobs(library)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 30
    page = claire.get(back.headers["location"]).text
    assert "Les signets sont sortis de la corbeille" in page
    assert "30 signets déjà connus, sans changement" in page
    assert "dans la corbeille" not in page
    assert send_action(claire, address, "restore").status_code == 409


def test_a_user_who_may_not_restore_is_offered_no_restore(library: Library, slug: str, claire: TestClient) -> None:
    undone_import(library, slug, claire)
    address = preview(library, slug, claire)
    with library.store.write() as writing:
        user_id = as_(library, "claire").user_id
        assert user_id is not None
        writing.groups.set_role(user_id, as_group(library, slug).id, Role.READER)
    assert "Restaurer" not in claire.get(address).text
    assert send_action(claire, address, "restore").status_code == 409
    with library.store.read() as reading:
        assert not list(reading.items.ids())


def test_records_without_title_or_line_are_named_by_their_address(
    library: Library, slug: str, claire: TestClient
) -> None:
    addresses = [f"https://exemple.fr/page-{n}" for n in range(5)]
    page = claire.get(bring_file(library, claire, slug, "\n".join(addresses))).text
    undo = re.search(r'action="(/restore/[^"]+)"', page)
    assert undo is not None
    claire.post(undo[1], data={"form_token": token_of(claire, "/account")})
    address = str(send_file(claire, slug, "\n".join(addresses)).headers["location"])
    run_due_import_jobs(library)
    page = claire.get(address).text
    assert ", ".join(addresses[:3]) in page
    assert "Voir les 2 autres" in page


def test_the_kind_of_file_is_one_choice_that_is_recognized_by_default(slug: str, claire: TestClient) -> None:
    page = claire.get(f"/g/{slug}/import").text
    assert 'type="radio"' not in page
    assert re.search(r'<select[^>]*name="format">\s*<option value="auto" selected>Reconnu à son contenu', page), page
