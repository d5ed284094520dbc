"""Errors in the shape that programs written for other services expect."""

from typing import assert_never
from xml.etree import ElementTree as ET

from starlette.responses import JSONResponse, Response

from kb.feeds.xml_writing import xml_document
from kb.model.storable_text import xml_safe_text
from kb.web.http.client_tokens import TokenScheme


def client_error(scheme: TokenScheme, status: int, reason: str, *, is_xml: bool = False) -> Response:
    """The error answer of the service whose programs send their tokens in this way; `is_xml`: Pinboard's in XML."""
    match scheme:
        case TokenScheme.TOKEN:
            return JSONResponse({"detail": reason}, status)
        case TokenScheme.BASIC:
            return JSONResponse({"message": reason}, status)
        case TokenScheme.PARAMETER if is_xml:
            document = xml_document(ET.Element("result", {"code": xml_safe_text(reason)}))
            return Response(document, status, {"Content-Type": "text/xml; charset=utf-8"})
        case TokenScheme.PARAMETER:
            return JSONResponse({"result_code": reason}, status)
        case TokenScheme.BEARER:
            return JSONResponse({"status": "failure", "reason": reason}, status)
    assert_never(scheme)
