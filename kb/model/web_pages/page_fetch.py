"""Pages to fetch in the background: for a user who fills in a form, or for an item that waits for its page."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.web_pages.page_facts import FetchFailure, PageFacts


class FetchState(StrEnum):
    """How far a fetch is. Waiting may be for another try: `Fetch.failure` then says why the last one was in vain."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One page to be fetched.

    `address` is http or https, as browsers write it, but for one that failed as no such address. `user_id` is who
    asked, `item_id` the item that waits. `next_at` is the instant of the next try; of a running one, until when it is
    believed to run.
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
        """Whether nothing more will come of it."""
        return self.state in (FetchState.DONE, FetchState.FAILED)
