"""`/sru`: search what everyone may read (SRU 1.1, 1.2 and 2.0), with records in Dublin Core.

As for `/oai`, nothing depends on the caller. An error is a diagnostic in an answer with status 200.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.features.harvest.cql import SruDiagnostic, query_of_cql
from kb.features.harvest.sru_xml import DC_SCHEMA, SruAnswer, explain_document, search_document
from kb.model.items.item import Item
from kb.model.search_request import MATCH_ALL, MAX_QUERY, DateKind, SearchRequest, VocabularyMode
from kb.services.core.site_identity import site_identity
from kb.services.exports.exports import export_details
from kb.services.search.search import run_search
from kb.translation import Translator
from kb.web.http.context import RequestContext

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
    text = parameters.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
        raise SruDiagnostic(6, "Unsupported parameter value", name)
    return int(text)


def _xml(pieces: Iterator[bytes]) -> Response:
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return Response(b"".join(pieces), media_type="text/xml; charset=utf-8", headers=headers)
