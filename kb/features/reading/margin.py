"""The margin of the reading view: the notes on passages, and below the text what stands in no line of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from kb.features.reading.changed_passages import ChangedRow, changed_row
from kb.features.reading.passages import Passage
from kb.features.reading.text_versions import ChangedPassage
from kb.model.search_request import SearchRequest
from kb.services.mentions.mentions import users_mentioned_in_item
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.pages.annotations.annotation_buttons import AnnotationActionsOf, annotation_actions_of
from kb.web.pages.annotations.annotation_view import AnnotationBlock, AnnotationBlockBuilder
from kb.web.ui.display_text import Link
from kb.web.ui.page_weight import PageBudget

MOST_REPLIES = 20
"""Replies in a note; all are on the page of the item."""


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in the margin about one annotation. `number` is that of its mark, 0 without one; `is_drawn`: the mark
    can be seen. `is_private`: only the reader may read it. `changed` says that the page has other words by now.
    """

    block: AnnotationBlock
    number: int = 0
    is_drawn: bool = False
    is_private: bool = False
    changed: ChangedRow | None = None


class NoteMaker:
    """Makes the notes of one page, as long as there is room for them; `left_out` counts the others."""

    def __init__(self, context: RequestContext, item_id: str, changed: Mapping[str, ChangedPassage]) -> None:
        self._context, self._item_id, self._changed = context, item_id, changed
        self._builders: dict[str, tuple[AnnotationBlockBuilder, AnnotationActionsOf]] = {}
        self._budget = PageBudget()
        self.left_out = 0

    def note(self, passage: Passage, number: int = 0, *, is_drawn: bool = False) -> Note | None:
        """The note about a passage; None if the page has no room for it."""
        annotation, owner = passage.annotation, passage.owner
        remaining = len(annotation.replies) - MOST_REPLIES
        annotation = replace(annotation, replies=annotation.replies[:MOST_REPLIES])
        bodies = [reply.body for reply in annotation.replies]
        if not self._budget.reserve(annotation.body, *bodies, *([annotation.quote] if number == 0 else [])):
            self.left_out += 1
            return None
        if owner.item.id not in self._builders:
            address = partial(self._context.addresses.permalink, owner.item.id)
            self._builders[owner.item.id] = (
                AnnotationBlockBuilder(owner.item, self._context.translator, address, names_all=True),
                annotation_actions_of(self._context, owner.item, owner.group),
            )
        builder, actions = self._builders[owner.item.id]
        passage_of_page = self._changed.get(annotation.id)
        changed = changed_row(self._context, self._item_id, passage_of_page) if passage_of_page else None
        block = builder.block(annotation, actions)
        if remaining > 0:
            label = self._context.translator.ngettext("… %(count)s other reply", "… %(count)s other replies", remaining)
            block = replace(block, more=Link(label, block.at.href))
        return Note(block, number, is_drawn, owner.item.id != self._item_id, changed)

    def notes(self, passages: Iterable[Passage]) -> Iterator[Note]:
        """The notes about passages that have no mark."""
        yield from (note for passage in passages if (note := self.note(passage)) is not None)


def mentioned_people(context: RequestContext, passages: Iterable[Passage]) -> Mapping[str, str]:
    """The addresses of what the users have shared who are mentioned in these annotations, by login."""
    people: dict[str, str] = {}
    for owner in {passage.owner.item.id: passage.owner for passage in passages}.values():
        slug = owner.group.slug
        for login in users_mentioned_in_item(context.library, owner.item, owner.group):
            request = SearchRequest(group=(slug,), author=(login,))
            people[login] = context.addresses.listing(ListingScope(slug), request)
    return people
