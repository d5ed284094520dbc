"""The response of another host as facts: read in a subprocess, then checked and cleaned here as untrusted input."""

import re
from itertools import repeat

from kb.extraction.charsets import decode_body
from kb.extraction.extraction_process import HTML, LAYOUT, LOCKED, PDF, ExtractedFacts, extract_in_subprocess
from kb.extraction.publication_date_parsing import parse_page_date
from kb.fetcher.redirects import FetchedResponse
from kb.fetcher.url_targets import parse_url_target
from kb.model.byline_names import byline_of_names
from kb.model.web_pages.page_facts import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_KEYWORDS,
    FetchFailed,
    FetchFailure,
    PageFacts,
    PageKind,
)
from kb.model.web_pages.text_layout import PARAGRAPH, PREFORMATTED, TextLayout, layout_of
from kb.sandbox.sandboxed_process import SubprocessFailed
from kb.slow_work_slots import SMALL_FILE, Slots, SlotsTaken

_SECONDS = 20
"""Of computing; twice as many in all."""
_MEMORY = 1 << 30
_LONGEST_URL = 2_000
_LONG = 150
"""Characters of a line that could be a title, or of the tag of a language."""
_SLOTS = Slots(total=3, each=3, for_small=1)
_SLOT_TIMEOUT = 30.0
# Control characters, bidirectional marks, noncharacters, and halves of surrogate pairs.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*+")
_BETWEEN = re.compile(r"[,;]")


def page_facts_of(response: FetchedResponse, *, seconds: int = _SECONDS, memory: int = _MEMORY) -> PageFacts:
    """All facts of a page that could be read in time. Raises FetchFailed, UNREADABLE if there are none."""
    return facts_of_extraction(_extract_facts(response, seconds, memory) if response.body.strip() else {}, response)


def facts_of_extraction(facts: ExtractedFacts, response: FetchedResponse) -> PageFacts:
    """The facts that a subprocess found in a response, checked and cleaned."""
    text, layout = visible_text(facts)
    return PageFacts(
        response.kind,
        response.status,
        url=response.address,
        title=visible_line(facts.get("title"), LONGEST_TITLE) or _fallback_title(response, text) or None,
        description=visible_line(facts.get("description"), LONGEST_DESCRIPTION) or None,
        byline=byline_of_names(visible_line(facts.get("byline"), LONGEST_NAME).split(";")),
        published=parse_page_date(visible_line(facts.get("published"), LONGEST_NAME)),
        source=visible_line(facts.get("source"), LONGEST_NAME) or None,
        language=primary_language(facts.get("language")) or primary_language(response.language),
        text=text,
        layout=layout,
        canonical_url=canonical_url_of(facts.get("canonical_url"), response.address),
        keywords=_keywords(facts.get("keywords")),
        downgraded=response.downgraded,
    )


def visible_line(value: object, most: int) -> str:
    """A text on one line, without invisible characters, truncated at a word if too long; empty if it is no text."""
    if not isinstance(value, str):
        return ""
    line = " ".join(_INVISIBLE.sub(" ", value[: 20 * most]).split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    return f"{cut.rpartition(' ')[0] or cut}…"


def _extract_facts(response: FetchedResponse, seconds: int, memory: int) -> ExtractedFacts:
    """The facts of the body, unchecked. Raises FetchFailed."""
    match response.kind:
        case PageKind.HTML | PageKind.PDF:
            module = HTML if response.kind == PageKind.HTML else PDF
        case PageKind.TEXT:
            return {"text": decode_body(response.body, response.charset)}
        case PageKind.OTHER:
            return {}
    body = response.body
    try:
        with _SLOTS.slot("", wait=_SLOT_TIMEOUT, is_small=len(body) < SMALL_FILE):
            facts = extract_in_subprocess(
                module, body, seconds=seconds, memory=memory, charset=response.charset, address=response.address
            )
    except SlotsTaken:
        raise FetchFailed(FetchFailure.TIMEOUT, "others are read", response.status) from None
    except SubprocessFailed as failed:
        raise FetchFailed(FetchFailure.FAULT, failed.why, response.status) from failed
    if facts is None or facts.get(LOCKED):
        raise FetchFailed(FetchFailure.UNREADABLE, response.kind, response.status)
    return facts


def visible_text(facts: ExtractedFacts) -> tuple[str, TextLayout | None]:
    """The text without invisible characters and empty lines, with its layout; empty if it is no text."""
    value = facts.get("text")
    if not isinstance(value, str):
        return "", None
    text = value[:LONGEST_TEXT]
    layout = layout_of(facts.get(LAYOUT), text)
    kinds = layout.kinds if layout else repeat(PARAGRAPH)
    lines = [_visible_line_of(kind, line) for kind, line in zip(kinds, text.split("\n"), strict=False)]
    visible = "\n".join(line for line in lines if line)
    return visible, layout.without_lines([bool(line) for line in lines]) if layout and visible else None


def _visible_line_of(kind: str, line: str) -> str:
    visible = _INVISIBLE.sub(" ", line)
    words = " ".join(visible.split())
    if kind != PREFORMATTED or not words:
        return words
    return visible.replace("\t", "    ").rstrip()


def _fallback_title(response: FetchedResponse, text: str) -> str:
    """The title of a page that gives none: the first line of a text if short, else the name of the file."""
    first = text.partition("\n")[0] if response.kind == PageKind.TEXT else ""
    if 0 < len(first) <= _LONG or response.kind == PageKind.HTML:
        return first
    return visible_line(response.file_name, LONGEST_NAME)


def primary_language(value: object) -> str | None:
    """The language without its country: `fr` for `fr-FR`."""
    match = _TAG.fullmatch(value.strip()[:_LONG]) if isinstance(value, str) else None
    return match[1].lower() if match else None


def canonical_url_of(value: object, address: str) -> str | None:
    """The complete canonical address that a page declares; None for one that must not be a link."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_URL:
        return None
    try:
        canonical, own = parse_url_target(value, base=address, loopback=True), parse_url_target(address, loopback=True)
    except FetchFailed:
        return None
    # A page of this machine, which only tests fetch, may declare it; no other page may send its readers there.
    return canonical.href if canonical.host == own.host or not canonical.names_loopback else None


def _keywords(value: object) -> tuple[str, ...]:
    """The keywords, without repetition in any spelling, in their order."""
    keywords: dict[str, str] = {}
    for words in value if isinstance(value, list) else ():
        for word in _BETWEEN.split(words[:_LONGEST_URL]) if isinstance(words, str) else ():
            if tidy := visible_line(word, LONGEST_NAME):
                keywords.setdefault(tidy.casefold(), tidy)
    return tuple(keywords.values())[:MOST_KEYWORDS]
