"""Pages on which a user writes about an item (highlight, comment, reply, private note), or edits a text of their
own.
"""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, NotFound
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import AnnotationFields
from kb.model.items.moderation import RemovedContent
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
from kb.services.annotations.private_notes import write_private_note
from kb.services.groups.membership import require_signed_in
from kb.services.items.items import ItemView, item_page, writable_item
from kb.services.trash.item_parts import item_part, part_author, part_text
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.annotations.annotation_forms import (
    AnnotationForm,
    AnnotationFormKind,
    annotation_form,
    annotation_of_form,
)
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.ui.display_text import Link, foreign_language, title_or_url, truncate
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AnnotationFormPage:
    """`about` is the text to reply to, as (text, by); `now` is the user's text as changed meanwhile in another window.

    `twin` links to an existing highlight of the same passage.
    """

    title: str
    heading: str
    breadcrumb: tuple[Link, ...]
    language: str | None
    form: AnnotationForm
    back: str
    about: tuple[str, str] | None = None
    now: AnnotationFields | None = None
    duplicate: str = ""


def annotate_page(context: RequestContext) -> Response:
    """The form for a highlight, or for a comment. Raises NotFound, LoginNeeded, Forbidden unless the user is a
    member.
    """
    view = _item_for_writing(context)
    return _annotation_response(context, view, _kind(context.param("kind")), AnnotationFields())


def check_annotator(context: RequestContext) -> None:
    """Raise NotFound, LoginNeeded or Forbidden unless the user may write about the item of the address."""
    _item_for_writing(context)


def handle_annotation_post(context: RequestContext) -> Response:
    """Add the sent text; an error is shown with the typed values."""
    writing, given = _kind(context.form_value("kind")), annotation_of_form(context)
    view = _item_for_writing(context)
    try:
        _require_passage(writing, given)
        twin = existing_highlight(view.item, given.quote)
        if twin is not None and not context.form_value("again"):
            return _annotation_response(context, view, writing, given, twin=twin.id)
        written = write_annotation(context.library, context.actor, view.item.id, given)
    except (Invalid, Conflict) as error:
        return _annotation_response(context, view, writing, given, error)
    done = "annotated-sourced" if written.has_new_source else "annotated"
    return redirect_with_flash(_place(context, written), done, written.undo or "")


def reply_page(context: RequestContext) -> Response:
    """The form for a reply. Raises as `annotate_page` does, and NotFound for an annotation that does not exist."""
    view = _item_for_writing(context)
    return _reply_response(context, view, context.param("to"), "")


def handle_reply_post(context: RequestContext) -> Response:
    """Add the sent reply."""
    to, body = context.form_value("to"), context.form_value("body")
    view = _item_for_writing(context)
    _required_part(view, to)
    try:
        written = write_reply(context.library, context.actor, to, body)
    except (Invalid, Conflict) as error:
        return _reply_response(context, view, to, body, error)
    return redirect_with_flash(_place(context, written), "replied", written.undo or "")


def annotation_edit_page(context: RequestContext) -> Response:
    """The form for the user's own text. Raises as `annotate_page` does; Forbidden for the text of another user."""
    view = _item_for_writing(context)
    part_id = context.param("part")
    words = _words_in(_own_part(context, view, part_id))
    return _edit_response(context, view, part_id, words, read=words)


def handle_annotation_edit_post(context: RequestContext) -> Response:
    """Change the user's own text; if it was changed in another window, both texts are shown."""
    part_id, given, read = context.form_value("part"), annotation_of_form(context), _read(context)
    view = _item_for_writing(context)
    part = _own_part(context, view, part_id)
    library, actor = context.library, context.actor
    try:
        if part.reply is not None:
            written = change_reply(library, actor, part_id, given.body, read=read.body)
        else:
            written = change_annotation(library, actor, part_id, given, read=read)
    except AnnotationChanged as error:
        return _edit_response(context, view, part_id, given, read=error.words, error=error)
    except (Invalid, Conflict) as error:
        return _edit_response(context, view, part_id, given, read=read, error=error)
    return redirect_with_flash(_place(context, written), "words-changed", written.undo or "")


def private_note_page(context: RequestContext) -> Response:
    """The form for a private note. Raises NotFound, LoginNeeded."""
    return _private_note_response(context, _item_for_note(context), "")


def handle_private_note_post(context: RequestContext) -> Response:
    """Save a private note, and return to the group's item; only its author sees it there."""
    view, body = _item_for_note(context), context.form_value("body")
    try:
        noted = write_private_note(context.library, context.actor, view.item.id, body)
    except (Invalid, Conflict) as error:
        return _private_note_response(context, view, body, error)
    address = context.addresses.item(view.item.id)
    return redirect_with_flash(f"{address}#private", "noted", noted.undo or "")


def _place(context: RequestContext, written: WrittenAnnotation) -> str:
    """The address of the new text on the item's page."""
    return context.addresses.annotation(written.item, written.part_id)


def _annotation_response(
    context: RequestContext,
    view: ItemView,
    writing: AnnotationFormKind,
    given: AnnotationFields,
    error: FlorilegeError | None = None,
    *,
    twin: str = "",
) -> Response:
    words, addresses = context.words, context.addresses
    title = words.say("Add a passage") if writing is AnnotationFormKind.PASSAGE else words.say("Add a comment")
    form = annotation_form(context, writing, addresses.of_item(view.item.id, "annotate"), given, view.group.slug)
    wrong = words.sentence(error) if error else ""
    if twin:
        wrong = words.say("This very passage is there already.")
        form = replace(form, again=True, submit=words.say("Add it all the same"))
    page = replace(
        _page(context, view, title, replace(form, wrong=wrong)),
        duplicate=addresses.annotation(view.item, twin) if twin else "",
    )
    return render(context, "annotations/annotation_editor.html", page, 409 if twin else _status(error))


def _reply_response(
    context: RequestContext, view: ItemView, to: str, body: str, error: FlorilegeError | None = None
) -> Response:
    words = context.words
    part = _required_part(view, to)
    form = annotation_form(
        context,
        AnnotationFormKind.REPLY,
        context.addresses.of_item(view.item.id, "reply"),
        AnnotationFields(body=body or _mention_of_author(context, part)),
        view.group.slug,
    )
    form = replace(form, hidden=(*form.hidden, ("to", to)), wrong=words.sentence(error) if error else "")
    author = part_author(part)
    about = (truncate(part_text(part), LONGEST_SHOWN), author.name if author else "")
    page = replace(_page(context, view, words.say("Answer"), form, to), about=about)
    return render(context, "annotations/annotation_editor.html", page, _status(error))


def _edit_response(
    context: RequestContext,
    view: ItemView,
    part_id: str,
    given: AnnotationFields,
    *,
    read: AnnotationFields,
    error: FlorilegeError | None = None,
) -> Response:
    words, part = context.words, _required_part(view, part_id)
    annotation = part.annotation
    has_quote = annotation is not None and annotation.kind is not AnnotationKind.COMMENT
    writing = (
        AnnotationFormKind.PASSAGE
        if has_quote
        else AnnotationFormKind.COMMENT
        if annotation is not None
        else AnnotationFormKind.REPLY
    )
    form = annotation_form(context, writing, context.addresses.of_item(view.item.id, "words"), given, view.group.slug)
    form = replace(
        form,
        hidden=(("part", part_id), ("r-quote", read.quote), ("r-body", read.body), ("r-color", read.color)),
        submit=words.say("Save my changes"),
        wrong=words.sentence(error) if error else "",
    )
    page = _page(context, view, words.say("Change my words"), form, part_id)
    now = error.words if isinstance(error, AnnotationChanged) else None
    return render(context, "annotations/annotation_editor.html", replace(page, now=now), _status(error))


def _private_note_response(
    context: RequestContext, view: ItemView, body: str, error: FlorilegeError | None = None
) -> Response:
    words = context.words
    action = context.addresses.of_item(view.item.id, "private")
    form = annotation_form(context, AnnotationFormKind.PRIVATE, action, AnnotationFields(body=body))
    form = replace(form, wrong=words.sentence(error) if error else "")
    return render(
        context,
        "annotations/annotation_editor.html",
        _page(context, view, words.say("A private note"), form),
        _status(error),
    )


def _page(
    context: RequestContext, view: ItemView, title: str, form: AnnotationForm, part_id: str = ""
) -> AnnotationFormPage:
    words, addresses = context.words, context.addresses
    name = truncate(title_or_url(view.item), 80)
    return AnnotationFormPage(
        title=f"{title} – {name}",
        heading=title,
        breadcrumb=(
            Link(words.say("First page"), addresses.home()),
            Link(view.group.name, addresses.group(view.group.slug)),
            Link(name, addresses.item(view.item.id)),
        ),
        language=foreign_language(view.item, words),
        form=form,
        back=addresses.annotation(view.item, part_id or None),
    )


def _item_for_note(context: RequestContext) -> ItemView:
    """The item, for a logged-in user. An item that the user may not read raises NotFound, even for anonymous
    visitors.
    """
    view = item_page(context.library, context.actor, context.path_params["id"])
    require_signed_in(context.actor)
    return view


def _item_for_writing(context: RequestContext) -> ItemView:
    return writable_item(context.library, context.actor, context.path_params["id"])


def _require_passage(writing: AnnotationFormKind, given: AnnotationFields) -> None:
    if writing is AnnotationFormKind.PASSAGE and not given.quote.strip():
        raise Invalid("Paste a passage of the page: words of your own stand below it, or in a comment.")


def _required_part(view: ItemView, part_id: str) -> RemovedContent:
    part = item_part(view.item, part_id)
    if part is None or part.item is not None:
        raise NotFound("This passage or comment is not there any more.")
    return part


def _own_part(context: RequestContext, view: ItemView, part_id: str) -> RemovedContent:
    part = _required_part(view, part_id)
    author = part_author(part)
    if author is None or author.id != context.actor.user_id:
        raise Forbidden("Only its author can change these words.")
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


def _read(context: RequestContext) -> AnnotationFields:
    return AnnotationFields(
        quote=context.form_value("r-quote"), body=context.form_value("r-body"), color=context.form_value("r-color")
    )


def _kind(kind: str) -> AnnotationFormKind:
    return AnnotationFormKind.COMMENT if kind == AnnotationFormKind.COMMENT else AnnotationFormKind.PASSAGE


def _status(error: FlorilegeError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, Conflict) else 400
