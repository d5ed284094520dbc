"""The pages on which one writes about an item: a passage, a comment, a reply, a private note; or changes one's own."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound, Refused
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_fields import Words
from kb.model.items.moderation import Taken
from kb.services.annotations.annotations import (
    WordsChanged,
    Written,
    annotate,
    change_annotation,
    change_reply,
    quoted_already,
    reply,
    words_of,
)
from kb.services.annotations.private_notes import note_privately
from kb.services.groups.membership import require_signed_in
from kb.services.items.items import ItemView, item_page, writable_item
from kb.services.trash.item_parts import author_of, part_of, text_of
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.pages.annotations.annotation_forms import WordsForm, Writing, words_form, words_sent
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.ui.fragments import Link, beginning, foreign, title_of
from kb.web.ui.page_weight import page_of_part
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class WordsPage:
    """`about` is what is answered, as (text, by); `now` are one's words as they were changed meanwhile, elsewhere.

    `twin` leads to the same passage, which is there already.
    """

    title: str
    heading: str
    trail: tuple[Link, ...]
    language: str | None
    form: WordsForm
    back: str
    about: tuple[str, str] | None = None
    now: Words | None = None
    twin: str = ""


def annotate_page(context: Context) -> Response:
    """The form for a passage, or for a comment. Raises NotFound, SignInNeeded, Refused for who is no member."""
    view = _writable(context)
    return _annotating(context, view, _kind(context.param("kind")), Words())


def check_writer(context: Context) -> None:
    """Raise NotFound, SignInNeeded or Refused unless the user may write about the item of the address."""
    _writable(context)


def annotate_item(context: Context) -> Response:
    """Add what was sent; what cannot be kept is told, with what was typed."""
    writing, given = _kind(context.form_value("kind")), words_sent(context)
    view = _writable(context)
    try:
        _require_passage(writing, given)
        twin = quoted_already(view.item, given.quote)
        if twin is not None and not context.form_value("again"):
            return _annotating(context, view, writing, given, twin=twin.id)
        written = annotate(context.library, context.actor, view.item.id, given)
    except (Invalid, Conflict) as error:
        return _annotating(context, view, writing, given, error)
    done = "annotated-sourced" if written.recognised else "annotated"
    return moved(_place(context, written), done, written.undo or "")


def reply_page(context: Context) -> Response:
    """The form for a reply. Raises as `annotate_page` does, and NotFound for what is not there."""
    view = _writable(context)
    return _replying(context, view, context.param("to"), "")


def reply_to(context: Context) -> Response:
    """Answer, as the form says."""
    to, body = context.form_value("to"), context.form_value("body")
    view = _writable(context)
    _required(view, to)
    try:
        written = reply(context.library, context.actor, to, body)
    except (Invalid, Conflict) as error:
        return _replying(context, view, to, body, error)
    return moved(_place(context, written), "replied", written.undo or "")


def change_page(context: Context) -> Response:
    """One's own words, to be changed. Raises as `annotate_page` does; Refused for the words of others."""
    view = _writable(context)
    part_id = context.param("part")
    words = _words_in(_own(context, view, part_id))
    return _changing(context, view, part_id, words, read=words)


def change_words(context: Context) -> Response:
    """Change one's own words; who has changed them in another window sees both texts."""
    part_id, given, read = context.form_value("part"), words_sent(context), _read(context)
    view = _writable(context)
    part = _own(context, view, part_id)
    library, actor = context.library, context.actor
    try:
        if part.reply is not None:
            written = change_reply(library, actor, part_id, given.body, read=read.body)
        else:
            written = change_annotation(library, actor, part_id, given, read=read)
    except WordsChanged as error:
        return _changing(context, view, part_id, given, read=error.words, error=error)
    except (Invalid, Conflict) as error:
        return _changing(context, view, part_id, given, read=read, error=error)
    return moved(_place(context, written), "words-changed", written.undo or "")


def private_page(context: Context) -> Response:
    """The form for a private note. Raises NotFound, SignInNeeded."""
    return _noting(context, _notable(context), "")


def note_for_oneself(context: Context) -> Response:
    """Keep a private note, and go back to the group's item, which shows it to nobody else."""
    view, body = _notable(context), context.form_value("body")
    try:
        noted = note_privately(context.library, context.actor, view.item.id, body)
    except (Invalid, Conflict) as error:
        return _noting(context, view, body, error)
    address = context.addresses.item(view.item.id)
    return moved(f"{address}#private", "noted", noted.undo or "")


def _place(context: Context, written: Written) -> str:
    """Where the page of the item shows what was written."""
    number = page_of_part(written.item, written.part_id)
    if number > 1:
        return context.addresses.place(written.item.id, written.part_id, page=number)
    return context.addresses.item(written.item.id, annotation=written.part_id)


def _annotating(
    context: Context,
    view: ItemView,
    writing: Writing,
    given: Words,
    error: FlorilegeError | None = None,
    *,
    twin: str = "",
) -> Response:
    words, addresses = context.words, context.addresses
    title = words.say("Add a passage") if writing is Writing.PASSAGE else words.say("Add a comment")
    form = words_form(context, writing, addresses.of_item(view.item.id, "annotate"), given, view.group.slug)
    wrong = words.sentence(error) if error else ""
    if twin:
        wrong = words.say("This very passage is there already.")
        form = replace(form, again=True, submit=words.say("Add it all the same"))
    page = replace(
        _page(context, view, title, replace(form, wrong=wrong)),
        twin=addresses.item(view.item.id, annotation=twin) if twin else "",
    )
    return render(context, "annotations/annotation_pages.html", page, 409 if twin else _status(error))


def _replying(context: Context, view: ItemView, to: str, body: str, error: FlorilegeError | None = None) -> Response:
    words = context.words
    part = _required(view, to)
    form = words_form(
        context,
        Writing.REPLY,
        context.addresses.of_item(view.item.id, "reply"),
        Words(body=body or _naming(context, part)),
        view.group.slug,
    )
    form = replace(form, hidden=(*form.hidden, ("to", to)), wrong=words.sentence(error) if error else "")
    author = author_of(part)
    about = (beginning(text_of(part), LONGEST_SHOWN), author.name if author else "")
    page = replace(_page(context, view, words.say("Answer"), form, to), about=about)
    return render(context, "annotations/annotation_pages.html", page, _status(error))


def _changing(
    context: Context, view: ItemView, part_id: str, given: Words, *, read: Words, error: FlorilegeError | None = None
) -> Response:
    words, part = context.words, _required(view, part_id)
    annotation = part.annotation
    has_quote = annotation is not None and annotation.kind is not AnnotationKind.COMMENT
    writing = Writing.PASSAGE if has_quote else Writing.COMMENT if annotation is not None else Writing.REPLY
    form = words_form(context, writing, context.addresses.of_item(view.item.id, "words"), given, view.group.slug)
    form = replace(
        form,
        hidden=(("part", part_id), ("r-quote", read.quote), ("r-body", read.body), ("r-color", read.color)),
        submit=words.say("Save my changes"),
        wrong=words.sentence(error) if error else "",
    )
    page = _page(context, view, words.say("Change my words"), form, part_id)
    now = error.words if isinstance(error, WordsChanged) else None
    return render(context, "annotations/annotation_pages.html", replace(page, now=now), _status(error))


def _noting(context: Context, view: ItemView, body: str, error: FlorilegeError | None = None) -> Response:
    words = context.words
    action = context.addresses.of_item(view.item.id, "private")
    form = words_form(context, Writing.PRIVATE, action, Words(body=body))
    form = replace(form, wrong=words.sentence(error) if error else "")
    return render(
        context,
        "annotations/annotation_pages.html",
        _page(context, view, words.say("A private note"), form),
        _status(error),
    )


def _page(context: Context, view: ItemView, title: str, form: WordsForm, part_id: str = "") -> WordsPage:
    words, addresses = context.words, context.addresses
    name = beginning(title_of(view.item), 80)
    return WordsPage(
        title=f"{title} – {name}",
        heading=title,
        trail=(
            Link(words.say("First page"), addresses.home()),
            Link(view.group.name, addresses.group(view.group.slug)),
            Link(name, addresses.item(view.item.id)),
        ),
        language=foreign(view.item, words),
        form=form,
        back=addresses.item(view.item.id, annotation=part_id or None),
    )


def _notable(context: Context) -> ItemView:
    """The item, for who is signed in: what one may not read is not there, whoever asks."""
    view = item_page(context.library, context.actor, context.path_params["id"])
    require_signed_in(context.actor)
    return view


def _writable(context: Context) -> ItemView:
    return writable_item(context.library, context.actor, context.path_params["id"])


def _require_passage(writing: Writing, given: Words) -> None:
    if writing is Writing.PASSAGE and not given.quote.strip():
        raise Invalid("Paste a passage of the page: words of your own stand below it, or in a comment.")


def _required(view: ItemView, part_id: str) -> Taken:
    part = part_of(view.item, part_id)
    if part is None or part.item is not None:
        raise NotFound("This passage or comment is not there any more.")
    return part


def _own(context: Context, view: ItemView, part_id: str) -> Taken:
    part = _required(view, part_id)
    author = author_of(part)
    if author is None or author.id != context.actor.user_id:
        raise Refused("Only its author can change these words.")
    return part


def _words_in(part: Taken) -> Words:
    if part.annotation is not None:
        return words_of(part.annotation)
    return Words(body=part.reply.body if part.reply is not None else "")


def _naming(context: Context, part: Taken) -> str:
    """Whom a reply to a reply answers: a thread has no other way to say so."""
    author = author_of(part)
    if part.reply is None or author is None or author.id == context.actor.user_id:
        return ""
    return f"@{author.login} "


def _read(context: Context) -> Words:
    return Words(
        quote=context.form_value("r-quote"), body=context.form_value("r-body"), color=context.form_value("r-color")
    )


def _kind(kind: str) -> Writing:
    return Writing.COMMENT if kind == Writing.COMMENT else Writing.PASSAGE


def _status(error: FlorilegeError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, Conflict) else 400
