"""`/mcp` of a running server with the protocol's own client and its conformance suite."""

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import Kb

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
SUITE = Path(__file__).resolve().parents[2] / "mcp/node_modules/@modelcontextprotocol/conformance/dist/index.js"
# The other scenarios of the suite call tools, prompts and resources that only its own example server has.
SCENARIOS = ("server-initialize", "ping", "tools-list", "resources-list", "prompts-list", "dns-rebinding-protection")
GROUP = "donnees-et-territoires"


@dataclass(frozen=True)
class Site:
    address: str
    token: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    kb = Kb(folder / "données", folder, {})
    assert kb("import", CORPUS / "sample.jsonl").code == 0
    assert kb("user", "add", "claire").code == 0
    assert kb("group", "member", GROUP, "claire", "--role", "member").code == 0
    token = kb("token", "add", "claire", "--scope", "write").out.strip()
    server = kb.start("serve", "--port", "0")
    assert server.stdout is not None
    match = re.search(r"http://\S+?(?=/?\s)", server.stdout.readline())
    assert match is not None
    yield Site(match[0] + "/mcp", token)
    server.terminate()
    server.communicate(timeout=20)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_conformance_suite_passes(site: Site, scenario: str, tmp_path: Path) -> None:
    command = ["node", str(SUITE), "server", "--url", site.address, "--scenario", scenario, "-o", str(tmp_path)]
    judged = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    (checks,) = tmp_path.rglob("checks.json")
    statuses = {check["status"] for check in json.loads(checks.read_text())}
    assert "SUCCESS" in statuses
    assert statuses <= {"SUCCESS", "INFO"}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_protocols_own_client_saves_annotates_and_finds(site: Site, mode: str) -> None:
    address = f"https://exemple.fr/mcp/{mode}"

    async def work() -> dict[str, Any]:
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client

        headers = {"Authorization": f"Bearer {site.token}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(site.address, http_client=http), mode=mode) as client,  # type: ignore[arg-type]
        ):
            tools = await client.list_tools()
            assert "save_item" in {tool.name for tool in tools.tools}
            item = {"group": GROUP, "url": address, "title": "Une aubépine", "tags": ["mcp"]}
            saved = await client.call_tool("save_item", item)
            assert not saved.is_error, saved
            item_id = saved.structured_content["id"]
            noted = await client.call_tool("annotate_item", {"id": item_id, "quote": f"Un passage {mode}."})
            assert not noted.is_error, noted
            again = await client.call_tool("save_item", item)
            assert again.is_error
            results = await client.call_tool("search", {"q": "aubépine", "group": [GROUP], "tag": ["mcp"]})
            assert item_id in {item["id"] for item in results.structured_content["items"]}
            read = await client.call_tool("read_item", {"id": item_id})
            whole: dict[str, Any] = read.structured_content
            return whole

    # In a thread of its own: Playwright leaves a running event loop in the main thread.
    with ThreadPoolExecutor(1) as pool:
        item = pool.submit(lambda: asyncio.run(work())).result()
    assert (item["url"], item["author"]["login"]) == (address, "claire")
    assert [annotation["quote"] for annotation in item["annotations"]["items"]] == [f"Un passage {mode}."]
