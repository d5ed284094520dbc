"""Issues of newsletters: drafted from a list, tried out, scheduled, withdrawn."""

from dataclasses import asdict, dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict, Invalid, NotFound, translatable
from kb.features.newsletters.issue_content import (
    DraftContent,
    Sections,
    draft_content,
    readable_content,
    stored_content,
)
from kb.features.newsletters.newsletters import (
    ISSUE_GONE,
    LetterName,
    NewsletterView,
    own_issue,
    own_newsletter,
    read_newsletter,
)
from kb.features.newsletters.records.newsletter_records import (
    Issue,
    IssueState,
    Newsletters,
    NewslettersReading,
    RecipientState,
)
from kb.model.ids import new_id
from kb.model.items.item_fields import checked_text
from kb.model.items.item_list import ItemList, ItemPart
from kb.model.search_request import AddedSince, DateKind, SearchRequest, Sort
from kb.model.storable_text import check_text, one_line
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.lists.list_additions import add_to_list
from kb.services.lists.list_rights import readable_list
from kb.services.lists.lists import copy_list, create_list, lists_of_group
from kb.services.search.search import run_search
from kb.store.database.clock import timestamp_in, timestamp_now

LONGEST_SUBJECT = 150
LONGEST_INTRODUCTION = 5_000
MOST_ENTRIES = 50
"""Entries of a list that is drafted from a search."""
MOST_IN_PROGRESS = 20
"""Issues of a newsletter that are not sent yet."""
MOST_A_WEEK = 14
"""Issues of a newsletter that are sent in a week."""
_LATEST_SCHEDULE = 366.0
"""Days from now."""
_CHANGED = translatable("This issue was changed meanwhile, perhaps by another user: look at it again.")


@dataclass(frozen=True, slots=True)
class IssueText:
    """What its makers write: the subject, the introduction, and the list that is its content."""

    subject: str
    introduction: str
    item_list: str


@dataclass(frozen=True, slots=True)
class IssueView:
    """An issue for those who make it, with what it has or would have; `recipients` counts them by what became of their
    message. `own_address` is that of the actor, empty without one.
    """

    view: NewsletterView
    issue: Issue
    content: DraftContent
    recipients: dict[RecipientState, int]
    subscribers: int
    own_address: str


@dataclass(frozen=True, slots=True)
class PublishedIssue:
    """An issue that was sent, as far as the actor may read it now. `has_left_out`: something of it is not shown;
    `previous` and `following` are the numbers of the issues beside it.
    """

    view: NewsletterView
    issue: Issue
    sections: Sections
    has_left_out: bool
    previous: int | None = None
    following: int | None = None


def found_items(library: Library, actor: Actor, request: SearchRequest) -> tuple[ItemPart, ...]:
    """The first items, or passages, that a search finds. Raises Unavailable, Invalid."""
    results = run_search(library, actor, replace(request, per_page=MOST_ENTRIES, page=1))
    return tuple((row.item.id, row.annotation.id if row.annotation else None) for row in results.rows)


def items_since_last_issue(library: Library, actor: Actor, name: LetterName) -> tuple[ItemPart, ...]:
    """The items that were saved in the group since the last issue was sent, in the last 30 days before the first one;
    the newest first. Raises NotFound, LoginNeeded, Forbidden, Unavailable.
    """
    with library.store.read() as reading:
        view = own_newsletter(reading, actor, name)
        last = next(iter(NewslettersReading(reading.connection).published(view.newsletter.id, 1)), None)
    request = SearchRequest(group=(view.group.slug,), sort=Sort.RECENT, date=DateKind.ADDED)
    if last is None or last.sent_at is None:
        return found_items(library, actor, replace(request, since=AddedSince.MONTH))
    since = last.sent_at
    results = run_search(library, actor, replace(request, date_from=since[:10], per_page=MOST_ENTRIES, page=1))
    # The search knows days, and the last issue was sent in the course of one.
    return tuple((row.item.id, None) for row in results.rows if (row.item.added or "") >= since)


def group_lists(library: Library, actor: Actor, slug: str) -> tuple[tuple[ItemList, int], ...]:
    """The lists of a group from which an issue can be made, each with the number of its entries. Raises NotFound."""
    _, lists = lists_of_group(library, actor, slug)
    return tuple((item_list, count) for item_list, count in lists if not item_list.private)


def draft_issue(
    library: Library,
    actor: Actor,
    name: LetterName,
    subject: str,
    *,
    list_id: str = "",
    parts: tuple[ItemPart, ...] = (),
    introduction: str = "",
) -> Issue:
    """Make a draft from a list of the group, or from a new list with these items. Raises NotFound, LoginNeeded,
    Forbidden, Invalid, Conflict.
    """
    title = _checked_subject(subject)
    with library.store.read() as reading:
        view = own_newsletter(reading, actor, name)
    if list_id:
        _require_list(library, actor, name.group, list_id)
    else:
        made = create_list(library, actor, name.group, f"{view.newsletter.name}, {title}"[:200])
        list_id = made.id
        if parts:
            add_to_list(library, actor, list_id, parts)
    with library.store.write() as writing:
        view = own_newsletter(writing, actor, name)
        records = Newsletters(writing.connection)
        if len(records.in_progress(view.newsletter.id)) >= MOST_IN_PROGRESS:
            raise Conflict("A newsletter has at most %(limit)s issues that are not sent yet.", limit=MOST_IN_PROGRESS)
        issue = Issue(
            new_id(), view.group.id, view.newsletter.id, IssueState.DRAFT, None, title, introduction, list_id,
            timestamp_now(), actor.user_id,
        )  # fmt: skip
        records.add_issue(issue)
    return issue


def issue_of_list(library: Library, actor: Actor, name: LetterName, list_id: str) -> tuple[Issue, bool]:
    """Make a draft with the title and the introduction of a list, and say whether its content is a copy: a list that is
    private, or of elsewhere, is copied to the group of the newsletter.

    Raises NotFound, LoginNeeded, Forbidden, Invalid, Conflict.
    """
    with library.store.read() as reading:
        view = own_newsletter(reading, actor, name)
        item_list, _ = readable_list(reading, actor, list_id)
    is_copied = item_list.private or item_list.group_id != view.group.id
    if is_copied:
        item_list = copy_list(library, actor, list_id, name.group)
    subject = "".join(filter(str.isprintable, item_list.name))[:LONGEST_SUBJECT]
    issue = draft_issue(
        library, actor, name, subject, list_id=item_list.id, introduction=item_list.description[:LONGEST_INTRODUCTION]
    )
    return issue, is_copied


def issues_in_progress(library: Library, actor: Actor, name: LetterName) -> tuple[NewsletterView, tuple[Issue, ...]]:
    """A newsletter and its issues that are not sent, for those who make it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        view = own_newsletter(reading, actor, name)
        return view, NewslettersReading(reading.connection).in_progress(view.newsletter.id)


def issue_view(library: Library, actor: Actor, name: LetterName, issue_id: str) -> IssueView:
    """An issue for those who make it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        view, issue = own_issue(reading, actor, name, issue_id)
        records = NewslettersReading(reading.connection)
        recipients = dict(records.recipient_counts([issue.id]).get(issue.id, {}))
        users, addresses = records.active_count(view.newsletter.id)
        account = reading.accounts.by_id(actor.user_id)
    if issue.content is not None:
        content = DraftContent(stored_content(issue))
    else:
        content = draft_content(library, actor, view.group, issue)
    return IssueView(view, issue, content, recipients, users + addresses, (account and account.email) or "")


def change_issue(
    library: Library, actor: Actor, name: LetterName, issue_id: str, text: IssueText, *, version: int | None = None
) -> Issue:
    """Change a draft. Raises NotFound, LoginNeeded, Forbidden, Invalid; Conflict for an issue that is no draft, or of
    another version than that which the actor has read.
    """
    given = IssueText(
        _checked_subject(text.subject), checked_text(text.introduction, LONGEST_INTRODUCTION), text.item_list
    )
    _require_list(library, actor, name.group, given.item_list)
    with library.store.write() as writing:
        _, issue = own_issue(writing, actor, name, issue_id)
        _require_state(issue, IssueState.DRAFT)
        if version is not None and version != issue.version:
            raise Conflict(_CHANGED)
        after = replace(issue, version=issue.version + 1, **asdict(given))
        Newsletters(writing.connection).update_issue(after)
    return after


def schedule_issue(library: Library, actor: Actor, name: LetterName, issue_id: str, *, at: str = "") -> Issue:
    """Have a draft sent at an instant, or now. Raises NotFound, LoginNeeded, Forbidden, Invalid, Conflict."""
    now = timestamp_now()
    at = at or now
    if not now <= at <= timestamp_in(days=_LATEST_SCHEDULE):
        raise Invalid("Choose a date and an hour to come, within a year.")
    with library.store.read() as reading:
        view, issue = own_issue(reading, actor, name, issue_id)
    if not draft_content(library, actor, view.group, issue).entries:
        raise Invalid("This issue has no entry that its readers may read: add some to its list first.")
    with library.store.write() as writing:
        view, issue = own_issue(writing, actor, name, issue_id)
        _require_state(issue, IssueState.DRAFT)
        records = Newsletters(writing.connection)
        waiting = [other for other in records.in_progress(view.newsletter.id) if other.state is IssueState.SCHEDULED]
        if len(waiting) + records.sent_count(view.newsletter.id, timestamp_in(days=-7)) >= MOST_A_WEEK:
            raise Conflict("A newsletter sends at most %(limit)s issues in a week.", limit=MOST_A_WEEK)
        after = replace(
            issue,
            state=IssueState.SCHEDULED,
            scheduled_at=at,
            scheduled_by=actor.user_id,
            version=issue.version + 1,
        )
        records.update_issue(after)
    return after


def cancel_issue(library: Library, actor: Actor, name: LetterName, issue_id: str) -> Issue:
    """Make a draft again of an issue that waits. Raises NotFound, LoginNeeded, Forbidden; Conflict if it is sent."""
    with library.store.write() as writing:
        _, issue = own_issue(writing, actor, name, issue_id)
        _require_state(issue, IssueState.SCHEDULED)
        after = replace(issue, state=IssueState.DRAFT, scheduled_at=None, scheduled_by=None, version=issue.version + 1)
        Newsletters(writing.connection).update_issue(after)
    return after


def remove_issue(library: Library, actor: Actor, name: LetterName, issue_id: str) -> None:
    """Delete a draft; its list stays. Raises NotFound, LoginNeeded, Forbidden; Conflict if it is no draft."""
    with library.store.write() as writing:
        _, issue = own_issue(writing, actor, name, issue_id)
        _require_state(issue, IssueState.DRAFT)
        Newsletters(writing.connection).remove_issue(issue.id)


def withdraw_issue(library: Library, actor: Actor, name: LetterName, number: int) -> None:
    """Take an issue out of the archive, and send no more of it; moderators may do it. Its content is deleted.

    Raises NotFound, LoginNeeded, Forbidden.
    """
    with library.store.write() as writing:
        view = read_newsletter(writing, actor, name)
        require_permission(actor, Action.MODERATE, view.group)
        records = Newsletters(writing.connection)
        issue = _published(records, view, number)
        after = replace(issue, state=IssueState.WITHDRAWN, content=None, version=issue.version + 1)
        records.update_issue(after)
        write_audit_log(writing, actor, AuditEvent.ISSUE_WITHDRAWN, group_id=view.group.id, detail=issue.subject)


def published_issue(library: Library, actor: Actor, name: LetterName, number: int) -> PublishedIssue:
    """An issue of the archive. Raises NotFound."""
    with library.store.read() as reading:
        view = read_newsletter(reading, actor, name)
        records = NewslettersReading(reading.connection)
        issue = _published(records, view, number)
        sections = stored_content(issue)
        readable = readable_content(reading, actor, sections)
        beside = records.numbers_beside(view.newsletter.id, number)
    return PublishedIssue(view, issue, readable, readable != sections, *beside)


def archive(
    library: Library, actor: Actor, name: LetterName, limit: int, *, offset: int = 0
) -> tuple[NewsletterView, tuple[Issue, ...], int]:
    """A newsletter, the issues of its archive, the newest first, and their number. Raises NotFound."""
    with library.store.read() as reading:
        view = read_newsletter(reading, actor, name)
        records = NewslettersReading(reading.connection)
        return (
            view,
            records.published(view.newsletter.id, limit, offset),
            records.published_count(view.newsletter.id),
        )


def archive_of_feed(
    library: Library, actor: Actor, name: LetterName, limit: int
) -> tuple[NewsletterView, tuple[Issue, ...], str]:
    """A newsletter, its newest issues, and the authority of the ids of its feed, which stays when the site moves.

    Raises NotFound, also for a group without feeds.
    """
    with library.store.read() as reading:
        view = read_newsletter(reading, actor, name)
        if not view.group.feeds:
            raise NotFound("There is nothing at this address.")
        issues = NewslettersReading(reading.connection).published(view.newsletter.id, limit)
        return view, issues, reading.meta.get("authority") or ""


def _published(records: NewslettersReading, view: NewsletterView, number: int) -> Issue:
    issue = records.issue_of_number(view.newsletter.id, number)
    if issue is None or issue.state not in {IssueState.SENDING, IssueState.SENT}:
        raise NotFound(ISSUE_GONE)
    return issue


def _checked_subject(subject: str) -> str:
    title = one_line(check_text(subject))
    if not title or len(title) > LONGEST_SUBJECT or not title.isprintable():
        raise Invalid("The subject of an issue has 1 to %(limit)s characters.", limit=LONGEST_SUBJECT)
    return title


def _require_list(library: Library, actor: Actor, slug: str, list_id: str) -> None:
    if list_id not in {item_list.id for item_list, _ in group_lists(library, actor, slug)}:
        raise NotFound("This list does not exist, or you may not read it.")


def _require_state(issue: Issue, state: IssueState) -> None:
    if issue.state is not state:
        raise Conflict(_CHANGED)
