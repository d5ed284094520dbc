"""html-validate finds no error in any page: valid HTML, and the accessibility rules that HTML alone can show.

The recommended rules and the accessibility rules, with these exceptions in `html-validate.json`: a doctype is in lower
case; a list may have an ARIA label; a title may be long, because it is the unchanged title of an item; a line of a text
to copy may end with a space.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.site import create_app
from tests.browser.conftest import HERE
from tests.browser.libraries.new_and_closed_libraries import a_fresh_library, a_library_with_closed_groups
from tests.browser.support.addresses import CLOSED, FAILURES, FRESH, every_page
from tests.browser.support.checked_pages import Judged
from tests.browser.support.site import KNOWN, a_broken_library, cookie_of, the_library

pytestmark = pytest.mark.browser
_UNREAD = re.compile(r'aria-hidden="true">·<')


def errors_of(npm: Path, *pages: Path) -> list[str]:
    """The errors that html-validate finds in the pages of one folder, one line each."""
    # Write to a file: the program ends before a pipe has taken all of its output.
    report = pages[0].with_suffix(".json")
    command = ["node", npm / "html-validate" / "bin" / "html-validate.mjs", "--config", HERE / "html-validate.json"]
    result = subprocess.run(
        [*command, "--formatter", f"json={report}", *pages], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode in {0, 1}, result.stderr
    return [
        f"{Path(page['filePath']).stem}:{message['line']}: {message['ruleId']}: {message['message']}"
        for page in json.loads(report.read_text(encoding="utf-8"))
        for message in page["messages"]
    ]


def saved(folder: Path, client: TestClient, *pages: Judged) -> list[Path]:
    """The pages as they are served, each in a file."""
    files = []
    for page in pages:
        # No page inherits a language or a form from the page before.
        client.cookies.clear()
        answer = client.request(page.method, page.at(KNOWN), content=b"x" * page.size, headers=cookie_of(page.by))
        assert answer.status_code == page.status
        files.append(folder / f"{page.name}.html")
        files[-1].write_bytes(answer.content)
    return files


def test_every_page_is_valid(npm: Path, tmp_path: Path) -> None:
    with TestClient(create_app(the_library())) as client:
        files = saved(tmp_path, client, *every_page())
    for page in FAILURES:
        with TestClient(create_app(a_broken_library(page.status)), raise_server_exceptions=False) as client:
            files += saved(tmp_path, client, page)
    for library, pages in ((a_fresh_library(), FRESH), (a_library_with_closed_groups(), CLOSED)):
        with TestClient(create_app(library)) as client:
            files += saved(tmp_path, client, *pages)
    assert errors_of(npm, *files) == []
    # Screen readers read a dot between facts aloud. The style sheet draws it, and no text of a page contains one.
    assert {file.stem for file in files if "·" in _UNREAD.sub("", file.read_text(encoding="utf-8"))} == set()


def test_a_page_that_is_not_valid_is_found_out(npm: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><html><head><title>x</title></head><body><p><div>x</div></p></body></html>")
    assert any("element-permitted-content" in error or "close-order" in error for error in errors_of(npm, page))
