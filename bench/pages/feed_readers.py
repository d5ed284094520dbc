"""newsboat and miniflux on a real site: they must find our feeds, show each entry once, and get 304.

    python bench/pages/feed_readers.py [--folder FOLDER] [--keep]

It serves the sample library on 127.0.0.1, subscribes both readers to feeds of every kind, then adds an item by `kb
import`, changes one, removes one, and refreshes the readers after each. A proxy between them and the site records every
request and response. Exit code 0 if all checks pass, 1 if not, 2 if a program is missing: it installs nothing (Debian:
apt-get install newsboat miniflux postgresql).
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from bench.harness import Base
from bench.pages.reader_programs import Miniflux, Newsboat, Witness, free_port, miniflux, postgres_programs
from kb.site import open_store

GROUP, TAG, WORD = "usages-numeriques", "formation", "agents"
NEW, CHANGED = "Un signet tout neuf", "Un titre tout autre"


class Verdict:
    """Expected and actual results."""

    def __init__(self) -> None:
        self.failures = 0

    def say(self, label: str, *, holds: bool, result: object = "") -> None:
        self.failures += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {label}{'' if holds and not result else f': {result}'}", flush=True)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, help="an empty folder to work in; by default a new one")
    arguments.add_argument("--keep", action="store_true", help="leave the folder behind")
    options = arguments.parse_args()
    missing = [name for name in ("newsboat", "miniflux") if shutil.which(name) is None]
    missing += [] if postgres_programs() else ["postgresql"]
    if missing:
        print(f"missing: {' '.join(missing)}", file=sys.stderr)
        return 2
    folder = options.folder or Path(tempfile.mkdtemp(prefix="readers-"))
    folder.mkdir(parents=True, exist_ok=True)
    # PostgreSQL may run as another user.
    folder.chmod(0o711)
    try:
        with (
            closing(Witness(free_port())) as witness,
            _site(folder / "kb", witness) as base,
            miniflux(folder) as web,
        ):
            return 1 if _try(base, witness, Newsboat(folder / "newsboat"), web, folder).failures else 0
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _site(folder: Path, witness: Witness):
    """`kb serve` with the sample library, with the proxy's address as its own."""
    base = Base(folder)
    base.environment["KB_BASE_URL"] = witness.address
    base.environment["KB_LANGUAGE"] = "fr"
    base.run("demo", "--no-serve")
    server, witness.site_port = base.serve()
    try:
        yield base
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _try(base: Base, witness: Witness, newsboat: Newsboat, web: Miniflux, folder: Path) -> Verdict:
    verdict, site = Verdict(), witness.address
    saved = base.run("saved", "add", "--group", GROUP, "Pour les lecteurs", f"q={WORD}&tag={TAG}").split()[0]
    pages = [
        f"{site}/g/{GROUP}",
        f"{site}/g/{GROUP}/tag/{quote(TAG)}",
        f"{site}/search?q={WORD}",
        f"{site}/search?view=passages",
        f"{site}/saved/{saved}",
    ]
    feeds = []
    for page in pages:
        feed_address = web.discover(page)
        kinds = [re.search(r"\.(atom|rss|json)\b", address) for address in feed_address]
        verdict.say(
            f"miniflux finds the feeds of {page}", holds=len(feed_address) >= 1 and all(kinds), result=feed_address
        )
        feeds.append(next(address for address in feed_address if ".atom" in address))
    more = [f"{site}/g/{GROUP}.rss", f"{site}/search.rss"]
    newsboat.subscribe([*feeds, *more])
    web.subscribe([*feeds, *more, f"{site}/g/{GROUP}.json"])
    # No validator is trusted within the second of a change.
    time.sleep(1.5)
    _refresh(newsboat, web)
    # newsboat stores the validators of a feed from its second request on.
    newsboat.refresh()
    first = {reader.name: reader.entries() for reader in (newsboat, web)}
    for name, entries in first.items():
        counts = {address.removeprefix(site): len(titles) for address, titles in entries.items()}
        verdict.say(f"{name} holds entries of every feed", holds=all(counts.values()), result=counts)
    _expect_304(verdict, witness, newsboat, web, "nothing changed")

    added = folder / "neuf.jsonl"
    value = {"title": NEW, "group": GROUP, "url": "https://page.example/neuf", "tags": [TAG], "author": "Claire"}
    note = {"kind": "note", "quote": f"Les {WORD} {WORD}.", "body": f"{WORD} : à voir."}
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    added.write_text(
        json.dumps({**value, "added": moment, "annotations": [{**note, "added": moment}]}), encoding="utf-8"
    )
    base.run("import", str(added))
    _settle(witness, newsboat, web, verdict, "an item was added")
    _expect_titles(verdict, newsboat, web, {NEW: 1})

    _change(base, lambda item: replace(item, title=CHANGED))
    _settle(witness, newsboat, web, verdict, "an item was changed")
    _expect_titles(verdict, newsboat, web, {NEW: 0, CHANGED: 1})

    _change(base, None)
    _settle(witness, newsboat, web, verdict, "an item was removed")
    for reader in (newsboat, web):
        path = folder / f"{reader.name}.opml"
        path.write_bytes(_get(witness, f"/g/{GROUP}.opml"))
        entries_taken = reader.take_list(path)
        verdict.say(f"{reader.name} takes the list of feeds", holds=len(entries_taken) >= 2, result=len(entries_taken))
    print(f"answers to readers: {dict(Counter((request.reader, request.status) for request in witness.asked))}")
    return verdict


def _settle(witness: Witness, newsboat: Newsboat, web: Miniflux, verdict: Verdict, label: str) -> None:
    """Refresh until readers have the change, then check that they get 304."""
    time.sleep(1.5)
    start = len(witness.asked)
    _refresh(newsboat, web)
    for reader in (newsboat, web):
        statuses = Counter(request.status for request in witness.since(start) if _is_by(request.reader, reader.name))
        verdict.say(f"{label}: {reader.name} is given feeds anew", holds=statuses[200] >= 1, result=dict(statuses))
    _expect_304(verdict, witness, newsboat, web, f"{label}, and read")


def _expect_304(verdict: Verdict, witness: Witness, newsboat: Newsboat, web: Miniflux, label: str) -> None:
    start = len(witness.asked)
    _refresh(newsboat, web)
    for reader in (newsboat, web):
        requests = [request for request in witness.since(start) if _is_by(request.reader, reader.name)]
        request_counts = dict(
            Counter((request.status, f"tag={request.has_tag} date={request.has_date}") for request in requests)
        )
        verdict.say(
            f"{label}: {reader.name} gets 304",
            holds={request.status for request in requests} == {304},
            result=request_counts,
        )


def _expect_titles(verdict: Verdict, newsboat: Newsboat, web: Miniflux, expected: dict[str, int]) -> None:
    """How often each title occurs: in each feed of miniflux; in all of newsboat, which stores an id once."""
    titles_shown = [titles for address, titles in web.entries().items() if "view=passages" not in address]
    title_counts = [{title: titles.count(title) for title in expected} for titles in titles_shown]
    verdict.say(
        f"miniflux holds {expected} in each of {len(titles_shown)} feeds",
        holds=all(counts == expected for counts in title_counts),
        result=title_counts,
    )
    all_titles = [title for titles in newsboat.entries().values() for title in titles]
    once = {title: all_titles.count(title) for title in expected}
    verdict.say(f"newsboat holds {expected}", holds=once == expected, result=once)


def _is_by(agent: str, name: str) -> bool:
    return name in agent.lower() or (name == "miniflux" and agent == "Mozilla")


def _refresh(newsboat: Newsboat, web: Miniflux) -> None:
    newsboat.refresh()
    web.refresh()


def _change(base: Base, change: Callable | None) -> None:
    """Change the newest item in the store, outside the server; without a change, remove it."""
    with closing(open_store(base.store_url)) as store, store.write() as writing:
        item = max(writing.items.any_of(writing.items.ids()).values(), key=lambda item: item.order)
        if change is None:
            writing.items.remove([item.id])
        else:
            writing.items.update([change(item)])


def _get(witness: Witness, path: str) -> bytes:
    with urllib.request.urlopen(witness.address + path, timeout=30) as answer:
        return answer.read()


if __name__ == "__main__":
    sys.exit(main())
