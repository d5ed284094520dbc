"""Headers for pages that show a secret."""

from starlette.responses import Response


def with_secret_headers(response: Response) -> Response:
    """A page with a secret in it, or in its address: kept nowhere, told to nobody."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
