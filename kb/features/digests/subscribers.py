"""Readers of digests: those without an account, by double opt-in, and the preferences of all.

A key opens the preferences of one reader, without a session: whoever has the message may stop it. A reader without an
account is erased when they stop all, when they do not answer after three years, or on request.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from kb.access.actor import ANONYMOUS, Actor
from kb.access.permissions import require_administrator
from kb.email.plain_names import plain_name
from kb.errors import Conflict, Invalid, InvalidLink, NotFound, translatable
from kb.features.digests.digest_content import groups_of_reader, public_groups, reader_footer
from kb.features.digests.digest_schedule import EIGHT, MONDAY, Rhythm, due_after
from kb.features.digests.records.digest_records import (
    CONFIRM_DAYS,
    DigestReader,
    Digests,
    DigestsReading,
    Subscription,
    SubscriptionRequest,
)
from kb.model.followed_search import FollowedSearch, followed_parameters, list_parameters
from kb.model.ids import new_id
from kb.model.items.item_list import ItemList
from kb.model.people.account import checked_email
from kb.model.people.secret import new_secret, secret_hash
from kb.model.search_request import SearchRequest
from kb.search.percolator import require_few_wildcards
from kb.services.core.library import Library, MessageKind
from kb.services.core.site_identity import site_name
from kb.services.email.confirmation_limits import check_request_limits, count_message
from kb.services.email.html_email import Button, HtmlEmail, Paragraph, write_html_email
from kb.services.email.outbox import can_send_email, queue_feature_message
from kb.services.followed_searches.following import follow, may_read_followed, position_of, require_readable
from kb.services.search.result_types import SearchResults
from kb.services.search.search import run_search
from kb.store import OutboxMessage, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now, timestamp_of
from kb.translation import Translator
from kb.web.ui.local_time import site_time_zone

DIGEST_KIND, CONFIRMATION, RENEWAL = "digest", "digest-confirmation", "digest-renewal"
"""The kinds of messages."""
MOST_SUBSCRIPTIONS = 100
"""Searches that one reader follows by e-mail."""
_LONGEST_TITLE = 200
_CONSENT_AGE = timedelta(days=3 * 365)
_ANSWER_TIME = timedelta(days=60)
"""How long a reader has to answer who was asked again."""
CONSENT = translatable(
    "I agree that %(site)s sends me by e-mail what is new here. My address serves this alone, and one click stops it."
)


@dataclass(frozen=True, slots=True)
class EmailFollow:
    """How a search is followed by e-mail: its name and the language of the messages, as its reader sees them."""

    title: str
    rhythm: Rhythm
    language: str


@dataclass(frozen=True, slots=True)
class FollowedByReader:
    """A search or a list that a reader follows by e-mail; None: they may not read it, or groups that it names, now."""

    subscription: Subscription
    search: FollowedSearch | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the page of preferences shows."""

    reader: DigestReader
    followed: tuple[FollowedByReader, ...]


def public_list(library: Library, list_id: str) -> ItemList:
    """A list that a stranger would follow, without its entries. Raises NotFound for one that not everyone may read."""
    with library.store.read() as reading:
        groups = public_groups(reading)
        require_readable(reading, groups, None, list_parameters(list_id))
        return reading.lists.headers([list_id])[list_id]


def public_results(library: Library, request: SearchRequest) -> SearchResults:
    """What a stranger would follow, as everyone may read it. Raises Invalid for a search that cannot be followed,
    NotFound for a group that not everyone may read.
    """
    parameters = followed_parameters(request)
    require_few_wildcards(request)
    with library.store.read() as reading:
        require_readable(reading, public_groups(reading), None, parameters)
    return run_search(library, ANONYMOUS, replace(request, per_page=1, page=1).verbatim(), followed=True)


def check_request(library: Library, client: str, email: str) -> str:
    """The address of a request, folded; counts it for the network and the site. Raises Invalid, RateLimited."""
    address = checked_email(email)
    check_request_limits(library, "digest", client)
    return address


def request_subscription(library: Library, address: str, parameters: str, wish: EmailFollow) -> None:
    """Send a message to an address, with which its owner confirms that they want to follow a search or a list.

    Call it after the answer is sent: text and time of the answer must be the same whether the address is known or not.
    Nothing is sent beyond the limits of the address.
    """
    if wish.rhythm is Rhythm.NEVER or not can_send_email(library.settings):
        return
    key, now = new_secret(), timestamp_now()
    with library.store.write() as writing:
        if not count_message(writing, "digest", address):
            return
        site, translator = site_name(writing, library.settings), Translator(wish.language)
        request = SubscriptionRequest(
            secret_hash(key), address, parameters, wish.title[:_LONGEST_TITLE], wish.rhythm,
            wish.language, translator.gettext(CONSENT, site=site), now,
        )  # fmt: skip
        Digests(writing.connection).add_request(request)
        _ = translator.gettext
        # What a stranger has typed must not look like a message of this site.
        name = plain_name(wish.title)
        email = HtmlEmail(
            wish.language,
            _("Confirm what you want to follow"),
            (
                Paragraph(
                    _(
                        "Somebody, probably you, wants to follow “%(title)s” on %(site)s by e-mail.",
                        title=name,
                        site=site,
                    )
                ),
                Button(_("Confirm"), f"{library.settings.base_url}/subscribe/{key}"),
                Paragraph(
                    _("If it was not you, do nothing: nothing else is sent, and your address is forgotten in two days.")
                ),
            ),
            (),
            library.settings.base_url,
        )
        written = write_html_email(email)
        subject = f"[{site}] {_('Confirm what you want to follow')}"
        queue_feature_message(
            writing, CONFIRMATION, request.hash, address, subject, body=written.text, html=written.html
        )


def requested_subscription(library: Library, key: str) -> tuple[SubscriptionRequest, DigestReader | None]:
    """What a key confirms, and the reader who follows it since it was confirmed. Raises InvalidLink."""
    with library.store.read() as reading:
        return _requested_subscription(reading, key)


def _requested_subscription(reading: ReadSnapshot, key: str) -> tuple[SubscriptionRequest, DigestReader | None]:
    records = DigestsReading(reading.connection)
    request = records.request(secret_hash(key))
    if request is not None and request.search_id is not None:
        if (reader := records.confirmed_by(request)) is not None:
            return request, reader
    elif request is not None and request.created_at >= timestamp_in(days=-CONFIRM_DAYS):
        return request, None
    raise InvalidLink("This link no longer works: it was used already, or is too old.")


def confirm_subscription(library: Library, key: str) -> DigestReader:
    """Follow a search for the owner of the address, who has confirmed it; to confirm again changes nothing.

    Raises InvalidLink, Conflict, Unavailable, NotFound for a group or a list that not everyone may read.
    """
    with library.store.read() as reading:
        request, confirmed = _requested_subscription(reading, key)
        if confirmed is not None:
            return confirmed
        require_readable(reading, public_groups(reading), None, request.parameters)
        records = DigestsReading(reading.connection)
        known_reader = records.by_email(request.email)
        known_search = reading.followed_searches.by_parameters(request.parameters)
        if known_reader is not None:
            _check_limit(records, known_reader, known_search.id if known_search else "")
    search_id = follow(library, parse_qsl(request.parameters))
    with library.store.write() as writing:
        request, confirmed = _requested_subscription(writing, key)
        if confirmed is not None:
            return confirmed
        now = timestamp_now()
        records = Digests(writing.connection)
        reader = records.by_email(request.email) or DigestReader(
            new_id(), new_secret(), request.language, MONDAY, EIGHT, email=request.email, consent=request.consent,
            consented_at=now,
        )  # fmt: skip
        reader = replace(reader, renewed_at=now, asked_at=None, refused_at=None, refusal="")
        records.put_reader(reader)
        _put_subscription(
            library, writing, reader, search_id, EmailFollow(request.title, request.rhythm, request.language)
        )
        records.confirm_request(request.hash, search_id)
    return reader


def follow_by_email(
    library: Library, writing: WriteTransaction, user_id: str, search_id: str, wish: EmailFollow
) -> None:
    """Set how often a user gets what is new in a search by e-mail. The caller follows it. Raises Conflict."""
    records = Digests(writing.connection)
    reader = records.of_user(user_id)
    if reader is None:
        if wish.rhythm is Rhythm.NEVER:
            return
        reader = DigestReader(new_id(), new_secret(), wish.language, MONDAY, EIGHT, user_id=user_id)
        records.put_reader(reader)
    if wish.rhythm is Rhythm.NEVER:
        records.remove_subscription(reader.id, search_id)
    else:
        _put_subscription(library, writing, reader, search_id, wish)


def stop_email_follow(writing: WriteTransaction, user_id: str, search_id: str) -> Rhythm | None:
    """Send no more about a search that a user does not follow any more; returns how often it was sent."""
    records = Digests(writing.connection)
    reader = records.of_user(user_id)
    if reader is None:
        return None
    known = {one.search_id: one.rhythm for one in records.subscriptions(reader.id)}
    records.remove_subscription(reader.id, search_id)
    return known.get(search_id)


def _put_subscription(
    library: Library, writing: WriteTransaction, reader: DigestReader, search_id: str, wish: EmailFollow
) -> None:
    records = Digests(writing.connection)
    _check_limit(records, reader, search_id)
    due_at = _next_time(library, reader, wish.rhythm)
    known = next((one for one in records.subscriptions(reader.id) if one.search_id == search_id), None)
    if known is not None and known.rhythm is wish.rhythm:
        due_at = known.due_at
    records.put_subscription(
        Subscription(
            reader.id, search_id, wish.title[:_LONGEST_TITLE], wish.rhythm, position_of(writing), due_at,
            timestamp_now(),
        )
    )  # fmt: skip


def _next_time(library: Library, reader: DigestReader, rhythm: Rhythm) -> str:
    zone, _ = site_time_zone(library.settings)
    return timestamp_of(due_after(rhythm, reader.weekday, reader.hour, datetime.now(UTC), zone))


def _check_limit(records: DigestsReading, reader: DigestReader, search_id: str) -> None:
    """Raise Conflict if a reader follows too many searches to follow this one too."""
    known = records.subscriptions(reader.id)
    if len(known) >= MOST_SUBSCRIPTIONS and all(one.search_id != search_id for one in known):
        raise Conflict(
            "The limit of searches that one follows by e-mail is reached (%(limit)s): end one first.",
            limit=MOST_SUBSCRIPTIONS,
        )


def preferences(library: Library, key: str) -> Preferences:
    """The preferences that a key opens. Raises NotFound."""
    with library.store.read() as reading:
        records = DigestsReading(reading.connection)
        reader = _reader(records, key)
        searches, groups = reading.followed_searches, groups_of_reader(reading, reader)
        followed = (
            FollowedByReader(
                one, search if may_read_followed(reading.lists, groups, reader.user_id, search.parameters) else None
            )
            for one in records.subscriptions(reader.id)
            if (search := searches.by_id(one.search_id)) is not None
        )
        return Preferences(reader, tuple(followed))


def _reader(records: DigestsReading, key: str) -> DigestReader:
    reader = records.by_key(key)
    if reader is None:
        raise NotFound("Nothing is sent through this link: the e-mails have ended already, or it is incomplete.")
    return reader


def change_preferences(library: Library, key: str, weekday: int, hour: int, rhythms: dict[str, Rhythm]) -> bool:
    """Set when a reader gets digests, and how often for each search; `never` ends one. Renews the consent.

    Answers whether the reader still follows something: one without an account who does not is erased. Raises NotFound,
    Invalid.
    """
    if weekday not in range(7) or hour not in range(24):
        raise Invalid("Choose a day of the week and an hour.")
    with library.store.write() as writing:
        records = Digests(writing.connection)
        before = _reader(records, key)
        reader = replace(before, weekday=weekday, hour=hour, refused_at=None, refusal="")
        has_same_time = (weekday, hour) == (before.weekday, before.hour)
        for one in records.subscriptions(reader.id):
            rhythm = rhythms.get(one.search_id, one.rhythm)
            if rhythm is Rhythm.NEVER:
                records.remove_subscription(reader.id, one.search_id)
            elif rhythm is not one.rhythm or not (has_same_time or rhythm is Rhythm.NOW):
                records.put_subscription(replace(one, rhythm=rhythm, due_at=_next_time(library, reader, rhythm)))
        return _renewed(writing, reader)


def _renewed(writing: WriteTransaction, reader: DigestReader) -> bool:
    records = Digests(writing.connection)
    if reader.email is not None and not records.subscriptions(reader.id):
        erase_reader(writing, reader)
        return False
    records.put_reader(replace(reader, renewed_at=timestamp_now(), asked_at=None) if reader.email else reader)
    return True


def stop_all(library: Library, key: str) -> None:
    """Stop all messages of a reader at once, also what waits to be sent; one without an account is erased. A key that
    is not known stops nothing, without an error: it was perhaps used twice.
    """
    with library.store.write() as writing:
        records = Digests(writing.connection)
        reader = records.by_key(key)
        if reader is not None:
            erase_reader(writing, reader)


def erase_reader(writing: WriteTransaction, reader: DigestReader) -> None:
    """Delete a reader, with what is kept of the same address."""
    if reader.email is not None:
        _erase_address(writing, reader.email)
    Digests(writing.connection).remove_reader(reader.id)


def _erase_address(writing: WriteTransaction, email: str) -> None:
    """Delete the requests of an address without an account, and its messages, also those that have failed."""
    Digests(writing.connection).remove_requests_of(email)
    for kind, key in writing.outbox.keys_to(email, (DIGEST_KIND, CONFIRMATION, RENEWAL)):
        writing.outbox.remove_by_key(kind, [key])


def erase_subscriber(library: Library, actor: Actor, email: str) -> bool:
    """Erase an address, with all that it follows and asked for; return whether it was known.

    Raises LoginNeeded, Forbidden, Invalid.
    """
    require_administrator(actor)
    address = checked_email(email)
    with library.store.write() as writing:
        records = Digests(writing.connection)
        reader = records.by_email(address)
        _erase_address(writing, address)
        if reader is not None:
            erase_reader(writing, reader)
    return reader is not None


def ask_idle_readers(library: Library, now: datetime) -> None:
    """Ask readers without an account, three years after they last did something, whether they want the messages still,
    and erase those who have not answered after sixty days.
    """
    before, asked_before = timestamp_of(now - _CONSENT_AGE), timestamp_of(now - _ANSWER_TIME)
    with library.store.read() as reading:
        records = DigestsReading(reading.connection)
        idle, silent = records.idle(before), records.idle(before, asked_before)
    for reader in silent:
        with library.store.write() as writing:
            if _is_unchanged(writing, reader):
                erase_reader(writing, reader)
    for reader in idle:
        with library.store.write() as writing:
            if _is_unchanged(writing, reader):
                _ask_again(library, writing, reader, now)


def _is_unchanged(reading: ReadSnapshot, before: DigestReader) -> bool:
    """Whether a reader has not answered meanwhile, and nobody else has asked them."""
    now = DigestsReading(reading.connection).reader(before.id)
    return now is not None and (now.renewed_at, now.asked_at) == (before.renewed_at, before.asked_at)


def _ask_again(library: Library, writing: WriteTransaction, reader: DigestReader, now: datetime) -> None:
    site, translator = site_name(writing, library.settings), Translator(reader.language)
    _, address = translator.gettext, f"{library.settings.base_url}/subscription/{reader.key}"
    records = Digests(writing.connection)
    email = HtmlEmail(
        reader.language,
        _("Do you still want these e-mails?"),
        (
            Paragraph(_("You have followed searches on %(site)s by e-mail for three years.", site=site)),
            Button(_("Go on"), address),
            Paragraph(_("If you do nothing, they end in sixty days, and your address is erased.")),
        ),
        reader_footer(reader, records.subscriptions(reader.id), site, library.settings.base_url),
        address,
    )
    written = write_html_email(email)
    subject = f"[{site}] {email.title}"
    key = f"{reader.id} {reader.renewed_at}"
    queue_feature_message(
        writing, RENEWAL, key, reader.email or "", subject, body=written.text, html=written.html,
        unsubscribe_url=f"{address}/stop",
    )  # fmt: skip
    records.put_reader(replace(reader, asked_at=timestamp_of(now)))


def _confirmation_at_sending(_library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """A confirmation is sent while its request waits."""
    request = DigestsReading(reading.connection).request(message.author_key or "")
    return message if request is not None and request.search_id is None else None


def _renewal_at_sending(_library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """The question is sent to a reader who has not answered it meanwhile."""
    reader_id, _, renewed_at = (message.author_key or "").partition(" ")
    reader = DigestsReading(reading.connection).reader(reader_id)
    return message if reader is not None and reader.renewed_at == renewed_at else None


SUBSCRIBER_MESSAGES = (
    MessageKind(CONFIRMATION, _confirmation_at_sending),
    MessageKind(RENEWAL, _renewal_at_sending),
)
