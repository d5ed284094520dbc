"""An issue as an e-mail message."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from secrets import token_hex
from urllib.parse import urlsplit

from kb.email.plain_names import plain_name
from kb.features.newsletters.issue_content import Sections
from kb.features.newsletters.issues import IssueView
from kb.features.newsletters.logos import email_logo
from kb.features.newsletters.newsletters import ACCENTS, archive_path
from kb.features.newsletters.records.newsletter_records import (
    Issue,
    LetterLogo,
    Newsletter,
    NewslettersReading,
    Subscriber,
    SubscriberState,
)
from kb.model.people.group import Group
from kb.press_review.review import ReviewedItem
from kb.services.core.library import Library
from kb.services.email.html_email import (
    Block,
    Button,
    Entry,
    FooterLine,
    Heading,
    HtmlEmail,
    Link,
    Paragraph,
    Quote,
    write_html_email,
)
from kb.settings import Settings
from kb.translation import Translator
from kb.web.ui.local_time import local_moment

_STOP_KEY, _SINCE = token_hex(16), token_hex(16)
"""Stand for the subscriber's own in what is written once for all; nobody who writes in an issue knows them."""

CONFIRMATION_KIND = "newsletter-confirmation"
"""The kind of the messages that ask the owner of an address."""


@dataclass(frozen=True, slots=True)
class IssueMail:
    """The message of an issue to one recipient; `left_out` are the entries that it has no room for."""

    subject: str
    text: str
    html: str
    left_out: int
    translator: Translator


def stop_address(settings: Settings, subscriber: Subscriber) -> str:
    """The address of the page that stops a newsletter."""
    return f"{settings.base_url}/letters/stop/{subscriber.stop_key}"


def list_id_of(settings: Settings, group: Group, newsletter: Newsletter) -> str:
    """The name of a newsletter for mail programs (RFC 2919)."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    return f"{newsletter.slug}.{group.slug.replace('~', '')}.letters.{host}"


@dataclass(frozen=True, slots=True)
class SentIssueText:
    """An issue, and the sections of it that its recipients may read."""

    group: Group
    newsletter: Newsletter
    issue: Issue
    sections: Sections
    logo: LetterLogo | None = None


def issue_mail(settings: Settings, sent: SentIssueText, subscriber: Subscriber) -> IssueMail:
    """An issue to a subscriber. The message is written once for all; each has a key and a date of their own."""
    day = _day(settings, sent.issue.sent_at or sent.issue.created_at)
    mail = _written(sent, settings, day)
    since, key = _day(settings, subscriber.since), subscriber.stop_key
    return replace(
        mail,
        text=mail.text.replace(_STOP_KEY, key).replace(_SINCE, since),
        html=mail.html.replace(_STOP_KEY, key).replace(_SINCE, since),
    )


def confirmation_mail(settings: Settings, site: str, newsletter: Newsletter, key: str) -> IssueMail:
    """The message that asks the owner of an address whether they want a newsletter."""
    translator = Translator(settings.language)
    _, name = translator.gettext, plain_name(newsletter.name)
    subject = _("Confirm that you want to receive “%(name)s”", name=name)
    asks = _("Somebody, probably you, wants to receive “%(name)s” from %(site)s at this address.", name=name, site=site)
    address = f"{settings.base_url}/letters/confirm/{key}"
    ends = _("If it was not you, do nothing: nothing else is sent, and your address is deleted in two days.")
    email = HtmlEmail(
        settings.language, subject, (Paragraph(asks), Button(_("Confirm"), address), Paragraph(ends)), (), address
    )
    written = write_html_email(email)
    return IssueMail(subject, written.text, written.html, 0, translator)


def preview_mail(library: Library, view: IssueView) -> IssueMail:
    """An issue as it would be sent now; its link to stop it stops nothing."""
    settings, letter = library.settings, view.view
    now = datetime.now(UTC).isoformat()
    issue = view.issue
    if issue.number is None:
        issue = replace(issue, number=letter.newsletter.last_number + 1, sent_at=now)
    nobody = Subscriber("", letter.group.id, letter.newsletter.id, SubscriberState.ACTIVE, "test", now)
    with library.store.read() as reading:
        logo = NewslettersReading(reading.connection).logo(letter.newsletter.id)
    text = SentIssueText(letter.group, letter.newsletter, issue, view.content.sections, logo)
    return issue_mail(settings, text, nobody)


@lru_cache(maxsize=8)
def _written(source: SentIssueText, settings: Settings, day: str) -> IssueMail:
    translator, newsletter, issue = Translator(settings.language), source.newsletter, source.issue
    base_url = settings.base_url
    _ = translator.gettext
    archive = base_url + archive_path(source.group, newsletter.slug)
    address = f"{archive}{issue.number}"
    stop = f"{base_url}/letters/stop/{_STOP_KEY}"
    received = _(
        "You receive this newsletter because you, or its sender for you, subscribed on %(day)s. There is no tracker: "
        "nobody knows whether you opened it.",
        day=_SINCE,
    )
    sender = ", ".join(filter(None, (newsletter.sender or source.group.name, newsletter.postal)))
    email = HtmlEmail(
        language=settings.language,
        title=newsletter.name,
        lead=FooterLine(
            _("Issue %(number)s, %(day)s", number=str(issue.number), day=day),
            (Link(_("read it on the site"), address),),
        ),
        introduction=issue.introduction,
        blocks=(*_blocks(source.sections, base_url), Button(_("Read and annotate on the site"), address)),
        footer=(
            FooterLine(received),
            FooterLine("", (Link(_("Receive it no more"), stop), Link(_("earlier issues"), archive))),
            FooterLine(f"{sender}. {_('The passages are short quotations of their authors.')}"),
        ),
        rest_url=address,
        preview=issue.introduction or issue.subject,
        accent=ACCENTS[newsletter.accent][1],
        logo=email_logo(settings, translator, source.logo, newsletter.name) if source.logo else None,
    )
    written = write_html_email(email)
    return IssueMail(issue.subject, written.text, written.html, written.left_out, translator)


def _blocks(sections: Sections, base_url: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for section in sections:
        if section.heading and (section.entries or section.text):
            blocks.append(Heading(section.heading))
        if section.text:
            blocks.append(Paragraph(section.text))
        blocks += (_entry(entry, base_url) for entry in section.entries)
    return tuple(blocks)


def _entry(item: ReviewedItem, base_url: str) -> Entry:
    """An item: what its maker and its description say, then comments, after the passages."""
    texts = (item.words, item.description, *(comment.text for comment in item.comments))
    return Entry(
        item.title,
        item.address or f"{base_url}/items/{item.id}",
        ", ".join(filter(None, (item.source, item.byline, item.published))),
        tuple(Quote(((quote.text, False),)) for quote in item.quotes),
        "\n".join(filter(None, texts)),
        item.language,
    )


def _day(settings: Settings, timestamp: str) -> str:
    """The day of an instant where the site is."""
    return Translator(settings.language).day(local_moment(settings, timestamp).date())
