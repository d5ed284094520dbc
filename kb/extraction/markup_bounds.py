"""The bounds of the markup of a page, counted before it is parsed. This module runs in a subprocess.

Parsers of browsers walk through all open elements at each tag, and repeat formatting elements that were never closed in
each block after them: the time of a page of tags grows with their square. So does that of a text of "&": for each, the
sanitizer looks for "<" up to the end of the text.
"""

import re
from collections import Counter

MOST_ELEMENTS = 300_000
"""The longest pages of the web, such as the standard of HTML on one page, have as many."""
MOST_OPEN = 2_000
"""Open elements: browsers ignore the tags of about 500."""
MOST_REPEATED = 1_000_000
"""Formatting elements that a parser repeats, in all."""
MOST_ESCAPED_LENGTH = 100_000_000_000
"""The sum, over texts and tags, of their length times how many of their characters are escaped: that of 450,000
characters, every other one of which is escaped.
"""
_LEAST_ESCAPED = 10_000
"""Characters of a text that is too short to take time."""
_SAME = 3
"""Equal formatting elements that a parser repeats."""
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>?|<!--")
_COMMENT_END = re.compile(r"--!?>")
_SCRIPTS = {name: re.compile(f"</{name}") for name in ("script", "style")}
"""Elements whose content is text up to their end tag, but for drawings."""
_NEVER_OPEN = frozenset(
    "area base br col embed frame hr img input keygen link meta param source track wbr "
    # Elements whose end tags may be left out: the next one closes them.
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup rp rt html head body a nobr".split()
)
_FORMATTING = frozenset("b big code em font i s small strike strong tt u".split())


class MarkupTooLarge(ValueError):
    """A page with more elements, more open ones or more to escape than a page has."""


def require_bounded_markup(page: str) -> None:
    """Raises MarkupTooLarge, in time proportional to the length of a page."""
    text, at, text_at = page.lower(), 0, 0
    opened: dict[str, list[str]] = {}
    formatting: Counter[str] = Counter()
    elements = is_open = unclosed = repeated = escaped = 0
    while match := _TAG.search(text, at):
        at = match.end()
        is_end, name = match[1], match[2]
        # A text goes on behind an end tag that parsers ignore: any end tag may be one.
        escaped += 0 if is_end else _escaped_length(text, text_at, match.start()) + _escaped_length(text, *match.span())
        if name is None:
            # `<!-->` is a whole comment.
            at = _end_of(_COMMENT_END, text, at - 2)
        elif is_end:
            if opened.get(name):
                is_open -= 1
                tag = opened[name].pop()
                formatting[tag] -= name in _FORMATTING
                unclosed -= name in _FORMATTING and formatting[tag] < _SAME
        else:
            elements += 1
            if name in _SCRIPTS and not (opened.get("svg") or opened.get("math")):
                at = _end_of(_SCRIPTS[name], text, at)
            elif name in _FORMATTING:
                unclosed += formatting[match[0]] < _SAME
                formatting[match[0]] += 1
            else:
                repeated += unclosed
            if name not in _NEVER_OPEN and name not in _SCRIPTS:
                opened.setdefault(name, []).append(match[0])
                is_open += 1
        text_at = text_at if is_end else at
        if elements > MOST_ELEMENTS or is_open > MOST_OPEN or repeated > MOST_REPEATED:
            raise MarkupTooLarge
    if escaped + _escaped_length(text, text_at, len(text)) > MOST_ESCAPED_LENGTH:
        raise MarkupTooLarge


def _escaped_length(text: str, start: int, end: int) -> int:
    """The length of each part between two references to "<" or ">", times how many "&" and no-break spaces it has."""
    if end - start < _LEAST_ESCAPED:
        return 0
    parts = text[start:end].replace("&quot", "").replace("&gt", "&lt").split("&lt")
    return sum(len(part) * (part.count("&") + part.count("\xa0")) for part in parts if len(part) > _LEAST_ESCAPED)


def _end_of(end: re.Pattern[str], text: str, at: int) -> int:
    match = end.search(text, at)
    return match.end() if match else len(text)
