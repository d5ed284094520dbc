"""After random changes, unread counts, feeds and digests are what running each search before and after shows.

`tests.factories.followed_searches` says how to run it longer.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl

import pytest
from starlette.testclient import TestClient

from kb.access.actor import Actor
from kb.features.digests import digest_content, follows
from kb.features.digests.digest_content import write_digest
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.digest_sending import due_digests, queue_digest
from kb.features.digests.follows import (
    FollowWish,
    counted_follows,
    follow_listing,
    mark_seen,
    new_items,
    own_follows,
    unseen_of_listing,
)
from kb.features.digests.records import follow_records
from kb.features.digests.records.digest_records import DigestReader, Digests, DigestsReading
from kb.features.digests.subscribers import EmailFollow, follow_by_email
from kb.indexer import catch_up
from kb.model.people.group import Role
from kb.model.search_request import MATCH_ALL, MATCH_ANY
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.followed_searches.following import reads_named_groups
from kb.services.followed_searches.matching import bring_up_to_date
from kb.site import create_app
from kb.store import WriteTransaction
from tests.factories.followed_searches import (
    CHANGES,
    GROUPS,
    MANY,
    SEARCHES,
    SEED,
    Expected,
    random_change,
    random_library,
    random_queries,
)
from tests.factories.library import MEMORY, an_empty_library
from tests.support.browser_sessions import an_account

LOGINS = ("lea", "max")
MOST_IN_FEED = 100
EVERYTHING = 100_000


@dataclass
class Reader:
    """Somebody who follows every search: the step up to which each was seen on the site, and told by e-mail."""

    user_id: str
    seen: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)


@dataclass
class Changing:
    """A library that changes, and what running its searches shows."""

    library: Library
    client: TestClient
    rng: Random
    expected: dict[str, Expected] = field(default_factory=dict)
    typed: set[frozenset[tuple[str, str]]] = field(default_factory=set)
    step: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(days=2))

    def actor(self, reader: Reader) -> Actor:
        with self.library.store.read() as reading:
            return actor_of_user(reading, reader.user_id)

    def readable(self, actor: Actor) -> frozenset[str]:
        with self.library.store.read() as reading:
            return readable_groups(reading, actor).scope.group_ids

    def begin(self, readers: list[Reader], params: tuple[tuple[str, str], ...]) -> None:
        """Let everybody follow a search who may; of a search with the labels of a vocabulary and without, only one,
        because following one ends the other.
        """
        typed = frozenset(pair for pair in params if pair[0] != "vocabulary")
        if typed in self.typed:
            return
        self.typed.add(typed)
        asked = Expected.of(params)
        asked.run(self.library, self.step)
        for reader in readers:
            actor = self.actor(reader)
            with self.library.store.read() as reading:
                if not reads_named_groups(readable_groups(reading, actor), asked.request):
                    continue
            if not asked.may_be_read(self.readable(actor), reader.user_id):
                continue

            def by_email(writing: WriteTransaction, search_id: str, reader: Reader = reader) -> None:
                wish = EmailFollow(search_id, Rhythm.DAILY, "fr")
                follow_by_email(self.library, writing, reader.user_id, search_id, wish)

            own = follow_listing(self.library, actor, params, FollowWish("x"), by_email)
            if own.search_id in reader.seen:
                continue
            reader.seen[own.search_id] = reader.told[own.search_id] = self.step
            reader.follows[own.search_id] = own.id
            if own.search_id not in self.expected:
                self.expected[own.search_id] = asked

    def advance(self) -> None:
        """Let the searches run over what changed."""
        self.step += 1
        catch_up(self.library)
        bring_up_to_date(self.library)
        for expected in self.expected.values():
            expected.run(self.library, self.step)

    def check_counts(self, reader: Reader) -> None:
        """What the pages count and show is what is new; some of it is then marked as seen."""
        actor = self.actor(reader)
        readable = self.readable(actor)
        home = {one.id: one.new for one in counted_follows(self.library, actor)}
        for view in own_follows(self.library, actor):
            new = self.expected[view.search.id].new(readable, reader.seen[view.search.id], reader.user_id)
            assert view.new == len(new)
            assert home[view.follow.id] == min(len(new), follow_records.MOST_COUNTED)
            if self.rng.random() < 0.2:
                shown = new_items(self.library, actor, view.follow.id)
                assert {hit.item.id for hit in shown.hits} == new
                if not view.search.list_id:
                    unseen = unseen_of_listing(self.library, actor, view.search.request)
                    assert {match.item_id for match in unseen[1].matches} if unseen else not new
                mark_seen(self.library, actor, view.follow.id, shown.through)
                reader.seen[view.search.id] = self.step

    def check_digests(self, readers: list[Reader]) -> int:
        """A digest has what is new since the last one, and what its reader may read when it is sent."""
        self.now += timedelta(days=1)
        told = 0
        with self.library.store.read() as reading:
            by_id = {
                reader_row.id: reader
                for reader in readers
                if (reader_row := DigestsReading(reading.connection).of_user(reader.user_id)) is not None
            }
        # All are found before the first is sent, because sending changes the library.
        due_now = [
            (due, self.readable(self.actor(by_id[due.reader.id]))) for due in due_digests(self.library, self.now)
        ]
        for due, readable in due_now:
            reader = by_id[due.reader.id]
            digest_id = queue_digest(self.library, due, self.now)
            sections: dict[str, set[str]] = {}
            if digest_id is not None:
                with self.library.store.read() as reading:
                    digest = DigestsReading(reading.connection).digest(digest_id)
                assert digest is not None
                sections = {search_id: set(item_ids) for search_id, item_ids, _, _ in json.loads(digest.content)}
                told += self.send(due.reader, digest.content)
                with self.library.store.write() as writing:
                    Digests(writing.connection).remove_digests([digest_id])
            for search_id, step in reader.told.items():
                new = self.expected[search_id].new(readable, step, reader.user_id)
                assert sections.get(search_id, set()) == new, search_id
                reader.told[search_id] = self.step
        return told

    def send(self, reader: DigestReader, content: str) -> int:
        """Send a digest after a few more changes: it has every item that may still be read, and no other."""
        for _ in range(self.rng.randint(0, 2)):
            random_change(self.rng, self.library)
        with self.library.store.read() as reading:
            followed = DigestsReading(reading.connection).subscriptions(reader.id)
            scope = readable_groups(reading, actor_of_user(reading, reader.user_id or "")).scope
            readable = set[str]()
            for search_id, item_ids, _, _ in json.loads(content):
                one = replace(self.expected[search_id])
                one.item_list = reading.lists.by_id(one.list_id) if one.list_id else None
                if one.may_be_read(scope.group_ids, reader.user_id):
                    readable |= set(reading.items.readable_ids(item_ids, scope))
            written = write_digest(self.library, reading, reader, content, followed)
        for text in (written.email.text, written.email.html) if written else ():
            assert set(re.findall(r"/items/([\w-]+)", text)) == readable
        assert (written is not None) == bool(readable)
        return len(readable)

    def check_feeds(self) -> None:
        """The feed of a search has what it finds now, as everybody may read it."""
        for search_id in self.rng.sample(sorted(self.expected), min(3, len(self.expected))):
            expected = self.expected[search_id]
            with self.library.store.read() as reading:
                search = reading.followed_searches.by_id(search_id)
                public = readable_groups(reading, Actor())
            assert search is not None
            if search.list_id or search.vocabulary_group:
                continue  # A feed is of the typed words alone; that of a list is of its entries.
            if search.request.group and not any(group.has_slug(search.request.group) for group in public.groups):
                continue
            found = {item for item, group in expected.found.items() if group in public.scope.group_ids}
            # A feed is sorted by date, where all words are wanted unless it says otherwise.
            match = MATCH_ALL if search.request.wants_all_words else MATCH_ANY
            pairs = [*parse_qsl(search.parameters), ("match", match), ("per_page", str(MOST_IN_FEED))]
            answer = self.client.get("/search.json", params=pairs)
            assert answer.status_code == 200
            entries: list[dict[str, Any]] = answer.json()["items"]
            ids = {match[1] for entry in entries if (match := re.search(r"/items/([\w-]+)", entry["url"]))}
            assert ids <= found
            assert len(entries) == MOST_IN_FEED or ids == found


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Changing]:
    rng = Random(SEED)
    with closing(an_empty_library(index_url=f"whoosh:{tmp_path}" if CHANGES > MANY else MEMORY)) as library:
        random_library(rng, library, 16)
        catch_up(library)
        yield Changing(library, TestClient(create_app(library)), rng)


@pytest.mark.timeout(24 * 3600)
def test_counts_feeds_and_digests_are_those_of_running_each_search(
    changing: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, rng = changing.library, changing.rng
    for module, name in ((follows, "MOST_SHOWN"), (follows, "MOST_MARKED"), (digest_content, "MOST_ENTRIES")):
        monkeypatch.setattr(module, name, EVERYTHING)
    readers = [Reader(an_account(library, login, email=f"{login}@exemple.fr").user.id) for login in LOGINS]
    with library.store.write() as writing:
        for reader, groups in zip(readers, (GROUPS[2:3], GROUPS), strict=True):
            for group in groups:
                writing.groups.set_role(reader.user_id, group.id, Role.MEMBER)
    waiting, told = random_queries(rng, SEARCHES), 0
    with (
        patch.object(follows, "MOST_FOLLOWS", EVERYTHING),
        patch("kb.features.digests.subscribers.MOST_SUBSCRIPTIONS", EVERYTHING),
    ):
        for number in range(CHANGES):
            random_change(rng, library)
            if waiting and (number < 5 or rng.random() < 0.3):
                changing.advance()
                for params in waiting[:6]:
                    changing.begin(readers, params)
                del waiting[:6]
            if rng.random() < 0.5:
                continue
            changing.advance()
            for reader in readers:
                changing.check_counts(reader)
            changing.check_feeds()
            if rng.random() < 0.5:
                told += changing.check_digests(readers)
    assert told > CHANGES / 2
