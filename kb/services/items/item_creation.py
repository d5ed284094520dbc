"""Keeping something in a group's library: a page by its address, or what has none."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from kb.access.actor import Action, Actor
from kb.access.permissions import may, require, require_person, sight_of
from kb.errors import Conflict
from kb.model.ids import new_id
from kb.model.items.annotation import Annotation
from kb.model.items.item import Item
from kb.model.items.item_fields import ItemFields, Words, checked_fields, checked_words
from kb.model.items.undo import Changed
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.web_pages.address import canonical_url
from kb.services.core.library import Library
from kb.services.core.write_transaction import changing
from kb.services.email.messages import Telling
from kb.services.groups.group_languages import language_by_words, languages_of
from kb.services.item_matching.removed_items import OUT
from kb.services.items.items import ItemView
from kb.services.mentions.mentions import note_mentions
from kb.services.page_fetch.page_fetch import await_for
from kb.services.undo.undo import remember
from kb.store import Reading
from kb.store.database.clock import this_instant


class AlreadyKept(Conflict):
    """The group has this very address already, as `item_id`."""

    def __init__(self, item_id: str) -> None:
        super().__init__("The group has this address already.")
        self.item_id = item_id


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept, and by which id that can be undone."""

    item: Item
    group: Group
    undo: str | None


def keep(
    library: Library,
    actor: Actor,
    slug: str,
    fields: ItemFields,
    words: Sequence[Words] = (),
    *,
    once: str = "",
    fetch_id: str | None = None,
) -> Kept:
    """Keep an item in a group, with what its sharer adds to it, in one transaction.

    `once` is a word that a form drew: sent twice with all the same in it, it keeps one item, and gives that again.
    The item waits for what its page says; `fetch_id` is the fetch that the asker had for their form, if any.
    Raises NotFound, SignInNeeded, Refused; Invalid for what cannot be kept; AlreadyKept where the group has the
    address; Conflict where it is in the bin or hidden.
    """
    given, added = checked_fields(fields), tuple(checked_words(one) for one in words)
    with changing(library, actor) as writing:
        group = require(actor, Action.CONTRIBUTE, writing.groups.by_slug(slug))
        author = author_of(actor)
        item_id = _id_of_form(author.id, slug, once, given, added) if once else new_id()
        if once and (held := writing.items.any_of([item_id]).get(item_id)) is not None:
            return Kept(held, group, None)
        address = canonical_url(given.url)
        if address is not None:
            require_new(writing, group, address)
        now = this_instant()
        item = Item(
            # What was kept so, and waits in the bin now, has this id: another item must have another one.
            id=item_id if not writing.moderation.aside_of_items([item_id]) else new_id(),
            group_id=group.id,
            order=writing.items.next_order(),
            url=given.url or None,
            title=given.title or None,
            description=given.description or None,
            author=author,
            byline=given.byline or None,
            tags=given.tags,
            added=now,
            published=given.published or None,
            source=given.source or None,
            language=given.language or None,
            annotations=tuple(annotation_of(one, author, now) for one in added),
        )
        item = with_language(item, group, library)
        writing.items.add([item])
        await_for(writing, actor, item.id, item.url, fetch_id)
        undo = remember(writing, actor, changed=[Changed(None, item)])
        for one in item.annotations:
            note_mentions(Telling(library, writing), actor, item, one.id, one.body or "")
    return Kept(item, group, undo)


def _id_of_form(user_id: str, slug: str, once: str, fields: ItemFields, words: Sequence[Words]) -> str:
    """The id of what somebody keeps by one form, the same for all the same in it; nobody can choose it."""
    said = repr((user_id, slug, once, fields, tuple(words)))
    return urlsafe_b64encode(blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).digest()).decode()


def author_of(actor: Actor) -> User:
    """Who asks, as the author of what they write. Raises SignInNeeded; Refused for a token that only reads."""
    return User(require_person(actor), actor.login, actor.name)


def annotation_of(words: Words, author: User, now: str) -> Annotation:
    """What somebody has just written, as an annotation."""
    return Annotation(
        id=new_id(),
        kind=words.kind,
        author=author,
        added=now,
        quote=words.quote or None,
        body=words.body or None,
        prefix=words.prefix or None,
        suffix=words.suffix or None,
        color=words.color or None,
    )


def with_language(item: Item, group: Group, library: Library) -> Item:
    """The item in the language of its words, where nobody has said which it is."""
    if item.language is not None and not item.language_decided:
        return item
    language = language_by_words(item, languages_of(group, library.settings))
    return replace(item, language=language, language_decided=True)


def already_kept(library: Library, actor: Actor, slug: str, url: str) -> Item | None:
    """The item of a group that has this address, if any. Raises NotFound for a group that one may not read."""
    address = canonical_url(url)
    with library.store.read() as reading:
        group = require(actor, Action.READ, reading.groups.by_slug(slug))
        return _at(reading, group, address) if address is not None else None


def holders(library: Library, actor: Actor, slug: str, url: str, limit: int) -> tuple[ItemView, ...]:
    """The items with this address in groups that one may read: that of the group first, then those of one's own."""
    address = canonical_url(url)
    if address is None:
        return ()
    mine = {one.group_id for one in actor.memberships}
    with library.store.read() as reading:
        groups = {one.id: one for one in reading.groups.in_sight(sight_of(actor)) if may(actor, Action.READ, one)}
        found = [
            ItemView(item, groups[item.group_id]) for item in reading.items.at_address(address, groups, 10 * limit)
        ]
    found.sort(key=lambda view: (view.group.slug != slug, view.group.id not in mine, view.item.order))
    return tuple(found[:limit])


def keepers(library: Library, actor: Actor) -> tuple[Group, ...]:
    """The groups where the asker may keep something, by slug: their own library first."""
    with library.store.read() as reading:
        ids = [one.group_id for one in actor.memberships]
        mine = [group for group in reading.groups.by_ids(ids).values() if may(actor, Action.CONTRIBUTE, group)]
    return tuple(sorted(mine, key=lambda group: (not group.is_personal, group.slug)))


def keeper(library: Library, actor: Actor, slug: str) -> Group:
    """A group where the asker may keep something. Raises NotFound, SignInNeeded, Refused."""
    with library.store.read() as reading:
        return require(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))


def _at(reading: Reading, group: Group, address: str) -> Item | None:
    return next(iter(reading.items.at_address(address, [group.id], 1)), None)


def require_new(reading: Reading, group: Group, address: str) -> None:
    """Raise AlreadyKept, or Conflict for what is out of the library, if the group has an address."""
    found = _at(reading, group, address)
    if found is not None:
        raise AlreadyKept(found.id)
    aside = next(iter(reading.moderation.aside_like(group.id, (), (address,), ())), None)
    if aside is not None:
        raise Conflict(OUT[aside.kind])
