"""Tags in the files of Diigo: between commas, or, in older files, between spaces: `agents "service public"`.

`no_tag` stands for none.
"""

import re
from collections.abc import Iterable

from kb.formats.shared.field_values import tag_values

_NO_TAG = "no_tag"
_PHRASE = re.compile(r'"([^"]*+)"')
_NAME = re.compile(r'"([^"]++)"|([^\s"]++)')
_NAMES = re.compile(r'(?:"[^"]*+"|[^\s",]++)(?:\s++(?:"[^"]*+"|[^\s",]++))*+')
_FEW = 10
"""If fewer lists have tags, none with a quotation mark, one with spaces is one tag."""


def has_tags_by_spaces(lists: Iterable[str]) -> bool:
    """Whether the first lists of tags are those of an older file: none has a comma, and one has a phrase in quotation
    marks, or most have several words.
    """
    tagged = [text for text in lists if text.strip() not in {"", _NO_TAG}]
    if any("," in _PHRASE.sub("", text) for text in tagged):
        return False
    several = sum(len(text.split()) > 1 for text in tagged)
    return any(map(_has_phrases, tagged)) or (len(tagged) >= _FEW and several * 2 > len(tagged))


def diigo_tags(text: str, *, by_spaces: bool) -> tuple[str, ...] | None:
    """The tags of a list; None for none."""
    if text.strip() == _NO_TAG:
        return None
    return tag_values(*(_names(text) if by_spaces or _has_phrases(text) else text.split(",")))


def tags_of_links(texts: Iterable[str]) -> tuple[str, ...] | None:
    """The tags that links name, each one or, in the syntax of older files, several; None for none."""
    return tag_values(*(name for text in texts for name in (_names(text) if _has_phrases(text) else [text])))


def _has_phrases(text: str) -> bool:
    return '"' in text and _NAMES.fullmatch(text.strip()) is not None


def _names(text: str) -> list[str]:
    return ["".join(groups) for groups in _NAME.findall(text)]
