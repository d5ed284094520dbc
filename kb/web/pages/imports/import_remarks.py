"""The remarks on an imported file: those of one kind are one line, with their number and the records that they name."""

from collections.abc import Iterable
from dataclasses import dataclass

from kb.errors import translatable
from kb.model.items.import_draft import Remark
from kb.translation import Translator

_ALL_IN_TRASH = translatable("These items are in the trash of the group: restore them, or empty the trash first.")
_NAMED = 3
"""Records that a line names before the rest is folded."""


@dataclass(frozen=True, slots=True)
class RemarkLine:
    """One kind of remark: its sentence, the first records that it names, and the `folded` others under their label.

    `restore` is the label of the button that restores those items of the trash that the user may restore, if any.
    """

    sentence: str
    records: str
    fold: str
    folded: tuple[str, ...]
    in_trash: bool = False
    restore: str = ""


def remark_lines(remarks: Iterable[Remark], restorable: int, translator: Translator) -> tuple[RemarkLine, ...]:
    """The remarks in their order, each kind where its first one stands; `restorable` items of the trash can be back."""
    places: dict[tuple[str, bool], list[str]] = {}
    for remark in remarks:
        sentence = translator.gettext(remark.message, **remark.values) if remark.message else remark.why
        place = (
            translator.gettext("line %(number)s", number=str(remark.line)) if remark.line is not None else remark.item
        )
        places.setdefault((sentence, bool(remark.removal)), []).append(place or "")
    return tuple(
        _line(sentence, named, translator, in_trash=in_trash, restorable=restorable if in_trash else 0)
        for (sentence, in_trash), named in places.items()
    )


def _line(sentence: str, places: list[str], translator: Translator, *, in_trash: bool, restorable: int) -> RemarkLine:
    named, count = [place for place in places if place], len(places)
    first, rest = ", ".join(named[:_NAMED]), tuple(named[_NAMED:])
    if count > 1 and in_trash:
        sentence = translator.gettext(_ALL_IN_TRASH)
    if count > 1:
        number = translator.ngettext("%(count)s record", "%(count)s records", count)
        first = f"{number}{translator.gettext(':')} {first}" if first else number
    if rest:
        first = f"{first}…"
    fold = translator.ngettext("Show the %(count)s other", "Show the %(count)s others", len(rest)) if rest else ""
    restore = translator.ngettext("Restore %(count)s item", "Restore %(count)s items", restorable) if restorable else ""
    return RemarkLine(sentence, first, fold, rest, in_trash, restore)
