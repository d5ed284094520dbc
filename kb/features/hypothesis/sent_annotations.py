"""Annotations that programs of Hypothesis write, change, remove, report and hide. Members that the site does not know
are ignored, as Hypothesis does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid
from kb.features.hypothesis.annotation_objects import ShownAs, annotation_object
from kb.formats.shared.json_records import record_field, records_field, text_field
from kb.formats.web_annotations.selectors import selector_values
from kb.model.items.annotation import Annotation
from kb.model.items.item_fields import MOST_TAGS, AnnotationFields
from kb.model.people.group import personal_slug
from kb.services.annotations.annotations import annotation_words
from kb.services.clients.annotations import (
    annotate_page,
    answer_text,
    note_for_oneself,
    remove_text,
    rewrite_text,
    show_again,
)
from kb.services.clients.passage_listings import Passage, page_address, passage_with_id
from kb.services.items.item_creation import save_target
from kb.services.moderation.moderation_actions import hide_content, report_content
from kb.web.api.request_objects import parse_json_object
from kb.web.http.context import RequestContext

_MOST_REFERENCES = 1_000


@dataclass(frozen=True, slots=True)
class _Sent:
    """The members of an annotation as a program sent them."""

    members: Mapping[str, Any]

    @classmethod
    def of(cls, context: RequestContext) -> "_Sent":
        return cls(parse_json_object(context.body))

    @property
    def target(self) -> Mapping[str, Any]:
        return next(iter(records_field(dict(self.members), "target")), {})

    @property
    def url(self) -> str:
        """The address of the page. Raises Invalid without one."""
        url = self.text("uri") or self.text("url") or text_field(dict(self.target), "source")
        if not url:
            raise Invalid("“%(name)s” is missing.", name="uri")
        return url

    @property
    def title(self) -> str:
        title = record_field(dict(self.members), "document").get("title")
        first = title[0] if isinstance(title, list) and title else title
        return first if isinstance(first, str) else ""

    @property
    def answered(self) -> str:
        """The id of the annotation or the reply that this one answers; empty for none. Raises Invalid."""
        references = self.members.get("references") or []
        if not isinstance(references, list) or len(references) > _MOST_REFERENCES:
            raise Invalid("“%(name)s” is not as Hypothesis has it.", name="references")
        last = references[-1] if references else ""
        if not isinstance(last, str):
            raise Invalid("“%(name)s” is not as Hypothesis has it.", name="references")
        return last

    @property
    def is_private(self) -> bool | None:
        """Whether only its user may read it; None if the program does not say so."""
        read = record_field(dict(self.members), "permissions").get("read")
        return not any(str(who).startswith("group:") for who in read) if isinstance(read, list) and read else None

    def words(self, before: AnnotationFields) -> AnnotationFields:
        """The texts, where those that were not sent are those of `before`. Raises Invalid."""
        tags = self.members.get("tags")
        if tags is not None and (not isinstance(tags, list) or len(tags) > MOST_TAGS or not all(map(_is_text, tags))):
            raise Invalid("“%(name)s” is not as Hypothesis has it.", name="tags")
        quote, prefix, suffix, selectors = before.quote, before.prefix, before.suffix, before.selectors
        if "target" in self.members:
            words, selectors = selector_values(dict(self.target))
            quote, prefix, suffix = (text_field(words, name) for name in ("exact", "prefix", "suffix"))
            selectors = selectors or ""
        return AnnotationFields(
            quote=quote,
            body=self.text("text") if "text" in self.members else before.body,
            color=before.color,
            prefix=prefix,
            suffix=suffix,
            tags=None if tags is None else tuple(tags),
            selectors=selectors,
        )

    def text(self, name: str) -> str:
        value = self.members.get(name)
        if value is not None and not isinstance(value, str):
            raise Invalid("“%(name)s” is not as Hypothesis has it.", name=name)
        return value or ""


def post_annotation(context: RequestContext) -> Response:
    """Write an annotation of a page, a comment on it, or a reply. What is private goes to the user's own library.

    Raises NotFound, LoginNeeded, Forbidden, Invalid, Conflict.
    """
    library, actor, sent = context.library, context.actor, _Sent.of(context)
    group = sent.text("group")
    slug = save_target(library, actor, "" if group == "__world__" else group)
    words = sent.words(AnnotationFields())
    if sent.answered:
        _require_shared_reply(sent, passage_with_id(library, actor, sent.answered))
        passage = answer_text(library, actor, sent.answered, words)
    elif sent.is_private:
        passage = note_for_oneself(library, actor, slug, sent.url, words, title=sent.title)
    else:
        passage = annotate_page(library, actor, slug, sent.url, words, title=sent.title)
    return _answer(context, passage, sent, slug)


def patch_annotation(context: RequestContext) -> Response:
    """Change the user's own annotation or reply. One that becomes private, or shared, is written anew in the own
    library, or in the group; the former one goes to the trash.

    Raises NotFound, LoginNeeded, Forbidden, Invalid, Conflict.
    """
    library, actor, sent = context.library, context.actor, _Sent.of(context)
    passage = passage_with_id(library, actor, context.path_params["id"])
    slug = sent.text("group") or passage.group.slug
    part = passage.part
    if not isinstance(part, Annotation):
        _require_shared_reply(sent, passage)
        words = sent.words(AnnotationFields(body=part.body))
        return _answer(context, rewrite_text(library, actor, passage, words), sent, slug)
    words = sent.words(annotation_words(part))
    own = personal_slug(actor.login)
    is_same = sent.is_private in {None, passage.group.slug == own} or slug == passage.group.slug == own
    if is_same:
        return _answer(context, rewrite_text(library, actor, passage, words), sent, slug)
    url = passage.item.url or f"{library.settings.base_url}/items/{passage.item.id}"
    title = passage.item.title or ""
    # First the words as they are now, so that only their author moves them.
    rewrite_text(library, actor, passage, words)
    words = replace(words, tags=part.tags if words.tags is None else words.tags)
    if sent.is_private:
        moved = note_for_oneself(library, actor, passage.group.slug, url, words, title=title)
    else:
        moved = annotate_page(library, actor, slug, url, words, title=title)
    remove_text(library, actor, passage)
    return _answer(context, moved, sent, slug)


def delete_annotation(context: RequestContext) -> Response:
    """Move an annotation or a reply to the trash of its group."""
    passage = passage_with_id(context.library, context.actor, context.path_params["id"])
    remove_text(context.library, context.actor, passage)
    return JSONResponse({"id": passage.part.id, "deleted": True})


def report_annotation(context: RequestContext) -> Response:
    """Report an annotation or a reply to the moderators of its group."""
    passage = passage_with_id(context.library, context.actor, context.path_params["id"])
    report_content(context.library, context.actor, passage.item.id, passage.part.id)
    return Response(status_code=204)


def hide_annotation(context: RequestContext) -> Response:
    """Hide an annotation or a reply, as a moderator."""
    passage = passage_with_id(context.library, context.actor, context.path_params["id"])
    hide_content(context.library, context.actor, passage.item.id, passage.part.id)
    return Response(status_code=204)


def unhide_annotation(context: RequestContext) -> Response:
    """Show a hidden annotation or reply again, as a moderator."""
    show_again(context.library, context.actor, context.path_params["id"])
    return Response(status_code=204)


def _require_shared_reply(sent: _Sent, passage: Passage) -> None:
    if sent.is_private and not passage.group.is_personal:
        raise Invalid("A reply is read by all who read what it answers: it cannot be private.")


def _answer(context: RequestContext, passage: Passage, sent: _Sent, slug: str) -> Response:
    """The annotation as it is stored, of the page and in the group that the program knows."""
    url = sent.text("uri") or sent.text("url")
    pages = (page_address(context.library, context.actor, url),) if url else ()
    return JSONResponse(annotation_object(context, passage, ShownAs(pages, slug)))


def _is_text(value: object) -> bool:
    return isinstance(value, str)
