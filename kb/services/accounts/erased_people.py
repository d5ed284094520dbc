"""Erased people: recognise them by keyed hashes when an imported file names them.

The key is generated once for a database and never leaves it. The hashes are useless without the key; a reader who has
the whole database can only test names one by one.
"""

import hmac
from collections.abc import Iterable
from dataclasses import replace
from secrets import token_hex

from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft
from kb.model.people.user import User
from kb.model.slugs import slug_of
from kb.store import ReadSnapshot, WriteTransaction

ERASED_TEXT = "[…]"
"""What stands in the place of words that are gone and to which others have answered, as in
`kb.store.personal_data.erasure`."""
_HASH_KEY_NAME = "forgotten_key"
_LOGIN_PREFIX = "login\0"
"""Before a login that only a login is compared with."""


def record_erased_person(
    writing: WriteTransaction, user: User, *, words: bool, names: Iterable[str] | None = None
) -> None:
    """Keep that somebody asked to be forgotten, in the transaction in which they are. `words`: with what they wrote.

    `names` are given for an account that its person deletes, who chose its login and its name: an import drops what an
    author wrote whose record gives that login, or who has one of `names`. One who only has the name of the account may
    be another author: an import leaves out their name, and keeps what they wrote.
    """
    key = writing.meta.get(_HASH_KEY_NAME)
    if key is None:
        key = token_hex(32)
        writing.meta.set(_HASH_KEY_NAME, key)
    chosen = dict.fromkeys((user.login, slug_of(user.name)), words and names is None)
    known = chosen | dict.fromkeys((_LOGIN_PREFIX + user.login, *map(slug_of, names or ())), words)
    writing.forgotten.add({_hash(key, name): with_words for name, with_words in known.items()})


class ErasedAuthors:
    """Of the authors that files name, those who asked to be forgotten."""

    def __init__(self) -> None:
        self._known: dict[AuthorDraft, bool] = {}
        self.met = False
        """Whether a file has named one of them."""

    def look_up(self, authors: Iterable[AuthorDraft], reading: ReadSnapshot) -> None:
        """Find, at once, those of these authors who asked to be forgotten; earlier ones are not looked at any more."""
        self._known.clear()
        key = reading.meta.get(_HASH_KEY_NAME)
        if key is None or reading.forgotten.is_empty():
            return
        hashes = {author: {_hash(key, name) for name in _compared_names(author)} for author in authors}
        found = reading.forgotten.known(one for some in hashes.values() for one in some)
        for author, some in hashes.items():
            if some & found.keys():
                self._known[author] = any(found.get(one, False) for one in some)
        self.met = self.met or bool(self._known)

    def __contains__(self, author: AuthorDraft) -> bool:
        return author in self._known

    def without_words(self, draft: ItemDraft) -> ItemDraft:
        """A draft without what those wrote whose words are to be forgotten too.

        Where others have answered, the passage stays, without its words.
        """
        if not any(self._known.values()):
            return draft
        kept = []
        for one in draft.annotations:
            replies = tuple(reply for reply in one.replies if not self._has_erased_words(reply.author))
            after = one if len(replies) == len(one.replies) else replace(one, replies=replies)
            if not self._has_erased_words(one.author):
                kept.append(after)
            elif replies:
                kept.append(_without_text(after))
        return replace(draft, annotations=tuple(kept))

    def _has_erased_words(self, author: AuthorDraft | None) -> bool:
        return author is not None and self._known.get(author, False)


def _without_text(one: AnnotationDraft) -> AnnotationDraft:
    if one.quote:
        return replace(one, author=None, body=None, kind=AnnotationKind.HIGHLIGHT)
    return replace(one, author=None, body=ERASED_TEXT)


def _compared_names(author: AuthorDraft) -> set[str]:
    """A login and a name as they are compared: folded; a login that is given also as one."""
    names = {slug_of(one) for one in (author.login, author.name) if one and one.strip()}
    return names | {_LOGIN_PREFIX + slug_of(author.login)} if author.login and author.login.strip() else names


def _hash(key: str, name: str) -> str:
    return hmac.new(bytes.fromhex(key), name.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
