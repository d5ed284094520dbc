"""Make one HTML document of an MHTML file (RFC 2557): pictures and styles become `data:` addresses.

This module runs in a subprocess. The file is a message with parts; browsers write it as `multipart/related`.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Any
from urllib.parse import urldefrag, urljoin

import lxml.html

from kb.extraction.charsets import decode_body
from kb.extraction.html_facts import parse_html
from kb.extraction.markup_bounds import require_bounded_markup

LARGEST_DOCUMENT = 32 << 20
"""Characters of the document, with its `data:` addresses; parts that would go beyond are left out."""
_MOST_PARTS = 2_000
_DEEPEST_SHEET = 5
"""Style sheets that import each other."""
_BEGINNING = 2_000
_HEADER = re.compile(rb"(?:[A-Za-z0-9-]{1,60}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n){0,50}){1,40}")
_IS_ARCHIVE = re.compile(rb"^content-type:\s*multipart/(?:related|mixed|alternative)", re.IGNORECASE | re.MULTILINE)
_URL = re.compile(r"""url\(\s*(?:"([^"\n]{0,4000})"|'([^'\n]{0,4000})'|([^"'()\s]{1,4000}))\s*\)""", re.IGNORECASE)
_IMPORTED = re.compile(r"""@import\s+(?:"([^"\n]{0,4000})"|'([^'\n]{0,4000})')""", re.IGNORECASE)
_NO_SHEET = "data:text/css,"
_SINGLE = ("src", "poster", "background")
"""Attributes with the address of a picture."""


class NotAnArchive(ValueError):
    """The file is no MHTML file, or none with a page."""


@dataclass(frozen=True, slots=True)
class _Part:
    media_type: str
    content: bytes
    charset: str
    location: str


@dataclass(slots=True)
class _Inliner:
    """Replaces addresses of parts by `data:` addresses, within `left` characters."""

    parts: Mapping[str, _Part]
    left: int = LARGEST_DOCUMENT
    made: dict[str, str] = field(default_factory=dict)

    def data_address(self, address: str, base: str, depth: int = 0) -> str | None:
        """The content at an address as a `data:` address; None if it is no part of the file or there is no room."""
        part = self._part(address, base)
        if part is None:
            return None
        key = part.location or address
        if key not in self.made:
            # Nothing in the place of a style sheet that imports itself.
            self.made[key] = _NO_SHEET
            self.made[key] = self._encoded(part, base, depth)
        data = self.made[key]
        if len(data) > self.left:
            return None
        self.left -= len(data)
        return data

    def sheet(self, css: str, base: str, depth: int = 0) -> str:
        """A style sheet with its pictures, fonts and imported sheets inside it."""

        def inlined(match: re.Match[str], form: str) -> str:
            data = self.data_address(next(filter(None, match.groups()), ""), base, depth + 1)
            return match[0] if data is None else form % data

        with_urls = _URL.sub(lambda match: inlined(match, 'url("%s")'), css)
        return _IMPORTED.sub(lambda match: inlined(match, '@import "%s"'), with_urls)

    def _part(self, address: str, base: str) -> _Part | None:
        address = address.strip()
        if address.lower().startswith("cid:"):
            return self.parts.get(address)
        try:
            whole = urldefrag(urljoin(base, address))[0]
        except ValueError:
            return None
        return self.parts.get(whole) or self.parts.get(address)

    def _encoded(self, part: _Part, base: str, depth: int) -> str:
        content = part.content
        if part.media_type == "text/css":
            if depth > _DEEPEST_SHEET:
                return _NO_SHEET
            # A `cid:` is no address that others can be relative to.
            own = base if part.location.startswith("cid:") else part.location
            content = self.sheet(decode_body(content, part.charset), own, depth).encode()
        return f"data:{part.media_type};base64,{base64.b64encode(content).decode()}"


def is_mhtml(body: bytes) -> bool:
    """Whether a file begins as a message of several parts."""
    headers = _HEADER.match(body.lstrip()[:_BEGINNING])
    return headers is not None and _IS_ARCHIVE.search(headers[0]) is not None


def html_of_mhtml(body: bytes) -> str:
    """The page of an MHTML file as one document. Raises NotAnArchive, MarkupTooLarge."""
    parts = list(_mime_parts(body))
    page = next((part for part in parts if part.media_type in {"text/html", "application/xhtml+xml"}), None)
    if page is None:
        raise NotAnArchive
    text = decode_body(page.content, page.charset)
    require_bounded_markup(text)
    tree = parse_html(text)
    if tree is None:
        raise NotAnArchive
    named: dict[str, _Part] = {}
    for part in parts:
        named.setdefault(urldefrag(part.location)[0], part)
    inliner = _Inliner(named)
    _inline(tree, inliner, _base_address(tree, page.location))
    return str(lxml.html.tostring(tree, encoding="unicode"))


def _mime_parts(body: bytes) -> Iterator[_Part]:
    """The parts with their content, each under its address, and once more under its `cid:`."""
    # The older policy: it reads headers as they are, and no header of a part is longer than the file.
    message = BytesParser(policy=policy.compat32).parsebytes(body)
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            return
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        charset = part.get_param("charset") or ""
        facts = (_media_type(part), content, charset if isinstance(charset, str) else "")
        location = str(part.get("Content-Location") or "").strip()
        cid = str(part.get("Content-ID") or "").strip().removeprefix("<").removesuffix(">")
        yield _Part(*facts, location)
        if cid:
            yield _Part(*facts, f"cid:{cid}")


def _media_type(part: Message) -> str:
    named = part.get_content_type()
    return named if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", named) else "application/octet-stream"


def _base_address(tree: Any, location: str) -> str:
    declared = tree.find(".//base[@href]")
    try:
        return urljoin(location, declared.get("href")) if declared is not None else location
    except ValueError:
        return location


def _inline(tree: Any, inliner: _Inliner, base: str) -> None:
    """Replace the addresses in the attributes and styles of a page."""
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for name in _SINGLE:
            _replace(element, name, lambda address: inliner.data_address(address, base))
        if element.tag in {"link", "image"}:
            _replace(element, "href", lambda address: inliner.data_address(address, base))
        if "style" in element.attrib:
            element.set("style", inliner.sheet(element.get("style"), base))
        if element.tag == "style" and element.text:
            element.text = inliner.sheet(element.text, base)
        if "srcset" in element.attrib:
            # The address in `src` is that of the same picture.
            del element.attrib["srcset"]


def _replace(element: Any, name: str, data_of: Callable[[str], str | None]) -> None:
    if (address := element.get(name)) and (data := data_of(address)) is not None:
        element.set(name, data)
