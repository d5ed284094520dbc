"""The facts that a page gives about itself, and the reasons why a fetch failed."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_TITLE = 500
LONGEST_DESCRIPTION = 1_000
LONGEST_NAME = 200
"""Characters of a byline, a source or a keyword."""
LONGEST_TEXT = 1_000_000
MOST_KEYWORDS = 50


class PageKind(StrEnum):
    """What was answered. `OTHER` is a file that is not read: its title is the name of the file."""

    HTML = "html"
    PDF = "pdf"
    TEXT = "text"
    OTHER = "other"


class FetchFailure(StrEnum):
    """Why an address gave nothing. `kb.fetcher.fetch_failure_sentence` tells it to people."""

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
        """Whether the same address may well answer later: trying again helps."""
        return self in _PASSING

    @property
    def is_absence(self) -> bool:
        """Whether it says that there is no such page, or no such site; once is no proof."""
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
class PageFacts:
    """What a page says of itself; empty or None where it says nothing.

    All is plain text on one line, without control characters, within the bounds above; only `text` has lines, one
    paragraph each. `address` is where the page was found in the end, `canonical_url` where it says that it belongs:
    http or https, whole, and no more to be believed than the rest. `published` is YYYY, YYYY-MM or YYYY-MM-DD,
    `language` a tag of BCP 47. `status` is of HTTP. `downgraded`: the way there led from https to http.
    """

    address: str
    kind: PageKind
    status: int = 200
    title: str = ""
    description: str = ""
    byline: str = ""
    published: str | None = None
    source: str = ""
    language: str | None = None
    text: str = ""
    canonical_url: str | None = None
    keywords: tuple[str, ...] = ()
    downgraded: bool = False


@dataclass(frozen=True, slots=True)
class LinkPresence:
    """Whether an address still leads somewhere: `failure` says why not. `address` is where it led in the end."""

    address: str
    status: int | None = None
    failure: FetchFailure | None = None

    @property
    def is_there(self) -> bool:
        """Whether something was answered that a reader could look at."""
        return self.failure is None
