"""Files that members upload in the browser, and their import jobs."""

import json

from starlette.testclient import TestClient

from kb.model.people.group import Group
from kb.services.core.library import Library
from kb.services.imports.import_job_runner import run_due_import_jobs
from tests.support.browser_sessions import token_of

LINES = "\n".join(
    json.dumps({"title": f"Crue {place}", "url": f"https://exemple.fr/{place}", "author": "C. Aubert", "tags": ["eau"]})
    for place in range(30)
)


def send_file(client: TestClient, slug: str, content: str | bytes, name: str = "mes signets.jsonl", **fields: str):
    page = f"/g/{slug}/import"
    data = {"form_token": token_of(client, page), "format": "auto", **fields}
    return client.post(page, data=data, files={"file": (name, content)})


def send_action(client: TestClient, address: str, deed: str):
    return client.post(address, data={"form_token": token_of(client, "/account"), "act": deed})


def as_group(library: Library, slug: str) -> Group:
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
    assert group is not None
    return group


def files_in(library: Library) -> list[str]:
    folder = library.settings.data / "import-jobs"
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def bring_file(library: Library, client: TestClient, slug: str, content: str) -> str:
    """Upload a file, open its preview, import it; returns the address of its report."""
    address = str(send_file(client, slug, content).headers["location"])
    run_due_import_jobs(library)
    assert send_action(client, address, "bring").status_code == 303
    run_due_import_jobs(library)
    return address
