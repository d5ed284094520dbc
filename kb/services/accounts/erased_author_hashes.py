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
"""The text that replaces erased texts with replies, as in `kb.store.personal_data.erasure`."""
_HASH_KEY_NAME = "erased_people_key"
_LOGIN_PREFIX = "login\0"
"""The prefix of a login that is compared with logins only."""


def record_erased_person(
    writing: WriteTransaction, user: User, *, words: bool, names: Iterable[str] | None = None
) -> None:
    """Store the keyed hashes of an erased person, in the transaction of the erasure. `words`: their texts are erased
    too.

    `names` are given if users delete their own account, because they chose its login and name: an import drops texts
    whose author's record gives that login, or has one of `names`. An author with only the name of the account may be
    another person: an import leaves out the name, and keeps the texts.
    """
    key = writing.meta.get(_HASH_KEY_NAME)
    if key is None:
        key = token_hex(32)
        writing.meta.set(_HASH_KEY_NAME, key)
    selected = dict.fromkeys((user.login, slug_of(user.name)), words and names is None)
    known = selected | dict.fromkeys((_LOGIN_PREFIX + user.login, *map(slug_of, names or ())), words)
    writing.erased_people.add({_hash(key, name): with_words for name, with_words in known.items()})


class ErasedAuthors:
    """The erased people among the authors that imported files name."""

    def __init__(self) -> None:
        self._is_erased: dict[AuthorDraft, bool] = {}
        self.met = False
        """Whether a file has named one of them."""

    def look_up(self, authors: Iterable[AuthorDraft], reading: ReadSnapshot) -> None:
        """Look up which of these authors were erased, in one query; authors looked up before are skipped."""
        self._is_erased.clear()
        key = reading.meta.get(_HASH_KEY_NAME)
        if key is None or reading.erased_people.is_empty():
            return
        hashes = {author: {_hash(key, name) for name in _compared_names(author)} for author in authors}
        known = reading.erased_people.known(hash_ for some in hashes.values() for hash_ in some)
        for author, some in hashes.items():
            if some & known.keys():
                self._is_erased[author] = any(known.get(hash_, False) for hash_ in some)
        self.met = self.met or bool(self._is_erased)

    def __contains__(self, author: AuthorDraft) -> bool:
        return author in self._is_erased

    @property
    def have_texts(self) -> bool:
        """Whether texts of some of the authors that were looked up are erased."""
        return any(self._is_erased.values())

    def without_texts(self, draft: ItemDraft) -> ItemDraft:
        """The draft without the erased authors' texts; an annotation with replies of others stays, without its text."""
        remaining = []
        for annotation in draft.annotations:
            replies = tuple(reply for reply in annotation.replies if not self._has_erased_texts(reply.author))
            after = annotation if len(replies) == len(annotation.replies) else replace(annotation, replies=replies)
            if not self._has_erased_texts(annotation.author):
                remaining.append(after)
            elif replies:
                remaining.append(_without_text(after))
        return replace(draft, annotations=tuple(remaining))

    def _has_erased_texts(self, author: AuthorDraft | None) -> bool:
        return author is not None and self._is_erased.get(author, False)


def _without_text(annotation: AnnotationDraft) -> AnnotationDraft:
    if annotation.quote:
        return replace(annotation, author=None, body=None, kind=AnnotationKind.HIGHLIGHT)
    return replace(annotation, author=None, body=ERASED_TEXT)


def _compared_names(author: AuthorDraft) -> set[str]:
    """An author's login and name in the form to compare: folded; a given login also with the prefix for logins only."""
    names = {slug_of(name) for name in (author.login, author.name) if name and name.strip()}
    return names | {_LOGIN_PREFIX + slug_of(author.login)} if author.login and author.login.strip() else names


def _hash(key: str, name: str) -> str:
    return hmac.new(bytes.fromhex(key), name.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
