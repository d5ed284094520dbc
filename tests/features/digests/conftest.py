"""A library with a mail server, and what the tests of digests do in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from kb.access.actor import OPERATOR
from kb.features.digests.digest_messages import MESSAGE_KINDS
from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.digest_sending import send_digests, settle_digests
from kb.features.digests.records.digest_records import DigestReader, DigestsReading
from kb.features.digests.subscribers import EmailFollow, follow_by_email
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.model.people.group import JoinPolicy, Visibility
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from kb.services.followed_searches.following import follow
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.items.item_creation import save_item
from kb.store.database.clock import timestamp_in
from tests.factories.group import as_
from tests.factories.moderation import a_moderated_library
from tests.support.browser_sessions import an_account
from tests.support.mail_server import PostOffice, a_post_office

SITE = "https://florilege.exemple.fr"
_TODAY = datetime.now(UTC).replace(hour=9, minute=30, second=0, microsecond=0)
MONDAY = _TODAY + timedelta(days=7 - _TODAY.weekday())
"""The next one: what is followed now is due then."""


@dataclass
class Mailing:
    """A library, its mail server, and the time that has come."""

    library: Library
    office: PostOffice
    now: datetime = MONDAY

    def follow(self, params: str, rhythm: Rhythm = Rhythm.DAILY, login: str = "zoe", title: str = "Ports") -> str:
        """Let a user follow a search by e-mail."""
        pairs = [(name, value) for name, _, value in (pair.partition("=") for pair in params.split("&"))]
        search_id = follow(self.library, pairs)
        with self.library.store.write() as writing:
            user = writing.users.by_login(login)
            assert user is not None
            follow_by_email(self.library, writing, user.id, search_id, EmailFollow(title, rhythm, "fr"))
        return search_id

    def save(self, title: str, quote: str = "", group: str = "quais") -> str:
        """Save an item with a passage; returns its id."""
        words = (AnnotationFields(quote=quote, color="pink"),) if quote else ()
        fields = ItemFields(title=title, url=f"https://exemple.fr/{abs(hash(title))}")
        return save_item(self.library, as_(self.library, "max"), group, fields, words, has_page=True).item.id

    def reader(self, login: str = "zoe") -> DigestReader:
        with self.library.store.read() as reading:
            user = reading.users.by_login(login)
            found = DigestsReading(reading.connection).of_user(user.id if user else "")
        assert found is not None
        return found

    def pass_time(self, **time: float) -> None:
        self.now += timedelta(**time)

    def send(self) -> list[EmailMessage]:
        """Send what is due; the messages that arrived."""
        before = len(self.office.taken)
        send_digests(self.library, self.now)
        self.deliver()
        return self.office.letters[before:]

    def deliver(self) -> None:
        """Send what waits in the outbox, whatever its time."""
        with self.library.store.write() as writing:
            for message in writing.outbox.due(timestamp_in(days=30), 1000):
                writing.outbox.remove([message.id])
                writing.outbox.add(replace(message, next_at=message.created_at))
        send_due_messages(self.library)
        settle_digests(self.library, self.now)

    def close_group(self) -> None:
        """Let only members read the group."""
        settings = GroupSettings("Quais", visible=Visibility.MEMBERS, join=JoinPolicy.INVITE)
        change_group(self.library, OPERATOR, "quais", settings)


@pytest.fixture(scope="session")
def post_office() -> Iterator[PostOffice]:
    with a_post_office() as office:
        yield office


@pytest.fixture
def mailing(post_office: PostOffice) -> Iterator[Mailing]:
    """A group that everyone may read; Zoé, who is no member, has an address."""
    post_office.taken.clear()
    post_office.refusals.clear()
    post_office.recipients.clear()
    kinds = {kind.name: kind for kind in MESSAGE_KINDS}
    with a_moderated_library() as library:
        an_account(library, "zoe", email="zoe@exemple.fr")
        settings = replace(library.settings, mail_url=post_office.url, base_url=SITE, mail_from="F <f@exemple.fr>")
        yield Mailing(replace(library, settings=settings, message_kinds=lambda: kinds), post_office)


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\u202f", " ").replace("\xa0", " ")


def html_of(letter: EmailMessage) -> str:
    part = letter.get_body(("html",))
    assert part is not None
    return str(part.get_content())
