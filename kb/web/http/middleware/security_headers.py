"""The security headers of every answer, and of pages that show a secret."""

from collections.abc import Mapping

from starlette.responses import Response

FRAME_OPTIONS = "X-Frame-Options"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of pages."""
_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    FRAME_OPTIONS: "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Only resources that our pages use, none from other sites, none inline, no frames; the addresses of searches are not
sent to other sites. `tests/functional/security/test_observatory.py` checks them by the rules of the HTTP Observatory.
"""

_STRICT_TRANSPORT = "max-age=31536000"


def security_headers_for(base_url: str) -> Mapping[str, str]:
    """The headers of a site at this address: under https, browsers never use http again."""
    return {**_HEADERS, "Strict-Transport-Security": _STRICT_TRANSPORT} if base_url.startswith("https:") else _HEADERS


def with_secret_headers(response: Response) -> Response:
    """A page with a secret in its content or address: it is not cached, and its address is not sent to other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
