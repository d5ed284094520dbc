"""Classify one line of a saved page: a bullet, a title, a path of the page, a pager, a fold."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.errors import counted
from kb.formats.shared.decoded_text import numbered_lines
from kb.model.items.import_draft import RecordWarning, warning_of

_LAYOUT = " \t"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
# \xa0, \u202f and \u2009 are the spaces of French in large numbers. A number ends with a digit, and has one reading
# only (`++`): otherwise each space after it could be a part of it or not.
_NUMBER = r"\d(?:[.,' \xa0\u202f\u2009]{0,2}\d){0,20}+"
_SPACE = r"[ \t\xa0\u202f]"
_LONGEST_TITLE = 4_000
_WIDEST_INDENT = 1_000
"""Spaces and tabs at the start of a line that are looked at."""
MOST_VIEWS = 2**53
_MOST_BLANK_LINES = 100
"""Blank lines in a row that are read: further ones separate nothing more."""

_TITLE = re.compile(
    rf"(?P<title>.*)(?:^|(?<=[ \t\xa0\u202f]))[-–—]{_SPACE}+"
    rf"(?P<views>{_NUMBER}){_SPACE}*(?:views?|vues?|consultations?)",
    re.IGNORECASE,
)
_PATH_START = re.compile(rf"(?:Home|Accueil){_SPACE}*+/{_SPACE}*+", re.IGNORECASE)
_PATH_END = re.compile(
    rf"/{_SPACE}*+(?:Group items|[ÉE]léments du groupe|Signets du groupe)"
    rf"(?:{_SPACE}++(?:tagged|étiquetés|marqués|avec le mot-clé){_SPACE}++(?P<tag>.*))?\Z",
    re.IGNORECASE,
)
_PAGER = re.compile(
    rf"(?P<first>{_NUMBER}){_SPACE}*[-–—]{_SPACE}*(?P<last>{_NUMBER}){_SPACE}+(?:of|sur|de){_SPACE}+(?P<all>{_NUMBER})",
    re.IGNORECASE,
)
_COLLAPSED_ANNOTATIONS = re.compile(
    rf"(?:\.\.\.|…){_SPACE}*(?P<count>{_NUMBER}){_SPACE}*"
    rf"(?:(?:more|autres){_SPACE}+annotations?|annotations?{_SPACE}+(?:de plus|supplémentaires?)){_SPACE}*(?:\.\.\.|…)",
    re.IGNORECASE,
)
# A sign that starts a line only in a list; and signs that must be indented to be bullets.
_BULLET = re.compile(r"(?P<sign>[•◦▪▫‣∙●○■□⁃⦁·*+o–—-])(?:(?=\xa0)|[ \t]+|$)(?P<rest>.*)", re.DOTALL)
_ESCAPED = re.compile("[\udc80-\udcff]+")
_SURE_SIGNS = frozenset("•◦▪▫‣∙●○■□⁃⦁·")


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line: its number in the file, its indentation in columns, its text unchanged."""

    number: int
    indent: int
    text: str

    @property
    def is_blank(self) -> bool:
        """Whether nothing is visible."""
        return is_blank(self.text)


def is_blank(text: str) -> bool:
    """Whether a text is invisible: only spaces of any kind, no-break ones included."""
    return not text.strip().strip(_INVISIBLE).strip()


def page_lines(chunks: Iterable[bytes]) -> Iterator[PageLine | RecordWarning]:
    """The lines of a text, with any line ends: line feeds, carriage returns, form feeds.

    Bytes that are not UTF-8 are read as Windows-1252, which older programs write; one warning reports it. Of blank
    lines in a row, the first _MOST_BLANK_LINES.
    """
    is_reported, blank = False, 0
    for number, raw in numbered_lines(chunks):
        if not raw and raw is not None and blank >= _MOST_BLANK_LINES:
            continue
        if raw is None:
            yield warning_of("This line is longer than 16 MB.", number)
            continue
        try:
            whole = raw.decode()
        except UnicodeDecodeError:
            if not is_reported:
                yield warning_of("From this line on, what is not UTF-8 was read as Windows-1252.", number)
            is_reported, whole = True, _windows_text(raw)
        if "\x00" in whole:
            yield warning_of("A NUL character was left out.", number)
            whole = whole.replace("\x00", "")
        for part in re.split(r"[\r\f]", whole):
            text = part.strip(_LAYOUT)
            blank = 0 if text else blank + 1
            if blank > _MOST_BLANK_LINES:
                continue
            start = part[: min(len(part) - len(part.lstrip(_LAYOUT)), _WIDEST_INDENT)]
            yield PageLine(number, len(start.expandtabs(8)), text)


def parse_bullet(line: PageLine, usual: str | None) -> tuple[str, str] | None:
    """The sign and the words of a bullet. `usual` is the sign of the page, once it is known."""
    match = _BULLET.fullmatch(line.text)
    if match is None:
        return None
    sign = match["sign"]
    if sign in _SURE_SIGNS or (line.indent and usual in {None, sign}):
        return sign, match["rest"].strip(_LAYOUT)
    return None


def parse_title_line(line: PageLine) -> tuple[str, int] | None:
    """The title and the views of a line that ends in "- 3 views"."""
    match = _TITLE.fullmatch(line.text) if len(line.text) <= _LONGEST_TITLE else None
    if match is None:
        return None
    return match["title"].rstrip(_LAYOUT + "\xa0\u202f"), min(parse_count(match["views"]), MOST_VIEWS)


def parse_path_line(line: PageLine) -> tuple[str, str | None] | None:
    """The group's name and the tag of a line such as "Home/ NAME/ Group items tagged TAG"."""
    start = _PATH_START.match(line.text) if len(line.text) <= _LONGEST_TITLE else None
    end = _PATH_END.search(line.text, start.end() + 1) if start else None
    if start is None or end is None:
        return None
    return line.text[start.end() : end.start()].strip(), end["tag"] and end["tag"].strip()


def announced_item_count(line: PageLine) -> int | None:
    """The number of items on its page that the pager announces."""
    match = _PAGER.fullmatch(line.text) if len(line.text) <= _LONGEST_TITLE else None
    if match is None:
        return None
    first, last = parse_count(match["first"]), parse_count(match["last"])
    return max(last - first + 1, 0) if last else 0


def announced_count_warning(announced: int, found: int, line: int | None = None) -> RecordWarning:
    """The warning on a page with another number of items than its pager announces."""
    message = counted(
        "The page announces %(announced)s item and holds %(found)s.",
        "The page announces %(announced)s items and holds %(found)s.",
        announced,
    )
    return warning_of(message, line, announced=announced, found=found)


def folded_count(text: str) -> int | None:
    """The number of hidden annotations in a fold, "...6 more annotations..."."""
    match = _COLLAPSED_ANNOTATIONS.fullmatch(text.strip()) if len(text) <= _LONGEST_TITLE else None
    return parse_count(match["count"]) if match else None


def _windows_text(raw: bytes) -> str:
    """UTF-8, with the bytes that are none read as Windows-1252."""
    escaped = raw.decode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda match: match[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace"), escaped)


def parse_count(digits: str) -> int:
    """The number that a text shows, whatever stands between its digits; 0 without any."""
    return int(re.sub(r"\D", "", digits, flags=re.ASCII) or 0)
