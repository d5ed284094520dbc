"""The forms in which one writes: a passage, a comment, a reply, a private note."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.items.item_fields import LONGEST_WORDS, Color, Words
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.ui.form_choices import Alternative

LARGEST_WORDS = 1024 * 1024
"""Bytes of what a form of words sends: two texts as long as may be, twice, each character in nine bytes at most."""


class Writing(StrEnum):
    """What one writes, which decides what the form asks for."""

    PASSAGE = "passage"
    COMMENT = "comment"
    REPLY = "reply"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class WordsForm:
    """`id` makes the names of its fields differ from those of the page's other forms.

    `hidden` are fields that go with it. `people` is where logins are completed and `source` where a source line is
    read, for the script; both may be empty. `wrong` is told beside the form. `again`: what was warned of is sent all
    the same.
    """

    id: str
    kind: str
    action: str
    form_token: str
    words: Words
    submit: str
    longest: int
    colors: tuple[Alternative, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    people: str = ""
    source: str = ""
    wrong: str = ""
    again: bool = False


def words_form(context: Context, writing: Writing, action: str, given: Words, group_slug: str = "") -> WordsForm:
    """The form for one kind of words, with what is in it already."""
    words, addresses = context.words, context.addresses
    has_quote = writing is Writing.PASSAGE
    return WordsForm(
        id=writing.value,
        kind=writing.value,
        action=action,
        form_token=context.form_token,
        words=given,
        submit=_submit(writing, words),
        longest=LONGEST_WORDS,
        colors=_colors(given.color, words) if has_quote else (),
        hidden=(("kind", writing.value),),
        people=addresses.group(group_slug, "people") if group_slug and writing is not Writing.PRIVATE else "",
        source=addresses.own("source-line") if writing is Writing.COMMENT else "",
    )


def words_sent(context: Context) -> Words:
    """The words that a form sends."""
    return Words(quote=context.form_value("quote"), body=context.form_value("body"), color=context.form_value("color"))


def pen_named(color: str | None, words: Translator) -> str:
    """The name of a highlighter; nothing for none of the four."""
    match color:
        case Color.YELLOW:
            return words.say("yellow")
        case Color.GREEN:
            return words.say("green")
        case Color.BLUE:
            return words.say("blue")
        case Color.PINK:
            return words.say("pink")
        case _:
            return ""


def _colors(chosen: str, words: Translator) -> tuple[Alternative, ...]:
    """The four highlighters; one is always chosen, but for what came in with another colour."""
    kept = chosen or Color.YELLOW
    return tuple(Alternative(one.value, pen_named(one, words), chosen=one.value == kept) for one in Color)


def _submit(writing: Writing, words: Translator) -> str:
    match writing:
        case Writing.PASSAGE:
            return words.say("Add the passage")
        case Writing.COMMENT:
            return words.say("Add the comment")
        case Writing.REPLY:
            return words.say("Send the reply")
        case Writing.PRIVATE:
            return words.say("Keep for myself")
