"""Pages to fetch in the background: for a user who fills in a form, or for an item that waits for its page."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.web_pages.page_facts import FetchFailure, PageFacts


class FetchState(StrEnum):
    """The progress of a fetch. A waiting fetch may have failed before: `Fetch.failure` is then the reason."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One page to fetch.

    `address` is http or https, as browsers write it, unless the fetch failed because it is no such address. `user_id`
    is the user who requested it, `item_id` the item that waits. `next_at` is the time of the next attempt; for a
    running fetch, the time until which it counts as running.
    """

    id: str
    address: str
    state: FetchState
    created_at: str
    failure: FetchFailure | None = None
    facts: PageFacts | None = None
    tries: int = 0
    next_at: str | None = None
    item_id: str | None = None
    user_id: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the fetch has ended, with success or without."""
        return self.state in (FetchState.DONE, FetchState.FAILED)
