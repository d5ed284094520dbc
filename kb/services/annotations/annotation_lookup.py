"""Find one annotation or one reply by the id in its address."""

from dataclasses import dataclass

from kb.access.actor import Actor
from kb.errors import NotFound
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.trash.item_parts import item_part


@dataclass(frozen=True, slots=True)
class AnnotationOrReplyView:
    """An annotation of an item, or a reply to the annotation `parent`."""

    item: Item
    part: Annotation | Reply
    parent: str | None


def annotation_or_reply(library: Library, actor: Actor, part_id: str) -> AnnotationOrReplyView:
    """The annotation or the reply with this id, if the actor may read it. Raises NotFound."""
    with library.store.read() as reading:
        scope = readable_groups(reading, actor).scope
        item = reading.items.of_annotations([part_id], scope).get(part_id)
    taken = item_part(item, part_id) if item is not None else None
    part = (taken.annotation or taken.reply) if taken is not None else None
    if item is None or taken is None or part is None:
        raise NotFound("This passage or comment does not exist, or you may not read it.")
    return AnnotationOrReplyView(item, part, taken.parent)
