"""Errors of fetching a page, with messages for users."""

from collections.abc import Mapping

from kb.errors import FlorilegeError
from kb.model.web_pages.page_facts import FetchFailure

FETCH_FAILURE_SENTENCES: Mapping[FetchFailure, str] = {
    FetchFailure.OFF: "This site does not read other sites' pages.",
    FetchFailure.ADDRESS: "This is no address of a page on the web, beginning with http:// or https://.",
    FetchFailure.REFUSED: "This address does not lead to the public web: it is not read from here.",
    FetchFailure.NO_HOST: "There is no site of this name.",
    FetchFailure.DNS: "The site's name could not be looked up.",
    FetchFailure.UNREACHABLE: "The site could not be reached.",
    FetchFailure.CERTIFICATE: "The site did not prove who it is: its certificate is not valid.",
    FetchFailure.TIMEOUT: "The site took too long to answer.",
    FetchFailure.TOO_LARGE: "The page is too large to be read.",
    FetchFailure.REDIRECTS: "The site leads from one address to another without end.",
    FetchFailure.BROKEN: "The site's answer broke off, or makes no sense.",
    FetchFailure.GONE: "The site says that there is no such page.",
    FetchFailure.FORBIDDEN: "The site does not let this page be read from here.",
    FetchFailure.TOO_OFTEN: "The site asks to be left alone for a while.",
    FetchFailure.SERVER: "The site answers that it is out of order.",
    FetchFailure.UNREADABLE: "The page was found, but nothing could be read in it.",
}
"""The message of each failure for users. No message has values, so that a stored failure can be shown later."""


def fetch_failure_sentence(failure: FetchFailure) -> str:
    """The English sentence of a failure, to be translated."""
    return FETCH_FAILURE_SENTENCES[failure]


class FetchFailed(FlorilegeError):
    """A fetch failed. `why` is for the log: it may hold parts of the address. `status` is the HTTP status."""

    def __init__(self, failure: FetchFailure, why: str = "", status: int | None = None) -> None:
        super().__init__(fetch_failure_sentence(failure))
        self.failure = failure
        self.why = why
        self.status = status
