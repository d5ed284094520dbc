"""Merge the annotations of two files of one Diigo library: nothing lost, nothing doubled, whatever their order.

A comment on a passage is a note in one file (CSV) and a reply to the passage in the others: such a note becomes a
passage with replies as soon as another file gives the passage.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from kb.model.items.annotation import Annotation, AnnotationKind, Reply
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ReplyDraft
from kb.model.people.user import User, is_same_person
from kb.services.imports.diigo_text_choice import best_date, best_text, compared_text, merged_order
from kb.services.item_matching.truncated_titles import TitleStems, is_truncation_of, truncated_title_stem

Text = TypeVar("Text", Annotation, Reply)
Draft = TypeVar("Draft", AnnotationDraft, ReplyDraft)
Key: TypeAlias = Callable[[Text | Draft], Hashable]


@dataclass(frozen=True, slots=True)
class AnnotationRules:
    """How an import makes annotations and replies, and what it may change.

    `leads`: the file has the better texts, and the order of annotations. `dates`: it has the better dates.
    `any_author`: the authors of the file are names that other files may write otherwise.
    """

    user: Callable[[AuthorDraft | None], User | None]
    new_annotation: Callable[[AnnotationDraft], Annotation]
    new_reply: Callable[[ReplyDraft], Reply]
    may_change: Callable[[User | None], bool]
    may_attribute: bool
    leads: bool
    dates: bool
    any_author: bool


def merged_annotations(
    annotations: Sequence[Annotation], drafts: Sequence[AnnotationDraft], rules: AnnotationRules
) -> tuple[Annotation, ...]:
    """The annotations of an item, completed by those of a file."""
    pairs: dict[int, int] = {}
    _pair_by(_words, annotations, drafts, pairs, rules)
    _pair_by(_open_passage, annotations, drafts, pairs, rules)
    _pair_shortened(annotations, drafts, pairs)
    merged = {number: _merged_annotation(annotations[index], drafts[number], rules) for number, index in pairs.items()}
    others = {number: rules.new_annotation(draft) for number, draft in enumerate(drafts) if number not in pairs}
    return _ordered(annotations, merged | others, pairs, leads=rules.leads)


def _merged_replies(
    replies: Sequence[Reply], drafts: Sequence[ReplyDraft], rules: AnnotationRules
) -> tuple[Reply, ...]:
    pairs: dict[int, int] = {}
    _pair_by(lambda reply: compared_text(reply.body), replies, drafts, pairs, rules)
    merged = {number: _merged_reply(replies[index], drafts[number], rules) for number, index in pairs.items()}
    others = {number: rules.new_reply(draft) for number, draft in enumerate(drafts) if number not in pairs}
    return _ordered(replies, merged | others, pairs, leads=rules.leads)


def _ordered(
    existing: Sequence[Text], by_number: Mapping[int, Text], pairs: Mapping[int, int], *, leads: bool
) -> tuple[Text, ...]:
    """All texts, in the order of the file if it leads. `by_number`: its texts by number; `pairs` as in `_pair_by`."""
    of_file = [by_number[number] for number in sorted(by_number)]
    by_index = {index: by_number[number] for number, index in pairs.items()}
    of_item = [by_index.get(index, part) for index, part in enumerate(existing)]
    if leads:
        return merged_order(of_file, list(_unmatched(of_item, by_index)))
    return merged_order(of_item, list(_unmatched(of_file, pairs)))


def _unmatched(values: Sequence[Text], matched: Container[int]) -> Iterator[tuple[Text, Text | None]]:
    """The values that are not matched, each with the matched one before it."""
    before: Text | None = None
    for index, value in enumerate(values):
        if index in matched:
            before = value
        else:
            yield value, before


def _words(annotation: Annotation | AnnotationDraft) -> Hashable:
    return annotation.kind, compared_text(annotation.quote), compared_text(annotation.body)


def _open_passage(annotation: Annotation | AnnotationDraft) -> Hashable:
    """The passage, which other files may give without the text about it; None for a note that a user wrote here."""
    is_note_of_user = annotation.kind is AnnotationKind.NOTE and annotation.author is not None
    return None if is_note_of_user else compared_text(annotation.quote) or None


def _pair_by(
    key: Key[Text, Draft],
    existing: Sequence[Text],
    drafts: Sequence[Draft],
    pairs: dict[int, int],
    rules: AnnotationRules,
) -> None:
    """Pair the drafts that are left with existing texts of the same key and, if both have one, author.

    `pairs` are indexes in `existing` by indexes in `drafts`.
    """
    taken = set(pairs.values())
    free: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, part in enumerate(existing):
        if index not in taken and (name := key(part)) is not None:
            free[name].append(index)
    for number, draft in enumerate(drafts):
        candidates = free.get(key(draft)) if number not in pairs else None
        match = _best(existing, candidates, draft, rules) if candidates else None
        if candidates and match is not None:
            candidates.remove(match)
            pairs[number] = match


def _best(existing: Sequence[Text], candidates: Sequence[int], draft: Draft, rules: AnnotationRules) -> int | None:
    """Of texts with the same words: one by the draft's author, else one without an author."""
    user = rules.user(draft.author)
    if user is None:
        return candidates[0]
    authors = {index: existing[index].author for index in candidates}
    own = (index for index, author in authors.items() if author is not None and is_same_person(author, user))
    nobody = (index for index, author in authors.items() if author is None)
    return next(own, next(nobody, candidates[0] if rules.any_author else None))


def _pair_shortened(
    annotations: Sequence[Annotation], drafts: Sequence[AnnotationDraft], pairs: dict[int, int]
) -> None:
    """Pair texts that are left with the whole or the shortened one of the same kind, if only one is."""
    taken = set(pairs.values())
    indexes = [index for index in range(len(annotations)) if index not in taken]
    numbers = [number for number in range(len(drafts)) if number not in pairs]
    for number, index in _only_pairs(
        [(_text(drafts[n]), n) for n in numbers], [(_text(annotations[p]), p) for p in indexes]
    ):
        if index not in taken and number not in pairs:
            pairs[number] = index
            taken.add(index)


def _text(annotation: Annotation | AnnotationDraft) -> str:
    """The text by which a shortened one is known: the kind first, so that a passage is no comment."""
    return f"“{annotation.quote}" if annotation.quote else f"…{annotation.body}"


def _only_pairs(drafts: list[tuple[str, int]], existing: list[tuple[str, int]]) -> Iterator[tuple[int, int]]:
    """Pairs of indexes whose texts are one text, whole and shortened."""
    for wholes, cuts, is_draft_cut in ((existing, drafts, True), (drafts, existing, False)):
        stems = TitleStems()
        texts = {str(index): text for text, index in cuts}
        for text, index in cuts:
            if (stem := truncated_title_stem(text)) is not None:
                stems.add(stem, str(index))
        for text, index in wholes:
            matches = [match for match in stems.ids_beginning(text) if is_truncation_of(texts[match], text)]
            if len(matches) == 1:
                yield (int(matches[0]), index) if is_draft_cut else (index, int(matches[0]))


def _merged_annotation(annotation: Annotation, draft: AnnotationDraft, rules: AnnotationRules) -> Annotation:
    may_change = rules.may_change(annotation.author)
    if (
        annotation.kind is AnnotationKind.NOTE
        and draft.kind is AnnotationKind.HIGHLIGHT
        and may_change
        and annotation.body
    ):
        note = rules.new_reply(ReplyDraft(body=annotation.body))
        annotation = replace(annotation, kind=AnnotationKind.HIGHLIGHT, body=None, replies=(note, *annotation.replies))
    replies = draft.replies
    if draft.body and annotation.kind is not AnnotationKind.COMMENT:
        replies = (ReplyDraft(author=draft.author, added=draft.added, body=draft.body), *replies)
    if annotation.kind is AnnotationKind.NOTE:
        replies = _without(replies, annotation.body)
    annotation = replace(annotation, replies=_merged_replies(annotation.replies, replies, rules))
    if not may_change:
        return annotation
    return replace(
        annotation,
        author=_author(annotation.author, draft.author, rules),
        added=_date(annotation.added, draft.added, rules),
        quote=best_text(annotation.quote, draft.quote, better=rules.leads),
        body=best_text(annotation.body, draft.body, better=rules.leads)
        if annotation.kind is draft.kind
        else annotation.body,
    )


def _without(replies: tuple[ReplyDraft, ...], body: str | None) -> tuple[ReplyDraft, ...]:
    """The replies without the first one that is this note."""
    same = next(
        (index for index, reply in enumerate(replies) if compared_text(reply.body) == compared_text(body)), None
    )
    return replies if same is None else replies[:same] + replies[same + 1 :]


def _merged_reply(reply: Reply, draft: ReplyDraft, rules: AnnotationRules) -> Reply:
    if not rules.may_change(reply.author):
        return reply
    body = best_text(reply.body, draft.body, better=rules.leads) or reply.body
    author, added = _author(reply.author, draft.author, rules), _date(reply.added, draft.added, rules)
    return replace(reply, author=author, added=added, body=body)


def _author(user: User | None, author: AuthorDraft | None, rules: AnnotationRules) -> User | None:
    return user if user is not None or not rules.may_attribute else rules.user(author)


def _date(existing: str | None, new: str | None, rules: AnnotationRules) -> str | None:
    return best_date(existing, new, better=rules.dates, same=False) if rules.may_attribute else existing
