"""Headers for pages that show a secret."""

from starlette.responses import Response


def with_secret_headers(response: Response) -> Response:
    """A page with a secret in its content or address: it is not cached, and its address is not sent to other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
