"""Read the JSON objects of API requests, exactly as the API description defines them.

A member that is not described is refused, because it is probably a typing error; lengths are checked as they were sent,
and a value with a fixed form has that form. A null or an empty text means no value.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kb.errors import Invalid
from kb.model.bibliographic_record import RECORD_FIELDS
from kb.model.items.item_fields import LONGEST_TAG, MOST_TAGS, AnnotationFields, parse_tags
from kb.model.items.selectors import text_position
from kb.model.storable_text import is_storable
from kb.web.api.json_schema import keywords_of
from kb.web.api.json_types.requests import MOST_NEW_ANNOTATIONS, NewItem, WordsChange
from kb.web.api.json_types.values import LONGEST_NAME
from kb.web.http.urls.listing_scope import Pairs

LARGEST_OBJECT = 1024 * 1024
"""Bytes of an item or annotation that a program sends."""

_LONGEST: Mapping[str, int] = {
    name: keywords.get("maxLength", LONGEST_NAME)
    for shape in (NewItem, WordsChange)
    for name, keywords in keywords_of(shape).items()
}
"""The most characters of each text that is sent."""
_OF_FIXED_FORM = frozenset({"kind", "color", *(field.name for field in RECORD_FIELDS if field.has_fixed_form)})
_ANNOTATION_TEXTS = ("quote", "body", "color", "prefix", "suffix")
_POSITION = ("start", "end", "version")
ANNOTATION_FIELDS = (*_ANNOTATION_TEXTS, *_POSITION)
"""The texts of an annotation, and where its passage is."""


@dataclass(frozen=True, slots=True)
class RequestObject:
    """An object that a program sent, with described members only."""

    members: Mapping[str, object]

    def require(self, name: str) -> None:
        """Raise Invalid unless a member was sent."""
        if self.members.get(name) is None:
            raise Invalid("“%(name)s” is missing.", name=name)

    def texts(self, names: Collection[str]) -> dict[str, str]:
        """The sent texts with these names; empty for a null or an empty text. Raises Invalid."""
        return {name: self.text(name) for name in names if name in self.members}

    def text(self, name: str) -> str:
        """A text; empty for none. Raises Invalid."""
        value = self.members.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > _LONGEST[name] or not is_storable(value):
            raise Invalid(
                "“%(name)s” should be a text of at most %(limit)s characters, or null.", name=name, limit=_LONGEST[name]
            )
        if name in _OF_FIXED_FORM and value != value.strip():
            raise Invalid("“%(name)s” should be written without spaces around it.", name=name)
        return value

    def tags(self) -> tuple[str, ...]:
        """The sent tags; empty if there are none. Raises Invalid."""
        value = self.members.get("tags")
        sent: object = [] if value is None else value
        if not isinstance(sent, list) or len(sent) > MOST_TAGS or not all(map(_is_tag, sent)):
            raise Invalid(
                "“tags” should be a list of at most %(limit)s texts, each of at most %(longest)s characters.",
                limit=MOST_TAGS,
                longest=LONGEST_TAG,
            )
        return tuple(sent)

    def annotations(self) -> tuple[AnnotationFields, ...]:
        """The annotations sent with an item; empty if there are none. Raises Invalid."""
        value = self.members.get("annotations")
        sent: object = [] if value is None else value
        if (
            not isinstance(sent, list)
            or len(sent) > MOST_NEW_ANNOTATIONS
            or not all(isinstance(element, dict) for element in sent)
        ):
            raise Invalid("“annotations” should be a list of at most %(limit)s objects.", limit=MOST_NEW_ANNOTATIONS)
        return tuple(parse_annotation(_checked_object(element, ("kind", *ANNOTATION_FIELDS))) for element in sent)


def parse_json_object(body: bytes) -> dict[str, Any]:
    """The object of a body, with members of any name. Raises Invalid."""
    members = json_object(body)
    if members is None:
        raise Invalid("A JSON object was expected, in UTF-8, in which no name stands twice.")
    return members


def parse_request_object(body: bytes, names: Collection[str], required: Collection[str] = ()) -> RequestObject:
    """The object of a body, with members of these names only. Raises Invalid."""
    sent = _checked_object(parse_json_object(body), names)
    for name in required:
        sent.require(name)
    return sent


def parse_form_object(fields: Pairs, required: Collection[str], names: Collection[str]) -> RequestObject:
    """The fields of a form with these `names` only; `tags` may be given several times, each with one tag or several,
    with commas between them. Raises Invalid.
    """
    members: dict[str, object] = {name: value for name, value in fields if name != "tags"}
    members["tags"] = [tag for name, value in fields if name == "tags" for tag in parse_tags(value)]
    sent = _checked_object(members, (*names, "tags"))
    for name in required:
        sent.require(name)
    return sent


def parse_json_texts(body: bytes, names: Collection[str]) -> dict[str, str]:
    """The texts of a body's JSON object, with these `names` only. Raises Invalid."""
    members = json_object(body)
    texts = {name: text for name, text in (members or {}).items() if isinstance(text, str) and is_storable(text)}
    if members is None or texts.keys() != set(names) or len(texts) != len(members):
        raise Invalid(
            "A JSON object was expected, with texts for: %(known)s, and nothing else.", known=", ".join(names)
        )
    return texts


def parse_annotation(sent: RequestObject, before: AnnotationFields | None = None) -> AnnotationFields:
    """A sent annotation, or the one of `before` with the sent members replaced. Raises Invalid."""
    texts = sent.texts(_ANNOTATION_TEXTS)
    earlier = {name: getattr(before, name) for name in _ANNOTATION_TEXTS} if before is not None else {}
    position = text_position(*(sent.members.get(name) for name in _POSITION))
    words = AnnotationFields(**{**earlier, **texts}, selectors=position.selectors if position else None)
    kind = sent.text("kind")
    if kind and kind != words.kind:
        raise Invalid(
            "What was sent is of the kind “%(kind)s”: a passage alone is a highlight, with words a note; words alone"
            " are a comment.",
            kind=words.kind.value,
        )
    return words


def _checked_object(members: Mapping[str, object], names: Collection[str]) -> RequestObject:
    for name in members:
        if name not in names:
            raise Invalid(
                "“%(name)s” is not known here; what can be sent: %(known)s.", name=name[:40], known=", ".join(names)
            )
    return RequestObject(members)


def json_object(body: bytes) -> dict[str, object] | None:
    """The JSON object of a body; None for another text."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_unique_members)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object as it was sent.

    Raises ValueError for a name that occurs twice, because its value would be ambiguous, and for a name that cannot be
    encoded, such as half of a surrogate pair.
    """
    members = dict(pairs)
    if len(members) < len(pairs) or not all(map(is_storable, members)):
        raise ValueError
    return members


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TAG and is_storable(value)
