"""The setting of the client of Hypothesis."""

from dataclasses import dataclass

from kb.settings import setting
from kb.settings.values import OFF, ON, one_of


@dataclass(frozen=True, slots=True)
class HypothesisSettings:
    """The interface for programs does not depend on it."""

    hypothesis: str = setting(one_of(ON, OFF), "on|off", "Whether the site offers the client of Hypothesis", OFF)


SETTINGS = HypothesisSettings
