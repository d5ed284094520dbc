"""The page between two portions of a long action: each request does one, and the page sends the form of the next.

With JavaScript the page sends it at once; without, a button does. A server or a browser that is stopped half-way loses
nothing: the portions that are done stay, and sending the form again continues.
"""

from dataclasses import dataclass

from kb.web.http.urls.listing_scope import Pairs
from kb.web.http.writes.write_requests import PORTION


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """`done` of `total` are done; `hidden` are the fields of the next request, sent to `action`.

    `undo` is the address that reverses what is done; `back` leads away.
    """

    title: str
    summary: str
    done: int
    total: int
    action: str
    hidden: Pairs
    undo: str
    back: str


def portion_address(address: str) -> str:
    """The address for the next portion, which does not count as a new form against the rate limit."""
    return f"{address}{'&' if '?' in address else '?'}{PORTION}=1"
