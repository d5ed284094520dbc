"""Merge the draft of an imported record into an item."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from kb.access.actor import Actor
from kb.model.bibliographic_record import record_values, with_record_values
from kb.model.dates import stored_instant
from kb.model.ids import is_id, new_id
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.import_draft import (
    AnnotationDraft,
    AuthorDraft,
    ItemDraft,
    RecordWarning,
    ReplyDraft,
    draft_warning,
)
from kb.model.items.import_source import DiigoFile
from kb.model.items.item import Item, Sharing
from kb.model.items.reply_threads import parents_of, with_thread_ids
from kb.model.people.user import User
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.imports.allowed_changes import is_written_by_actor
from kb.services.imports.diigo_annotation_merge import AnnotationRules, merged_annotations
from kb.services.imports.diigo_item_merge import DiigoRun, merged_diigo_item, sources_of_new_item, unclear_times
from kb.services.imports.import_authors import ImportAuthors
from kb.services.imports.part_ids import ids_in_group, with_part_ids
from kb.services.item_matching.item_matching import KnownItems, PlacedDraft
from kb.services.item_matching.truncated_titles import is_truncation_of
from kb.store import ReadSnapshot

Text = TypeVar("Text", Annotation, Reply)
Draft = TypeVar("Draft", AnnotationDraft, ReplyDraft)
Value = TypeVar("Value")
_DAY = len("2014-11-07")
_ANNOTATION_TEXTS = ("quote", "body", "prefix", "suffix", "color", "updated", "tags", "selectors")
ComparedWords: TypeAlias = tuple[str | None, ...]

_UNCLEAR_TIME = (
    "The CSV’s time %(time)s may be that of several people who shared this page: each keeps the day of the other file."
)

_TAKEN_ID = "The id “%(id)s” is another annotation's: this one got a new one."


@dataclass(frozen=True, slots=True)
class DraftMerge:
    """The merge of one record, with the people and the ids that it names; each fault is reported with its line.

    Only for the operator, a warning may name content of other groups.
    """

    people: ImportAuthors
    known: KnownItems
    reading: ReadSnapshot
    placed: PlacedDraft
    warn: Callable[[RecordWarning], None]
    actor: Actor
    diigo_run: DiigoRun
    part_ids: dict[str, str] = field(default_factory=dict)
    """The ids that annotations and replies have here, by those that the draft wanted, where they differ."""

    def with_ids_here(self, draft: ItemDraft, item: Item | None) -> ItemDraft:
        """The draft with the ids of its group for texts whose ids others have; `item` is the one that it matches."""
        ids = ids_in_group(draft, item, self.placed.group.id, self.known, self.reading)
        own = {part.id for part in item.parts} if item is not None else set[str]()
        for part in draft.parts if ids and self.actor.operator else ():
            if part.id in ids and ids[part.id] not in own:
                self.warn(draft_warning(draft, _TAKEN_ID, id=part.id))
        return with_part_ids(draft, ids)

    def new_item(self, draft: ItemDraft, item_id: str, order: int, detected: str | None) -> Item:
        """The new item of a draft; `detected` is its language if the draft gives none."""
        author = self.user(draft.author)
        record: dict[str, Any] = record_values(draft)
        if detected is not None:
            record["language"] = detected
        item = Item(
            id=item_id,
            group_id=self.placed.group.id,
            order=order,
            author=author,
            tags=_united_tags(draft.tags or ()),
            added=draft.added,
            updated=draft.updated,
            views=draft.views or 0,
            sharers=self._merged_sharers((), author, draft),
            annotations=tuple(map(self._new_annotation, draft.annotations)),
            language_decided=detected is not None,
            import_sources=sources_of_new_item(draft, author),
            **record,
        )
        if draft.diigo_file is not None:
            self.diigo_run.give_new(item, draft.diigo_file)
        return item

    def merged_item(self, item: Item, draft: ItemDraft) -> Item:
        """Merge a draft into an item: missing fields erase nothing, and no annotation is removed.

        A draft with the item's id replaces its fields. Any other draft only adds to it: the first sharer and the date
        stay, and tags are united. The view count never decreases.
        """
        if draft.diigo_file is not None and self.actor.operator:
            after = merged_diigo_item(
                item, draft, draft.diigo_file, self.diigo_run, self._annotation_rules(draft.diigo_file, item)
            )
            for time in sorted(unclear_times(after) - unclear_times(item)):
                self.warn(draft_warning(draft, _UNCLEAR_TIME, time=time))
            return replace(after, tags=_united_tags(after.tags))
        same_id = draft.id == item.id
        unchanged_names: set[str] = set()
        if canonical_url(draft.url) == canonical_url(item.url) and not same_id:
            unchanged_names.add("url")
        if is_truncation_of(draft.title, item.title):
            unchanged_names.add("title")
        if draft.read_from_comment and (item.source is not None or item.published is not None):
            unchanged_names |= {"source", "published"}
        record = {
            name: old if name in unchanged_names else _new_or_old(getattr(draft, name), old, same_id)
            for name, old in record_values(item).items()
        }
        tags = item.tags if draft.tags is None else _united_tags(draft.tags if same_id else (*item.tags, *draft.tags))
        return replace(
            with_record_values(item, record),
            author=(self.user(draft.author) or item.author) if same_id or item.author is None else item.author,
            tags=tags,
            added=_new_or_old(draft.added, item.added, same_id) if same_id or item.added is None else item.added,
            updated=_new_or_old(draft.updated, item.updated, same_id),
            # An export repeats languages that the program detected: such a value was not entered by a user.
            language_decided=item.language_decided and record["language"] == item.language,
            views=max(item.views, draft.views or 0),
            sharers=self._merged_sharers(item.sharers, item.author, draft),
            annotations=self._merged_annotations(item, draft),
        )

    def _merged_annotations(self, item: Item, draft: ItemDraft) -> tuple[Annotation, ...]:
        if draft.diigo_file is not None:
            rules = self._annotation_rules(draft.diigo_file, item)(False, False)
            return merged_annotations(item.annotations, draft.annotations, rules)
        return self._merged_texts(
            item.annotations,
            draft.annotations,
            lambda annotation: (annotation.kind, annotation.quote, annotation.body),
            self._merged_annotation,
            self._new_annotation,
        )

    def _annotation_rules(self, file: DiigoFile, item: Item) -> Callable[[bool, bool], AnnotationRules]:
        """How annotations of a file of a library are merged, by whether it leads and whether its dates are better."""
        user = self._user_of_item(item)
        return lambda leads, dates: AnnotationRules(
            user=user,
            new_annotation=self._new_annotation,
            new_reply=self._new_reply,
            may_change=self._may_change,
            may_attribute=self.actor.operator,
            leads=leads,
            dates=dates,
            any_author=file is DiigoFile.SAVED_PAGE,
        )

    def earlier_users(self, author: AuthorDraft | None) -> tuple[User, ...]:
        """The users to whom earlier imports gave the name."""
        return self.people.earlier_users(author, self.reading, self.placed.group)

    def _user_of_item(self, item: Item) -> Callable[[AuthorDraft | None], User | None]:
        """The user of an item whom a draft names, if earlier imports gave the name to one; else as `user`."""
        named = (item.author, *(sharing.user for sharing in item.sharers), *(part.author for part in item.parts))
        here = {user.id for user in named if user is not None}

        def user_of(author: AuthorDraft | None) -> User | None:
            earlier = (user for user in self.earlier_users(author) if user.id in here)
            return next(earlier, None) or self.user(author)

        return user_of

    def user(self, author: AuthorDraft | None) -> User | None:
        """The user that a draft names."""
        user = self.people.user_of(author, self.reading, self.placed.group)
        if author is not None and user is not None and self.people.has_new_name(author, user):
            message = "The author “%(login)s” keeps the name “%(name)s” that the database has."
            self.warn(draft_warning(self.placed.draft, message, login=user.login, name=user.name))
        return user

    def _new_id(self, draft_id: str | None) -> str:
        """An id for a new annotation or reply: the wanted one, if it is free."""
        part_id = self._free_id(draft_id)
        if draft_id is not None and part_id != draft_id:
            self.part_ids[draft_id] = part_id
        return part_id

    def _free_id(self, draft_id: str | None) -> str:
        if draft_id is not None and not is_id(draft_id):
            message = "“%(id)s” cannot be an annotation's id: it got a new one."
            self.warn(draft_warning(self.placed.draft, message, id=draft_id[:80]))
        elif draft_id is not None and self.known.is_used_annotation_id(draft_id):
            if self.actor.operator:
                self.warn(draft_warning(self.placed.draft, _TAKEN_ID, id=draft_id))
        elif draft_id is not None:
            self.known.take(draft_id)
            return draft_id
        return new_id()

    def _merged_sharers(
        self, sharings: tuple[Sharing, ...], author: User | None, draft: ItemDraft
    ) -> tuple[Sharing, ...]:
        """The other users who shared an item: those in the database, then those that the draft adds."""
        sharers = {sharing.user.id: sharing for sharing in sharings}
        for sharer in draft.sharers:
            user = self.user(sharer.author)
            if user is not None and (author is None or user.id != author.id):
                sharers.setdefault(user.id, Sharing(user, sharer.added))
        return tuple(sharers.values())

    def _merged_texts(
        self,
        annotations: tuple[Text, ...],
        drafts: tuple[Draft, ...],
        words_of: Callable[[Text | Draft], ComparedWords],
        merged: Callable[[Text, Draft], Text],
        created: Callable[[Draft], Text],
    ) -> tuple[Text, ...]:
        """The existing annotations or replies, completed, then the new ones, in their order."""
        pairs = self._match_drafts(annotations, drafts, words_of)
        after = tuple(merged(part, pairs[index]) if index in pairs else part for index, part in enumerate(annotations))
        matched = set(map(id, pairs.values()))
        return after + tuple(created(draft) for draft in drafts if id(draft) not in matched)

    def _merged_annotation(self, annotation: Annotation, draft: AnnotationDraft) -> Annotation:
        replies = self._merged_texts(
            annotation.replies, draft.replies, lambda reply: (reply.body,), self._merged_reply, self._new_reply
        )
        replies = self._with_threads(annotation.replies, replies)
        if not self._may_change(annotation.author):
            return replace(annotation, replies=replies)
        same_id = draft.id == annotation.id
        texts: dict[str, Any] = {
            name: _first_or_new(getattr(annotation, name), getattr(draft, name), same_id) for name in _ANNOTATION_TEXTS
        }
        author, added = self._author_and_date(annotation, draft)
        kind = draft.kind if same_id else annotation.kind
        return replace(annotation, kind=kind, author=author, added=added, replies=replies, **texts)

    def _merged_reply(self, reply: Reply, draft: ReplyDraft) -> Reply:
        same_id = draft.id == reply.id
        if draft.id is not None and not same_id:
            self.part_ids[draft.id] = reply.id
        if not self._may_change(reply.author):
            return reply
        author, added = self._author_and_date(reply, draft)
        body = draft.body if same_id else reply.body
        facts: dict[str, Any] = {
            name: _first_or_new(getattr(reply, name), getattr(draft, name), same_id)
            for name in ("reply_to", "updated", "tags")
        }
        return Reply(reply.id, author, added, body, **facts)

    def _with_threads(self, existing: tuple[Reply, ...], replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
        """The merged replies; those that the draft added or changed answer others by the ids that these have here."""
        before = parents_of(existing)
        after = with_thread_ids(replies, self.part_ids)
        return tuple(
            reply if reply.reply_to == before.get(reply.id) else threaded
            for reply, threaded in zip(replies, after, strict=True)
        )

    def _may_change(self, author: User | None) -> bool:
        return self.actor.operator or is_written_by_actor(self.actor, author)

    def _author_and_date(
        self, existing: Annotation | Reply, draft: AnnotationDraft | ReplyDraft
    ) -> tuple[User | None, str | None]:
        """The author and the date of an existing text. A member's import cannot attribute texts to other users."""
        if not self.actor.operator:
            return existing.author, existing.added
        same_id = draft.id == existing.id
        author = self.user(draft.author) if same_id or existing.author is None else None
        return author or existing.author, _first_or_new(existing.added, draft.added, same_id)

    def _new_annotation(self, draft: AnnotationDraft) -> Annotation:
        texts: dict[str, Any] = {name: getattr(draft, name) for name in _ANNOTATION_TEXTS}
        replies = self._with_threads((), tuple(map(self._new_reply, draft.replies)))
        author = self.user(draft.author)
        return Annotation(self._new_id(draft.id), draft.kind, author, draft.added, replies=replies, **texts)

    def _new_reply(self, draft: ReplyDraft) -> Reply:
        id_, author = self._new_id(draft.id), self.user(draft.author)
        return Reply(id_, author, draft.added, draft.body, draft.reply_to, draft.updated, draft.tags)

    def _match_drafts(
        self, annotations: Sequence[Text], drafts: Sequence[Draft], words_of: Callable[[Text | Draft], ComparedWords]
    ) -> dict[int, Draft]:
        """Match drafts to existing texts, by position: by id, else by the same words and, if both have one, author.

        A draft with an id of its own and another time is another text with the same words.
        """
        indexes = {annotation.id: index for index, annotation in enumerate(annotations)}
        pairs: dict[int, Draft] = {}
        others: list[Draft] = []
        for draft in drafts:
            index = indexes.get(draft.id) if draft.id is not None else None
            if index is None or index in pairs:
                others.append(draft)
            else:
                pairs[index] = draft
        draft_words = {words_of(draft) for draft in others}
        free: defaultdict[ComparedWords, defaultdict[datetime | None, list[int]]]
        free = defaultdict(lambda: defaultdict(list))
        for index, annotation in enumerate(annotations):
            if index not in pairs and (words := words_of(annotation)) in draft_words:
                free[words][_time_of(annotation)].append(index)
        for draft in others:
            by_time = free[words_of(draft)]
            time = _time_of(draft) if draft.id is not None else None
            times = by_time.keys() if time is None else by_time.keys() & {time, None}
            candidates = sorted(index for instant in times for index in by_time[instant])
            if not candidates:
                continue
            earlier = {user.id for user in self.earlier_users(draft.author)}
            best_index = next((index for index in candidates if _author_id(annotations[index]) in earlier), None)
            if best_index is None:
                author = self.user(draft.author)
                best_index = _best_match(annotations, candidates, author.login if author else None)
            if best_index is not None:
                by_time[_time_of(annotations[best_index])].remove(best_index)
                pairs[best_index] = draft
        return pairs


def _time_of(part: Annotation | Reply | AnnotationDraft | ReplyDraft) -> datetime | None:
    """When a text was written, to the second at least; None if only its day is known."""
    return stored_instant(part.added) if part.added and len(part.added) > _DAY else None


def _new_or_old(new: str | None, old: str | None, same_id: bool) -> str | None:
    """The new value if one is given. An empty text counts only if the draft has the item's id."""
    return old if new is None or (not new and not same_id) else new


def _first_or_new(old: Value | None, new: Value | None, same_id: bool) -> Value | None:
    return new if new is not None and (same_id or old is None) else old


def _united_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags without blank ones and duplicates, in their order; those that differ only in letter case are the same."""
    seen: dict[str, str] = {}
    for tag in tags:
        if tag.strip():
            seen.setdefault(tag.casefold(), tag)
    return tuple(seen.values())


def _author_id(part: Annotation | Reply) -> str | None:
    return part.author.id if part.author else None


def _best_match(
    existing: Sequence[Annotation] | Sequence[Reply], candidates: Sequence[int], login: str | None
) -> int | None:
    """Of texts with the same words: one by this author, otherwise one without an author; any if the draft has none."""
    if login is None:
        return candidates[0]
    authors = {index: existing[index].author for index in candidates}
    own = (index for index, author in authors.items() if author is not None and author.login == login)
    return next(own, next((index for index, author in authors.items() if author is None), None))
