"""Digests and an issue of a newsletter reach a real mail server, while it and the processes that send are killed: every
message arrives, and a second copy only where a kill fell between acceptance and record.

Kills are counted in events, not in seconds: a process kills itself at a commit or before it writes to the server; the
server is killed when it has accepted so many messages.
"""

import os
import random
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from kb.access.actor import OPERATOR
from kb.email import smtp
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.digest_sending import send_digests, settle_digests
from kb.features.digests.records.digest_records import DigestsReading
from kb.features.digests.subscribers import EmailFollow, follow_by_email
from kb.features.newsletters.issues import draft_issue, issue_view, schedule_issue
from kb.features.newsletters.newsletters import LetterName, NewsletterText, create_newsletter
from kb.features.newsletters.records.newsletter_records import (
    IssueState,
    Newsletters,
    RecipientState,
    Subscriber,
    SubscriberState,
)
from kb.features.newsletters.sending import send_due_issues
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from kb.services.followed_searches.following import follow
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.items.item_creation import save_item
from kb.settings import Settings, default_settings_in
from kb.site import migrate, open_library
from kb.store.database.clock import timestamp_in, timestamp_now
from tests.factories.group import as_
from tests.support.browser_sessions import an_account
from tests.support.exim import IS_MISSING, Exim, an_exim
from tests.support.thoroughness import IS_THOROUGH

DIGESTS, RECIPIENTS = (200, 2_000) if IS_THOROUGH else (10, 50)
REFUSED = 3
"""Addresses of each kind that the server refuses."""
KILLS, SERVER_KILLS = (60, 30) if IS_THOROUGH else (6, 2)
EVENTS = (30, 250) if IS_THOROUGH else (8, 40)
"""Events after which a process kills itself, at least and at most."""
ACCEPTED = (20, 60) if IS_THOROUGH else (8, 16)
"""Messages that the server accepts until it is killed, at least and at most."""
PROCESSES = 3
REFUSED_CONNECTIONS = 2
"""Attempts that each process makes while the server is down; then it waits, as its next attempts are minutes later."""
LETTER = LetterName("eau", "crues")
TOMORROW = timedelta(days=1)
SEED = 32


@dataclass
class Storm:
    """What happened: a file with one line for each event, written by all processes; the order of its lines is theirs.

    `interrupted` are the messages that the server had accepted and not yet noted as delivered when it was killed.
    """

    folder: Path
    exim: Exim
    kills: int = 0
    server_kills: int = 0
    interrupted: set[str] = field(default_factory=set)

    @property
    def events(self) -> list[list[str]]:
        return [line.split() for line in (self.folder / "events").read_text("utf-8").splitlines()]

    def note(self, *words: object) -> None:
        with (self.folder / "events").open("a", encoding="utf-8") as file:
            file.write(" ".join(map(str, words)) + "\n")

    def kill_server(self) -> None:
        """Kill the server, and start it again."""
        self.note("down")
        (self.folder / "down").touch()
        self.exim.kill()
        log = self.exim.log
        accepted, finished = (set(re.findall(rf" (\S+) {mark}", log)) for mark in ("<=", "Completed"))
        self.interrupted |= accepted - finished
        self.exim.start()
        self.note("up")
        (self.folder / "down").unlink()
        self.server_kills += 1


@pytest.mark.storm
@pytest.mark.skipif(IS_MISSING, reason="exim4-daemon-light is not installed.")
@pytest.mark.timeout(3_600 if IS_THOROUGH else 300)
def test_a_storm_of_kills_loses_no_message_and_sends_none_twice_without_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with an_exim() as exim:
        settings = replace(default_settings_in(tmp_path), mail_url=exim.url, mail_from="Florilège <f@exemple.fr>")
        storm, rng = Storm(tmp_path, exim), random.Random(SEED)
        migrate(settings.store_url)
        with closing(open_library(settings)) as library:
            issue_id = something_to_send(library)
            while storm.kills < KILLS:
                send_in_processes(storm, settings, rng, lambda: rng.randint(*EVENTS))
                let_time_pass(library)
            while has_mail(library):
                send_in_processes(storm, settings, rng, lambda: 0)
                let_time_pass(library)
            while exim.waiting:
                time.sleep(0.05)
            check_records(library, issue_id)
        copies = check_mail(storm)
    assert (storm.kills, storm.server_kills) == (KILLS, SERVER_KILLS)
    with capsys.disabled():
        sys.stdout.write(f"\n{storm.kills} kills of processes, {storm.server_kills} of the server, {copies} copies\n")


def something_to_send(library: Library) -> str:
    """Followed searches with something new, and a scheduled issue; returns the id of the issue."""
    an_account(library, "claire", email="claire@exemple.fr")
    eau = add_group(library, OPERATOR, "eau", "Eau et territoires")
    set_role(library, OPERATOR, "eau", "claire", Role.OWNER)
    claire = as_(library, "claire")
    search_id = follow(library, [("group", "eau")])
    for number in range(DIGESTS + REFUSED):
        login = f"zoe{number}" if number < DIGESTS else f"refus{number}"
        user = an_account(library, login, email=f"{login}@exemple.fr").user
        with library.store.write() as writing:
            follow_by_email(library, writing, user.id, search_id, EmailFollow("L’eau", Rhythm.DAILY, "fr"))
    fields = ItemFields(title="La crue de mai", url="https://exemple.fr/crue")
    passage = AnnotationFields(quote="La rivière déborde.", color="pink")
    item = save_item(library, claire, "eau", fields, (passage,), has_page=True).item
    letter = create_newsletter(library, claire, "eau", NewsletterText("La lettre des crues", "crues"))
    with library.store.write() as writing:
        Newsletters(writing.connection).add_subscribers(
            *(
                Subscriber(
                    f"s{number}", eau.id, letter.id, SubscriberState.ACTIVE, f"key{number}", timestamp_now(),
                    email=f"{'lea' if number < RECIPIENTS else 'refus'}{number}@exemple.org", address_hash=f"h{number}",
                )
                for number in range(RECIPIENTS + REFUSED)
            )
        )  # fmt: skip
    draft = draft_issue(library, claire, LETTER, "Les crues de mai", parts=((item.id, None),))
    return schedule_issue(library, claire, LETTER, draft.id).id


def send_in_processes(storm: Storm, settings: Settings, rng: random.Random, kill_at: Callable[[], int]) -> None:
    """Let some processes send what is due, each until it kills itself or nothing is due; kill the server meanwhile."""
    context, processes = get_context("fork"), list[BaseProcess]()
    for _ in range(PROCESSES):
        process = context.Process(target=send_until_killed, args=(storm, settings, kill_at()), daemon=True)
        process.start()
        processes.append(process)
    goal = accepted(storm) + rng.randint(*ACCEPTED)
    while any(process.is_alive() for process in processes):
        if storm.server_kills < SERVER_KILLS and accepted(storm) >= goal:
            storm.kill_server()
            goal = accepted(storm) + rng.randint(*ACCEPTED)
        time.sleep(0.002)
    codes = [process.exitcode for process in processes]
    assert set(codes) <= {0, -signal.SIGKILL}
    storm.kills += codes.count(-signal.SIGKILL)


def accepted(storm: Storm) -> int:
    return storm.exim.log.count(" <= ")


def send_until_killed(storm: Storm, settings: Settings, kill_at: int) -> None:
    """Queue and send what is due; kill this process at an event, unless it is the event 0."""
    smtp._TIMEOUT = 600.0  # however slow the machine is, no attempt fails by itself
    pid, numbers, down = os.getpid(), count(1), storm.folder / "down"
    connections = count(1)

    def happens() -> None:
        if next(numbers) == kill_at:
            storm.note("killed", pid)
            os.kill(pid, signal.SIGKILL)

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal connections
        if name == "smtplib.connect":
            if not down.exists():
                connections = count(1)
            while down.exists() and next(connections) > REFUSED_CONNECTIONS:
                time.sleep(0.01)
            storm.note("try", pid)
            happens()
        elif name == "smtplib.send":
            if found := re.search(rb"^Message-ID: <(\S+)>", arguments[1], re.MULTILINE):
                storm.note("text", pid, found[1].decode())
            happens()

    library = open_library(settings)
    event.listen(Engine, "commit", lambda _: happens())
    sys.addaudithook(watch)
    now = datetime.now(UTC) + TOMORROW
    send_digests(library, now)
    send_due_issues(library)
    while is_due(library):
        send_due_messages(library)
    send_due_issues(library)
    settle_digests(library, now)
    os._exit(0)


def is_due(library: Library) -> bool:
    with library.store.read() as reading:
        return bool(reading.outbox.due(timestamp_now(), 1))


def has_mail(library: Library) -> bool:
    """Whether a message waits, or a digest or the issue whose result nobody has looked at."""
    with library.store.read() as reading:
        records = Newsletters(reading.connection)
        return bool(reading.outbox.waiting()[0] or DigestsReading(reading.connection).waiting() or records.sending())


def let_time_pass(library: Library) -> None:
    """Make due what is to be tried again in some minutes."""
    with library.store.write() as writing:
        for message in writing.outbox.due(timestamp_in(days=30), DIGESTS + RECIPIENTS + 2 * REFUSED):
            writing.outbox.remove([message.id])
            writing.outbox.add(replace(message, next_at=message.created_at))


def check_records(library: Library, issue_id: str) -> None:
    """The database says that every message arrived, except at the refused addresses."""
    view = issue_view(library, as_(library, "claire"), LETTER, issue_id)
    assert view.issue.state is IssueState.SENT
    assert dict(view.recipients) == {RecipientState.SENT: RECIPIENTS, RecipientState.REFUSED: REFUSED}
    with library.store.read() as reading:
        readers = {reader.id for reader, _ in DigestsReading(reading.connection).due("9999")}
        addresses = {address for address, _ in reading.outbox.undelivered(100)}
    assert len(readers) == DIGESTS
    assert addresses == {f"refus{DIGESTS + number}@exemple.fr" for number in range(REFUSED)} | {
        f"refus{RECIPIENTS + number}@exemple.org" for number in range(REFUSED)
    }


def check_mail(storm: Storm) -> int:
    """Each address got one message; returns the number of copies, each of which a kill explains."""
    messages, deliveries = defaultdict[str, set[str]](set), defaultdict[str, list[str]](list)
    for text in storm.exim.mail:
        head = text.partition(b"\n\n")[0].decode()
        address, key = re.findall(r"^Envelope-to: (\S+)|^Message-ID: <(\S+)>", head, re.MULTILINE)
        messages[address[0]].add(key[1])
        deliveries[key[1]] += re.findall(r"^\tid (\S+)", head, re.MULTILINE)
    expected = {f"zoe{number}@exemple.fr" for number in range(DIGESTS)}
    expected |= {f"lea{number}@exemple.org" for number in range(RECIPIENTS)}
    assert set(messages) == expected
    assert {len(keys) for keys in messages.values()} == {1}, "a copy has the same Message-ID"
    for key, acceptances in deliveries.items():
        assert len(set(acceptances)) <= 1 + interrupted_attempts(storm, key)
        again = {id_ for id_ in acceptances if acceptances.count(id_) > 1}
        assert again <= storm.interrupted, "the server delivered a message twice"
    return sum(map(len, deliveries.values())) - len(expected)


def interrupted_attempts(storm: Storm, key: str) -> int:
    """How many times a text was sent, and its process or the server was killed before the process could note it."""
    events = storm.events
    texts = [place for place, words in enumerate(events) if words[0] == "text" and words[2] == key]
    return sum(is_interrupted(events, text, again) for text, again in pairwise(texts))


def is_interrupted(events: list[list[str]], text: int, again: int) -> bool:
    """Whether a kill fell into an attempt with this text, before the next one."""
    pid = events[text][1]
    start = max(place for place in range(text) if events[place] == ["try", pid])
    is_down = any(words == ["down"] for words in events[start:again]) or (
        [words[0] for words in events[:start] if words[0] in {"down", "up"}][-1:] == ["down"]
    )
    return is_down or ["killed", pid] in events[text:again]
