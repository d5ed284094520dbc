"""The logo of a newsletter: in its messages as a part of them, so that nothing is fetched, and in its archive."""

from hashlib import blake2b
from urllib.parse import urlsplit

from kb.access.actor import Actor
from kb.features.newsletters.newsletters import LetterName, own_newsletter, read_newsletter
from kb.features.newsletters.records.newsletter_records import LetterLogo, Newsletters, NewslettersReading
from kb.images.logo import read_logo
from kb.model.inline_picture import InlinePicture
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.email.html_email import EmailLogo
from kb.settings import Settings
from kb.store import ReadSnapshot
from kb.translation import Translator

LARGEST_UPLOAD = 500_000
"""Bytes of an image that is sent."""
_WIDEST, _HIGHEST = 300, 80
"""Pixels of the logo in a message and on a page."""


def set_logo(library: Library, actor: Actor, name: LetterName, content: bytes) -> None:
    """Give a newsletter the logo of an upload; without content, take its logo away.

    Raises NotFound, LoginNeeded, Forbidden; Invalid for what is no image.
    """
    with library.store.read() as reading:
        own_newsletter(reading, actor, name)
    image = read_logo(content) if content else None
    with library.store.write() as writing:
        newsletter = own_newsletter(writing, actor, name).newsletter
        records = Newsletters(writing.connection)
        if image is None:
            records.remove_logo(newsletter.id)
        else:
            digest = blake2b(image.png, digest_size=8).hexdigest()
            logo = LetterLogo(newsletter.id, newsletter.group_id, digest, image.width, image.height)
            records.set_logo(logo, image.png)
        event = AuditEvent.NEWSLETTER_CHANGED
        write_audit_log(writing, actor, event, group_id=newsletter.group_id, detail=newsletter.name)


def logo_png(library: Library, actor: Actor, name: LetterName) -> bytes:
    """The image of a newsletter that the actor may read; empty without one. Raises NotFound."""
    with library.store.read() as reading:
        view = read_newsletter(reading, actor, name)
        return NewslettersReading(reading.connection).logo_png(view.newsletter.id)


def shown_size(logo: LetterLogo) -> tuple[int, int]:
    """Width and height at which the logo is shown."""
    scale = min(1, _WIDEST / logo.width, _HIGHEST / logo.height)
    return max(1, round(logo.width * scale)), max(1, round(logo.height * scale))


def logo_text(translator: Translator, name: str) -> str:
    """What is read instead of the logo of this newsletter."""
    return translator.gettext("Logo of “%(name)s”", name=name)


def email_logo(settings: Settings, translator: Translator, logo: LetterLogo, name: str) -> EmailLogo:
    """The logo in the HTML part of a message."""
    return EmailLogo(_content_id(settings, logo), logo_text(translator, name), *shown_size(logo))


def inline_pictures(settings: Settings, reading: ReadSnapshot, newsletter_id: str) -> tuple[InlinePicture, ...]:
    """The logo as a part of a message, if there is one."""
    records = NewslettersReading(reading.connection)
    logo = records.logo(newsletter_id)
    return (InlinePicture(_content_id(settings, logo), records.logo_png(newsletter_id)),) if logo else ()


def _content_id(settings: Settings, logo: LetterLogo) -> str:
    return f"logo.{logo.digest}@{urlsplit(settings.base_url).hostname or 'localhost'}"
