"""The forms for texts: a highlight, a comment, a reply, a private note."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.items.item_fields import LONGEST_WORDS, AnnotationFields, HighlightColor
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.group_choices import FormOption

LARGEST_ANNOTATION_FORM = 1024 * 1024
"""Bytes of the form: two texts of the most characters, twice, each character in nine bytes at most."""


class AnnotationFormKind(StrEnum):
    """The kind of text, which decides the fields of the form."""

    PASSAGE = "passage"
    COMMENT = "comment"
    REPLY = "reply"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class AnnotationForm:
    """`id` distinguishes the names of its fields from those of the page's other forms.

    `hidden` are further fields. `people` is the address to complete logins and `source` that to recognise a source
    line, for the script; both may be empty. `wrong` is shown beside the form. `again`: the user confirms a text despite
    a warning.
    """

    id: str
    kind: str
    action: str
    form_token: str
    words: AnnotationFields
    submit: str
    longest: int
    colors: tuple[FormOption, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    people: str = ""
    source: str = ""
    wrong: str = ""
    again: bool = False


def annotation_form(
    context: RequestContext, writing: AnnotationFormKind, action: str, given: AnnotationFields, group_slug: str = ""
) -> AnnotationForm:
    """The form for one kind of text, with its present values."""
    words, addresses = context.words, context.addresses
    has_quote = writing is AnnotationFormKind.PASSAGE
    return AnnotationForm(
        id=writing.value,
        kind=writing.value,
        action=action,
        form_token=context.form_token,
        words=given,
        submit=_submit(writing, words),
        longest=LONGEST_WORDS,
        colors=_colors(given.color, words) if has_quote else (),
        hidden=(("kind", writing.value),),
        people=addresses.group(group_slug, "people")
        if group_slug and writing is not AnnotationFormKind.PRIVATE
        else "",
        source=addresses.own("source-line") if writing is AnnotationFormKind.COMMENT else "",
    )


def annotation_of_form(context: RequestContext) -> AnnotationFields:
    """The text that a form sends."""
    return AnnotationFields(
        quote=context.form_value("quote"), body=context.form_value("body"), color=context.form_value("color")
    )


def highlight_color_name(color: str | None, words: Translator) -> str:
    """The name of a highlight colour; empty for none of the four."""
    match color:
        case HighlightColor.YELLOW:
            return words.say("yellow")
        case HighlightColor.GREEN:
            return words.say("green")
        case HighlightColor.BLUE:
            return words.say("blue")
        case HighlightColor.PINK:
            return words.say("pink")
        case _:
            return ""


def _colors(chosen: str, words: Translator) -> tuple[FormOption, ...]:
    """The four highlight colours; one is always selected, except for an imported highlight with another colour."""
    kept = chosen or HighlightColor.YELLOW
    return tuple(
        FormOption(one.value, highlight_color_name(one, words), chosen=one.value == kept) for one in HighlightColor
    )


def _submit(writing: AnnotationFormKind, words: Translator) -> str:
    match writing:
        case AnnotationFormKind.PASSAGE:
            return words.say("Add the passage")
        case AnnotationFormKind.COMMENT:
            return words.say("Add the comment")
        case AnnotationFormKind.REPLY:
            return words.say("Send the reply")
        case AnnotationFormKind.PRIVATE:
            return words.say("Keep for myself")
