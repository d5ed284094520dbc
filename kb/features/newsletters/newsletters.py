"""The newsletters of a group: its moderators make them, and its readers read what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.errors import Conflict, Invalid, NotFound, translatable
from kb.features.newsletters.records.newsletter_records import (
    Issue,
    IssueState,
    Newsletter,
    Newsletters,
    NewslettersReading,
)
from kb.model.ids import new_id
from kb.model.items.item_fields import checked_text
from kb.model.people.group import Group
from kb.model.slugs import slug_of
from kb.model.storable_text import check_text, one_line
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.store import ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_now

LETTERS = "letters"
"""The end of the address of a group's newsletters."""
MOST_NEWSLETTERS = 20
"""Of one group."""
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 1_000
LONGEST_POSTAL = 300
ACCENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "green": (translatable("Green"), "#0e5c4a"),
        "blue": (translatable("Blue"), "#1d4f91"),
        "violet": (translatable("Violet"), "#5b3a8e"),
        "red": (translatable("Red"), "#96222f"),
        "brown": (translatable("Brown"), "#6b4423"),
        "grey": (translatable("Grey"), "#45494f"),
    }
)
"""The accent colours: white text on each of them has a contrast of 7 at least."""
_GONE = "This newsletter does not exist, or you may not read it."
ISSUE_GONE = "This issue does not exist, or you may not read it."


@dataclass(frozen=True, slots=True)
class LetterName:
    """By what an address names a newsletter: the slugs of its group and its own."""

    group: str
    letter: str


@dataclass(frozen=True, slots=True)
class NewsletterText:
    """What its makers say of a newsletter. An empty slug is drawn from the name."""

    name: str
    slug: str = ""
    description: str = ""
    accent: str = "green"
    sender: str = ""
    postal: str = ""

    def checked(self) -> "NewsletterText":
        """The same, tidied. Raises Invalid."""
        name, sender = (one_line(check_text(text)) for text in (self.name, self.sender))
        if not name or len(name) > LONGEST_NAME:
            raise Invalid("The name of a newsletter has 1 to %(limit)s characters.", limit=LONGEST_NAME)
        if len(sender) > LONGEST_NAME:
            raise Invalid("The sender’s name has at most %(limit)s characters.", limit=LONGEST_NAME)
        slug = self.slug.strip() or slug_of(name)
        if slug_of(slug) != slug:
            raise Invalid("The address of a newsletter has small letters without accents, digits and hyphens.")
        if self.accent not in ACCENTS:
            raise Invalid("The request is not a form of this site.")
        description = checked_text(self.description, LONGEST_DESCRIPTION)
        postal = one_line(checked_text(self.postal, LONGEST_POSTAL))
        return NewsletterText(name, slug, description, self.accent, sender, postal)


@dataclass(frozen=True, slots=True)
class NewsletterView:
    """A newsletter of a group. `may_publish`: the actor makes and sends its issues."""

    group: Group
    newsletter: Newsletter
    may_publish: bool


def archive_path(group: Group, slug: str) -> str:
    """The path of the archive of a newsletter, for messages and feeds."""
    return f"/g/{group.slug}/{LETTERS}/{slug}/"


def newsletters_of_group(
    library: Library, actor: Actor, slug: str
) -> tuple[Group, tuple[tuple[Newsletter, Issue | None], ...], bool]:
    """A group, its newsletters, each with the issue that was sent last, and whether the actor makes them.

    Raises NotFound.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.READ, reading.groups.by_slug(slug))
        if group.is_personal:
            raise NotFound("There is nothing at this address.")
        records = NewslettersReading(reading.connection)
        letters = records.of_group(group.id)
        found = tuple((letter, next(iter(records.published(letter.id, 1)), None)) for letter in letters)
        return group, found, is_allowed(actor, Action.PUBLISH, group)


def read_newsletter(reading: ReadSnapshot, actor: Actor, name: LetterName) -> NewsletterView:
    """A newsletter that the actor may read. Raises NotFound."""
    group = require_permission(actor, Action.READ, reading.groups.by_slug(name.group))
    newsletter = NewslettersReading(reading.connection).by_slug(group.id, name.letter)
    if newsletter is None:
        raise NotFound(_GONE)
    return NewsletterView(group, newsletter, is_allowed(actor, Action.PUBLISH, group))


def own_newsletter(reading: ReadSnapshot, actor: Actor, name: LetterName) -> NewsletterView:
    """As `read_newsletter`, for an actor who makes its issues. Raises NotFound, LoginNeeded, Forbidden."""
    view = read_newsletter(reading, actor, name)
    require_permission(actor, Action.PUBLISH, view.group)
    return view


def own_issue(reading: ReadSnapshot, actor: Actor, name: LetterName, issue_id: str) -> tuple[NewsletterView, Issue]:
    """An issue in any state, for an actor who makes it. Raises NotFound, LoginNeeded, Forbidden."""
    view = own_newsletter(reading, actor, name)
    issue = NewslettersReading(reading.connection).issue(issue_id)
    if issue is None or issue.newsletter != view.newsletter.id or issue.state is IssueState.WITHDRAWN:
        raise NotFound(ISSUE_GONE)
    return view, issue


def create_newsletter(library: Library, actor: Actor, slug: str, given: NewsletterText) -> Newsletter:
    """Create a newsletter. Raises NotFound, LoginNeeded, Forbidden, Invalid; Conflict for a slug in use."""
    text = given.checked()
    with library.store.write() as writing:
        group = require_permission(actor, Action.PUBLISH, writing.groups.by_slug(slug))
        records = Newsletters(writing.connection)
        if len(records.of_group(group.id)) >= MOST_NEWSLETTERS:
            raise Conflict("A group has at most %(limit)s newsletters.", limit=MOST_NEWSLETTERS)
        if records.by_slug(group.id, text.slug) is not None:
            raise Conflict("Another newsletter of this group has the address “%(slug)s”.", slug=text.slug)
        newsletter = Newsletter(
            new_id(), group.id, text.slug, text.name, text.description, text.accent, text.sender or group.name,
            text.postal, timestamp_now(),
        )  # fmt: skip
        records.add(newsletter)
        _log(writing, actor, newsletter, AuditEvent.NEWSLETTER_CHANGED)
    return newsletter


def change_newsletter(library: Library, actor: Actor, name: LetterName, given: NewsletterText) -> Newsletter:
    """Change what is said of a newsletter; its address stays. Raises as `create_newsletter`."""
    text = given.checked()
    with library.store.write() as writing:
        view = own_newsletter(writing, actor, name)
        newsletter = replace(
            view.newsletter,
            name=text.name,
            description=text.description,
            accent=text.accent,
            sender=text.sender or view.group.name,
            postal=text.postal,
        )
        Newsletters(writing.connection).update(newsletter)
        _log(writing, actor, newsletter, AuditEvent.NEWSLETTER_CHANGED)
    return newsletter


def remove_newsletter(library: Library, actor: Actor, name: LetterName) -> Group:
    """Delete a newsletter with its archive and its subscribers; owners may do it. Raises NotFound, Forbidden."""
    with library.store.write() as writing:
        view = own_newsletter(writing, actor, name)
        require_permission(actor, Action.MANAGE, view.group)
        Newsletters(writing.connection).remove(view.newsletter.id)
        _log(writing, actor, view.newsletter, AuditEvent.NEWSLETTER_REMOVED)
    return view.group


def _log(writing: WriteTransaction, actor: Actor, newsletter: Newsletter, event: AuditEvent) -> None:
    write_audit_log(writing, actor, event, group_id=newsletter.group_id, detail=newsletter.name)
