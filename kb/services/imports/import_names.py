"""The names in a file: how often each stands there, and the accounts that the user says they mean.

A member may say that a name is their own. Only an owner of the group, or an administrator, may say that it is another
member's: otherwise anyone could put words into the mouth of others. The right is judged when the user says so and again
while the import runs.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, RecordWarning
from kb.model.items.import_job import ImportedName
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.slugs import slug_of
from kb.services.groups.membership import is_open_member, role_in_group
from kb.services.imports.import_quotas import MOST_ITEMS_A_DAY
from kb.store import ReadSnapshot

MOST_NAMES = 50
"""Names of a preview, the most frequent ones; the rest stay as the file gives them."""
_LONGEST_NAME = 200
"""Characters of a name that can be given to an account."""
_MOST_TITLES = 5
LONGEST_TITLE = 200
_MOST_COUNTED = 5_000
"""Different names that are counted in one file."""


@dataclass(slots=True)
class DraftCounts:
    """Counts the passages, the comments (with replies) and the names of drafts on their way, and collects the titles
    of the first ones.
    """

    passages: int = 0
    comments: int = 0
    titles: list[str] = field(default_factory=list)
    _drafts: int = 0
    _items: Counter[str] = field(default_factory=Counter)
    _texts: Counter[str] = field(default_factory=Counter)

    def counting(self, drafts: Iterator[ItemDraft | RecordWarning]) -> Iterator[ItemDraft | RecordWarning]:
        """Pass the drafts on. Raises Invalid for more of them than a user may import in a day."""
        for draft in drafts:
            if isinstance(draft, ItemDraft):
                self._count(draft)
            yield draft

    def names(self, own_names: tuple[str, ...], user_id: str) -> tuple[ImportedName, ...]:
        """The most frequent names; those that the user gave as their own have the user's id."""
        own = {slug_of(name) for name in own_names}
        both = self._items + self._texts
        return tuple(
            ImportedName(name, self._items[name], self._texts[name], user_id if slug_of(name) in own else "")
            for name, _ in both.most_common(MOST_NAMES)
        )

    def _count(self, draft: ItemDraft) -> None:
        self._drafts += 1
        if self._drafts > MOST_ITEMS_A_DAY:
            raise Invalid("This file has more than %(limit)s items: send it in parts.", limit=MOST_ITEMS_A_DAY)
        if len(self.titles) < _MOST_TITLES:
            self.titles.append((draft.title or draft.url or "")[:LONGEST_TITLE])
        _count_author(self._items, draft.author)
        for part in draft.parts:
            is_passage = isinstance(part, AnnotationDraft) and part.kind is not AnnotationKind.COMMENT
            self.passages += is_passage
            self.comments += not is_passage
            _count_author(self._texts, part.author)


def _count_author(counter: Counter[str], author: AuthorDraft | None) -> None:
    name = (author.name or author.login or "").strip() if author else ""
    if 0 < len(name) <= _LONGEST_NAME and (name in counter or len(counter) < _MOST_COUNTED):
        counter[name] += 1


def may_name_others(actor: Actor, group: Group) -> bool:
    """Whether the actor may say that a name is another person's."""
    return is_allowed(actor, Action.MANAGE, group) and not group.is_personal


def named_accounts(
    reading: ReadSnapshot, actor: Actor, group: Group, names: tuple[ImportedName, ...], logins: Mapping[int, str]
) -> tuple[ImportedName, ...]:
    """The names with the accounts of these logins, by the number of the name; an empty login is no account.

    Raises Forbidden for another's account without the right, NotFound for an unknown one, Conflict for one that is not
    a member.
    """
    result = list(names)
    for number, typed in logins.items():
        if 0 <= number < len(result):
            login = typed.strip().casefold()[:_LONGEST_NAME]
            user = _account_named(reading, actor, group, login) if login else None
            result[number] = replace(result[number], user_id=user.id if user else "")
    return tuple(result)


def with_remembered_accounts(
    reading: ReadSnapshot, actor: Actor, group: Group, names: tuple[ImportedName, ...]
) -> tuple[ImportedName, ...]:
    """The names, those without account with the one to whom an earlier import gave them.

    That is an open account of a member: the actor's own, or, if the actor may name others, the one that somebody with
    this right chose last.
    """
    known = reading.imported_names.of_group(group.id)

    def account_of(name: str) -> str:
        may_name = may_name_others(actor, group)
        users = (
            entry.user
            for entry in known.get(slug_of(name), ())
            if entry.user.id == actor.user_id or (entry.confirmed and may_name)
        )
        return next((user.id for user in users if is_open_member(reading, user, group)), "")

    return tuple(name if name.user_id else replace(name, user_id=account_of(name.name)) for name in names)


def author_map_of(reading: ReadSnapshot, actor: Actor, group: Group, names: tuple[ImportedName, ...]) -> dict[str, str]:
    """The logins by name, for an import. Raises as `named_accounts` if a right was lost since."""
    users = reading.users.by_ids({name.user_id for name in names if name.user_id})
    missing = next((name for name in names if name.user_id and name.user_id not in users), None)
    if missing is not None:
        raise NotFound("There is no account “%(login)s”.", login=missing.name)
    return {
        name.name: _account_named(reading, actor, group, users[name.user_id].login).login
        for name in names
        if name.user_id
    }


def _account_named(reading: ReadSnapshot, actor: Actor, group: Group, login: str) -> User:
    if login != actor.login and not may_name_others(actor, group):
        raise Forbidden("Only an owner of the group says that a name is another person’s.")
    account = reading.accounts.by_login(login)
    if account is None or account.closed_at is not None:
        raise NotFound("There is no account “%(login)s”.", login=login[:100])
    if account.user.id != actor.user_id and role_in_group(reading, account.user.id, group.id) is None:
        raise Conflict("“%(name)s” is not a member of this group: invite them first.", name=account.user.name)
    return account.user
