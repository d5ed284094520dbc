"""The forms for texts: a highlight, a comment, a reply, a private note; the “source, date” hint beside a comment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from starlette.responses import PlainTextResponse, Response

from kb.errors import translatable
from kb.formats.comment_source_and_date import source_and_date
from kb.model.items.item import Item
from kb.model.items.item_fields import LONGEST_WORDS, AnnotationFields, HighlightColor, parse_tags
from kb.model.items.selectors import text_position
from kb.services.groups.membership import require_signed_in
from kb.services.items.items import page_text
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.form_options import FormOption

LARGEST_ANNOTATION_FORM = 1024 * 1024
"""Bytes of the form: two texts of the most characters, twice, each character in nine bytes at most."""
POSITION_FIELDS = ("start", "end", "version")
"""Fields of a form, and parameters of its address: where a passage is in the text of the page."""
_LONGEST_SOURCE_LINE = 300
"""Characters of a comment's line that are analysed."""
COLOR_NAMES: Mapping[str | None, str] = {
    HighlightColor.YELLOW: translatable("yellow"),
    HighlightColor.BLUE: translatable("blue"),
    HighlightColor.GREEN: translatable("green"),
    HighlightColor.PINK: translatable("pink"),
}


class AnnotationFormKind(StrEnum):
    """The kind of text, which decides the fields of the form."""

    PASSAGE = "passage"
    COMMENT = "comment"
    REPLY = "reply"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class AnnotationForm:
    """`kind` ends the names of its fields, because a page has several such forms. `hidden` are further fields.

    `people` is the address to complete logins and `source` that to recognise a source line, for the script; both may be
    empty. `submit` is the label of the button, empty for the usual one. `again`: the user confirms a text despite a
    warning. `tags` are those of a passage, as a field shows them; None for a form without them.
    """

    kind: AnnotationFormKind
    action: str
    words: AnnotationFields
    submit: str = ""
    colors: tuple[FormOption, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    people: str = ""
    source: str = ""
    again: bool = False
    tags: str | None = None
    longest: ClassVar[int] = LONGEST_WORDS


def annotation_form(
    context: RequestContext,
    kind: AnnotationFormKind,
    action: str,
    fields: AnnotationFields,
    group_slug: str = "",
    *,
    item: Item | None = None,
) -> AnnotationForm:
    """The form for one kind of text, with its present values.

    A comment on `item` is read for a source and a date only if the item has neither.
    """
    may_be_sourced = kind is AnnotationFormKind.COMMENT and not (item and (item.source or item.published))
    addresses, translator = context.addresses, context.translator
    return AnnotationForm(
        kind,
        action,
        fields,
        colors=color_choices(fields.color or HighlightColor.YELLOW, translator)
        if kind is AnnotationFormKind.PASSAGE
        else (),
        hidden=(("kind", kind),),
        people=addresses.group(group_slug, "people") if group_slug else "",
        source=addresses.own("source-line") if may_be_sourced else "",
    )


def annotation_of_form(context: RequestContext) -> AnnotationFields:
    """The text that a form sends, with its tags if the form has a field for them."""
    tags = next((value for name, value in context.fields if name == "tags"), None)
    position = text_position(*(context.form_value(name) for name in POSITION_FIELDS))
    return AnnotationFields(
        quote=context.form_value("quote"),
        body=context.form_value("body"),
        color=context.form_value("color"),
        tags=None if tags is None else parse_tags(tags),
        prefix=context.form_value("prefix"),
        suffix=context.form_value("suffix"),
        selectors=position.selectors if position else None,
    )


def quoted_annotation(context: RequestContext, item: Item) -> tuple[AnnotationFields, tuple[tuple[str, str], ...]]:
    """What a form shows of a new annotation: what was sent, else the passage in the address, else the one of the page's
    present text at the place that it gives; and the hidden fields that go with it. The caller must have the right to
    read the item.
    """
    hidden = tuple((name, context.typed_value(name, context.param(name))) for name in (*POSITION_FIELDS, "back"))
    fields, position = annotation_of_form(context), text_position(*(context.param(name) for name in POSITION_FIELDS))
    if context.form_error is None and (passage := context.param("quote")):
        fields = replace(fields, quote=passage[:LONGEST_WORDS])
    elif context.form_error is None and position is not None:
        text = page_text(context.library, item.id)
        fields = replace(fields, quote=text[position.start : position.end][:LONGEST_WORDS].strip())
    return fields, tuple(pair for pair in hidden if pair[1])


def highlight_color_name(color: str | None, translator: Translator) -> str:
    """The name of a highlight colour; empty for none of the four."""
    return translator.gettext(COLOR_NAMES[color]) if color in COLOR_NAMES else ""


def color_choices(selected: str, translator: Translator) -> tuple[FormOption, ...]:
    """The four highlight colours; none is selected if an imported highlight has another colour."""
    return tuple(
        FormOption(color, highlight_color_name(color, translator), selected=color == selected)
        for color in HighlightColor
    )


def recognized_source(context: RequestContext) -> Response:
    """The source and date that the item would get from a line of a comment, as a sentence; empty if there are none.
    Raises LoginNeeded.
    """
    require_signed_in(context.actor)
    translator, origin = context.translator, source_and_date(context.param("text")[:_LONGEST_SOURCE_LINE])
    sentence = (
        translator.gettext(
            "Source: %(source)s – published: %(day)s", source=origin.source, day=translator.period(origin.published)
        )
        if origin
        else ""
    )
    return PlainTextResponse(sentence, headers={"Cache-Control": "private, no-store"})
