"""Follow the redirects of an address. Each target is checked like the first address."""

from contextlib import closing
from dataclasses import dataclass, replace
from email.message import Message
from urllib.parse import unquote

from kb.fetcher.connections import FetchDeadline, WebAccess
from kb.fetcher.http_request import HttpConnection, ResponseHead
from kb.fetcher.url_targets import UrlTarget, parse_url_target
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, LinkPresence, PageKind

_SECONDS = 20.0
"""For a page, with all its redirections."""
_CHECK_SECONDS = 10.0
_MOST_REDIRECTS = 10
_LARGEST_TEXT = 10 << 20
_LARGEST_PDF = 30 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PDF = b"%PDF-"
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_PDFS = frozenset({"application/pdf", "application/x-pdf"})
_UNTYPED_MEDIA = frozenset({"", "application/octet-stream", "application/force-download", "application/download"})
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<title", b"<meta", b"<!--")


@dataclass(frozen=True, slots=True)
class FetchedResponse:
    """The final response. `body` is empty for a kind that is not read; `charset` and `language` are those of the
    headers, in lower case, or empty.
    """

    address: str
    status: int
    kind: PageKind
    body: bytes = b""
    charset: str = ""
    language: str = ""
    file_name: str = ""
    downgraded: bool = False


def fetch_response(address: str, access: WebAccess, *, seconds: float = _SECONDS) -> FetchedResponse:
    """The response of an address, after redirects. Raises FetchFailed."""
    return _follow_redirects(address, "GET", access, FetchDeadline.after(seconds))


def check_presence(address: str, access: WebAccess, *, seconds: float = _CHECK_SECONDS) -> LinkPresence:
    """Whether an address works: with HEAD, or with GET if the server does not support HEAD."""
    deadline, presence = FetchDeadline.after(seconds), LinkPresence(address)
    for method in ("HEAD", "GET"):
        try:
            response = _follow_redirects(address, method, access, deadline)
        except FetchFailed as failed:
            presence = LinkPresence(address, failed.status, failed.failure)
            if failed.status is None and failed.failure != FetchFailure.BROKEN:
                break
        else:
            return LinkPresence(response.address, response.status)
    return presence


def _follow_redirects(address: str, method: str, access: WebAccess, deadline: FetchDeadline) -> FetchedResponse:
    """The response after all redirects; its body is read if there is one. Raises FetchFailed."""
    target = parse_url_target(address, loopback=access.loopback)
    visited, downgraded = {target.href}, False
    for _ in range(_MOST_REDIRECTS + 1):
        with closing(HttpConnection(target, access, deadline)) as connection:
            head = connection.head(method)
            if head.status not in _REDIRECTS:
                _check_status(head.status)
                return replace(_read_response(connection, head, target, method), downgraded=downgraded)
        further = parse_url_target(_location(head), base=target.href, loopback=access.loopback)
        if further.href in visited:
            break
        downgraded = downgraded or (target.secure and not further.secure)
        visited.add(further.href)
        target = further
    raise FetchFailed(FetchFailure.REDIRECTS, target.href, head.status)


def _location(head: ResponseHead) -> str:
    """The target of a redirect. Servers write non-ASCII characters in UTF-8 there."""
    raw = head.headers.get("location", "").encode("latin-1")
    if not raw:
        raise FetchFailed(FetchFailure.BROKEN, "a redirection to nowhere", head.status)
    return raw.decode("utf-8", "replace")


def _check_status(status: int) -> None:
    match status:
        case 204 | 205:
            raise FetchFailed(FetchFailure.UNREADABLE, "no content", status)
        case 404 | 410:
            raise FetchFailed(FetchFailure.GONE, "", status)
        case 408:
            raise FetchFailed(FetchFailure.TIMEOUT, "", status)
        case 429:
            raise FetchFailed(FetchFailure.TOO_OFTEN, "", status)
        case _ if 200 <= status < 300:
            return
        case _ if 400 <= status < 500 or status > 599:
            raise FetchFailed(FetchFailure.FORBIDDEN, "", status)
        case _ if status >= 500:
            raise FetchFailed(FetchFailure.SERVER, "", status)
        case _:
            raise FetchFailed(FetchFailure.BROKEN, "", status)


def _read_response(connection: HttpConnection, head: ResponseHead, target: UrlTarget, method: str) -> FetchedResponse:
    content = Message()
    content["Content-Type"] = _header_on_one_line(head.headers.get("content-type", "").partition(",")[0])
    # Python calls a missing type text/plain.
    media = content.get_content_type() if "/" in content["Content-Type"] else ""
    kind = _declared_kind(media)
    body = b""
    if method == "GET" and kind != PageKind.OTHER:
        is_untyped = media in _UNTYPED_MEDIA
        most = _LARGEST_PDF if is_untyped or kind == PageKind.PDF else _LARGEST_TEXT
        body = connection.body(head, most, lambda start: is_untyped and not _is_pdf(start) and not _is_page(start))
        kind = _actual_kind(kind, body)
    disposition = Message()
    disposition["Content-Disposition"] = _header_on_one_line(head.headers.get("content-disposition", ""))
    try:
        declared = disposition.get_filename() or ""
    except (ValueError, LookupError):
        declared = ""
    return FetchedResponse(
        target.href,
        head.status,
        kind,
        body if kind != PageKind.OTHER else b"",
        charset=(content.get_content_charset() or "") if media else "",
        language=_header_on_one_line(head.headers.get("content-language", "")).partition(",")[0].strip().lower(),
        file_name=declared or unquote(target.request_target.partition("?")[0].rpartition("/")[2]),
    )


def _declared_kind(media: str) -> PageKind:
    """The kind by the Content-Type of a response: an unknown type may be a PDF."""
    if media in _PAGES:
        return PageKind.HTML
    if media in _PDFS or media in _UNTYPED_MEDIA:
        return PageKind.PDF
    return PageKind.TEXT if media.startswith("text/") else PageKind.OTHER


def _actual_kind(declared: PageKind, body: bytes) -> PageKind:
    """The kind by the bytes of a body: a PDF is marked as such; a file declared as PDF may be an HTML error page."""
    if _is_pdf(body):
        return PageKind.PDF
    if declared == PageKind.PDF:
        return PageKind.HTML if _is_page(body) else PageKind.OTHER
    return declared


def _is_pdf(body: bytes) -> bool:
    return _PDF in body[:1024]


def _is_page(body: bytes) -> bool:
    return body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP)


def _header_on_one_line(header: str) -> str:
    return " ".join(header[:1_000].split())
