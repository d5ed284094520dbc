"""Record in the ledger of a group that a press review was sent by other means than this site's."""

from dataclasses import dataclass
from datetime import date

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.features.quotation.records import (
    Distribution,
    add_distribution,
    delete_distribution,
    distributions_of_group,
    distributions_of_list,
)
from kb.model.ids import new_id
from kb.model.items.item_list import ItemList
from kb.model.people.group import Group
from kb.press_review.review import PressReview
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.items.item_creation import writable_groups
from kb.services.lists.lists import ListView
from kb.services.lists.press_review import PressReviewOptions, press_review_of_list
from kb.store.transaction_events import ArticlesSent
from kb.translation import Translator
from kb.whole_numbers import parse_whole_number

MOST_IN_YEAR = 366
"""Press reviews that the users of a group record in a year."""
MOST_RECIPIENTS = 1_000_000
_EARLIEST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class ReviewArticles:
    """The articles of the press review of a list: the source of each, empty for none. `groups` are those in whose
    ledger the actor may record them; `recorded` what is recorded of the list already, in these.
    """

    item_list: ItemList
    sources: tuple[str, ...]
    groups: tuple[Group, ...]
    recorded: tuple[Distribution, ...]


def review_articles(library: Library, actor: Actor, list_id: str) -> ReviewArticles:
    """Raises NotFound; LoginNeeded, Forbidden for an actor who may record it in no ledger."""
    view, _, review = press_review_of_list(
        library, actor, list_id, PressReviewOptions(), Translator(library.settings.language)
    )
    groups = _groups(library, actor, view)
    with library.store.read() as reading:
        recorded = distributions_of_list(reading.connection, list_id)
    ids = {group.id for group in groups}
    return ReviewArticles(
        view.item_list,
        _sources(review),
        groups,
        tuple(one for one in recorded if one.group_id in ids),
    )


def record_distribution(
    library: Library, actor: Actor, list_id: str, *, slug: str, day: str, recipients: str, today: date
) -> None:
    """Record in the ledger of a group that so many people received a press review, as it is now, on a day until today.

    Raises NotFound, LoginNeeded, Forbidden, Invalid; Conflict if too many are recorded.
    """
    articles = review_articles(library, actor, list_id)
    group = next((group for group in articles.groups if group.slug == slug), None)
    if group is None:
        raise NotFound("This group does not exist, or you may not read it.")
    count = parse_whole_number(recipients.strip(), 0, most=MOST_RECIPIENTS)
    if not count:
        raise Invalid("The number of recipients is a number from 1 to %(most)s.", most=MOST_RECIPIENTS)
    sent = ArticlesSent(group.id, new_id(), _checked_day(day, today), articles.item_list.name, articles.sources)
    if not sent.sources:
        raise Invalid("This press review has no article.")
    with library.store.write() as writing:
        require_permission(actor, Action.PUBLISH, writing.groups.by_id(group.id))
        if len(distributions_of_group(writing.connection, group.id, sent.day[:4])) >= MOST_IN_YEAR:
            raise Conflict("A group records %(count)s press reviews in a year at most.", count=MOST_IN_YEAR)
        add_distribution(writing.connection, sent, count, list_id)
        detail = f"{sent.day}, {count}: {sent.title}"
        write_audit_log(writing, actor, AuditEvent.LEDGER_CHANGED, group_id=group.id, detail=detail)


def remove_distribution(
    library: Library, actor: Actor, slug: str, distribution: str, action: Action = Action.PUBLISH
) -> None:
    """Take out of the ledger what a user has recorded. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.write() as writing:
        group = require_permission(actor, action, writing.groups.by_slug(slug))
        delete_distribution(writing.connection, group.id, distribution)
        write_audit_log(writing, actor, AuditEvent.LEDGER_CHANGED, group_id=group.id)


def _groups(library: Library, actor: Actor, view: ListView) -> tuple[Group, ...]:
    """The group of a shared list, or for a list in the actor's own library all in whose name they may publish, the one
    with most of its items first.
    """
    if not view.group.is_personal:
        return (require_permission(actor, Action.PUBLISH, view.group),)
    groups = writable_groups(library, actor, Action.PUBLISH)
    if not groups:
        raise Forbidden("Only moderators of a group record what was sent.")
    ids = [entry.group.id for entry in view.entries if entry.group is not None]
    return tuple(sorted(groups, key=lambda group: (-ids.count(group.id), group.slug)))


def _sources(review: PressReview) -> tuple[str, ...]:
    return tuple({entry.id: entry.source for entry in review.entries}.values())


def _checked_day(day: str, today: date) -> str:
    try:
        chosen = date.fromisoformat(day.strip()[:10])
    except ValueError:
        chosen = date.max
    if chosen > today or chosen.year < _EARLIEST_YEAR:
        raise Invalid("The day of sending is a day until today.")
    return chosen.isoformat()
