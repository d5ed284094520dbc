"""Mails about notices: at once, or one each morning. They name what happened and where, and quote no text of others but
the message of a request to join.

A mail is written when it is sent, with the rights of its reader at that time. What was read meanwhile is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import time
from typing import assert_never

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.email.plain_names import plain_lines, plain_name
from kb.features.notices.new_notices import NoticeRow
from kb.features.notices.notice_kinds import MailChoice, NoticeKind
from kb.features.notices.notices import Notice, bundles_of, shown_notices
from kb.features.notices.records import Notices, NoticesReading
from kb.model.items.annotation_address import annotation_path
from kb.model.people.group import Group
from kb.services.authentication.authentication import actor_of_user
from kb.services.core.library import Library, MessageKind
from kb.services.core.site_identity import shown_identity
from kb.services.email.html_email import Entry, FooterLine, HtmlEmail, Link, write_html_email
from kb.services.email.outbox import can_send_email, queue_feature_message
from kb.settings import Settings
from kb.store import OutboxMessage, Rate, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_of
from kb.store.people.invitations import JoinRequest
from kb.translation import Translator
from kb.web.ui.display_text import group_name, title_or_url
from kb.web.ui.local_time import site_time_zone

NOTICE_KIND = "notices"
DAILY_HOUR = 7
"""When the daily mail is written, in the time zone of the site."""
NOW_RATE = Rate(burst=10, every=600)
"""Mails at once to one user: ten, then one each ten minutes, with all that came meanwhile."""


def queue_mails(library: Library, now: datetime | None = None) -> int:
    """Queue the mails that are due; returns their number. None are while the site sends none."""
    if not can_send_email(library.settings):
        return 0
    moment = now or datetime.now(UTC)
    daily = timestamp_of(last_daily_time(library.settings, moment))
    queued = 0
    for mail, before in ((MailChoice.NOW, timestamp_of(moment + timedelta(seconds=1))), (MailChoice.DAY, daily)):
        with library.store.read() as reading:
            # A write transaction makes others wait.
            user_ids = [
                user_id
                for user_id in NoticesReading(reading.connection).waiting_for_mail(mail, before)
                if mail is not MailChoice.NOW or reading.rate_limits.wait([_limit_of(user_id)], time()) == 0
            ]
        for user_id in user_ids:
            with library.store.write() as writing:
                queued += _queue(writing, user_id, mail, before)
    return queued


def last_daily_time(settings: Settings, moment: datetime) -> datetime:
    """The latest time of daily mails that is not after a moment."""
    local = moment.astimezone(site_time_zone(settings)[0])
    today = local.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)


def _limit_of(user_id: str) -> tuple[str, Rate]:
    return f"notices by mail {user_id}", NOW_RATE


def _queue(writing: WriteTransaction, user_id: str, mail: MailChoice, before: str) -> bool:
    """Queue one mail with all that waits for it."""
    if mail is MailChoice.NOW and writing.rate_limits.take([_limit_of(user_id)], time()):
        return False
    account = writing.accounts.by_id(user_id)
    key = f"{user_id} {mail.value} {before}"
    Notices(writing.connection).take_for_mail(user_id, mail, before, key)
    if account is None or account.email is None or account.closed_at is not None:
        return False
    return queue_feature_message(writing, NOTICE_KIND, key, account.email, "", recipient_id=user_id)


def write_mail(library: Library, reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
    """The mail with the texts of this moment; None if nothing is left to tell."""
    actor = actor_of_user(reading, message.recipient_id or "")
    account = reading.accounts.by_id(message.recipient_id or "")
    if account is None or account.email is None:
        return None
    translator = Translator(library.settings.language)
    entries = list(_entries(library, reading, actor, message.author_key or "", translator))
    if not entries:
        return None
    gettext, base = translator.gettext, library.settings.base_url
    site = shown_identity(reading, library.settings)
    count = len(entries)
    subject = (
        entries[0].title
        if count == 1
        else translator.ngettext("%(count)s notice for you", "%(count)s notices for you", count)
    )
    settings = Link(gettext("What I am told of"), f"{base}/notices/settings")
    sender = gettext("This e-mail was sent by the program of the site: nobody reads an answer.")
    email = HtmlEmail(
        translator.language,
        subject,
        tuple(entries),
        (FooterLine(sender), FooterLine("", (Link(gettext("To see"), f"{base}/notices"), settings))),
        f"{base}/notices",
        lead=FooterLine("", (Link(site.name, base),)),
        introduction=gettext("Hello %(name)s,", name=plain_name(account.user.name)),
        accent=site.accent,
    )
    written = write_html_email(email)
    title = f"[{site.name}] {subject}"
    return replace(message, recipient=account.email, subject=title, body=written.text, html=written.html)


def _entries(
    library: Library, reading: ReadSnapshot, actor: Actor, message: str, translator: Translator
) -> Iterator[Entry]:
    store, base = NoticesReading(reading.connection), library.settings.base_url
    yield from _decisions(reading, actor, store.decisions_in_message(message), translator, base)
    bundles = bundles_of(store.in_message(actor, message))
    for notice in shown_notices(reading, actor, [list(reversed(bundle)) for bundle in bundles]):
        yield Entry(_sentence(notice, translator), base + _path(notice))


def _sentence(notice: Notice, translator: Translator) -> str:
    """What happened, and where; who hid a text is not named."""
    _, item = translator.gettext, notice.item
    name = plain_name(notice.by.shown_name if notice.by else _("A deleted account"))
    title = plain_name(title_or_url(item) if item else notice.removal.title if notice.removal else "")
    match notice.row.kind:
        case NoticeKind.REPLY:
            return _("%(name)s replied to you about “%(title)s”", name=name, title=title)
        case NoticeKind.MENTION:
            return _("%(name)s mentions you about “%(title)s”", name=name, title=title)
        case NoticeKind.NOTE:
            return _("%(name)s wrote about “%(title)s”, which you saved", name=name, title=title)
        case NoticeKind.TITLE:
            return _("%(name)s changed the title of “%(title)s”, which you saved", name=name, title=title)
        case NoticeKind.PASSAGE:
            return _("In “%(title)s”, the words of a passage of yours have changed, or are gone", title=title)
        case NoticeKind.HIDDEN:
            group = plain_name(group_name(notice.group, translator))
            return _("What you wrote or saved was hidden in “%(group)s”: “%(title)s”", group=group, title=title)
        case NoticeKind.SHOWN:
            return _("What you wrote is shown again, as you corrected it: “%(title)s”", title=title)
        case NoticeKind.REQUEST | NoticeKind.REPORT:
            raise ValueError("a decision is no notice")
        case kind:
            assert_never(kind)


def _decisions(
    reading: ReadSnapshot, actor: Actor, rows: Iterable[NoticeRow], translator: Translator, base: str
) -> Iterator[Entry]:
    """What waits for this user's decision still."""
    known: dict[str, _Waiting | None] = {}
    for row in rows:
        group_id = row.group_id or ""
        if group_id not in known:
            known[group_id] = _waiting_in(reading, actor, group_id)
        waiting = known[group_id]
        if waiting is None:
            continue
        group, name = waiting.group, plain_name(waiting.group.name)
        if row.kind is NoticeKind.REPORT:
            if (row.item_id, row.part_id) in waiting.reported:
                sentence = (
                    translator.gettext("A hidden text of “%(group)s” was corrected by its author.", group=name)
                    if row.part_id in waiting.corrected
                    else translator.gettext("Content of “%(group)s” was reported to you.", group=name)
                )
                yield Entry(sentence, f"{base}/g/{group.slug}/moderation")
        elif request := waiting.requests.get(row.by_id or ""):
            asker = plain_name(request.user.name)
            sentence = translator.gettext("%(name)s asks to join “%(group)s”", name=asker, group=name)
            lines = "\n".join(f"> {line}" for line in plain_lines(request.message or ""))
            yield Entry(sentence, f"{base}/g/{group.slug}/members", text=lines)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits in a group for the decision of a user: items and annotations, and requests by the id of who asks.
    `corrected` are the annotations that are hidden, and that their authors corrected.
    """

    group: Group
    reported: frozenset[tuple[str, str]]
    corrected: frozenset[str]
    requests: Mapping[str, JoinRequest]


def _waiting_in(reading: ReadSnapshot, actor: Actor, group_id: str) -> _Waiting | None:
    group = reading.groups.by_id(group_id)
    if group is None:
        return None
    reports = reading.moderation.reports_of(group_id) if is_allowed(actor, Action.MODERATE, group) else ()
    requests = reading.invitations.requests_of(group_id) if is_allowed(actor, Action.INVITE, group) else ()
    reported = frozenset((report.item_id, report.annotation_id or "") for report in reports)
    hidden = reading.moderation.hidden_parts(group_id, [part_id for _, part_id in reported if part_id])
    corrected = frozenset(removal.annotation_id for removal in hidden if removal.annotation_id)
    return _Waiting(group, reported, corrected, {request.user.id: request for request in requests})


def _path(notice: Notice) -> str:
    if notice.item is None or notice.row.kind is NoticeKind.HIDDEN:
        return "/notices"
    return annotation_path(notice.item, notice.row.part_id) if notice.row.part_id else f"/items/{notice.item.id}"


MESSAGE_KINDS = (MessageKind(NOTICE_KIND, write_mail),)
