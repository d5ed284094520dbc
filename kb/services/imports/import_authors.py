"""The people named in an import: users of the database, or new imported authors without an account."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from kb.model.ids import new_id
from kb.model.items.import_draft import AuthorDraft, ItemDraft
from kb.model.people.group import Group
from kb.model.people.name_skeletons import is_reserved_name, name_skeleton
from kb.model.people.user import IMPORT_MARK, User
from kb.model.slugs import is_login, slug_of
from kb.services.accounts.erased_author_hashes import ErasedAuthors
from kb.services.groups.membership import is_open_member
from kb.store import KnownName, ReadSnapshot


class ImportAuthors:
    """The authors named in one import. `author_map` maps names as written in the file to logins.

    `trusted`: an import by the operator, whose authors are matched in the whole database. A member's import can name
    the imported authors of its own group, and no member of that group.
    """

    def __init__(self, author_map: Mapping[str, str], *, trusted: bool) -> None:
        self._trusted = trusted
        self._new_user_ids: set[str] = set()
        """The ids of the authors that this import made."""
        self._member_names: dict[str, frozenset[str]] = {}
        """By the id of a group: the names of its members, in the form to compare."""
        self._mapped = {slug_of(name): login for name, login in author_map.items()}
        self._users_by_login: dict[str, User | None] = {}
        self._named: dict[tuple[AuthorDraft, str], User] = {}
        """The people of this batch by what the file says of them: a few names stand on every line."""
        self._with_account: set[str] = set()
        self._known_names: dict[str, dict[str, tuple[KnownName, ...]]] = {}
        """By the id of a group, and by the slug of a name: to whom earlier imports gave it."""
        self.given: dict[tuple[str, str], tuple[Group, User]] = {}
        """By the id of a group and the slug of a name: the users whom `author_map` means by the names of this batch."""
        self.new: list[User] = []
        self.renamed: dict[str, User] = {}
        """By id: people of the database of whom only a login was known, and of whom a file gives the name."""
        self._reported: set[str] = set()
        self.erased = ErasedAuthors()
        """Erased people named in the file: the import treats their content as without an author."""

    def look_up(self, drafts: Iterable[ItemDraft], reading: ReadSnapshot) -> None:
        """Fetch all users that these drafts name, in one query."""
        authors = {author for draft in drafts for author in draft.authors}
        # Names that the author map gives to accounts are not compared with erased people.
        self.erased.look_up((author for author in authors if self._mapped_login(author) is None), reading)
        self._learn(
            {self._login(author) for author in authors if author not in self.erased} - self._users_by_login.keys(),
            reading,
        )

    def forget(self) -> None:
        """Forget the fetched users: others may write before the next batch."""
        self._users_by_login.clear()
        self._named.clear()
        self._with_account.clear()
        self._known_names.clear()
        self.given.clear()

    def user_of(self, author: AuthorDraft | None, reading: ReadSnapshot, group: Group) -> User | None:
        """The user that a draft names: no account is used unless the author map says so, or the operator's import has
        the name of one, which an owner or the operator gave to a member.
        """
        if author is None or author in self.erased:
            return None
        key = (author, group.id)
        user = self._named.get(key)
        if user is None:
            remembered = self._remembered_user(author, reading, group)
            user = remembered or self._with_name(self._find_user(author, reading, group), author)
            self._named[key] = user
        return user

    def earlier_users(self, author: AuthorDraft | None, reading: ReadSnapshot, group: Group) -> tuple[User, ...]:
        """The users to whom earlier imports gave a name in a group: what they shared or wrote may be of the file."""
        if author is None or author in self.erased:
            return ()
        return tuple(known.user for known in self._known(author, reading, group))

    def _known(self, author: AuthorDraft, reading: ReadSnapshot, group: Group) -> Iterator[KnownName]:
        if group.id not in self._known_names:
            self._known_names[group.id] = reading.imported_names.of_group(group.id)
        known = self._known_names[group.id]
        if known:
            for slug in dict.fromkeys(slug_of(name) for name in (author.name, author.login) if name):
                yield from known.get(slug, ())

    def _remembered_user(self, author: AuthorDraft, reading: ReadSnapshot, group: Group) -> User | None:
        """The user to whom the operator's import gives a name without being told, with the rights of this moment."""
        if not self._trusted or self._mapped_login(author) is not None:
            return None
        confirmed = (known.user for known in self._known(author, reading, group) if known.confirmed)
        return next((user for user in confirmed if user.imported or is_open_member(reading, user, group)), None)

    def _with_name(self, user: User, author: AuthorDraft) -> User:
        """The user, with the name that a file gives beside the login if only the login was known."""
        may_name = self._trusted and user.login not in self._with_account and self._mapped_login(author) is None
        if not may_name or not author.login or not author.name or not _is_login_alone(user.name, user):
            return user
        if _is_login_alone(author.name, user):
            return user
        named = self._users_by_login[user.login] = replace(user, name=author.name)
        self._named.clear()
        if any(new_user.id == user.id for new_user in self.new):
            self.new = [named if new_user.id == user.id else new_user for new_user in self.new]
        else:
            self.renamed[user.id] = named
        return named

    def _find_user(self, author: AuthorDraft, reading: ReadSnapshot, group: Group) -> User:
        login = wanted = self._login(author)
        if self._mapped_login(author) is None:
            is_known = self._user(login, reading) is not None and self._is_available_login(login, reading, group)
            if is_reserved_name(login) and not is_known and not self._trusted:
                login = wanted = f"{login[:50]}-import"
            for number in count(2):
                if self._is_available_login(login, reading, group):
                    break
                login = f"{wanted[:60].rstrip('-')}-{number}"
        user = self._user(login, reading)
        if user is None:
            name = author.name or author.login or login
            user = User(new_id(), login, name if self._trusted else self._distinct(name, reading, group), imported=True)
            self._users_by_login[login] = user
            self._new_user_ids.add(user.id)
            self.new.append(user)
        if self._mapped_login(author) is not None:
            for slug in (slug_of(name) for name in (author.name, author.login) if name):
                if slug in self._mapped:
                    self.given[group.id, slug] = group, user
        return user

    def has_new_name(self, author: AuthorDraft, user: User) -> bool:
        """Whether the file gives a user another name than the database; true once for each user."""
        if not author.name or author.name == user.name or user.login in self._reported:
            return False
        if _is_login_alone(author.name, user):
            return False
        self._reported.add(user.login)
        return True

    def _is_available_login(self, login: str, reading: ReadSnapshot, group: Group) -> bool:
        user = self._user(login, reading)
        if user is None or user.id in self._new_user_ids:
            return True
        if login in self._with_account:
            return False
        # An imported author of another group may be unknown to this member: not even the name may be shown.
        return self._trusted or reading.contributions.is_in_group(user.id, group.id)

    def _distinct(self, name: str, reading: ReadSnapshot, group: Group) -> str:
        """The name of a new author, which must not look like the name of a member of the group."""
        if group.id not in self._member_names:
            members = reading.groups.members(group.id)
            self._member_names[group.id] = frozenset(name_skeleton(user.name) for user, _ in members)
        return f"{name}{IMPORT_MARK}" if name_skeleton(name) in self._member_names[group.id] else name

    def _user(self, login: str, reading: ReadSnapshot) -> User | None:
        if login not in self._users_by_login:
            self._learn({login}, reading)
        return self._users_by_login[login]

    def _learn(self, logins: set[str], reading: ReadSnapshot) -> None:
        users = reading.users.by_logins(logins) if logins else {}
        for login in logins:
            user = self._users_by_login[login] = users.get(login)
            if user is not None and reading.users.has_account(user.id):
                self._with_account.add(login)

    def _login(self, author: AuthorDraft) -> str:
        """The login that a draft asks for, before accounts are checked."""
        mapped = self._mapped_login(author)
        if mapped is not None:
            return mapped
        if author.login:
            return author.login if is_login(author.login) else slug_of(author.login)
        return slug_of(author.name or "")

    def _mapped_login(self, author: AuthorDraft) -> str | None:
        if not self._mapped:
            return None
        by_name = self._mapped.get(slug_of(author.name)) if author.name else None
        return by_name or (self._mapped.get(slug_of(author.login)) if author.login else None)


def _is_login_alone(name: str, user: User) -> bool:
    """Whether a name says no more than the login of a user."""
    return slug_of(name) == user.login and name == name.lower() and " " not in name
