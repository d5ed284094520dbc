"""Annotations as programs send them (Web Annotation Data Model, 2017), and what of them the site stores.

Stored as the site's own: the texts and tags of the bodies, the passage, the page or the annotation that is the target,
other selectors. Kept as they were sent: `canonical`, `via`, `motivation`, `rights`. Set by the site: `id`, `creator`,
`created`, `modified`. Refused: several targets, bodies that are no texts, two forms of one thing. All else is left out
of the answer, as the protocol has it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kb.errors import Invalid
from kb.formats.shared.field_values import text_of_html
from kb.formats.web_annotations.selectors import selector_values
from kb.formats.web_annotations.writer import CONTEXT
from kb.model.items.item_fields import LONGEST_WORDS, MOST_TAGS, AnnotationFields
from kb.model.items.selectors import position_of
from kb.model.storable_text import is_storable
from kb.services.clients.annotations import NO_QUOTE
from kb.web.api.request_objects import parse_json_object

_MOST_BODIES = MOST_TAGS + 20
_MOST_VALUES = 10
_LONGEST_IRI = 2_000
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")
_MOTIVATION = re.compile(r"[A-Za-z][A-Za-z0-9:/#._~-]*")
_TEXT_FORMATS = ("", "text/plain", "text/markdown", "text/html")
_SHAPE = "“%(name)s” is not as the Web Annotation Data Model has it."
_NO_TEXT = (
    "Only texts are kept here as bodies: objects with a “value”, of the format text/plain, text/markdown or text/html."
)


@dataclass(frozen=True, slots=True)
class SentAnnotation:
    """An annotation as a program sent it: the address of its target, its texts, and the facts that are kept as JSON."""

    source: str
    words: AnnotationFields
    facts: dict[str, Any]
    id: str = ""

    def facts_text(self, earlier: str = "") -> str:
        """The facts as JSON, with the `via` of those that are stored, if none was sent; empty for none."""
        kept = json.loads(earlier) if earlier else {}
        facts = {**({"via": kept["via"]} if "via" in kept else {}), **self.facts}
        return json.dumps(facts, ensure_ascii=False) if facts else ""


def sent_annotation(body: bytes) -> SentAnnotation:
    """The annotation of a request. Raises Invalid."""
    record = parse_json_object(body)
    if CONTEXT not in _values(record, "@context"):
        raise Invalid("“%(name)s” should be %(words)s.", name="@context", words=CONTEXT)
    if "Annotation" not in _values(record, "type"):
        raise Invalid("“%(name)s” should be %(words)s.", name="type", words="Annotation")
    target = _target(record)
    texts, tags = _bodies(record)
    quote, selectors = selector_values(target)
    if target.get("selector") and not _text(quote, "exact").strip() and position_of(selectors) is None:
        raise Invalid(NO_QUOTE)
    if target.get("selector") and selectors is None and _other_selectors(target):
        raise Invalid(_SHAPE, name="selector")
    words = AnnotationFields(
        quote=_text(quote, "exact"),
        body="\n\n".join(texts),
        prefix=_text(quote, "prefix"),
        suffix=_text(quote, "suffix"),
        tags=tuple(tags),
        selectors=selectors or "",
    )
    return SentAnnotation(_source(target), words, _facts(record), _sent_id(record))


def _target(record: dict[str, Any]) -> dict[str, Any]:
    targets = _values(record, "target")
    if len(targets) != 1:
        raise Invalid("An annotation has one target here.")
    target = {"source": targets[0]} if isinstance(targets[0], str) else targets[0]
    if not isinstance(target, dict):
        raise Invalid(_SHAPE, name="target")
    return target


def _source(target: dict[str, Any]) -> str:
    source = target.get("source", target.get("id"))
    if isinstance(source, dict):
        source = source.get("id")
    if not _is_iri(source):
        raise Invalid(_SHAPE, name="target")
    return str(source)


def _other_selectors(target: dict[str, Any]) -> bool:
    return sum(1 for _ in _values(target, "selector")) > 1


def _bodies(record: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The texts of the bodies, and the tags among them. Raises Invalid."""
    if "bodyValue" in record:
        if "body" in record or not isinstance(record["bodyValue"], str):
            raise Invalid(_SHAPE, name="bodyValue")
        return [record["bodyValue"]], []
    bodies = _values(record, "body")
    if len(bodies) > _MOST_BODIES:
        raise Invalid(_SHAPE, name="body")
    texts, tags = list[str](), list[str]()
    for body in bodies:
        text = _body_text(body)
        (tags if "tagging" in _values(body, "purpose") else texts).append(text)
    return texts, tags


def _body_text(body: Any) -> str:
    if not isinstance(body, dict) or not isinstance(body.get("value"), str):
        raise Invalid(_NO_TEXT)
    formats, value = _values(body, "format"), body["value"]
    if len(value) > 2 * LONGEST_WORDS:
        raise Invalid("This text is too long: at most %(limit)s characters are kept.", limit=LONGEST_WORDS)
    kind = str(formats[0]).partition(";")[0].strip().lower() if formats else ""
    if len(formats) > 1 or kind not in _TEXT_FORMATS or "TextualBody" not in (*_values(body, "type"), *_untyped(body)):
        raise Invalid(_NO_TEXT)
    return text_of_html(value).strip() if kind == "text/html" else str(value)


def _untyped(body: dict[str, Any]) -> Iterator[str]:
    """The type of an embedded text without one (Data Model, 3.2.4)."""
    if "type" not in body:
        yield "TextualBody"


def _facts(record: dict[str, Any]) -> dict[str, Any]:
    facts = dict[str, Any]()
    for name, is_valid in (
        ("canonical", _is_iri),
        ("via", _is_iri),
        ("rights", _is_iri),
        ("motivation", _is_motivation),
    ):
        if name not in record:
            continue
        values = _values(record, name)
        most = 1 if name == "canonical" else _MOST_VALUES
        if not values or len(values) > most or not all(map(is_valid, values)):
            raise Invalid(_SHAPE, name=name)
        facts[name] = record[name]
    return facts


def _sent_id(record: dict[str, Any]) -> str:
    if "id" not in record:
        return ""
    if not _is_iri(record["id"]):
        raise Invalid(_SHAPE, name="id")
    return str(record["id"])


def _values(record: Any, name: str) -> list[Any]:
    """The values of a property, of which there may be one or a list."""
    value = record.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(record: Any, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _is_iri(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_IRI and is_storable(value) and bool(_IRI.fullmatch(value))


def _is_motivation(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_IRI and bool(_MOTIVATION.fullmatch(value))
