"""Who an import names: people of the base, or new authors without an account."""

from collections.abc import Iterable, Mapping
from itertools import count

from kb.library.forgotten import ForgottenAuthors
from kb.model.draft import AuthorDraft, ItemDraft
from kb.model.ids import new_id
from kb.model.slugs import is_login, slug_of
from kb.model.user import User
from kb.store import Reading


class People:
    """The people of one import. `author_map` gives logins to names as they are written in the file."""

    def __init__(self, author_map: Mapping[str, str]) -> None:
        self._mapped = {slug_of(name): login for name, login in author_map.items()}
        self._known: dict[str, User | None] = {}
        self._named: dict[AuthorDraft, User] = {}
        """The people of this batch by what the file says of them: a few names stand on every line."""
        self._with_account: set[str] = set()
        self.new: list[User] = []
        self._renamed: set[str] = set()
        self.forgotten = ForgottenAuthors()
        """Those whom the file names and who asked to be forgotten: for an import they are nobody."""

    def look_up(self, drafts: Iterable[ItemDraft], reading: Reading) -> None:
        """Fetch, at once, everybody whom these drafts name."""
        authors = {author for draft in drafts for author in _authors_of(draft)}
        # Whoever says whose account a name is speaks for that account.
        self.forgotten.look_up((one for one in authors if self._mapped_login(one) is None), reading)
        self._learn({self._login(one) for one in authors if one not in self.forgotten} - self._known.keys(), reading)

    def forget(self) -> None:
        """Drop what was fetched: somebody else may write before the next batch."""
        self._known.clear()
        self._named.clear()
        self._with_account.clear()

    def user_of(self, author: AuthorDraft | None, reading: Reading) -> User | None:
        """The person that a draft names: an import speaks for nobody who has an account, unless it was told to."""
        if author is None or author in self.forgotten:
            return None
        user = self._named.get(author)
        if user is None:
            user = self._named[author] = self._found(author, reading)
        return user

    def _found(self, author: AuthorDraft, reading: Reading) -> User:
        login = self._login(author)
        if self._mapped_login(author) is None:
            for number in count(2):
                if not self._has_account(login, reading):
                    break
                login = f"{self._login(author)[:60].rstrip('-')}-{number}"
        user = self._user(login, reading)
        if user is None:
            user = User(new_id(), login, author.name or author.login or login)
            self._known[login] = user
            self.new.append(user)
        return user

    def is_news(self, author: AuthorDraft, user: User) -> bool:
        """Whether a file calls somebody otherwise than the base does; true once for each person."""
        if not author.name or author.name == user.name or user.login in self._renamed:
            return False
        self._renamed.add(user.login)
        return True

    def _has_account(self, login: str, reading: Reading) -> bool:
        self._user(login, reading)
        return login in self._with_account

    def _user(self, login: str, reading: Reading) -> User | None:
        if login not in self._known:
            self._learn({login}, reading)
        return self._known[login]

    def _learn(self, logins: set[str], reading: Reading) -> None:
        found = reading.users.by_logins(logins) if logins else {}
        for login in logins:
            user = self._known[login] = found.get(login)
            if user is not None and reading.users.has_account(user.id):
                self._with_account.add(login)

    def _login(self, author: AuthorDraft) -> str:
        """The login that a draft asks for, before accounts are looked at."""
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


def _authors_of(draft: ItemDraft) -> Iterable[AuthorDraft]:
    sharers = (one.author for one in draft.sharers)
    for author in (draft.author, *sharers, *(one.author for one in draft.annotations)):
        if author is not None:
            yield author
    for one in draft.annotations:
        yield from (reply.author for reply in one.replies if reply.author is not None)
