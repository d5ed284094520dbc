"""Translate messages to the reader's language: sentences, plurals, numbers and dates, for the web and the command line.

The key of a message is its English sentence, with `%(name)s` for values. The module knows nothing of pages or commands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from io import BytesIO
from typing import Protocol

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from kb.package_data import locale_dir

LANGUAGES = ("fr", "en")
"""The languages we speak. English is written in the code, the others in `locale/`."""


class Translatable(Protocol):
    """The part of our errors that is translated: a message and its values."""

    message: str
    values: dict[str, object]


@cache
def message_catalogue(language: str) -> NullTranslations:
    """The messages of one language. Raises ValueError for a language without a catalogue.

    In a checkout, a catalogue that was never compiled, or not since its last change, is read from its source.
    """
    if language not in LANGUAGES:
        raise ValueError(language)
    folder = locale_dir() / language / "LC_MESSAGES"
    source, compiled = folder / "kb.po", folder / "kb.mo"
    if compiled.is_file() and (not source.is_file() or compiled.stat().st_mtime >= source.stat().st_mtime):
        return Translations(BytesIO(compiled.read_bytes()))
    if not source.is_file():
        return NullTranslations()
    binary = BytesIO()
    with source.open("rb") as text:
        write_mo(binary, read_po(text, locale=language))
    binary.seek(0)
    return Translations(binary)


@dataclass(frozen=True, slots=True)
class Translator:
    """The messages, numbers and dates of one language."""

    language: str

    def gettext(self, message: str, **values: object) -> str:
        """The message in this language, with its values; numbers are written as the language writes them."""
        if not values:
            # A message without values may hold a percent sign.
            return _translated_message(message, self.language)[0]
        text, written = self.message_and_values(message, self._written(values))
        return text % written

    def message_and_values(self, message: str, values: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """The message in this language, and its values: those that it quotes have inner quotation marks."""
        text, quoted = _translated_message(message, self.language)
        written = dict(values)
        for name in quoted:
            if isinstance(value := written.get(name), str):
                for mark, other in _INNER_QUOTES[self.language]:
                    value = value.replace(mark, other)
                written[name] = value
        return text, written

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """The form for a number ("0 résultat", "0 results"); `%(count)s` is the number."""
        if not values:
            return _plural_message(one, many, number, self.language)
        return message_catalogue(self.language).ngettext(one, many, number) % self._written({**values, "count": number})

    def sentence(self, error: Translatable) -> str:
        """The message of an error, in this language."""
        return self.gettext(error.message, **error.values)

    def quoted(self, text: str) -> str:
        """The text between quotation marks; a text that stands whole between guillemets keeps its own."""
        if text.startswith("«") and text.endswith("»") and text.count("«") == 1:
            return text
        # Citations keep the text to the letter.
        return _translated_message("“%(text)s”", self.language)[0] % {"text": text}

    def quotation(self, text: str) -> str:
        """As `quoted`, with marks of the second level for a quotation within the text."""
        if text.startswith("«") and text.endswith("»") and text.count("«") == 1:
            return text
        return self.gettext("“%(text)s”", text=text)

    def number(self, value: float) -> str:
        """A number with its groups of three: 12 345 in French (narrow no-break space), 12,345 in English."""
        # A page holds a hundred counts, and Babel is slow.
        if isinstance(value, int) and value >= 0:
            return format(value, ",").replace(",", _digit_group_separator(self.language))
        return _number(value, self.language)

    def day(self, value: date) -> str:
        """A day in full: 1er novembre 2014, 1 November 2014."""
        text = _date(value, "long", self.language)
        # Babel writes "1 novembre"; in French the first day, and only that one, is an ordinal.
        return "1er" + text[1:] if self.language == "fr" and value.day == 1 else text

    def period(self, partial: str) -> str:
        """A date with the precision given (`2014`, `2014-11`, `2014-11-07`); any other text is returned unchanged."""
        return _period(partial, self.language) if len(partial) <= _LONGEST_DATE else partial

    def month(self, number: int) -> str:
        """A month's short name, 1 to 12: "nov.", "Nov"."""
        return _date(date(2000, number, 1), "MMM", self.language)

    def instant(self, text: str) -> str:
        """The day of a timestamp, in its own time zone; any other text is returned unchanged."""
        try:
            return self.day(datetime.fromisoformat(text).date())
        except ValueError:
            return text

    def language_name(self, code: str) -> str:
        """The name of a language in this one ("français", "English"); its code if the name is unknown."""
        return _language_name(code, self.language)

    def _written(self, values: Mapping[str, object]) -> dict[str, object]:
        return {
            name: value
            if type(value) is str or isinstance(value, bool) or not isinstance(value, int | float)
            else self.number(value)
            for name, value in values.items()
        }


_INNER_QUOTES = {
    "fr": (("«\u202f", "“"), ("«\u00a0", "“"), ("\u202f»", "”"), ("\u00a0»", "”"), ("«", "“"), ("»", "”")),
    "en": (("“", "‘"), ("”", "’")),
}
"""Quotation marks of a text that stands between quotation marks itself, and those of the second level."""
_QUOTED_VALUE = re.compile(r"[«“]\u202f?%\((\w+)\)s\u202f?[»”]")


# Our own messages, a hundred on a page.
@lru_cache(maxsize=8192)
def _translated_message(message: str, language: str) -> tuple[str, tuple[str, ...]]:
    """A message in a language, and the names of the values that it has between quotation marks."""
    text = message_catalogue(language).gettext(message)
    return text, tuple(_QUOTED_VALUE.findall(text))


# A page has as many counts of views as rows, most of them small.
@lru_cache(maxsize=8192)
def _plural_message(one: str, many: str, number: int, language: str) -> str:
    return message_catalogue(language).ngettext(one, many, number) % {"count": Translator(language).number(number)}


_LONGEST_DATE = 40
"""Characters of a partial date, more than any has: a longer text is none."""


@lru_cache(maxsize=16384)
def _period(partial: str, language: str) -> str:
    try:
        numbers = [int(part) for part in partial.split("-")]
        moment = date(*numbers, *(1, 1)[len(numbers) - 1 :])
    except (ValueError, TypeError, OverflowError):
        return partial
    match len(numbers):
        case 1:
            return partial
        case 2:
            return _date(moment, "MMMM y", language)
        case _:
            return Translator(language).day(moment)


@cache
def _digit_group_separator(language: str) -> str:
    """The separator between groups of three digits."""
    return _number(1000, language)[1:-3]


_DATE_LOCALES = {"en": "en_GB"}
"""Our English is British: 27 November 2026."""


# Babel is slow, and pages repeat each other's numbers and dates.
@lru_cache(maxsize=4096)
def _number(value: float, language: str) -> str:
    return format_decimal(value, locale=language)


# A library of twenty years has seven thousand days.
@lru_cache(maxsize=16384)
def _date(value: date, form: str, language: str) -> str:
    return format_date(value, format=form, locale=_DATE_LOCALES.get(language, language))


@lru_cache(maxsize=512)
def _language_name(code: str, language: str) -> str:
    try:
        return Locale.parse(code, sep="-").get_display_name(language) or code
    except (UnknownLocaleError, ValueError):
        return code


def error_sentence(error: Translatable, language: str) -> str:
    """The message of an error, in a language."""
    return Translator(language).sentence(error)
