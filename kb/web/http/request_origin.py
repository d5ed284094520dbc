"""What a browser says of the page from which a request comes: Fetch Metadata, or `Origin` from older ones."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from one of our pages, from the user alone, or not from a browser."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in {"same-origin", "none"}
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False


def is_from_browser(headers: Mapping[str, str]) -> bool:
    """Whether a browser seems to have sent a form: a browser says from where."""
    return "sec-fetch-site" in headers or "origin" in headers


def is_for_browser(headers: Mapping[str, str]) -> bool:
    """Whether a browser seems to await the answer, on one of its pages or in a window.

    Windows take XHTML, in older browsers too; Java's programs say that they take HTML.
    """
    return "sec-fetch-site" in headers or "application/xhtml+xml" in headers.get("accept", "")
