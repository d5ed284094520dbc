"""`kb digest`: send what is new in followed searches, and see and erase readers without an account."""

import json
import time
from datetime import UTC, datetime

import click

from kb.access.actor import OPERATOR
from kb.errors import Invalid, NotFound, Unavailable
from kb.feature import CommandRun
from kb.features.digests.digest_sending import due_digests, queue_digest, settle_digests
from kb.features.digests.records.digest_records import DigestsReading
from kb.features.digests.subscribers import DIGEST_KIND, erase_subscriber
from kb.model.people.delivery import DeliveryState
from kb.services.core.library import Library
from kb.services.email.outbox import can_send_email, send_due_messages
from kb.services.followed_searches.matching import bring_up_to_date

_LONGEST_SENDING = 600.0
"""Seconds for which the command waits for its messages, which a running server may send too."""
_PAUSE = 0.2
_MOST_LISTED = 10_000


@click.group()
def digest() -> None:
    """Send what is new in followed searches by e-mail."""


@digest.command("send")
@click.option(
    "--now", "now_text", metavar="TIME", help="Send what is due at this time (2026-12-07T08:00, UTC without a zone)."
)
@click.option("--dry-run", is_flag=True, help="Count who would get a digest, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_obj
def send_command(session: CommandRun, now_text: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Send the digests that are due, for a timer of the system; a running server does so by itself."""
    if not can_send_email(session.settings):
        raise Unavailable("This site sends no e-mail: KB_MAIL_URL names no mail server.")
    now = _moment(now_text)
    with session.library() as library:
        counts = _dry_run(library, now) if dry_run else _send(library, now)
    if as_json:
        click.echo(json.dumps(counts))
        return
    sentence = "Digests: sent %(sent)s, without news %(skipped)s, refused %(refused)s, to be tried again %(failed)s."
    if dry_run:
        sentence = "Digests that would be sent: %(sent)s; without news: %(skipped)s."
    click.echo(session.translator.gettext(sentence, **counts).encode("utf-8", "backslashreplace"))


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("“%(text)s” is no time such as 2026-12-07T08:00.", text=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _dry_run(library: Library, now: datetime) -> dict[str, int]:
    bring_up_to_date(library)
    due = [bool(one.sections) for one in due_digests(library, now)]
    return {"sent": due.count(True), "skipped": due.count(False), "refused": 0, "failed": 0}


def _send(library: Library, now: datetime) -> dict[str, int]:
    settle_digests(library, now)
    bring_up_to_date(library)
    queued, skipped = list[str](), 0
    for one in due_digests(library, now):
        digest_id = queue_digest(library, one, now)
        queued += [digest_id] if digest_id else []
        skipped += digest_id is None
    states = _sent_states(library, queued)
    settle_digests(library, now)
    sent, dropped, refused = (
        states.count(state) for state in (DeliveryState.SENT, DeliveryState.DROPPED, DeliveryState.REFUSED)
    )
    failed = len(queued) - sent - dropped - refused
    return {"sent": sent, "skipped": skipped + dropped, "refused": refused, "failed": failed}


def _sent_states(library: Library, digest_ids: list[str]) -> list[DeliveryState]:
    """Send the messages; what became of each, once none of them waits for its first attempt."""
    end = time.monotonic() + _LONGEST_SENDING
    while True:
        sent = send_due_messages(library)
        with library.store.read() as reading:
            results = reading.outbox.results(DIGEST_KIND, digest_ids)
        states = [result.state for result in results.values()]
        is_waiting = DeliveryState.QUEUED in states or DeliveryState.SENDING in states
        if not is_waiting or time.monotonic() > end:
            return states
        if not sent:
            time.sleep(_PAUSE)


@digest.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.pass_obj
def list_command(session: CommandRun, *, as_json: bool) -> None:
    """List readers whose mail server refuses digests, with its answer."""
    with session.library() as library, library.store.read() as reading:
        refused = DigestsReading(reading.connection).refused(_MOST_LISTED)
        accounts = reading.accounts.by_ids(reader.user_id for reader in refused if reader.user_id)
    rows = [
        {
            "address": reader.email or (accounts[reader.user_id].email if reader.user_id in accounts else None),
            "refused_at": reader.refused_at,
            "answer": reader.refusal,
        }
        for reader in refused
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo("\t".join(str(value or "") for value in row.values()).encode("utf-8", "backslashreplace"))


@digest.command("erase")
@click.argument("address")
@click.pass_obj
def erase_command(session: CommandRun, address: str) -> None:
    """Erase the address of a reader without an account, with all that it follows."""
    with session.library() as library:
        if not erase_subscriber(library, OPERATOR, address):
            raise NotFound("No reader without an account has this address.")
    click.echo(session.translator.gettext("The address is erased.").encode("utf-8", "backslashreplace"))
