"""A press review as a tagged PDF, by Typst. The texts are data for the template: none of them is markup."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import typst

from kb.model.items.language_tag import language_code
from kb.model.storable_text import one_line, xml_safe_text
from kb.press_review.review import PressReview
from kb.press_review.review_blocks import review_blocks
from kb.translation import Translator

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_FORBIDDEN = frozenset({0xFEFF})
"""What no text of a PDF/UA file may be (ISO 14289-1, 7.21.7), though fonts have it: the mark of the byte order."""
_LAST_LATIN = "\u024f"
_LONGEST_DIAGNOSTIC = 4_000_000
_MISSING_TEXT = re.compile(r'the text `"([^"`\n]*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_TEMPLATE = Path(__file__).with_suffix(".typ").read_bytes()


def write_review(review: PressReview, translator: Translator) -> bytes:
    """The whole document, PDF/UA-1: a character that no font of the machine has is shown as U+FFFD, or left out if it
    has no shape of its own.
    """
    _ = translator.gettext
    data = {
        "title": xml_safe_text(one_line(review.title)).strip() or _("Press review"),
        "publisher": review.publisher,
        "logo": list(review.logo),
        "language": review.language,
        "label": _("permanent link"),
        "colon": f"{_(':')} ",
        "blocks": [
            {**asdict(block), "language": language_code(block.language) or ""}
            for block in review_blocks(review, translator)
        ],
    }
    try:
        return _compile(data)
    except typst.TypstError as error:
        missing = _missing_characters(error.diagnostic)
    try:
        return _compile(data, missing)
    except typst.TypstError:
        # The file has all texts and tags, and does not call itself PDF/UA.
        return _compile(data, missing, is_accessible=False)


def _compile(data: Mapping[str, object], missing: frozenset[str] = frozenset(), *, is_accessible: bool = True) -> bytes:
    changes = {ord(character): "" if _is_invisible(character) else _REPLACEMENT for character in missing}
    changes |= dict.fromkeys(_FORBIDDEN, "")
    text = json.dumps(data, ensure_ascii=False).translate(changes)
    inputs = {"review": text}
    return typst.compile(_TEMPLATE, format="pdf", sys_inputs=inputs, pdf_standards="ua-1" if is_accessible else [])


def _is_invisible(character: str) -> bool:
    """Whether it only changes how its neighbours are shown: joiners, directions, variation selectors."""
    return unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f"


def _missing_characters(diagnostic: str) -> frozenset[str]:
    """The characters without a glyph, as the compiler names them, each text once or more."""
    texts = _MISSING_TEXT.findall(diagnostic[:_LONGEST_DIAGNOSTIC])
    escaped = (chr(int(code, 16)) for text in texts for code in _ESCAPED.findall(text))
    plain = (character for text in texts for character in _ESCAPED.sub("", text))
    # Letters of the text around a combining character have glyphs.
    return frozenset(character for character in (*plain, *escaped) if character > _LAST_LATIN)
