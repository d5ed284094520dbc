"""`/unapi`: the item of a page in the formats of reference managers (unAPI, version 1), with the rights of the caller.

Pages name the address in a `link`, and each item by an `abbr` of the class `unapi-id`. Zotero prefers it to the other
data in a page, and takes RIS, because it knows no UNIMARC in XML.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from xml.etree import ElementTree as ET

from starlette.exceptions import HTTPException
from starlette.responses import Response

from kb.errors import NotFound
from kb.features.harvest.oai_xml import METADATA_FORMATS, metadata_document
from kb.feeds.xml_writing import add_element
from kb.formats.export_formats import EXPORT_FORMATS
from kb.formats.shared.export_format import ExportDetails, Rows
from kb.services.exports.exports import export_details, export_of_selection, exported_items
from kb.web.http.context import RequestContext


@dataclass(frozen=True, slots=True)
class _UnapiFormat:
    """A format: `docs` is the address of its description, `write` writes a file of one row."""

    media_type: str
    docs: str
    write: Callable[[Rows, ExportDetails], Iterator[bytes]]


def _export_format(name: str, docs: str) -> _UnapiFormat:
    form = EXPORT_FORMATS[name]
    return _UnapiFormat(form.media_type, docs, form.write)


def _write_metadata(prefix: str, rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    for item, _ in rows:
        yield metadata_document(item, prefix, details)


FORMATS: Mapping[str, _UnapiFormat] = {
    "ris": _export_format("ris", "https://en.wikipedia.org/wiki/RIS_(file_format)"),
    "bibtex": _export_format("bibtex", "http://www.bibtex.org/"),
    "csl": _export_format("csl", "https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html"),
    **{
        prefix: _UnapiFormat("application/xml", form.schema, partial(_write_metadata, prefix))
        for prefix, form in METADATA_FORMATS.items()
    },
}


def unapi_answer(context: RequestContext) -> Response:
    """The formats, those of an item (300), or the item in a format. Raises NotFound, HTTPException (406)."""
    item_id, name = context.param("id"), context.param("format")
    if not item_id:
        return _formats(None)
    export = export_of_selection(context.library, context.actor, (item_id,))
    if not export.ids:
        raise NotFound("This item does not exist, or you may not read it.")
    if not name:
        return _formats(item_id)
    if name not in FORMATS:
        raise HTTPException(406)
    form = FORMATS[name]
    rows = exported_items(context.library, context.actor, export.ids)
    pieces = form.write(rows, export_details(context.library, "", context.translator))
    return Response(b"".join(pieces), media_type=form.media_type, headers=_HEADERS)


_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


def _formats(item_id: str | None) -> Response:
    root = ET.Element("formats", {"id": item_id} if item_id else {})
    for name, form in FORMATS.items():
        add_element(root, "format", name=name, type=form.media_type.partition(";")[0], docs=form.docs)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, 300 if item_id else 200, media_type="application/xml", headers=_HEADERS)
