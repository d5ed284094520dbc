"""The facts that a page gives about itself, and the reasons why a fetch failed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from kb.errors import FlorilegeError, translatable
from kb.model.bibliographic_record import BibliographicRecord
from kb.model.web_pages.text_layout import TextLayout

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
    """Why a fetch failed. `message` is the sentence for users, without values, so that a stored failure has it too."""

    message: str

    def __new__(cls, value: str, message: str = "") -> Self:
        """A member from its value and its sentence."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.message = message
        return member

    OFF = "off", translatable("This site does not read other sites' pages.")
    ADDRESS = "address", translatable("This is no address of a page on the web, beginning with http:// or https://.")
    REFUSED = "refused", translatable("This address does not lead to the public web: it is not read from here.")
    NO_HOST = "no-host", translatable("There is no site of this name.")
    DNS = "dns", translatable("The site's name could not be looked up.")
    UNREACHABLE = "unreachable", translatable("The site could not be reached.")
    CERTIFICATE = "certificate", translatable("The site did not prove who it is: its certificate is not valid.")
    TIMEOUT = "timeout", translatable("The site took too long to answer.")
    TOO_LARGE = "too-large", translatable("The page is too large to be read.")
    REDIRECTS = "redirects", translatable("The site leads from one address to another without end.")
    BROKEN = "broken", translatable("The site's answer broke off, or makes no sense.")
    GONE = "gone", translatable("The site says that there is no such page.")
    FORBIDDEN = "forbidden", translatable("The site does not let this page be read from here.")
    TOO_OFTEN = "too-often", translatable("The site asks to be left alone for a while.")
    SERVER = "server", translatable("The site answers that it is out of order.")
    UNREADABLE = "unreadable", translatable("The page was found, but nothing could be read in it.")
    FAULT = "fault", translatable("The page could not be read because of a fault of this site.")

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
        FetchFailure.FAULT,
    }
)
_ABSENCE = frozenset({FetchFailure.GONE, FetchFailure.NO_HOST})


class FetchFailed(FlorilegeError):
    """A fetch failed. `why` is for the log: it may hold parts of the address. `status` is the HTTP status."""

    def __init__(self, failure: FetchFailure, why: str = "", status: int | None = None) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True)
class PageFacts(BibliographicRecord):
    """The facts that a page gives about itself; None or empty if it does not give them.

    All is plain text on one line, without control characters, within the bounds above; only `text` has lines, one
    paragraph each, and `layout` says what each is. `url` is the final address of the page, `canonical_url` the one that
    the page declares: http or https, complete, and as untrusted as the rest. `status` is the HTTP status. `downgraded`:
    a redirect led from https to http.
    """

    kind: PageKind
    status: int = 200
    text: str = ""
    layout: TextLayout | None = None
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
