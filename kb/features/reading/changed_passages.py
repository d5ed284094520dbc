"""What the pages say of a passage whose words were changed in the page, or are gone."""

from dataclasses import dataclass

from kb.features.reading.reading_head import READ, VERSIONS
from kb.features.reading.records import PassageState
from kb.features.reading.text_versions import ChangedPassage
from kb.model.truncation import truncate
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link
from kb.web.ui.local_time import local_day

_LONGEST_QUOTE = 160


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A passage that was changed or is gone: its words, what has become of it, and the addresses of the version that
    has it as it was and of what has changed; empty if that version is not kept.
    """

    quote: Link
    sentence: str
    read: str
    difference: str


def changed_row(context: RequestContext, item_id: str, passage: ChangedPassage) -> ChangedRow:
    """What is said of a passage, in the language of the reader."""
    _, addresses = context.translator.gettext, context.addresses
    day = local_day(context.library.settings, context.translator, passage.changed.made_at)
    sentence = {
        PassageState.LOST: _("This passage is no longer in the version of %(day)s.", day=day),
        PassageState.MOVED: _("The words of this passage were changed in the version of %(day)s.", day=day),
        PassageState.EXACT: "",
    }[passage.state]
    read = changes = ""
    if passage.before is not None:
        anchor, number = f"#m-{passage.annotation.id}", passage.before.number
        read = addresses.of_item(item_id, READ, (("version", str(number)),)) + anchor
        changes = difference_address(context, item_id, number, passage.changed.number)
    words = truncate(passage.annotation.quote or "", _LONGEST_QUOTE)
    return ChangedRow(Link(words, addresses.permalink(item_id, passage.annotation.id)), sentence, read, changes)


def difference_address(context: RequestContext, item_id: str, old: int, new: int) -> str:
    """The address of the difference of two versions."""
    return context.addresses.of_item(item_id, VERSIONS, (("version", str(new)), ("against", str(old))))
