"""The setting of the pages that are read again by themselves."""

from dataclasses import dataclass

from kb.settings import setting
from kb.settings.values import whole_number

_days = whole_number(0, 3650, "%(name)s must be a number of days from 0 to %(most)s; 0 reads no page again.")


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """Off unless a number of days is given."""

    page_check_days: int = setting(
        _days, "DAYS", "After how many days a page with passages is read again; 0 for never", 0
    )


SETTINGS = ReadingSettings
