"""Values of the fields of import files, in the forms that a draft takes. What cannot be understood is None."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

from kb.model.dates import days_of
from kb.model.document_type import DocumentType
from kb.model.web_pages.canonical_address import is_script_address
from kb.model.written_dates import lower_without_accents, parse_written_date

_SECONDS = re.compile(r"\d{6,16}", re.ASCII)
_ISO = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?)? ?(UTC|[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)
_FRENCH_DATE = re.compile(r"(\d\d?)[/.](\d\d?)[/.](\d{4})", re.ASCII)
_PARTIAL = re.compile(r"(\d{4})(?:[-/](\d\d?)(?:[-/](\d\d?))?)?(?![\d])", re.ASCII)
_DATE_AND_TIME = re.compile(
    r"(\S[^:]{4,40}?\d{4})(?:,|\s+à|\s+at)?\s+(\d\d?)(?::|\s?h\s?)(?:(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?)?"
    r"(?:\s+([A-Za-z]{1,4}|[+-]\d\d:?\d\d))?"
)
_ZONES = {"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "CET": 1, "CEST": 2}
"""Hours from UTC to the time zones that files have by name."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
_ELEMENT = re.compile(r"</?[A-Za-z][^<>]*+>")
_BREAKING = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]*+>", re.IGNORECASE)
# Python refuses to read such a number, which is no character.
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,}+;?", re.ASCII)
_LATEST = 4_102_444_800
"""Seconds since 1970 of the year 2100: a later date is a fault of the program that wrote it."""
_LONGEST_DATE = 60
_TYPE_NAMES = {
    DocumentType.ARTICLE: ("article de revue", "journal article", "revue"),
    DocumentType.NEWS: ("article de presse", "newspaper or magazine article", "presse"),
    DocumentType.BOOK: ("livre", "ouvrage"),
    DocumentType.CHAPTER: ("chapitre", "chapitre de livre", "chapter of a book"),
    DocumentType.REPORT: ("rapport",),
    DocumentType.THESIS: ("these", "memoire"),
    DocumentType.CONFERENCE_PAPER: ("communication", "conference paper", "actes"),
    DocumentType.LAW: ("loi", "texte juridique", "loi ou decision", "law or decision", "decret"),
}
_TYPES = {name: known.value for known, names in _TYPE_NAMES.items() for name in (known.value, *names)}


def instant_value(text: str | None, *, is_exact: bool = False) -> str | None:
    """A time in UTC from seconds, milliseconds or microseconds since 1970, ISO 8601, the date of a message, or a date
    with a time as people write it; a day from such a date without a time.

    In whole seconds, or, if `is_exact`, with the microseconds that ISO 8601 gives.
    """
    text = (text or "").strip()
    if not text or len(text) > _LONGEST_DATE:
        return None
    try:
        if _SECONDS.fullmatch(text):
            seconds = int(text)
            while seconds >= _LATEST:
                seconds //= 1000
            return _iso_timestamp(datetime.fromtimestamp(seconds, UTC)) if seconds else None
        if iso := _ISO.fullmatch(text):
            year, month, day, clock, fraction, zone = iso.groups()
            zone = "+00:00" if zone in {None, "UTC", "Z", "z"} else zone
            fraction = fraction if is_exact and fraction and len(clock) > 5 else ""
            return _iso_timestamp(
                datetime.fromisoformat(f"{year}-{month}-{day}T{clock or '00:00'}{fraction[:7]}{zone}")
            )
        if french := _FRENCH_DATE.fullmatch(text):
            return _iso_timestamp(datetime(int(french[3]), int(french[2]), int(french[1]), tzinfo=UTC))
        return _iso_timestamp(_message_date(text))
    except (ValueError, OverflowError, IndexError, TypeError):
        return _day_of(text)


def local_day_value(text: str) -> str | None:
    """The day of a time or of a date, in its own time zone; a date of less precision as it is."""
    if day := published_value(text[:10]):
        return day
    with suppress(ValueError, OverflowError, IndexError, TypeError):
        return _message_date(text.strip()).date().isoformat()
    return (instant_value(text) or "")[:10] or published_value(text)


def _message_date(text: str) -> datetime:
    """The time of a text such as `Mon, 03 Mar 2014 10:00:00 +0100`, or `lun., 3 mars 2014 10:00:00 +0100`.

    Raises ValueError, OverflowError, IndexError or TypeError for any other text.
    """
    if len(text) > _LONGEST_DATE:
        raise ValueError(text)
    match = _DATE_AND_TIME.fullmatch(text)
    day = _day_of(match[1]) if match else None
    if match is None or day is None:
        return parsedate_to_datetime(text)
    zone = match[5] or "Z"
    hours = _ZONES.get(zone.upper())
    offset = f"{hours:+03}:00" if hours is not None else zone
    return datetime.fromisoformat(f"{day}T{match[2].zfill(2)}:{match[3] or '00'}:{match[4] or '00'}{offset}")


def _day_of(text: str) -> str | None:
    day = parse_written_date(text)
    return day if day and len(day) == len("2014-11-07") else None


def _iso_timestamp(instant: datetime) -> str:
    instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    fraction = f".{instant.microsecond:06}" if instant.microsecond else ""
    return instant.strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z").rjust(20 + len(fraction), "0")


def published_value(text: str | None) -> str | None:
    """A date at its precision (`YYYY`, `YYYY-MM` or `YYYY-MM-DD`) from ISO, `YYYY/MM/DD` or `DD/MM/YYYY`, else as
    people write it (`3 mars 2014`).
    """
    text = (text or "").strip().rstrip("/")[:_LONGEST_DATE]
    parts: Iterable[str]
    if french := _FRENCH_DATE.match(text):
        parts = french.group(3, 2, 1)
    elif match := _PARTIAL.match(text):
        parts = [part for part in match.groups() if part]
    else:
        return parse_written_date(text)
    date = "-".join(part.zfill(2) for part in parts)
    try:
        days_of(date)
    except ValueError:
        return None
    return date


def day_value(text: str | None) -> str | None:
    """The day on which a page was saved or read; None if it is less precise."""
    day = published_value(text)
    return day if day and len(day) == 10 else None


def language_value(text: str | None) -> str | None:
    text = (text or "").strip()
    return text.replace("_", "-") if _LANGUAGE.fullmatch(text) else None


def document_type_value(text: str) -> str | None:
    """The type of document that a text is the value of, or the name of in French or English; None for another text."""
    return _TYPES.get(lower_without_accents(text.strip()[:80]))


def tag_values(*tags: str) -> tuple[str, ...] | None:
    """The tags without empty ones and repetitions, compared by folded case; None without any."""
    by_key: dict[str, str] = {}
    for tag in tags:
        if name := " ".join(tag.split()):
            by_key.setdefault(name.casefold(), name)
    return tuple(by_key.values()) or None


def is_web_address(url: str) -> bool:
    """Whether an address may lead to a document: no script, and no query of a browser."""
    return bool(url) and not is_script_address(url)


def text_of_html(text: str) -> str:
    """The words of a piece of HTML, on lines as a browser breaks them."""
    return unescape_references(_ELEMENT.sub("", _BREAKING.sub("\n", text)))


def unescape_references(text: str) -> str:
    """The text with the characters that references of HTML stand for."""
    return unescape(_LONG_REFERENCE.sub("\ufffd", text)).replace("\0", "\ufffd") if "&" in text else text
