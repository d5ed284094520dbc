"""Following an address to what it leads to, each step of the way judged as the first."""

from dataclasses import dataclass, replace
from email.message import Message
from urllib.parse import unquote

from kb.fetcher.connections import Deadline, Ways
from kb.fetcher.fetch_errors import FetchFailed
from kb.fetcher.http_request import Head, Line, asked
from kb.fetcher.url_targets import Place, place_of
from kb.model.web_pages.page_facts import FetchFailure, PageKind, Presence

_SECONDS = 20.0
"""For a page, with all its redirections."""
_SECONDS_TO_LOOK = 10.0
_MOST_REDIRECTS = 10
_LARGEST_TEXT = 10 << 20
_LARGEST_PDF = 30 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PDF = b"%PDF-"
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_PDFS = frozenset({"application/pdf", "application/x-pdf"})
_UNTOLD = frozenset({"", "application/octet-stream", "application/force-download", "application/download"})
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<title", b"<meta", b"<!--")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered in the end. `body` is empty for a kind that is not read; `charset` and `language` are as the
    server names them, in small letters, or empty.
    """

    address: str
    status: int
    kind: PageKind
    body: bytes = b""
    charset: str = ""
    language: str = ""
    file_name: str = ""
    downgraded: bool = False


def fetched(address: str, ways: Ways, *, seconds: float = _SECONDS) -> Fetched:
    """What an address leads to. Raises FetchFailed."""
    return _followed(address, "GET", ways, Deadline.after(seconds))


def looked_at(address: str, ways: Ways, *, seconds: float = _SECONDS_TO_LOOK) -> Presence:
    """Whether an address leads to something: its head is asked for, and the whole where a server has no heads."""
    deadline = Deadline.after(seconds)
    answer = _looked_at(address, "HEAD", ways, deadline)
    if answer.is_there or (answer.status is None and answer.failure != FetchFailure.BROKEN):
        return answer
    return _looked_at(address, "GET", ways, deadline)


def _looked_at(address: str, method: str, ways: Ways, deadline: Deadline) -> Presence:
    try:
        found = _followed(address, method, ways, deadline)
    except FetchFailed as failed:
        return Presence(address, failed.status, failed.failure)
    return Presence(found.address, found.status)


def _followed(address: str, method: str, ways: Ways, deadline: Deadline) -> Fetched:
    """The answer at the end of all redirections; its body is read if there is one. Raises FetchFailed."""
    place = place_of(address, loopback=ways.loopback)
    been, downgraded = {place.href}, False
    for _ in range(_MOST_REDIRECTS + 1):
        with asked(place, ways, deadline) as line:
            head = line.head(method)
            if head.status not in _REDIRECTS:
                _check(head.status)
                return replace(_answer(line, head, place, method), downgraded=downgraded)
        further = place_of(_location(head), base=place.href, loopback=ways.loopback)
        if further.href in been:
            break
        downgraded = downgraded or (place.secure and not further.secure)
        been.add(further.href)
        place = further
    raise FetchFailed(FetchFailure.REDIRECTS, place.href, head.status)


def _location(head: Head) -> str:
    """Where a redirection leads. Servers write what is not ASCII there in UTF-8."""
    raw = head.headers.get("location", "").encode("latin-1")
    if not raw:
        raise FetchFailed(FetchFailure.BROKEN, "a redirection to nowhere", head.status)
    return raw.decode("utf-8", "replace")


def _check(status: int) -> None:
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


def _answer(line: Line, head: Head, place: Place, method: str) -> Fetched:
    content = Message()
    content["Content-Type"] = _plain(head.headers.get("content-type", "").partition(",")[0])
    # What is no type at all, Python calls text/plain.
    media = content.get_content_type() if "/" in content["Content-Type"] else ""
    kind = _kind_of(media)
    body = b""
    if method == "GET" and kind != PageKind.OTHER:
        untold = media in _UNTOLD
        most = _LARGEST_PDF if untold or kind == PageKind.PDF else _LARGEST_TEXT
        body = line.body(head, most, lambda beginning: untold and not _is_pdf(beginning) and not _is_page(beginning))
        kind = _kind_seen(kind, body)
    return Fetched(
        place.href,
        head.status,
        kind,
        body if kind != PageKind.OTHER else b"",
        charset=(content.get_content_charset() or "") if media else "",
        language=_plain(head.headers.get("content-language", "")).partition(",")[0].strip().lower(),
        file_name=_file_name(head, place),
    )


def _kind_of(media: str) -> PageKind:
    """The kind that a server names: what it does not name may be a PDF."""
    if media in _PAGES:
        return PageKind.HTML
    if media in _PDFS or media in _UNTOLD:
        return PageKind.PDF
    return PageKind.TEXT if media.startswith("text/") else PageKind.OTHER


def _kind_seen(told: PageKind, body: bytes) -> PageKind:
    """The kind of a body: a PDF says what it is; what only was called so may be a page, or an excuse in one."""
    if _is_pdf(body):
        return PageKind.PDF
    if told == PageKind.PDF:
        return PageKind.HTML if _is_page(body) else PageKind.OTHER
    return told


def _is_pdf(body: bytes) -> bool:
    return _PDF in body[:1024]


def _is_page(body: bytes) -> bool:
    return body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP)


def _file_name(head: Head, place: Place) -> str:
    """What a file is called: as its server says, else as its address ends."""
    disposition = Message()
    disposition["Content-Disposition"] = _plain(head.headers.get("content-disposition", ""))
    try:
        told = disposition.get_filename() or ""
    except (ValueError, LookupError):
        told = ""
    return told or unquote(place.target.partition("?")[0].rpartition("/")[2])


def _plain(header: str) -> str:
    """A header on one line, as far as it is worth reading."""
    return " ".join(header[:1_000].split())
