"""The bounds of the markup of a page, counted before it is parsed. This module runs in a subprocess.

Parsers of browsers walk through all open elements at each tag, and repeat formatting elements that were never closed in
each block after them: the time of a page of tags grows with their square.
"""

import re
from collections import Counter

MOST_ELEMENTS = 300_000
"""The longest pages of the web, such as the standard of HTML on one page, have as many."""
MOST_OPEN = 2_000
"""Open elements: browsers ignore the tags of about 500."""
MOST_REPEATED = 1_000_000
"""Formatting elements that a parser repeats, in all."""
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
    """A page with more elements, or more open ones, than a page has."""


def require_bounded_markup(page: str) -> None:
    """Raises MarkupTooLarge, in time proportional to the length of a page."""
    text, at = page.lower(), 0
    opened: dict[str, list[str]] = {}
    formatting: Counter[str] = Counter()
    elements = is_open = unclosed = repeated = 0
    while match := _TAG.search(text, at):
        at = match.end()
        is_end, name = match[1], match[2]
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
        if elements > MOST_ELEMENTS or is_open > MOST_OPEN or repeated > MOST_REPEATED:
            raise MarkupTooLarge


def _end_of(end: re.Pattern[str], text: str, at: int) -> int:
    match = end.search(text, at)
    return match.end() if match else len(text)
