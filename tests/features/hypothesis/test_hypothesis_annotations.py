"""Programs that export annotations from Hypothesis get the highlights and notes of this site."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.formats.hypothesis.reader import read_hypothesis
from kb.indexer import catch_up
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import ItemDraft
from kb.model.people.account import TokenScope
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.import_export import import_data
from tests.factories.items import a_reply, a_user, an_annotation, an_item
from tests.factories.library import add_items, an_empty_library
from tests.support.browser_sessions import an_account

SEARCH = "/hypothesis/api/search"
CLAIRE, PAUL = a_user("claire-import", "Claire"), a_user("paul-import", "Paul")


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        lectures = add_group(library, OPERATOR, "lectures", "Lectures", join=JoinPolicy.OPEN)
        cave = add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        an_account(library, "claire")
        set_role(library, OPERATOR, "cave", "claire", Role.MEMBER)
        annotations = [
            an_annotation(f"La rivière déborde {number}.", id=f"h{number}", author=CLAIRE if number % 2 else PAUL,
                          added=f"2024-01-{number + 1:02}T09:00:00Z", body=body, prefix="Hier, ", suffix=" Puis",
                          kind=AnnotationKind.NOTE if body else AnnotationKind.HIGHLIGHT)
            for number, body in enumerate([None, None, None, "À relire 3", *[None] * 5])
        ]  # fmt: skip
        comment = an_annotation(None, id="c", body="Lagazette.fr", author=PAUL, added="2024-02-01T09:00:00Z",
                                replies=[a_reply("Bien vu.", id="r", author=CLAIRE)])  # fmt: skip
        add_items(
            library,
            an_item("Les crues", id="un", group=lectures, order=1, tags=["eau", "crue"], language="fr",
                    url="https://exemple.fr/crues",
                    annotations=[*annotations, comment]),
            an_item("Le secret", id="deux", group=cave, order=2, tags=["eau"], url="https://exemple.fr/secret",
                    annotations=[an_annotation("Une rivière cachée.", id="s", author=PAUL, added="2024-03-01")]),
        )  # fmt: skip
        catch_up(library)
        yield library


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def token_header(library: Library) -> dict[str, str]:
    return {"Authorization": f"Bearer {add_token(library, OPERATOR, NewToken(TokenScope.READ), 'claire')[1]}"}


def passage_item(library: Library, passage_id: str) -> str:
    with library.store.read() as reading:
        return reading.items.taken_annotation_ids([passage_id])[passage_id]


def ids(client: TestClient, **params: Any) -> list[str]:
    return [row["id"] for row in client.get(SEARCH, params=params).raise_for_status().json()["rows"]]


def test_an_annotation_has_all_that_an_export_reads(client: TestClient) -> None:
    row = client.get("/hypothesis/api/annotations/h3").json()
    assert (row["id"], row["uri"], row["text"], row["tags"]) == (
        "h3", "https://exemple.fr/crues", "À relire 3", ["eau", "crue"]
    )  # fmt: skip
    assert row["target"][0]["selector"] == [
        {"type": "TextQuoteSelector", "exact": "La rivière déborde 3.", "prefix": "Hier, ", "suffix": " Puis"}
    ]
    assert (row["created"], row["group"], row["document"]) == (
        "2024-01-04T09:00:00.000000+00:00", "lectures", {"title": ["Les crues"]}
    )  # fmt: skip
    assert row["user"].startswith("acct:claire-import@")
    assert row["user_info"] == {"display_name": "Claire"}
    assert row["permissions"]["read"] == ["group:__world__"]
    assert row["links"]["incontext"].endswith("/items/un#a-h3")
    reply = client.get("/hypothesis/api/annotations/r").json()
    assert (reply["references"], reply["text"], reply["target"][0].keys()) == (["c"], "Bien vu.", {"source"})


def test_a_search_is_narrowed_as_in_hypothesis(client: TestClient) -> None:
    assert ids(client) == ["c", *(f"h{number}" for number in range(8, -1, -1))]
    assert ids(client, order="asc", limit=2) == ["h0", "h1"]
    assert ids(client, sort="created", limit=2, offset=1) == ["h8", "h7"]
    assert ids(client, user="acct:paul-import@exemple.fr", order="asc") == ["h0", "h2", "h4", "h6", "h8", "c"]
    assert ids(client, user="claire-import", limit=1) == ["h7"]
    assert ids(client, tag="eau", limit=1) == ids(client, group="lectures", limit=1) == ["c"]
    assert ids(client, group="__world__", limit=1) == ["c"]
    assert ids(client, tag="absent") == ids(client, group="absent") == ids(client, user="personne") == []
    assert ids(client, text="relire") == ["h3"]
    assert len(ids(client, quote="rivière")) == 9
    assert ids(client, any="lagazette") == ids(client, text="lagazette") == ["c"]
    assert ids(client, quote='déborde" 3 ("') == ["h3"]


def test_a_page_is_known_by_its_address(client: TestClient) -> None:
    for url in ("https://exemple.fr/crues", "http://www.exemple.fr/crues/?utm_source=x"):
        assert ids(client, uri=url, order="asc", limit=200) == [*(f"h{number}" for number in range(9)), "c"]
    assert ids(client, url="https://exemple.fr/crues", text="relire") == ["h3"]
    assert ids(client, uri="https://exemple.fr/crues", user="paul-import", tag="EAU", limit=1) == ["c"]
    assert ids(client, uri="https://exemple.fr/secret") == ids(client, uri="rien") == []


def test_a_program_that_follows_search_after_gets_each_annotation_once(client: TestClient, library: Library) -> None:
    for order in ("asc", "desc"):
        for more in ({}, {"uri": "https://exemple.fr/crues"}):
            ids_found: list[str] = []
            after: dict[str, str] = {}
            while rows := client.get(SEARCH, params={"limit": 3, "order": order, **more, **after}).json()["rows"]:
                ids_found += [row["id"] for row in rows]
                after = {"search_after": rows[-1]["updated"]}
            expected = [*(f"h{number}" for number in range(9)), "c"]
            assert ids_found == (expected if order == "asc" else expected[::-1])


def test_a_closed_group_leaves_no_trace_but_for_its_members(client: TestClient, library: Library) -> None:
    answer = client.get(SEARCH, params={"limit": 200})
    assert answer.json()["total"] == 10
    assert "cachée" not in answer.text
    assert [group["id"] for group in client.get("/hypothesis/api/groups").json()] == ["lectures"]
    assert client.get("/hypothesis/api/annotations/s").status_code == 404
    assert client.get("/hypothesis/api/annotations/s").text == client.get("/hypothesis/api/annotations/rien").text
    assert client.get("/hypothesis/api/profile").json()["userid"] is None
    headers = token_header(library)
    rows = client.get(SEARCH, params={"group": "cave"}, headers=headers).json()["rows"]
    assert [(row["id"], row["permissions"]["read"]) for row in rows] == [("s", ["group:cave"])]
    assert client.get("/hypothesis/api/annotations/s", headers=headers).status_code == 200
    assert {group["id"] for group in client.get("/hypothesis/api/groups", headers=headers).json()} >= {
        "lectures",
        "cave",
    }
    profile = client.get("/hypothesis/api/profile", headers=headers).json()
    assert profile["userid"].startswith("acct:claire@")
    assert {group["id"] for group in profile["groups"]} >= {"cave"}


def test_the_api_also_answers_at_the_paths_of_hypothesis(client: TestClient, library: Library) -> None:
    for path in ("search?limit=3&order=asc", "annotations/h3", "annotations/s", "groups", "profile", "search?limit=x"):
        for headers in ({}, token_header(library), {"Authorization": "Bearer rien"}):
            at_root, at_hypothesis = (
                client.get(f"{start}/api/{path}", headers=headers) for start in ("", "/hypothesis")
            )
            assert (at_root.status_code, at_root.text) == (at_hypothesis.status_code, at_hypothesis.text), path


@pytest.mark.parametrize(
    "params",
    [{"limit": 201}, {"limit": "x"}, {"offset": 9_801}, {"sort": "id"}, {"order": "up"}, {"search_after": "hier"},
     {"wildcard_uri": "https://exemple.fr/*"}, {"any": "x" * 2_001}, {"text": "x " * 3_000}],
)  # fmt: skip
def test_unsupported_requests_are_refused_in_the_form_of_hypothesis(client: TestClient, params: dict[str, Any]) -> None:
    answer = client.get(SEARCH, params=params)
    assert answer.status_code == 400
    assert answer.json().keys() == {"status", "reason"}
    assert answer.json()["status"] == "failure"


def test_our_import_reads_the_hypothesis_api_back_equal(client: TestClient) -> None:
    sent = client.get(SEARCH, params={"limit": 200, "order": "asc"}).json()
    drafts = [draft for draft in read_hypothesis([json.dumps(sent).encode()]) if isinstance(draft, ItemDraft)]
    assert len(drafts) == 11
    assert {draft.url for draft in drafts} == {"https://exemple.fr/crues"}
    read = {part.id: (part.quote, part.body, part.added) for draft in drafts for part in draft.annotations}
    assert read["h3"][:2] == ("La rivière déborde 3.", "À relire 3")
    assert read["c"][:2] == (None, "Lagazette.fr")
    assert [reply.id for draft in drafts for part in draft.annotations for reply in part.replies] == ["r"]


def test_the_page_of_an_item_shows_the_last_change_and_the_tags_of_a_text(library: Library, client: TestClient) -> None:
    row = {"id": "x", "created": "2024-05-01T09:00:00Z", "updated": "2024-06-02T09:00:00Z", "user": "acct:anne@h",
           "uri": "https://exemple.fr/seule", "target": [], "text": "Oui", "tags": ["eau", "crue"]}  # fmt: skip
    import_data(library, json.dumps([row]).encode(), group_slug="lectures")
    page = client.get(f"/items/{passage_item(library, 'x')}").text
    assert "Commentaire, anne (import), 1er mai 2024, modifié le 2 juin 2024, mots-clés\u202f: eau, crue" in page


def test_an_export_comes_back_fact_by_fact(library: Library, client: TestClient) -> None:
    """Our API returns each fact of an export of Hypothesis: threads, users, texts, dates, tags, pages."""
    page, users = "https://exemple.fr/fil", ("anne", "bruno", "chloe")
    selector = [{"type": "TextQuoteSelector", "exact": "des agents", "prefix": "Tous ", "suffix": " ici"}]
    threads = [["racine"], ["racine", "r1"], ["racine", "r1", "r2"], ["racine"], ["racine", "r1", "r2", "r3"]]
    rows = [
        {"id": "racine", "created": "2024-05-01T09:00:00.000000+00:00", "user": "acct:anne@h", "uri": page,
         "text": "Note", "tags": ["eau"], "target": [{"source": page, "selector": selector}],
         "document": {"title": ["Le fil"]}, "user_info": {"display_name": "Anne"}},
        *({"id": f"r{number}", "created": f"2024-05-0{number + 1}T09:00:00.000000+00:00", "text": f"Réponse {number}",
           "user": f"acct:{users[number % 3]}@h", "user_info": {"display_name": users[number % 3].title()},
           "uri": page, "tags": ["eau"], "references": above, "document": {"title": ["Le fil"]}}
          for number, above in enumerate(threads, 1)),
    ]  # fmt: skip
    import_data(library, json.dumps({"total": len(rows), "rows": rows}).encode(), group_slug="lectures")
    sent = client.get(SEARCH, params={"uri": page}).json()
    assert sent["total"] == 1
    rows_by_id = {row["id"]: row for row in (*sent["rows"], *sent["replies"])}
    assert rows_by_id == {row["id"]: client.get(f"/hypothesis/api/annotations/{row['id']}").json() for row in rows}
    for row in rows:
        back = rows_by_id[row["id"]]
        for name in ("id", "created", "uri", "text", "tags", "document", "user_info", "references"):
            assert back.get(name) == row.get(name), (row["id"], name)
        assert str(back["user"]).partition("@")[0] == str(row["user"]).partition("@")[0]
    assert rows_by_id["racine"]["target"][0]["selector"] == selector
