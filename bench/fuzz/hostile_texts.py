"""Hostile imports and hostile fields, drawn with a seed: `python bench/fuzz/hostile_texts.py --count 20000 --seed 1`.

A member of a group imports `--count` records and fills in `--count` fields with texts that are long, repeated,
malformed or just over a limit, some with the ids of another user's content. Pages are requested in between. At the end:

- no stored field is over its limit;
- no page is over 1 MB, and no request and no field takes more than a second of processor time;
- the content of the other user is unchanged;
- the index is up to date, agrees with the store, and has rejected no item.

The first failure ends the run with exit code 1; otherwise the figures are printed. 20,000 take about an hour.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.testclient import TestClient

from bench.fuzz.hostile_fields import FIELDS
from bench.fuzz.hostile_records import Texts
from kb.access.actor import OPERATOR, AccessScope, Actor
from kb.errors import FlorilegeError
from kb.formats.json_lines.reader import read_json_lines
from kb.indexer import catch_up, check_index, index_state
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, ReplyDraft
from kb.model.items.item import Item
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.people.group import Role
from kb.services.accounts.account_lifecycle import NewAccount, add_account
from kb.services.annotations.annotations import write_annotation, write_reply
from kb.services.authentication.authentication import actor_of_person
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.imports.import_export import import_items
from kb.services.imports.import_report import ImportOptions
from kb.services.imports.record_bounds import MEMBER_BOUNDS, is_within_bounds
from kb.services.items.item_creation import save_item
from kb.site import create_app
from tests.factories.library import an_empty_library

GROUP, OWNER, MEMBER = "lectures", "claire", "paul"
LARGEST_PAGE = 1_000_000
MOST_SECONDS = 1.0
BATCH = 100
PROGRESS = 1_000
API = "/api/v1/items"
"""An API answer that contains whole items: its size is limited by theirs."""
PAGES = (
    "/g/lectures",
    "/g/lectures/tags",
    "/g/lectures/duplicates",
    "/g/lectures.atom",
    "/g/lectures.json",
    "/search?q=a",
    "/search?q=a&view=passages",
    API,
)


class Broken(Exception):
    """A check failed."""


@dataclass(slots=True)
class Figures:
    """The figures: counts by name, the slowest call and the largest page."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")


class Run:
    """One run: a library with an owner, a hostile member, and the owner's content."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.library: Library = an_empty_library(folder, index_url=f"whoosh:{folder / 'index'}")
        self.texts = Texts(seed)
        self.figures = Figures()
        add_group(self.library, OPERATOR, GROUP, "Lectures")
        people = [add_account(self.library, OPERATOR, NewAccount(login)).user.id for login in (OWNER, MEMBER)]
        set_role(self.library, OPERATOR, GROUP, OWNER, Role.OWNER)
        set_role(self.library, OPERATOR, GROUP, MEMBER, Role.MEMBER)
        self.owner, self.member = (actor_of_person(self.library, person) for person in people)
        self.others = [self._written(number) for number in range(20)]
        self.before = self.words_of_owner()
        self.client = TestClient(create_app(self.library), raise_server_exceptions=False)

    def _written(self, number: int) -> tuple[str, str]:
        fields = ItemFields(url=f"https://exemple.fr/{number}", title=f"Titre {number}")
        item = save_item(self.library, self.owner, GROUP, fields)
        added = write_annotation(
            self.library, self.owner, item.item.id, AnnotationFields(f"Un passage {number}", "Une note")
        )
        write_reply(self.library, self.owner, added.annotation.id, "Une réponse")
        return item.item.id, added.annotation.id

    def items(self) -> Iterator[Item]:
        """The items of the group, in order, one in memory at a time."""
        with self.library.store.read() as reading:
            group = reading.groups.by_slug(GROUP)
            assert group is not None
            yield from reading.items.stream(AccessScope(everything=True), group.id)

    def newest_ids(self) -> list[str]:
        """The last items of the group, without reading the others, which would take hours in all."""
        with self.library.store.read() as reading:
            group = reading.groups.by_slug(GROUP)
            newest = reading.items.any_of(deque(reading.items.ids(), 40)).values()
            return [item.id for item in newest if group and item.group_id == group.id][-5:]

    def words_of_owner(self) -> set[tuple[str, ...]]:
        """The owner's content, with its ids."""
        texts: set[tuple[str, ...]] = set()
        for item in self.items():
            for note in item.annotations:
                if note.author and note.author.login == OWNER:
                    texts.add((note.id, note.quote or "", note.body or ""))
                texts.update(
                    (reply.id, reply.body) for reply in note.replies if reply.author and reply.author.login == OWNER
                )
        return texts

    def imports(self, count: int) -> None:
        """Import hostile records as the member, in files of BATCH records."""
        for start in range(0, count, BATCH):
            records = [self.texts.record(self.others) for _ in range(min(BATCH, count - start))]
            # Halves of surrogate pairs as JSON escapes.
            lines = [json.dumps(record).encode() + b"\n" for record in records]
            for line in lines:
                self.timed("reading a line", lambda line=line: list(read_json_lines([line])))  # type: ignore[misc]
            report = import_items(self.library, self.member, read_json_lines(lines), ImportOptions(group_slug=GROUP))
            self.figures.counts.update(added=report.added, updated=report.updated, skipped=report.skipped)
            self.follow()
            self.report_progress("records", start + len(records))

    def fields(self, count: int) -> None:
        """Pass hostile texts to the functions behind forms and the API, as the member and as the owner."""
        for number in range(count):
            name, act = FIELDS[number % len(FIELDS)]
            actor = self.owner if self.texts.chance.random() < 0.2 and name in ("search", "suggest") else self.member
            self.timed(name, lambda act=act, actor=actor: self.tried(act, actor))  # type: ignore[misc]
            if number % BATCH == BATCH - 1:
                self.follow()
                self.report_progress("fields", number + 1)

    def tried(self, act: Callable[[Library, Actor, Texts, str], object], actor: Actor) -> None:
        """Run one action, which may be refused with a message."""
        try:
            act(self.library, actor, self.texts, self.texts.chance.choice(self.others)[0])
            self.figures.counts["accepted"] += 1
        except FlorilegeError:
            self.figures.counts["refused"] += 1

    def timed(self, name: str, act: Callable[[], object]) -> None:
        """Run an action. Raises Broken if it takes too much processor time."""
        start = time.process_time()
        act()
        seconds = time.process_time() - start
        self.figures.slowest = max(self.figures.slowest, (seconds, name))
        if seconds > MOST_SECONDS:
            raise Broken(f"{name} took {seconds:.1f} s")

    def report_progress(self, name: str, count: int) -> None:
        """Write the progress and the slowest call to standard error, once for each thousand."""
        if count % PROGRESS == 0:
            seconds, slowest = self.figures.slowest
            sys.stderr.write(f"{count:,} {name}; slowest: {seconds:.2f} s ({slowest})\n")

    def follow(self) -> None:
        """Update the index, and request the lists and the newest items."""
        catch_up(self.library)
        if not index_state(self.library).is_current:
            raise Broken("The index does not follow.")
        for page in (*PAGES, *(f"/items/{item_id}" for item_id in self.newest_ids())):
            self.visit(page)

    def visit(self, page: str) -> None:
        """Request a page as an anonymous visitor. Raises Broken if it is too large, too slow or an error."""
        self.timed(page, lambda: self._asked(page))

    def _asked(self, page: str) -> None:
        answer = self.client.get(page, headers={"Accept": "text/html, application/json"})
        self.figures.counts["visits"] += 1
        if page != API:
            self.figures.largest = max(self.figures.largest, (len(answer.content), page))
        if answer.status_code != 200 or (len(answer.content) > LARGEST_PAGE and page != API):
            raise Broken(f"{page}: status {answer.status_code}, {len(answer.content):,} bytes")

    def at_the_end(self) -> None:
        """Request every item and check everything. Raises Broken."""
        ids: list[str] = []
        for item in self.items():
            ids.append(item.id)
            if not is_within_bounds(draft_of(item), MEMBER_BOUNDS):
                raise Broken(f"{item.id} is beyond the bounds of a member's import")
        for item_id in ids:
            self.visit(f"/items/{item_id}")
        if lost := self.before - self.words_of_owner():
            raise Broken(f"words of another person have changed: {sorted(lost)[:3]}")
        report = check_index(self.library)
        if not report.is_clean or report.failures:
            raise Broken(
                f"the index differs: {report.missing[:3]} {report.stale[:3]} {report.ghosts[:3]} {report.failures[:3]}"
            )
        self.figures.counts["items"] = len(ids)


def draft_of(item: Item) -> ItemDraft:
    """The texts of an item, in the form of a record."""
    return ItemDraft(
        url=item.url,
        title=item.title,
        description=item.description,
        byline=item.byline,
        source=item.source,
        tags=item.tags,
        annotations=tuple(
            AnnotationDraft(
                annotation.kind,
                quote=annotation.quote,
                body=annotation.body,
                prefix=annotation.prefix,
                suffix=annotation.suffix,
                replies=tuple(ReplyDraft(body=answer.body) for answer in annotation.replies),
            )
            for annotation in item.annotations
        ),
    )


def run(count: int, seed: int, folder: Path) -> Figures:
    """A whole run of this many records and fields. Raises Broken."""
    run = Run(folder, seed)
    try:
        run.imports(count)
        run.fields(count)
        run.at_the_end()
    finally:
        run.library.close()
    return run.figures


def figures_of(figures: Figures) -> Iterator[str]:
    """The figures, one line each."""
    yield from (f"{name}: {number:,}" for name, number in sorted(figures.counts.items()))
    yield f"slowest: {figures.slowest[0]:.2f} s ({figures.slowest[1]})"
    yield f"largest page: {figures.largest[0]:,} bytes ({figures.largest[1]})"


def main() -> None:
    """Run with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="records, and as many fields [20000]")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            figures = run(arguments.count, arguments.seed, Path(folder))
        except Broken as error:
            sys.exit(f"seed {arguments.seed}: {error}")
    sys.stdout.write("\n".join(figures_of(figures)) + "\n")


if __name__ == "__main__":
    main()
