"""Pages on which a user writes about an item (highlight, comment, reply, private note), or edits a text of their
own.
"""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.errors import Conflict, Forbidden, Invalid, NotFound
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import AnnotationFields, tags_as_text
from kb.model.items.moderation import RemovedContent
from kb.model.truncation import truncate
from kb.services.annotations.annotations import (
    AnnotationChanged,
    WrittenAnnotation,
    annotation_words,
    change_annotation,
    change_reply,
    existing_highlight,
    write_annotation,
    write_reply,
)
from kb.services.annotations.private_notes import may_write_private_note, write_private_note
from kb.services.groups.membership import require_signed_in
from kb.services.items.items import ItemView, item_page, writable_item
from kb.services.trash.item_parts import item_part, part_author, part_text
from kb.web.http.context import FormError, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.annotations.annotation_forms import (
    AnnotationForm,
    AnnotationFormKind,
    annotation_form,
    annotation_of_form,
    quoted_annotation,
)
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.ui.form_errors import handle_form
from kb.web.ui.item_links import address_to_return_to
from kb.web.ui.rendering import render


class _PassageExists(Conflict):
    """The item has an annotation of the same passage."""

    def __init__(self, annotation_id: str) -> None:
        super().__init__("This very passage is there already.")
        self.annotation_id = annotation_id


@dataclass(frozen=True, slots=True)
class AnnotationFormPage:
    """A form beside the item, or beside its annotation or reply `part_id`. `about` is the text to reply to, as
    (text, by); `now` is the user's text as changed meanwhile in another window. `duplicate` links to an existing
    highlight of the same passage, `private` to the form that keeps the passage for oneself, and `back` to the page that
    the user came from.
    """

    view: ItemView
    heading: str
    form: AnnotationForm
    part_id: str | None = None
    about: tuple[str, str] | None = None
    now: AnnotationFields | None = None
    duplicate: str = ""
    private: str = ""
    back: str = ""


def annotate_page(context: RequestContext) -> Response:
    """The form for a highlight, or for a comment. Raises NotFound, LoginNeeded, Forbidden unless the user is a
    member.
    """
    view = _item_for_writing(context)
    _ = context.translator.gettext
    kind = _kind(context.typed_value("kind", context.param("kind")))
    action = context.addresses.of_item(view.item.id, "annotate")
    fields, hidden = quoted_annotation(context, view.item)
    form = annotation_form(context, kind, action, fields, view.group.slug, item=view.item)
    form = replace(form, hidden=(*form.hidden, *hidden))
    heading = _("Add a passage") if kind is AnnotationFormKind.PASSAGE else _("Add a comment")
    if kind is AnnotationFormKind.PASSAGE:
        form = replace(form, tags=_tags(context))
    duplicate = ""
    match context.form_error:
        case FormError(error=_PassageExists() as passage_exists):
            form = replace(form, again=True, submit=_("Add it all the same"))
            duplicate = context.addresses.annotation(view.item, passage_exists.annotation_id)
    private = ""
    if kind is AnnotationFormKind.PASSAGE and hidden and may_write_private_note(context.actor, view.group):
        private = context.addresses.of_item(view.item.id, "private", hidden)
    page = AnnotationFormPage(view, heading, form, duplicate=duplicate, private=private, back=_back(hidden))
    return _page_response(context, page)


def check_annotator(context: RequestContext) -> None:
    """Raise NotFound, LoginNeeded or Forbidden unless the user may write about the item of the address."""
    _item_for_writing(context)


@handle_form(annotate_page)
@once
def handle_annotation_post(context: RequestContext) -> Response:
    """Add the sent text; a passage that is there already must be confirmed."""
    fields, item = annotation_of_form(context), _item_for_writing(context).item
    if _kind(context.form_value("kind")) is AnnotationFormKind.PASSAGE and not fields.quote.strip():
        raise Invalid("Paste a passage of the page: words of your own stand below it, or in a comment.")
    existing = existing_highlight(item, fields.quote, fields.selectors)
    if existing is not None and not context.form_value("again"):
        raise _PassageExists(existing.id)
    written = write_annotation(context.library, context.actor, item.id, fields)
    return _redirect_to_text(context, written, "annotated-sourced" if written.has_new_source else "annotated")


def reply_page(context: RequestContext) -> Response:
    """The form for a reply. Raises as `annotate_page` does, and NotFound for an annotation that does not exist."""
    view, to = _item_for_writing(context), context.typed_value("to", context.param("to"))
    part = _required_part(view, to)
    fields = AnnotationFields(body=context.form_value("body") or _mention_of_author(context, part))
    action = context.addresses.of_item(view.item.id, "reply")
    form = annotation_form(context, AnnotationFormKind.REPLY, action, fields, view.group.slug)
    form = replace(form, hidden=(*form.hidden, ("to", to)))
    author = part_author(part)
    about = (truncate(part_text(part), LONGEST_SHOWN), author.shown_name if author else "")
    page = AnnotationFormPage(view, context.translator.gettext("Reply…"), form, to, about)
    return _page_response(context, page)


@handle_form(reply_page)
@once
def handle_reply_post(context: RequestContext) -> Response:
    """Add the sent reply."""
    to, view = context.form_value("to"), _item_for_writing(context)
    _required_part(view, to)
    return _redirect_to_text(
        context, write_reply(context.library, context.actor, to, context.form_value("body")), "replied"
    )


def annotation_edit_page(context: RequestContext) -> Response:
    """The form for the user's own text; if it was changed in another window, both texts are shown.

    Raises as `annotate_page` does; Forbidden for the text of another user.
    """
    view, part_id, now = _item_for_writing(context), context.typed_value("part", context.param("part")), None
    part = _own_part(context, view, part_id)
    match context.form_error:
        case None:
            fields = read = _words_in(part)
        case FormError(error=AnnotationChanged() as changed):
            fields, read, now = annotation_of_form(context), changed.words, changed.words
        case _:
            fields, read = annotation_of_form(context), _read_text(context)
    annotation = part.annotation
    if annotation is None:
        kind = AnnotationFormKind.REPLY
    else:
        is_comment = annotation.kind is AnnotationKind.COMMENT
        kind = AnnotationFormKind.COMMENT if is_comment else AnnotationFormKind.PASSAGE
    action = context.addresses.of_item(view.item.id, "words")
    form = replace(
        annotation_form(context, kind, action, fields, view.group.slug, item=view.item),
        hidden=(("part", part_id), ("r-quote", read.quote), ("r-body", read.body), ("r-color", read.color)),
        submit=context.translator.gettext("Save my changes"),
        tags=_tags(context, annotation.tags or ()) if annotation and kind is AnnotationFormKind.PASSAGE else None,
    )
    headings = {
        AnnotationFormKind.REPLY: "Edit my reply",
        AnnotationFormKind.COMMENT: "Edit my comment",
        AnnotationFormKind.PASSAGE: "Edit my passage",
    }
    page = AnnotationFormPage(view, context.translator.gettext(headings[kind]), form, part_id, now=now)
    return _page_response(context, page)


@handle_form(annotation_edit_page)
def handle_annotation_edit_post(context: RequestContext) -> Response:
    """Change the user's own text."""
    part_id, fields, read = context.form_value("part"), annotation_of_form(context), _read_text(context)
    part = _own_part(context, _item_for_writing(context), part_id)
    if part.reply is not None:
        written = change_reply(context.library, context.actor, part_id, fields.body, read=read.body)
    else:
        written = change_annotation(context.library, context.actor, part_id, fields, read=read)
    return _redirect_to_text(context, written, "words-changed")


def private_note_page(context: RequestContext) -> Response:
    """The form for a private note. Raises NotFound, LoginNeeded."""
    view = _item_for_note(context)
    action = context.addresses.of_item(view.item.id, "private")
    fields, hidden = quoted_annotation(context, view.item)
    form = annotation_form(context, AnnotationFormKind.PRIVATE, action, fields)
    passage = tuple((name, getattr(fields, name)) for name in ("quote", "color") if fields.quote)
    form = replace(form, hidden=(*form.hidden, *hidden, *passage))
    about = (truncate(fields.quote, LONGEST_SHOWN), "") if fields.quote else None
    heading = context.translator.gettext("A private note")
    page = AnnotationFormPage(view, heading, form, about=about, back=_back(hidden))
    return _page_response(context, page)


@handle_form(private_note_page)
def handle_private_note_post(context: RequestContext) -> Response:
    """Save a private note or passage, and return to the group's item; only its author sees it there."""
    item_id = _item_for_note(context).item.id
    noted = write_private_note(context.library, context.actor, item_id, annotation_of_form(context))
    anchor = f"a-{noted.note.id}" if context.form_value("back") else "private"
    address = address_to_return_to(context, f"{context.addresses.item(item_id)}#{anchor}")
    return redirect_with_flash(address, "noted", noted.undo or "")


def _redirect_to_text(context: RequestContext, written: WrittenAnnotation, done: str) -> Response:
    """Return to the new text on the item's page, or on the page that the form names."""
    address = address_to_return_to(context, context.addresses.annotation(written.item, written.part_id))
    return redirect_with_flash(address, done, written.undo or "")


def _page_response(context: RequestContext, page: AnnotationFormPage) -> Response:
    return render(context, "annotations/annotation_editor.html", page)


def _item_for_note(context: RequestContext) -> ItemView:
    """The item, for a logged-in user. An item that the user may not read raises NotFound, even for anonymous
    visitors.
    """
    view = item_page(context.library, context.actor, context.path_params["id"])
    require_signed_in(context.actor)
    return view


def _item_for_writing(context: RequestContext) -> ItemView:
    return writable_item(context.library, context.actor, context.path_params["id"])


def _back(hidden: tuple[tuple[str, str], ...]) -> str:
    """The page that the user came from, which a form returns to; empty without one."""
    back = dict(hidden).get("back", "")
    return safe_next(back) if back else ""


def _required_part(view: ItemView, part_id: str) -> RemovedContent:
    part = item_part(view.item, part_id)
    if part is None or part.item is not None:
        raise NotFound("This passage or comment is not there any more.")
    return part


def _own_part(context: RequestContext, view: ItemView, part_id: str) -> RemovedContent:
    part = _required_part(view, part_id)
    author = part_author(part)
    if author is None or author.id != context.actor.user_id:
        raise Forbidden("Only its author can change this text.")
    return part


def _words_in(part: RemovedContent) -> AnnotationFields:
    if part.annotation is not None:
        return annotation_words(part.annotation)
    return AnnotationFields(body=part.reply.body if part.reply is not None else "")


def _mention_of_author(context: RequestContext, part: RemovedContent) -> str:
    """A mention of the author of a reply: in a thread, only a mention shows which reply is answered."""
    author = part_author(part)
    if part.reply is None or author is None or author.id == context.actor.user_id:
        return ""
    return f"@{author.login} "


def _tags(context: RequestContext, stored: tuple[str, ...] = ()) -> str:
    return context.typed_value("tags", tags_as_text(stored))


def _read_text(context: RequestContext) -> AnnotationFields:
    return AnnotationFields(
        quote=context.form_value("r-quote"), body=context.form_value("r-body"), color=context.form_value("r-color")
    )


def _kind(kind: str) -> AnnotationFormKind:
    return AnnotationFormKind.COMMENT if kind == AnnotationFormKind.COMMENT else AnnotationFormKind.PASSAGE
