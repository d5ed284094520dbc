"""`GET /api/v1/search`: the exact shape of its answers, on which programs rely."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from kb.model.people.group import Visibility
from kb.site import create_app
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item
from tests.factories.library import a_library

CLAIRE = a_user("claire", "Claire Aubert")
LECTURES = a_group("lectures", "Lectures communes")
SECRET = a_group("secret", "Réservé", visible=Visibility.MEMBERS)

Schema = dict[str, Any]


def exactly(**properties: Schema) -> Schema:
    """The schema of an object with exactly these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def array_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


TEXT, MAYBE_TEXT = {"type": "string"}, {"type": ["string", "null"]}
COUNT, MAYBE_NUMBER = {"type": "integer", "minimum": 0}, {"type": ["number", "null"]}
PERSON = {"anyOf": [exactly(login=TEXT, name=TEXT), {"type": "null"}]}
ANNOTATION = exactly(
    id=TEXT,
    kind={"enum": ["highlight", "note", "comment"]},
    author=PERSON,
    added=MAYBE_TEXT,
    quote=MAYBE_TEXT,
    body=MAYBE_TEXT,
    replies=array_of(
        exactly(
            id=TEXT,
            author=PERSON,
            added=MAYBE_TEXT,
            body=TEXT,
            reply_to=MAYBE_TEXT,
            updated=MAYBE_TEXT,
            tags={"type": ["array", "null"], "items": TEXT},
        )
    ),
)
FIELDS = ["title", "description", "highlight", "note", "comment", "reply", "tag", "source", "page"]
MATCHES = array_of(exactly(field={"enum": FIELDS}, annotation=MAYBE_TEXT, html=TEXT))
ITEM = {
    "id": TEXT, "group": exactly(slug=TEXT, name=TEXT), "url": MAYBE_TEXT, "title": MAYBE_TEXT,
    "description": MAYBE_TEXT, "author": PERSON, "byline": MAYBE_TEXT, "tags": array_of(TEXT), "language": MAYBE_TEXT,
    "source": MAYBE_TEXT, "published": MAYBE_TEXT, "added": MAYBE_TEXT, "updated": MAYBE_TEXT, "views": COUNT,
    "annotations": exactly(total=COUNT, items=array_of(ANNOTATION)),
}  # fmt: skip
VALUES = array_of(exactly(value=TEXT, label=TEXT, count=COUNT, selected={"type": "boolean"}))


def answer_of(item: Schema) -> Schema:
    return exactly(
        query=TEXT,
        total=COUNT,
        page=COUNT,
        per_page=COUNT,
        range={"anyOf": [{"type": "null"}, {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 2}]},
        took_ms={"type": "number"},
        understood={"type": "boolean"},
        suggestion=MAYBE_TEXT,
        items=array_of(item),
        facets=exactly(
            **dict.fromkeys(("tag", "byline", "author", "source", "language", "kind", "group"), VALUES),
            date=array_of(exactly(value={"type": "string", "pattern": r"^(\d{4}-\d\d)?$"}, count=COUNT)),
        ),
    )


OF_HIT = {"score": MAYBE_NUMBER, "matches": MATCHES, "shortened": {"type": "boolean"}}
ITEMS = answer_of(exactly(**ITEM, **OF_HIT))
PASSAGES = answer_of(exactly(annotation=ANNOTATION, item=exactly(**ITEM), **OF_HIT))


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    quotes = ("Les agents & <b>l’été</b>.", "Un agent.", "Trois agents.", "Quatre agents.")
    library = a_library(
        an_item(
            "Les agents du réseau",
            id="un",
            group=LECTURES,
            order=1,
            author=CLAIRE,
            published="2014-11-07",
            source="La Gazette",
            byline="Élise Roux",
            language="fr",
            tags=["agents"],
            annotations=[
                *(an_annotation(quote, id=f"h{place}") for place, quote in enumerate(quotes)),
                an_annotation("Un mot", id="n", body="Ma note"),
                an_annotation(None, id="c1", body="Bien vu.", author=CLAIRE, replies=[a_reply("Merci.", id="r")]),
                an_annotation(None, id="c2", body="À relire."),
            ],
        ),
        an_item("Sans rien", id="deux", group=LECTURES, order=2),
        an_item("Agents secrets", id="trois", group=SECRET, order=3, tags=["secret"], source="Secret"),
        groups=(LECTURES, SECRET),
    )
    with TestClient(create_app(library)) as client:
        yield client


def ask(client: TestClient, **params: object) -> Any:
    answer = client.get("/api/v1/search", params=params)  # type: ignore[arg-type]
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("params", [{}, {"q": "agents"}, {"q": "zzz"}, {"page": 9}, {"q": "agents", "tag": "absent"}])
def test_the_answer_has_the_promised_shape(client: TestClient, params: dict[str, object]) -> None:
    Draft202012Validator(ITEMS).validate(ask(client, **params))
    Draft202012Validator(PASSAGES).validate(ask(client, **params, view="passages"))


def test_an_item_brings_its_first_three_highlights_and_all_comments(client: TestClient) -> None:
    annotations = ask(client, q="gazette")["items"][0]["annotations"]
    assert annotations["total"] == 7
    assert [annotation["id"] for annotation in annotations["items"]] == ["h0", "h1", "h2", "c1", "c2"]
    reply = {
        "id": "r",
        "author": None,
        "added": None,
        "body": "Merci.",
        "reply_to": None,
        "updated": None,
        "tags": None,
    }
    assert annotations["items"][3]["replies"] == [reply]


def test_matches_are_escaped_text_with_marks_alone(client: TestClient) -> None:
    matches = {match["annotation"]: match["html"] for match in ask(client, q="agent été")["items"][0]["matches"]}
    assert matches["h0"] == "Les <mark>agents</mark> &amp; &lt;b&gt;l’<mark>été</mark>&lt;/b&gt;."


def test_the_byline_is_a_facet_a_filter_and_a_searched_field(client: TestClient) -> None:
    results = ask(client, byline="élise roux")
    assert [item["id"] for item in results["items"]] == ["un"]
    assert results["facets"]["byline"] == [{"value": "Élise Roux", "label": "Élise Roux", "count": 1, "selected": True}]
    (item,) = ask(client, q="elise")["items"]
    assert (item["byline"], item["matches"]) == ("Élise Roux", [])
    Draft202012Validator(ITEMS).validate(ask(client, q="elise"))


def test_a_sentence_answered_without_its_quotation_marks_is_not_said_to_be_understood(client: TestClient) -> None:
    answer = ask(client, q='Les "agents de la mer" ont-ils un réseau ?')
    assert (answer["total"], answer["understood"]) == (1, False)
    assert answer["suggestion"] == "Les agents de la mer ont-ils un réseau"
    assert answer["query"] == 'Les "agents de la mer" ont-ils un réseau ?'


def test_a_passage_comes_with_its_item(client: TestClient) -> None:
    answer = ask(client, q="agents", view="passages")
    assert answer["total"] == 4
    assert answer["items"][0]["item"]["id"] == "un"
    assert answer["items"][0]["annotation"]["quote"].count("agent") == 1


def test_without_words_there_is_no_score_and_past_the_end_no_range(client: TestClient) -> None:
    assert {item["score"] for item in ask(client)["items"]} == {None}
    assert ask(client, q="agents")["items"][0]["score"] > 0
    assert ask(client)["range"] == [1, 2]
    beyond = ask(client, page=7)
    assert (beyond["range"], beyond["items"], beyond["total"]) == (None, [], 2)


def test_ignored_parts_of_a_query_are_named(client: TestClient) -> None:
    assert ask(client, q="agents")["understood"] is True
    assert ask(client, q="agents avant:hier")["understood"] is False


def test_a_closed_group_is_not_revealed(client: TestClient) -> None:
    assert ask(client, q="agents")["total"] == 1
    assert "secret" not in str(ask(client)).casefold()
    closed, absent = ask(client, group="secret"), ask(client, group="absent")
    assert [closed["total"], closed["facets"]["tag"]] == [absent["total"], absent["facets"]["tag"]] == [0, []]


def test_an_address_that_does_not_exist_is_a_problem_document(client: TestClient) -> None:
    answer = client.get("/api/v1/rien")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert client.post("/api/v1/search").json()["status"] == 405
