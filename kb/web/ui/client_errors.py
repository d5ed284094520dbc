"""Errors in the shape that programs written for other services expect."""

from typing import assert_never

from starlette.responses import JSONResponse

from kb.web.http.client_tokens import TokenScheme


def client_error(scheme: TokenScheme, status: int, reason: str) -> JSONResponse:
    """The error answer of the service whose programs send their tokens in this way."""
    match scheme:
        case TokenScheme.TOKEN:
            return JSONResponse({"detail": reason}, status)
        case TokenScheme.BASIC:
            return JSONResponse({"message": reason}, status)
        case TokenScheme.PARAMETER:
            return JSONResponse({"result_code": reason}, status)
        case TokenScheme.BEARER:
            return JSONResponse({"status": "failure", "reason": reason}, status)
    assert_never(scheme)
