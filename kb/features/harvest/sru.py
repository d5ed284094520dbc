"""`/sru`: search what everyone may read (SRU 1.1, 1.2 and 2.0), with records in Dublin Core. The XML of
version 1 is that of the Library of Congress (2007), that of version 2.0 of OASIS (2013).

As for `/oai`, nothing depends on the caller. An error is a diagnostic in an answer with status 200.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.features.harvest.cql import INDEXES, SruDiagnostic, query_of_cql
from kb.feeds.xml_writing import add_element
from kb.formats.dublin_core.writer import DC, dublin_core_element
from kb.formats.shared.export_format import ExportDetails
from kb.model.items.item import Item
from kb.model.search_request import MATCH_ALL, MAX_QUERY, DateKind, SearchRequest, VocabularyMode
from kb.services.core.site_identity import site_identity
from kb.services.exports.exports import export_details
from kb.services.search.search import run_search
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.whole_numbers import parse_whole_number

DC_SCHEMA = "info:srw/schema/1/dc-v1.1"
_DC_ROOT = "info:srw/schema/1/dc-schema"
_FIRST, _SECOND = "http://www.loc.gov/zing/srw/", "http://docs.oasis-open.org/ns/search-ws/sruResponse"
_DIAGNOSTIC = {
    _FIRST: "http://www.loc.gov/zing/srw/diagnostic/",
    _SECOND: "http://docs.oasis-open.org/ns/search-ws/diagnostic",
}
_EXPLAIN = "http://explain.z3950.org/dtd/2.0/"
_SETS = {"cql": "info:srw/cql-context-set/1/cql-v1.2", "dc": "info:srw/cql-context-set/1/dc-v1.1"}
_MOST_RECORD_BYTES = 1_000_000
"""An answer ends with the record that passes this size; the next one goes on after it."""
MOST_RECORDS = 50
"""Records of one answer."""
_DEFAULT_RECORDS = 10
_LAST_RECORD = 10_000
"""The last position that is listed: portals harvest more by OAI-PMH."""
_OPERATIONS = {"searchRetrieve": True, "explain": False}
_PARAMETERS = frozenset(
    {
        "operation", "version", "query", "queryType", "startRecord", "maximumRecords", "recordSchema", "recordPacking",
        "recordXMLEscaping", "resultSetTTL", "stylesheet", "sortKeys", "httpAccept", "responseType", "renderedBy",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SruAnswer:
    """What a search gives: `items` from position `start` on, of `total`; or a diagnostic."""

    version: str
    total: int = 0
    start: int = 1
    items: tuple[Item, ...] = ()
    diagnostic: SruDiagnostic | None = None

    @property
    def namespace(self) -> str:
        return _SECOND if self.version == "2.0" else _FIRST


def sru_answer(context: RequestContext) -> Response:
    """The answer to an operation. Raises Unavailable while the index cannot be read."""
    parameters = dict(context.params)
    is_second = parameters.get("version", "2.0" if "operation" not in parameters else "1.2") == "2.0"
    answer = SruAnswer("2.0" if is_second else "1.1" if parameters.get("version") == "1.1" else "1.2")
    try:
        _check_parameters(context.params, parameters)
        if not _OPERATIONS[parameters.get("operation", "searchRetrieve" if "query" in parameters else "explain")]:
            name, language = site_identity(context.library).name, context.library.settings.language
            return _xml(explain_document(answer, name, language, f"{context.library.settings.base_url}/sru"))
        answer = _searched(context, parameters, answer)
    except SruDiagnostic as error:
        answer = replace(answer, diagnostic=error)
    details = export_details(context.library, "", Translator(context.library.settings.language))
    return _xml(search_document(answer, parameters.get("query", "")[:MAX_QUERY], details))


def _searched(context: RequestContext, parameters: Mapping[str, str], answer: SruAnswer) -> SruAnswer:
    start, most = _number(parameters, "startRecord", 1, 1), _number(parameters, "maximumRecords", _DEFAULT_RECORDS, 0)
    if "query" not in parameters:
        raise SruDiagnostic(7, "Mandatory parameter not supplied", "query")
    if len(parameters["query"]) > MAX_QUERY or len(query := query_of_cql(parameters["query"])) > MAX_QUERY:
        raise SruDiagnostic(12, "Too many characters in query", str(MAX_QUERY))
    most = min(most, MOST_RECORDS)
    if start + most > _LAST_RECORD + 1:
        raise SruDiagnostic(61, "First record position out of range", str(start))
    request = SearchRequest(
        q=query, match=MATCH_ALL, date=DateKind.PUBLISHED, vocabulary=VocabularyMode.VERBATIM, per_page=max(most, 1)
    )
    # A position is anywhere: two pages have all its records.
    page, left = divmod(start - 1, request.per_page)
    items, total = list[Item](), 0
    for number in (page + 1, page + 2)[: 2 if left and most else 1]:
        results = run_search(context.library, ANONYMOUS, replace(request, page=number))
        if results.left_out:
            raise SruDiagnostic(12, "Too many characters in query", str(MAX_QUERY))
        total = results.total
        items += (row.item for row in results.rows)
    if total and start > total:
        raise SruDiagnostic(61, "First record position out of range", str(start))
    return replace(answer, total=total, start=start, items=tuple(items[left : left + most]))


def _check_parameters(pairs: tuple[tuple[str, str], ...], parameters: Mapping[str, str]) -> None:
    """Raise SruDiagnostic for what is not known, or not as it can be."""
    if len(pairs) != len(parameters):
        raise SruDiagnostic(6, "Unsupported parameter value", "A parameter is given more than once.")
    for name in parameters:
        if name not in _PARAMETERS and not name.startswith("x-") and name != "lang":
            raise SruDiagnostic(8, "Unsupported parameter", name)
    if parameters.get("version", "1.2") not in {"1.1", "1.2", "2.0"}:
        raise SruDiagnostic(5, "Unsupported version", "1.2")
    if parameters.get("operation", "explain") not in _OPERATIONS:
        raise SruDiagnostic(4, "Unsupported operation", parameters["operation"])
    if parameters.get("recordSchema", DC_SCHEMA) not in {DC_SCHEMA, "dc"}:
        raise SruDiagnostic(66, "Unknown schema for retrieval", parameters["recordSchema"])
    for name, value in (("recordPacking", "xml"), ("recordXMLEscaping", "xml"), ("queryType", "cql")):
        if parameters.get(name, value) != value and (name != "recordPacking" or parameters[name] != "packed"):
            raise SruDiagnostic(71 if name != "queryType" else 6, "Unsupported parameter value", f"{name}: {value}")
    if parameters.get("sortKeys"):
        raise SruDiagnostic(80, "Sort not supported")


def _number(parameters: Mapping[str, str], name: str, default: int, least: int) -> int:
    number = parse_whole_number(parameters.get(name) or str(default), -1)
    if number < least:
        raise SruDiagnostic(6, "Unsupported parameter value", name)
    return number


def _xml(content: bytes) -> Response:
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return Response(content, media_type="text/xml; charset=utf-8", headers=headers)


def search_document(answer: SruAnswer, query: str, details: ExportDetails) -> bytes:
    """The answer of searchRetrieve, which repeats the query."""
    root = ET.Element("searchRetrieveResponse", {"xmlns": answer.namespace})
    _add_version(root, answer)
    add_element(root, "numberOfRecords", str(answer.total))
    count = _add_records(add_element(root, "records"), answer, details) if answer.items else 0
    following = answer.start + count
    if answer.items and following <= answer.total:
        add_element(root, "nextRecordPosition", str(following))
    if query and answer.version != "2.0":
        request = add_element(root, "echoedSearchRetrieveRequest")
        add_element(request, "version", answer.version)
        add_element(request, "query", query)
    if answer.diagnostic is not None:
        space, number = _DIAGNOSTIC[answer.namespace], answer.diagnostic.code
        diagnostic = add_element(add_element(root, "diagnostics"), "diagnostic", xmlns=space)
        add_element(diagnostic, "uri", f"info:srw/diagnostic/1/{number}")
        if answer.diagnostic.details:
            add_element(diagnostic, "details", answer.diagnostic.details)
        add_element(diagnostic, "message", answer.diagnostic.message)
    return _document(root)


def explain_document(answer: SruAnswer, name: str, language: str, address: str) -> bytes:
    """The answer of explain: what can be asked here, as ZeeRex 2.0."""
    root = ET.Element("explainResponse", {"xmlns": answer.namespace})
    _add_version(root, answer)
    explain = add_element(_add_record(root, answer, _EXPLAIN), "explain", xmlns=_EXPLAIN)
    site = urlsplit(address)
    server = add_element(explain, "serverInfo", protocol="SRU", version=answer.version, transport=site.scheme)
    add_element(server, "host", site.hostname or "")
    add_element(server, "port", str(site.port or (443 if site.scheme == "https" else 80)))
    add_element(server, "database", site.path.lstrip("/"))
    add_element(add_element(explain, "databaseInfo"), "title", name, lang=language, primary="true")
    indexes = add_element(explain, "indexInfo")
    for prefix, identifier in _SETS.items():
        add_element(indexes, "set", identifier=identifier, name=prefix)
    for index in INDEXES:
        prefix, _, plain = index.partition(".")
        described = add_element(indexes, "index", search="true", scan="false", sort="false")
        add_element(described, "title", plain)
        add_element(
            add_element(described, "map"), "name", "serverChoice" if plain == "serverchoice" else plain, set=prefix
        )
    schema = add_element(add_element(explain, "schemaInfo"), "schema", identifier=DC_SCHEMA, name="dc", sort="false")
    add_element(schema, "title", "Dublin Core")
    config = add_element(explain, "configInfo")
    add_element(config, "default", str(_DEFAULT_RECORDS), type="numberOfRecords")
    add_element(config, "setting", str(MOST_RECORDS), type="maximumRecords")
    return _document(root)


def _add_records(parent: ET.Element, answer: SruAnswer, details: ExportDetails) -> int:
    """Add records up to _MOST_RECORD_BYTES, one at least; returns their number."""
    left = _MOST_RECORD_BYTES
    for position, item in enumerate(answer.items, answer.start):
        data = _add_record(parent, answer, DC_SCHEMA)
        element = dublin_core_element(item, details)
        element.tag = "srw_dc:dc"
        element.attrib.update({"xmlns:srw_dc": _DC_ROOT, "xmlns:dc": DC})
        data.append(element)
        add_element(parent[-1], "recordPosition", str(position))
        left -= len(ET.tostring(element, encoding="unicode").encode())
        if left <= 0:
            break
    return len(parent)


def _add_version(root: ET.Element, answer: SruAnswer) -> None:
    # Version 2.0 is said by the namespace.
    if answer.version != "2.0":
        add_element(root, "version", answer.version)


def _add_record(parent: ET.Element, answer: SruAnswer, schema: str) -> ET.Element:
    """A new record; returns the element of its data."""
    record = add_element(parent, "record")
    add_element(record, "recordSchema", schema)
    add_element(record, "recordXMLEscaping" if answer.version == "2.0" else "recordPacking", "xml")
    return add_element(record, "recordData")


def _document(root: ET.Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"
