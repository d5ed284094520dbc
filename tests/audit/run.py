"""`scripts/audit`: run Lighthouse and the Nu HTML checker on a page of every route, over the sample library."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

from kb.services.core.library import Library
from tests.browser.conftest import FLAGS, serving
from tests.browser.libraries.new_and_closed_libraries import a_fresh_library, a_library_with_closed_groups
from tests.browser.support.addresses import CLOSED, FAILURES, FRESH, every_page
from tests.browser.support.checked_pages import Judged, Known
from tests.browser.support.site import KNOWN, a_broken_library, cookie_of, cookies_of, the_library

HERE = Path(__file__).resolve().parent
NPM = HERE / "node_modules"
CHROMIUM = "/usr/bin/chromium"
FULL = 100
MAIN_PAGES = frozenset(
    {"first page", "words found", "passages", "group", "item", "tags of a group", "help", "legal notice",
     "signing in", "review of a search", "nothing found",
     "a list", "first page of an owner", "items of a group to tick", "keeping a page", "item, for a member",
     "importing a file", "changing a list", "members, for an owner", "report of several years", "account",
     "administration", "name, colour and texts of the site", "adding a passage"}
)  # fmt: skip
"""The pages of `--main`, by name: those that most visitors and most members see. Their speed is measured."""


def main(arguments: Sequence[str]) -> int:
    """Check the pages whose names contain one of the given words, or all pages; returns 1 if there is a problem.

    Public pages are those of the sample library; the other pages are those of the libraries of the tests. `--main`:
    only the main pages, and those of a logged-in user.
    """
    words = [argument for argument in arguments if argument != "--main"]
    pages = every_page()
    sites = [
        (sample_site, [page for page in pages if not page.own and not page.by]),
        (partial(served, the_library), [page for page in pages if page.own or page.by]),
        (partial(served, a_fresh_library), FRESH),
        (partial(served, a_library_with_closed_groups), CLOSED),
        *((partial(served, partial(a_broken_library, page.status)), [page]) for page in FAILURES),
    ]
    if "--main" in arguments:
        sites = [(site, [page for page in pages if page.name in MAIN_PAGES]) for site, pages in sites[:2]]
    low, faults, count = 0, list[str](), 0
    for site, pages in sites:
        chosen = [page for page in pages if not words or any(word in page.name for word in words)]
        if not chosen:
            continue
        with site() as base, TemporaryDirectory() as folder:
            known = known_site_of(base) if site is sample_site else KNOWN
            faults += nu_faults(base, known, chosen, Path(folder))
            low += lighthouse_table(base, known, [page for page in chosen if page.method == "GET"])
            count += len(chosen)
    for fault in faults:
        tell(fault)
    tell(f"Pages: {count}. Below {FULL}: {low}. Errors and warnings of the Nu HTML checker: {len(faults)}.")
    return 1 if low or faults else 0


def served(library: Callable[[], Library]) -> AbstractContextManager[str]:
    """The address of a server of a test library."""
    return contextmanager(serving)(library())


@contextmanager
def sample_site() -> Iterator[str]:
    """The address of a server of the sample library, on a free port of this machine."""
    with TemporaryDirectory() as data:
        kb = [sys.executable, "-m", "kb", "--data", data]
        subprocess.run([*kb, "demo", "--no-serve"], check=True)
        server = subprocess.Popen(
            [*kb, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            assert server.stdout is not None
            yield next(match[0] for line in server.stdout if (match := re.search(r"http://127\.0\.0\.1:\d+", line)))
        finally:
            server.terminate()
            server.wait(30)


def known_site_of(base: str) -> Known:
    """The values of the sample library: the best item for a word that has all parts, and its group, tag and sharer."""
    answer = json.loads(_fetched(base, Judged("", "/api/v1/search?q=agents")))
    item = next(one for one in answer["items"] if one["tags"] and one["author"] and one["annotations"]["total"])
    saved = re.search(r'href="/saved/([A-Za-z0-9_-]+)[?"]', _fetched(base, Judged("", "/saved")).decode())
    assert saved is not None
    return Known(item["id"], item["group"]["slug"], item["tags"][0], item["author"]["login"], saved[1], "agents")


def lighthouse_table(base: str, known: Known, pages: Sequence[Judged]) -> int:
    """Print the scores of each page, on a phone and on a desktop, collapsed and expanded; returns how many scores are
    below 100.
    """
    question = {
        "chromium": CHROMIUM,
        "flags": FLAGS,
        "pages": [
            {
                "name": page.name,
                "url": base + page.at(known),
                "status": page.status,
                "timed": page.name in MAIN_PAGES,
                "cookies": [{"name": name, "value": value} for name, value in cookies_of(page.by).items()]
                if page.by
                else [],
            }
            for page in pages
        ],
    }
    tell(
        f"{'page':32}{'form':8}{'state':14}{'access.':>9}{'practices':>11}{'seo':>6}{'speed':>7}{'LCP ms':>8}{'CLS':>7}"
    )
    low = 0
    with subprocess.Popen(
        ["node", HERE / "audit.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE
    ) as audit:
        assert audit.stdin is not None
        assert audit.stdout is not None
        json.dump(question, audit.stdin)
        audit.stdin.close()
        seen = set()
        for line in audit.stdout:
            row = json.loads(line)
            seen.add(row["name"])
            full = row["accessibility"] == row["practices"] == row["seo"] == FULL
            low += not full
            # The speed depends on the machine and its load: it is printed and not checked.
            speed = f"{row['speed']:7}{row['lcp']:8}{row['cls']:7.2f}" if row["speed"] is not None else ""
            tell(
                f"{row['name'][:31]:32}{row['form']:8}{row['state']:14}{row['accessibility']:9}{row['practices']:11}"
                f"{row['seo']:6}{speed}" + ("" if full else "  " + ", ".join(row["found"]))
            )
    if audit.returncode or seen != {page.name for page in pages}:
        raise SystemExit("Lighthouse did not come to the end.")
    return low


def nu_faults(base: str, known: Known, pages: Sequence[Judged], folder: Path) -> list[str]:
    """The errors and warnings of the Nu HTML checker for the pages; empty if Java is not installed."""
    if shutil.which("java") is None:
        tell("There is no Java: the Nu HTML checker was left out.")
        return []
    for page in pages:
        (folder / f"{page.name}.html").write_bytes(_fetched(base, page, known))
    jar = NPM / "vnu-jar" / "build" / "dist" / "vnu.jar"
    done = subprocess.run(
        ["java", "-jar", jar, "--format", "json", "--stdout", "--exit-zero-always", *sorted(folder.glob("*.html"))],
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        f"{unquote(Path(said['url']).stem)}:{said.get('lastLine', '')}: {said['type']}: {said['message']}"
        for said in json.loads(done.stdout)["messages"]
        # axe-core requires a scrolling box to be a region with a name. The heading before the box gives the name.
        if not (said["message"].startswith("Section lacks heading") and "aria-labelledby" in said.get("extract", ""))
    ]


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _fetched(base: str, page: Judged, known: Known | None = None) -> bytes:
    address = base + (page.at(known) if known else page.address)
    asked = Request(
        address, data=b"x" * page.size if page.size else None, method=page.method, headers=cookie_of(page.by)
    )
    try:
        with urlopen(asked, timeout=30) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        if error.code != page.status:
            raise
        return error.read()


if __name__ == "__main__":
    os.chdir(HERE.parents[1])
    sys.exit(main(sys.argv[1:]))
