"""Times of the day in the time zone of the site."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kb.model.dates import instant_of
from kb.settings.settings import Settings
from kb.translation import Translator


def site_time_zone(settings: Settings) -> tuple[tzinfo, str]:
    """The time zone of the site and its name; UTC on a machine without the database of time zones."""
    name = settings.time_zone
    try:
        return ZoneInfo(name), name
    except ZoneInfoNotFoundError:
        return UTC, "UTC"


def local_moment(settings: Settings, instant: str) -> datetime:
    """The time of a stored instant where the site is. Raises ValueError for any other text."""
    return instant_of(instant).astimezone(site_time_zone(settings)[0])


def local_day(settings: Settings, translator: Translator, instant: str) -> str:
    """The day of a stored instant where the site is: 1er décembre 2026."""
    return translator.day(local_moment(settings, instant).date())


def day_and_time(settings: Settings, translator: Translator, instant: str) -> str:
    """The day and the time of a stored instant where the site is: 1er décembre 2026, 14:05."""
    return f"{local_day(settings, translator, instant)}, {local_moment(settings, instant):%H:%M}"


def html_time(instant: str) -> str:
    """A stored instant for the attribute `datetime`: HTML has three digits of a second at most. Other texts stay."""
    try:
        return f"{instant_of(instant):%Y-%m-%dT%H:%M:%SZ}"
    except ValueError:
        return instant
