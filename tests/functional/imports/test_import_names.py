"""The preview of a file shows its content and its names, and the user selects the names that are theirs."""

import json
import re
from pathlib import Path

from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.services.imports.import_job_runner import run_due_import_jobs
from kb.site import create_app
from tests.factories.import_jobs import send_action, send_file
from tests.support.browser_sessions import PASSWORD, an_account, sign_in, token_of

ITEMS = [
    {
        "title": f"Crue {number}",
        "url": f"https://exemple.fr/{number}",
        "author": "P. Martin <b>",
        "annotations": [
            {"kind": "highlight", "quote": "L’eau monte.", "author": "C. Aubert"},
            {
                "kind": "comment",
                "body": "À lire.",
                "author": "P. Martin <b>",
                "replies": [{"body": "Oui.", "author": "Z"}],
            },
        ],
    }
    for number in range(3)
]
FILE = "\n".join(map(json.dumps, ITEMS))


def previewed(library: Library, client: TestClient, slug: str, **fields: str) -> str:
    address = str(send_file(client, slug, FILE, **fields).headers["location"])
    run_due_import_jobs(library)
    return address


def import_with_logins(client: TestClient, address: str, *logins: str):
    names = {f"name-{number}": login for number, login in enumerate(logins)}
    return client.post(address, data={"form_token": token_of(client, "/account"), "act": "bring", **names})


def authors(library: Library) -> set[tuple[str, ...]]:
    """The logins of the sharer, of the passage and of the comment of each item."""
    with library.store.read() as reading:
        items = list(reading.items.any_of(reading.items.ids()).values())
    return {
        tuple(author.login for author in (item.author, *(part.author for part in item.annotations)) if author)
        for item in items
    }


def test_the_preview_counts_passages_comments_and_names(library: Library, slug: str, claire: TestClient) -> None:
    page = claire.get(previewed(library, claire, slug, mine="C. Aubert")).text
    assert "<li>3 passages</li><li>6 commentaires</li><li>3 noms</li>" in page
    assert "P. Martin &lt;b&gt;" in page
    assert "<span>3 signets</span> <span>3 textes</span>" in page
    assert re.search(r'name="name-0"[^>]*value=""', page)
    assert re.search(r'name="name-1"[^>]*value="claire"', page)
    assert '<option value="claire">' in page


def test_an_owner_says_whose_each_name_is(library: Library, slug: str, claire: TestClient) -> None:
    set_role(library, OPERATOR, slug, "paul", Role.MEMBER)
    address = previewed(library, claire, slug)
    assert '<option value="paul">' in claire.get(address).text
    assert import_with_logins(claire, address, "Paul", "claire", "").status_code == 303
    run_due_import_jobs(library)
    assert authors(library) == {("paul", "claire", "paul")}


def test_a_claim_withdrawn_in_the_preview_changes_nothing(library: Library, slug: str, claire: TestClient) -> None:
    address = previewed(library, claire, slug, mine="C. Aubert")
    import_with_logins(claire, address, "", "", "")
    run_due_import_jobs(library)
    assert authors(library) == {("p-martin-b", "c-aubert", "p-martin-b")}


def test_a_member_says_only_which_names_are_their_own(library: Library, slug: str) -> None:
    set_role(library, OPERATOR, slug, "paul", Role.MEMBER)
    with TestClient(create_app(library), follow_redirects=False) as paul:
        sign_in(paul, "paul", PASSWORD)
        address = previewed(library, paul, slug)
        page = paul.get(address).text
        assert '<option value="claire">' not in page
        refused = import_with_logins(paul, address, "paul", "claire")
        assert refused.status_code == 403
        assert 'value="claire"' in refused.text
        # The form does not reveal whether an account exists either.
        assert import_with_logins(paul, address, "personne").status_code == 403
        assert import_with_logins(paul, address, "paul").status_code == 303
    run_due_import_jobs(library)
    assert authors(library) == {("paul", "c-aubert", "paul")}


def test_only_members_of_the_group_are_named(library: Library, slug: str, claire: TestClient) -> None:
    an_account(library, "zoe")
    address = previewed(library, claire, slug)
    assert import_with_logins(claire, address, "zoe").status_code == 409
    refused = import_with_logins(claire, address, "personne", "claire")
    assert refused.status_code == 400
    assert 'value="personne"' in refused.text
    assert re.search(r'name="name-0"[^>]*aria-invalid="true"', refused.text)
    assert not re.search(r'name="name-1"[^>]*aria-invalid', refused.text)
    run_due_import_jobs(library)
    assert authors(library) == set()


def test_a_right_lost_meanwhile_attributes_no_texts(library: Library, slug: str, claire: TestClient) -> None:
    set_role(library, OPERATOR, slug, "paul", Role.OWNER)
    address = previewed(library, claire, slug)
    import_with_logins(claire, address, "paul")
    set_role(library, OPERATOR, slug, "claire", Role.MEMBER)
    run_due_import_jobs(library)
    assert authors(library) == set()
    assert "Seul un responsable du groupe" in claire.get(address).text


def test_in_the_own_library_all_names_may_be_claimed(library: Library, claire: TestClient) -> None:
    address = previewed(library, claire, "~claire")
    assert import_with_logins(claire, address, "paul").status_code == 403
    assert import_with_logins(claire, address, "claire", "claire", "claire").status_code == 303
    run_due_import_jobs(library)
    assert authors(library) == {("claire", "claire", "claire")}


def test_odd_fields_change_nothing(library: Library, slug: str, claire: TestClient) -> None:
    address = previewed(library, claire, slug)
    token = token_of(claire, "/account")
    fields = {"name-99": "paul", "name--1": "paul", "name-x": "paul", "name-" + "9" * 5000: "paul", "name-٣": "claire"}
    assert claire.post(address, data={"form_token": token, "act": "bring", **fields}).status_code == 303
    run_due_import_jobs(library)
    assert authors(library) == {("p-martin-b", "c-aubert", "p-martin-b")}


def test_a_pasted_page_is_read_as_a_file(library: Library, slug: str, claire: TestClient) -> None:
    text = (Path(__file__).parents[2] / "corpus" / "saved_pages" / "donnees-ouvertes.txt").read_text(encoding="utf-8")
    page = f"/g/{slug}/import"
    data = {"form_token": token_of(claire, page), "format": "auto", "pasted": text}
    sent = claire.post(page, data=data, files={"file": ("", b"")})
    assert sent.status_code == 303
    run_due_import_jobs(library)
    page_text = claire.get(sent.headers["location"]).text
    assert "5 nouveaux signets" in page_text
    assert "Texte collé" in page_text
    send_action(claire, sent.headers["location"], "bring")
    run_due_import_jobs(library)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 5


def test_too_long_a_pasted_text_stays_in_the_form(library: Library, slug: str, claire: TestClient) -> None:
    page = f"/g/{slug}/import"
    data = {"form_token": token_of(claire, page), "format": "auto", "pasted": "Crue. " * 90_000}
    answer = claire.post(page, data=data, files={"file": ("", b"")})
    assert answer.status_code == 400
    assert "Crue. Crue." in answer.text
    empty = claire.post(page, data={**data, "pasted": " \n"}, files={"file": ("", b"")})
    assert empty.status_code == 400
