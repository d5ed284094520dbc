"""What a client asks for in its header fields: media types, and which part of a container (RFC 9110, 12; RFC 7240)."""

import re
from enum import Enum, auto

from starlette.exceptions import HTTPException

from kb.web.http.context import RequestContext

MEDIA_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
_LD_JSON, _JSON = "application/ld+json", "application/json"
_LONGEST = 2_000
"""Characters of a header field that are read."""
_REFUSED_QUALITY = re.compile(r";\s*q=0(?:\.0{0,3})?\s*(?:;|$)", re.IGNORECASE)
_RETURN = re.compile(r"return\s*=\s*\"?representation\"?\s*;\s*include\s*=\s*\"?([^\",]*)", re.IGNORECASE)


class Preference(Enum):
    """What of its annotations the description of a container has."""

    MINIMAL = auto()
    IRIS = auto()
    DESCRIPTIONS = auto()


_PREFERENCES = {
    "http://www.w3.org/ns/ldp#PreferMinimalContainer": Preference.MINIMAL,
    "http://www.w3.org/ns/oa#PreferContainedIRIs": Preference.IRIS,
    "http://www.w3.org/ns/oa#PreferContainedDescriptions": Preference.DESCRIPTIONS,
}


def answer_media_type(context: RequestContext) -> str:
    """The media type of an answer: JSON-LD unless the client takes only JSON. Raises HTTPException (406)."""
    accept = context.headers.get("accept", "")[:_LONGEST]
    if not accept.strip():
        return MEDIA_TYPE
    # A comma in a quoted profile ends no range that could be mistaken for one of ours.
    ranges = {
        media_range.partition(";")[0].strip().lower(): _REFUSED_QUALITY.search(media_range) is None
        for media_range in accept.split(",")
    }
    for media_type, answered in ((_LD_JSON, MEDIA_TYPE), (_JSON, _JSON)):
        for media_range in (media_type, "application/*", "*/*"):
            if media_range in ranges:
                if ranges[media_range]:
                    return answered
                break
    raise HTTPException(406)


def require_json_ld(context: RequestContext) -> None:
    """Raise HTTPException (415) unless the body is declared as JSON-LD, or as JSON."""
    media_type = context.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {_LD_JSON, _JSON}:
        raise HTTPException(415, headers={"Accept-Post": MEDIA_TYPE})


def preference(context: RequestContext) -> Preference | None:
    """What the client prefers to get; None if it does not say so, or nothing that is known."""
    sent = _RETURN.search(context.headers.get("prefer", "")[:_LONGEST])
    return next((_PREFERENCES[iri] for iri in sent[1].split() if iri in _PREFERENCES), None) if sent else None
