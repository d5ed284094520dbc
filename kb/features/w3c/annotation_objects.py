"""Annotations and replies in the W3C's model, at their addresses below the container of their group."""

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from kb.features.w3c.records import facts_of
from kb.formats.web_annotations.writer import CONTEXT, annotation_object, reply_object, source_of
from kb.model.items.annotation import Annotation
from kb.model.items.annotation_address import permalink
from kb.model.people.group import Group
from kb.services.clients.passage_listings import Passage
from kb.web.http.conditional_requests import short_hash, strong_etag
from kb.web.http.context import RequestContext


def container_address(context: RequestContext, group: Group) -> str:
    """The address of the container of a group."""
    return f"{context.library.settings.base_url}/w3c/groups/{quote(group.slug, safe='~')}/"


def annotation_address(context: RequestContext, group: Group, part_id: str) -> str:
    """The address of an annotation or a reply, below the container of its group, as the protocol has it."""
    return container_address(context, group) + quote(part_id, safe="")


def stored_facts(context: RequestContext, part_id: str) -> str:
    """What a program sent with an annotation, as JSON; empty for none."""
    with context.library.store.read() as reading:
        return facts_of(reading.connection, [part_id]).get(part_id, "")


def web_annotation(context: RequestContext, passage: Passage, facts: str) -> dict[str, object]:
    """An annotation or a reply with the facts that a program sent with it."""
    part, item, group = passage.part, passage.item, passage.group
    address = annotation_address(context, group, part.id)
    if isinstance(part, Annotation):
        shape = annotation_object(part, address, source_of(item, permalink(item, context.library.settings.base_url)))
    else:
        shape = reply_object(part, address, annotation_address(context, group, passage.above[-1]))
    sent: Mapping[str, object] = json.loads(facts) if facts else {}
    return {"@context": CONTEXT, **shape, **sent}


def annotation_etag(passage: Passage, facts: str, body: bytes) -> str:
    """The strong ETag of an annotation: its state is its own text, whatever others reply meanwhile."""
    part = replace(passage.part, replies=()) if isinstance(passage.part, Annotation) else passage.part
    return strong_etag(f"w{short_hash(repr((part, facts)).encode())[:16]}", body)
