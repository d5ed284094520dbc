"""How a user follows a search by e-mail, on the pages about what they follow."""

from dataclasses import dataclass, replace

from kb.features.digests.digest_schedule import Rhythm
from kb.features.digests.follows import MoreOfFollow
from kb.features.digests.records.digest_records import Digests, DigestsReading
from kb.features.digests.rhythm_choices import Choice, rhythm_choices, rhythm_of
from kb.features.digests.subscribers import EmailFollow, follow_by_email
from kb.services.core.library import Library
from kb.services.email.outbox import can_send_email
from kb.store import WriteTransaction
from kb.web.http.context import RequestContext


@dataclass(frozen=True, slots=True)
class EmailChoices:
    """How often a search comes by e-mail, to `email`, empty for an account without a confirmed address. `preferences`
    is the page with day and hour, empty before the first search.
    """

    rhythms: tuple[Choice, ...]
    email: str
    preferences: str
    refusal: str


def email_choices(context: RequestContext, parameters: str) -> EmailChoices | None:
    """The choices of the user for what has these parameters; None if the site sends no e-mail."""
    user_id = context.actor.user_id
    if user_id is None or not can_send_email(context.library.settings):
        return None
    with context.library.store.read() as reading:
        account = reading.accounts.by_id(user_id)
        records, search = DigestsReading(reading.connection), reading.followed_searches
        reader, known = records.of_user(user_id), search.by_parameters(parameters)
        rhythms = {one.search_id: one.rhythm for one in records.subscriptions(reader.id)} if reader else {}
    stored = rhythms.get(known.id, Rhythm.NEVER) if known else Rhythm.NEVER
    typed = context.typed_value("when", stored.value)
    chosen = next((rhythm for rhythm in Rhythm if rhythm.value == typed), stored)
    return EmailChoices(
        rhythm_choices(context.translator, chosen, can_end=True),
        (account.email or "") if account else "",
        context.addresses.own(f"subscription/{reader.key}") if reader else "",
        reader.refusal if reader and reader.refused_at else "",
    )


def can_get_email(context: RequestContext) -> bool:
    """Whether the site can send the user e-mails."""
    if context.actor.user_id is None or not can_send_email(context.library.settings):
        return False
    with context.library.store.read() as reading:
        account = reading.accounts.by_id(context.actor.user_id)
    return account is not None and bool(account.email)


def email_rhythms(library: Library, user_id: str) -> dict[str, Rhythm]:
    """How often a user gets each search by e-mail, by the id of the search."""
    with library.store.read() as reading:
        records = DigestsReading(reading.connection)
        reader = records.of_user(user_id)
        return {one.search_id: one.rhythm for one in records.subscriptions(reader.id)} if reader else {}


def email_follow_of_form(context: RequestContext) -> MoreOfFollow:
    """What the form of a follow changes about its e-mails; without a rhythm, their title alone. Raises Invalid."""
    when, name = context.form_value("when"), context.form_value("name")
    rhythm, user_id = rhythm_of(when) if when else None, context.actor.user_id or ""

    def put(writing: WriteTransaction, search_id: str) -> None:
        records = Digests(writing.connection)
        if rhythm is not None:
            follow_by_email(
                context.library, writing, user_id, search_id, EmailFollow(name, rhythm, context.choice.language)
            )
        elif (reader := records.of_user(user_id)) is not None:
            known = (one for one in records.subscriptions(reader.id) if one.search_id == search_id)
            for one in known:
                records.put_subscription(replace(one, title=name))

    return put
