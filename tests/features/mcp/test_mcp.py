"""`/mcp`: assistants call the operations of the API, with the rights of their token."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.features.mcp.tools import TOOLS, describe_tool
from kb.indexer import catch_up
from kb.model.people.account import TokenScope
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.accounts.api_tokens import NewToken, add_token
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.site import create_app
from tests.factories.library import an_empty_library

READING = "search read_item list_groups list_tags list_saved_searches".split()
WRITING = ["save_item", "annotate_item"]
ITEM = {
    "group": "lectures",
    "url": "https://exemple.fr/agents",
    "title": "Les agents et l’énergie",
    "tags": ["agents"],
    "annotations": [{"quote": "Les agents seront formés."}],
}


class Assistant:
    """A client of `/mcp`, which sends one message at a time and checks the form of each answer."""

    def __init__(self, library: Library, token: str | None = None) -> None:
        self._client = TestClient(create_app(library), base_url="http://127.0.0.1:8000")
        self.headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def post(self, body: bytes, **headers: str) -> Any:
        return self._client.post("/mcp", content=body, headers=self.headers | headers)

    def send(self, method: str, **params: object) -> dict[str, Any]:
        message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
        response = self.post(json.dumps(message).encode())
        assert response.status_code == 200, response.text
        assert (response.headers["content-type"], response.headers["cache-control"]) == ("application/json", "no-store")
        answer: dict[str, Any] = response.json()
        assert (answer["jsonrpc"], answer["id"]) == ("2.0", 7)
        return answer

    def call(self, name: str, **arguments: object) -> dict[str, Any]:
        """The result of a tool, as an object; the text of the result must be equal."""
        result: dict[str, Any] = self.send("tools/call", name=name, arguments=arguments)["result"]
        if not result["isError"]:
            assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        return result

    def answer(self, name: str, **arguments: object) -> dict[str, Any]:
        result = self.call(name, **arguments)
        assert not result["isError"], result
        answer: dict[str, Any] = result["structuredContent"]
        return answer

    def refusal(self, name: str, **arguments: object) -> str:
        result = self.call(name, **arguments)
        assert result["isError"], result
        text: str = result["content"][0]["text"]
        return text


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        add_group(library, OPERATOR, "lectures", "Lectures communes")
        add_group(library, OPERATOR, "cave", "La cave", visible=Visibility.MEMBERS)
        for login in ("claire", "paul"):
            add_account(library, OPERATOR, NewAccount(login))
            set_role(library, OPERATOR, "lectures", login, Role.MEMBER)
        set_role(library, OPERATOR, "cave", "claire", Role.MEMBER)
        yield library


def assistant(library: Library, login: str, scope: TokenScope = TokenScope.WRITE) -> Assistant:
    return Assistant(library, add_token(library, OPERATOR, NewToken(scope), login)[1])


def test_the_server_announces_its_capabilities_at_the_start(library: Library) -> None:
    info = Assistant(library).send(
        "initialize",
        protocolVersion="2025-11-25",
        capabilities={},
        clientInfo={"name": "essai", "version": "1"},
    )["result"]
    assert info["protocolVersion"] == "2025-11-25"
    assert set(info["capabilities"]) == {"tools", "resources", "prompts"}
    assert info["serverInfo"]["name"] == "florilege"


def test_each_tool_has_words_and_complete_schemas(library: Library) -> None:
    tools = {tool["name"]: tool for tool in Assistant(library).send("tools/list")["result"]["tools"]}
    assert list(tools) == [*READING, *WRITING]
    for name, tool in tools.items():
        assert tool["description"]
        assert tool["annotations"]["readOnlyHint"] is (name in READING)
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            assert schema["type"] == "object"
            assert "#/components" not in json.dumps(schema)
    assert {"q", "tag", "author", "from", "view"} <= set(tools["search"]["inputSchema"]["properties"])
    assert tools["annotate_item"]["inputSchema"]["required"] == ["id"]


def test_an_item_is_saved_annotated_found_and_read(library: Library) -> None:
    claire = assistant(library, "claire")
    saved = claire.answer("save_item", **ITEM)
    claire.answer("annotate_item", id=saved["id"], body="À relire.")
    catch_up(library)
    results = claire.answer("search", q="énergie", group=["lectures"], per_page=5)
    assert [item["id"] for item in results["items"]] == [saved["id"]]
    assert claire.answer("search", q="formés", view="passages")["total"] == 1
    read = claire.answer("read_item", id=saved["id"])
    assert [annotation["body"] for annotation in read["annotations"]["items"]] == [None, "À relire."]
    assert claire.answer("list_tags", group="lectures")["items"] == [{"tag": "agents", "count": 1}]
    assert claire.answer("list_saved_searches")["total"] == 0


def test_a_long_answer_is_not_repeated_as_text(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    claire = assistant(library, "claire")
    saved = claire.answer("save_item", **ITEM)
    monkeypatch.setattr("kb.features.mcp.server.MOST_TEXT", 100)
    result = claire.send("tools/call", name="read_item", arguments={"id": saved["id"]})["result"]
    assert result["structuredContent"]["id"] == saved["id"]
    assert [part["text"] for part in result["content"]] == [
        (
            "Cette réponse est trop longue pour être répétée sous forme de texte\u202f: lisez son contenu structuré"
            " (`structuredContent`)."
        )
    ]


def test_answers_are_those_of_the_api(library: Library) -> None:
    claire = assistant(library, "claire")
    claire.answer("save_item", **ITEM)
    catch_up(library)
    client = TestClient(create_app(library), headers={"Authorization": claire.headers["Authorization"]})
    api = client.get("/api/v1/search", params={"q": "agents", "tag": "agents"}).json()
    mcp = claire.answer("search", q="agents", tag=["agents"])
    assert {**mcp, "took_ms": 0} == {**api, "took_ms": 0}
    assert claire.answer("list_groups") == client.get("/api/v1/groups").json()


def test_a_private_group_leaves_no_trace(library: Library) -> None:
    claire, paul, stranger_client = assistant(library, "claire"), assistant(library, "paul"), Assistant(library)
    secret = claire.answer("save_item", **(ITEM | {"group": "cave", "title": "Un coffre", "tags": ["coffre"]}))
    catch_up(library)
    assert claire.answer("search", q="coffre")["total"] == 1
    for stranger in (paul, stranger_client):
        missing = stranger.refusal("read_item", id="i-nowhere")
        assert stranger.refusal("read_item", id=secret["id"]) == missing
        results, nothing = stranger.answer("search", q="coffre"), stranger.answer("search", q="cofrfe")
        assert (results["total"], results["suggestion"]) == (0, None)
        assert results["facets"] == nothing["facets"]
        assert "cave" not in json.dumps(stranger.answer("list_groups"))
        assert stranger.answer("list_tags")["total"] == 0
        listed = json.dumps(stranger.send("resources/list"))
        assert "cave" not in listed
        errors = {
            json.dumps(stranger.send("resources/read", uri=f"http://127.0.0.1:8000/g/{slug}")["error"]["code"])
            for slug in ("cave", "nulle-part")
        }
        assert len(errors) == 1


def test_a_caller_without_write_permission_gets_an_error(library: Library) -> None:
    reader = assistant(library, "paul", TokenScope.READ)
    assert reader.refusal("save_item", **ITEM)
    assert Assistant(library).refusal("save_item", **ITEM)
    assert assistant(library, "paul").refusal("save_item", **(ITEM | {"group": "cave"}))
    assert assistant(library, "paul").answer("search")["total"] == 0


def test_a_revoked_right_is_gone_at_once(library: Library) -> None:
    claire = assistant(library, "claire")
    item = claire.answer("save_item", **(ITEM | {"group": "cave"}))
    remove_member(library, OPERATOR, "cave", "claire")
    assert claire.refusal("read_item", id=item["id"])
    assert claire.refusal("annotate_item", id=item["id"], body="Encore.")


def test_a_token_that_is_not_known_is_refused(library: Library) -> None:
    response = Assistant(library, "nul").post(b"{}")
    assert response.status_code == 401
    assert "Bearer" in response.headers["www-authenticate"]


def test_cookies_are_ignored(library: Library) -> None:
    claire = assistant(library, "claire")
    claire.answer("save_item", **(ITEM | {"group": "cave"}))
    stranger = Assistant(library)
    stranger.headers["Cookie"] = "kb-session=" + claire.headers["Authorization"].removeprefix("Bearer ")
    assert stranger.answer("search")["total"] == 0


@pytest.mark.parametrize(
    "origin", ["https://ailleurs.example", "http://127.0.0.1.ailleurs.example:8000", "null", "http://["]
)
def test_the_page_of_another_site_is_refused(library: Library, origin: str) -> None:
    message = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    assert Assistant(library).post(message, Origin=origin).status_code == 403
    assert Assistant(library).post(message, Origin="http://127.0.0.1:8000").status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_mcp_has_no_stream_and_no_session(library: Library, method: str) -> None:
    response = TestClient(create_app(library)).request(method, "/mcp", headers={"Accept": "text/event-stream"})
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"inconnu": "x"},
        {"q": {"a": 1}},
        {"q": True},
        {"q": "x" * 2001},
        {"from": "hier"},
        {"per_page": 1000},
        {"tag": [["a"]]},
        {"tag": ["a"] * 500},
        {"page": -1},
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(library: Library, arguments: dict[str, object]) -> None:
    assert assistant(library, "claire").refusal("search", **arguments)


@pytest.mark.parametrize("item_id", [None, 3, "", "../groups", "a" * 5000, "\0", "été"])
def test_an_invalid_id_is_refused(library: Library, item_id: object) -> None:
    assert assistant(library, "claire").refusal("read_item", id=item_id)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"jsonrpc": "2.0", "id": 1}',
        b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 3}}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "no/such"}',
        b'{"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": {"name": "x"}}',
    ],
)
def test_a_body_that_is_no_protocol_message_is_an_error(library: Library, body: bytes) -> None:
    response = Assistant(library).post(body)
    assert response.status_code in {200, 400, 404}
    assert "error" in response.json()
    assert "Traceback" not in response.text


def test_a_message_that_is_too_large_is_refused(library: Library) -> None:
    assert assistant(library, "claire").post(b" " * (1 << 21)).status_code == 413
    assert Assistant(library).post(b" " * (1 << 17)).status_code in {403, 413}
    assert Assistant(library).post(b"{}", **{"Content-Type": "text/plain"}).status_code in {400, 415}


def test_resources_are_groups_and_items(library: Library) -> None:
    claire = assistant(library, "claire")
    item = claire.answer("save_item", **ITEM)
    listed = claire.send("resources/list")["result"]["resources"]
    assert {resource["name"] for resource in listed} == {"lectures", "cave", "~claire"}
    group = claire.send(
        "resources/read", uri=next(resource["uri"] for resource in listed if resource["name"] == "cave")
    )["result"]
    assert json.loads(group["contents"][0]["text"])["name"] == "La cave"
    (template,) = claire.send("resources/templates/list")["result"]["resourceTemplates"]
    read = claire.send("resources/read", uri=template["uriTemplate"].replace("{id}", item["id"]))["result"]
    assert json.loads(read["contents"][0]["text"]) == claire.answer("read_item", id=item["id"])


def test_a_prompt_asks_for_a_press_review(library: Library) -> None:
    stranger = Assistant(library)
    (prompt,) = stranger.send("prompts/list")["result"]["prompts"]
    prompt_result = stranger.send(
        "prompts/get", name=prompt["name"], arguments={"subject": "l’eau", "group": "lectures"}
    )
    assert "l’eau" in prompt_result["result"]["messages"][0]["content"]["text"]


def test_every_output_schema_describes_its_answer(library: Library) -> None:
    from jsonschema import Draft202012Validator

    claire = assistant(library, "claire")
    item = claire.answer("save_item", **ITEM)
    catch_up(library)
    arguments = {"read_item": {"id": item["id"]}, "annotate_item": {"id": item["id"], "body": "Oui."}}
    arguments["save_item"] = ITEM | {"url": "https://exemple.fr/autre"}
    for tool in TOOLS:
        answer = claire.answer(tool.name, **arguments.get(tool.name, {}))
        Draft202012Validator(dict(describe_tool(tool).output_schema)).validate(answer)
