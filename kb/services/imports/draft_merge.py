"""Merge a draft into an item. Pure: people and ids are given by the caller."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias, TypeVar

from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, ReplyDraft
from kb.model.items.item import Item, Sharing
from kb.model.people.user import User
from kb.model.web_pages.address import canonical_url
from kb.services.item_matching.truncated_titles import is_truncation_of

Held = TypeVar("Held", Annotation, Reply)
Draft = TypeVar("Draft", AnnotationDraft, ReplyDraft)
ComparedWords: TypeAlias = tuple[str | None, ...]


class MergeContext(Protocol):
    """What a merge needs from the import around it."""

    def user(self, author: AuthorDraft | None) -> User | None:
        """The user that a draft names."""

    def annotation_id(self, wanted: str | None) -> str:
        """An id for a new annotation or reply: the wanted one, if it is free."""

    @property
    def may_set_authors(self) -> bool:
        """Whether the import may set the author and the date of existing texts."""

    def may_change(self, author: User | None) -> bool:
        """Whether the import may change texts of this author."""


def new_item(draft: ItemDraft, item_id: str, group_id: str, order: int, naming: MergeContext) -> Item:
    """The new item of a draft."""
    item = Item(
        id=item_id,
        group_id=group_id,
        order=order,
        author=naming.user(draft.author),
        tags=_union_of_tags((), draft.tags or ()),
        added=draft.added,
        updated=draft.updated,
        views=draft.views or 0,
        sharers=_merged_sharers((), naming.user(draft.author), draft, naming),
        annotations=tuple(_new_annotation(one, naming) for one in draft.annotations),
    )
    return with_record_values(item, record_values(draft))


def merge_draft(item: Item, draft: ItemDraft, naming: MergeContext) -> Item:
    """Merge a draft into an item: missing fields erase nothing, and no annotation is removed.

    A draft with the item's id replaces its fields. Any other draft only adds to it: the first sharer and the date stay,
    and tags are united. The view count never decreases.
    """
    same_id = draft.id == item.id
    kept: set[str] = set()
    if _same_address(draft, item) and not same_id:
        kept.add("url")
    if is_truncation_of(draft.title, item.title):
        kept.add("title")
    if _has_weaker_source(draft, item):
        kept |= {"source", "published"}
    record = {
        name: old if name in kept else _new_or_old(getattr(draft, name), old, same_id)
        for name, old in record_values(item).items()
    }
    return replace(
        with_record_values(item, record),
        author=(naming.user(draft.author) or item.author) if same_id or item.author is None else item.author,
        tags=_merged_tags(item, draft),
        added=_new_or_old(draft.added, item.added, same_id) if same_id or item.added is None else item.added,
        updated=_new_or_old(draft.updated, item.updated, same_id),
        # An export repeats languages that the program detected: such a value was not entered by a user.
        language_decided=item.language_decided and record["language"] == item.language,
        views=max(item.views, draft.views or 0),
        sharers=_merged_sharers(item.sharers, item.author, draft, naming),
        annotations=_merged_annotations(item.annotations, draft.annotations, naming),
    )


def _merged_sharers(
    held: tuple[Sharing, ...], author: User | None, draft: ItemDraft, naming: MergeContext
) -> tuple[Sharing, ...]:
    """The other users who shared an item: those in the database, then those that the draft adds."""
    sharers = {one.user.id: one for one in held}
    for one in draft.sharers:
        user = naming.user(one.author)
        if user is not None and (author is None or user.id != author.id):
            sharers.setdefault(user.id, Sharing(user, one.added))
    return tuple(sharers.values())


def _new_or_old(new: str | None, old: str | None, same_id: bool) -> str | None:
    """The new value if one is given. An empty text counts only if the draft has the item's id."""
    return old if new is None or (not new and not same_id) else new


def _same_address(draft: ItemDraft, item: Item) -> bool:
    return canonical_url(draft.url) == canonical_url(item.url)


def _has_weaker_source(draft: ItemDraft, item: Item) -> bool:
    """Whether the draft's source and date, read from a comment, meet existing ones."""
    return draft.read_from_comment and (item.source is not None or item.published is not None)


def _merged_tags(item: Item, draft: ItemDraft) -> tuple[str, ...]:
    if draft.tags is None:
        return item.tags
    return _union_of_tags((), draft.tags) if draft.id == item.id else _union_of_tags(item.tags, draft.tags)


def _union_of_tags(tags: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Tags without duplicates, in their order; tags that differ only in letter case are the same. Blank tags are
    dropped.
    """
    seen: dict[str, str] = {}
    for tag in (*tags, *more):
        if tag.strip():
            seen.setdefault(tag.casefold(), tag)
    return tuple(seen.values())


def _merged_annotations(
    held: tuple[Annotation, ...], drafts: tuple[AnnotationDraft, ...], naming: MergeContext
) -> tuple[Annotation, ...]:
    """The existing annotations, completed, then the new ones, in their order."""
    pairs = _match_drafts(held, drafts, _words_of_annotation, naming)
    after = [
        held_one if (draft := pairs.get(place)) is None else _merged_annotation(held_one, draft, naming)
        for place, held_one in enumerate(held)
    ]
    known = set(map(id, pairs.values()))
    return (*after, *(_new_annotation(draft, naming) for draft in drafts if id(draft) not in known))


def _merged_annotation(held: Annotation, draft: AnnotationDraft, naming: MergeContext) -> Annotation:
    same_id = draft.id == held.id
    replies = _merged_replies(held.replies, draft.replies, naming)
    if not naming.may_change(held.author):
        return replace(held, replies=replies)
    return Annotation(
        id=held.id,
        kind=draft.kind if same_id else held.kind,
        author=_merged_author(held, draft, naming),
        added=_merged_added(held, draft, naming),
        quote=_merged_value(held.quote, draft.quote, same_id),
        body=_merged_value(held.body, draft.body, same_id),
        prefix=_merged_value(held.prefix, draft.prefix, same_id),
        suffix=_merged_value(held.suffix, draft.suffix, same_id),
        color=_merged_value(held.color, draft.color, same_id),
        replies=replies,
    )


def _merged_author(held: Annotation | Reply, draft: AnnotationDraft | ReplyDraft, naming: MergeContext) -> User | None:
    """The author of an existing text. A member's import cannot attribute texts to other users."""
    if naming.may_set_authors and (draft.id == held.id or held.author is None):
        return naming.user(draft.author) or held.author
    return held.author


def _merged_added(held: Annotation | Reply, draft: AnnotationDraft | ReplyDraft, naming: MergeContext) -> str | None:
    return _merged_value(held.added, draft.added, draft.id == held.id) if naming.may_set_authors else held.added


def _merged_value(old: str | None, new: str | None, same_id: bool) -> str | None:
    return new if new is not None and (same_id or old is None) else old


def _merged_replies(held: tuple[Reply, ...], drafts: tuple[ReplyDraft, ...], naming: MergeContext) -> tuple[Reply, ...]:
    pairs = _match_drafts(held, drafts, _words_of_reply, naming)
    after = [
        held_one if (draft := pairs.get(place)) is None else _merged_reply(held_one, draft, naming)
        for place, held_one in enumerate(held)
    ]
    known = set(map(id, pairs.values()))
    return (*after, *(_new_reply(draft, naming) for draft in drafts if id(draft) not in known))


def _merged_reply(held: Reply, draft: ReplyDraft, naming: MergeContext) -> Reply:
    if not naming.may_change(held.author):
        return held
    body = draft.body if draft.id == held.id else held.body
    return Reply(held.id, _merged_author(held, draft, naming), _merged_added(held, draft, naming), body)


def _new_annotation(draft: AnnotationDraft, naming: MergeContext) -> Annotation:
    return Annotation(
        id=naming.annotation_id(draft.id),
        kind=draft.kind,
        author=naming.user(draft.author),
        added=draft.added,
        quote=draft.quote,
        body=draft.body,
        prefix=draft.prefix,
        suffix=draft.suffix,
        color=draft.color,
        replies=tuple(_new_reply(reply, naming) for reply in draft.replies),
    )


def _new_reply(draft: ReplyDraft, naming: MergeContext) -> Reply:
    return Reply(naming.annotation_id(draft.id), naming.user(draft.author), draft.added, draft.body)


def _words_of_annotation(one: Annotation | AnnotationDraft) -> ComparedWords:
    return (one.kind, one.quote, one.body)


def _words_of_reply(one: Reply | ReplyDraft) -> ComparedWords:
    return (one.body,)


def _match_drafts(
    held: Sequence[Held],
    drafts: Sequence[Draft],
    words_of: Callable[[Held | Draft], ComparedWords],
    naming: MergeContext,
) -> dict[int, Draft]:
    """Match drafts to existing annotations, by position: by id, otherwise by the same text and, if both have one,
    author.
    """
    places = {one.id: place for place, one in enumerate(held)}
    pairs: dict[int, Draft] = {}
    others: list[Draft] = []
    for draft in drafts:
        place = places.get(draft.id) if draft.id is not None else None
        if place is None or place in pairs:
            others.append(draft)
        else:
            pairs[place] = draft
    free: defaultdict[ComparedWords, list[int]] = defaultdict(list)
    for place, one in enumerate(held):
        if place not in pairs:
            free[words_of(one)].append(place)
    for draft in others:
        candidates = free.get(words_of(draft))
        if not candidates:
            continue
        author = naming.user(draft.author)
        found = _best_match(held, candidates, author.login if author else None)
        if found is not None:
            candidates.remove(found)
            pairs[found] = draft
    return pairs


def _best_match(
    held: Sequence[Annotation] | Sequence[Reply], candidates: Sequence[int], login: str | None
) -> int | None:
    """Of annotations with the same text: one by this author, otherwise one without an author; any if the draft has no
    author.
    """
    if login is None:
        return candidates[0]
    authors = {place: held[place].author for place in candidates}
    own = (place for place, author in authors.items() if author is not None and author.login == login)
    return next(own, next((place for place, author in authors.items() if author is None), None))
