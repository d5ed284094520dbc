"""The rhythms as users choose them."""

from dataclasses import dataclass

from kb.errors import Invalid
from kb.features.digests.digest_schedule import Rhythm
from kb.translation import Translator


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a list to choose from."""

    value: str
    label: str
    is_chosen: bool


def rhythm_label(rhythm: Rhythm, translator: Translator) -> str:
    """How often, as users choose it."""
    _ = translator.gettext
    match rhythm:
        case Rhythm.NOW:
            return _("as soon as something is new")
        case Rhythm.TWICE:
            return _("twice a day")
        case Rhythm.DAILY:
            return _("every day")
        case Rhythm.WEEKLY:
            return _("every week")
        case Rhythm.NEVER:
            return _("never")


def rhythm_choices(translator: Translator, chosen: Rhythm, *, can_end: bool) -> tuple[Choice, ...]:
    """All rhythms, with `never` if `can_end`."""
    return tuple(
        Choice(rhythm.value, rhythm_label(rhythm, translator), rhythm is chosen)
        for rhythm in Rhythm
        if can_end or rhythm is not Rhythm.NEVER
    )


def rhythm_of(value: str) -> Rhythm:
    """The rhythm that a form sends. Raises Invalid."""
    try:
        return Rhythm(value)
    except ValueError:
        raise Invalid("Choose how often: now, twice, daily, weekly or never.") from None
