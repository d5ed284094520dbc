"""The facts that a page gives about itself, and the reasons why a fetch failed."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.bibliographic_record import BibliographicRecord

LONGEST_TITLE = 500
LONGEST_DESCRIPTION = 1_000
LONGEST_NAME = 200
"""Characters of a byline, a source or a keyword."""
LONGEST_TEXT = 1_000_000
MOST_KEYWORDS = 50


class PageKind(StrEnum):
    """The kind of a response. `OTHER` is a file that is not read: its title is the name of the file."""

    HTML = "html"
    PDF = "pdf"
    TEXT = "text"
    OTHER = "other"


class FetchFailure(StrEnum):
    """Why a fetch failed. `kb.fetcher.fetch_errors.fetch_failure_sentence` gives the message for users."""

    OFF = "off"
    ADDRESS = "address"
    REFUSED = "refused"
    NO_HOST = "no-host"
    DNS = "dns"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    REDIRECTS = "redirects"
    BROKEN = "broken"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    TOO_OFTEN = "too-often"
    SERVER = "server"
    UNREADABLE = "unreadable"

    @property
    def is_passing(self) -> bool:
        """Whether another attempt may succeed later."""
        return self in _PASSING

    @property
    def is_absence(self) -> bool:
        """Whether the failure means that the page or the site does not exist; a single one is no proof."""
        return self in _ABSENCE


_PASSING = frozenset(
    {
        FetchFailure.DNS,
        FetchFailure.UNREACHABLE,
        FetchFailure.TIMEOUT,
        FetchFailure.BROKEN,
        FetchFailure.TOO_OFTEN,
        FetchFailure.SERVER,
    }
)
_ABSENCE = frozenset({FetchFailure.GONE, FetchFailure.NO_HOST})


@dataclass(frozen=True, slots=True)
class PageFacts(BibliographicRecord):
    """The facts that a page gives about itself; None or empty if it does not give them.

    All is plain text on one line, without control characters, within the bounds above; only `text` has lines, one
    paragraph each. `url` is the final address of the page, `canonical_url` the one that the page declares: http or
    https, complete, and as untrusted as the rest. `status` is the HTTP status. `downgraded`: a redirect led from https
    to http.
    """

    kind: PageKind
    status: int = 200
    text: str = ""
    canonical_url: str | None = None
    keywords: tuple[str, ...] = ()
    downgraded: bool = False


@dataclass(frozen=True, slots=True)
class LinkPresence:
    """Whether an address still works: `failure` is the reason if not. `address` is the final address."""

    address: str
    status: int | None = None
    failure: FetchFailure | None = None

    @property
    def is_there(self) -> bool:
        """Whether the response has something that a reader can look at."""
        return self.failure is None
