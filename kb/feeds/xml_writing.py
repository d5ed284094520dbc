"""Code that all feed formats share: the format of timestamps, and XML from plain values."""

import re
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

from kb.model.storable_text import xml_safe_text

ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
_DOUBLE_HYPHENS = re.compile("--+")


def rfc3339(instant: datetime) -> str:
    """A time in UTC, to the second: 2014-11-07T09:12:00Z."""
    return instant.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def rfc822(instant: datetime) -> str:
    """A time in UTC, to the second, as RSS and HTTP write it: Fri, 07 Nov 2014 09:12:00 GMT."""
    return format_datetime(instant, usegmt=True)


def add_element(parent: ET.Element, name: str, content: str | None = None, /, **attributes: str | None) -> ET.Element:
    """A new element at the end of its parent; attributes without a value are left out.

    Names have their prefix (`atom:link`), which the root declares: ElementTree then writes them as they are.
    """
    present = {key: xml_safe_text(value) for key, value in attributes.items() if value is not None}
    child = ET.SubElement(parent, name, present)
    if content is not None:
        child.text = xml_safe_text(content)
    return child


def add_comment(parent: ET.Element, text: str) -> None:
    """A comment at the end of its parent. Two hyphens, which no comment may hold, become a space."""
    parent.append(ET.Comment(f" {_DOUBLE_HYPHENS.sub(' ', xml_safe_text(text))} "))


def xml_document(root: ET.Element, style_url: str = "") -> bytes:
    """The whole file, one element a line. `style_url` is a path of this site, to the style sheet for browsers."""
    ET.indent(root, space="")
    body: bytes = ET.tostring(root, encoding="utf-8")
    style = f'<?xml-stylesheet type="text/css" href="{style_url}"?>\n'.encode() if style_url else b""
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + style + body + b"\n"
