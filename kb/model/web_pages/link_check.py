"""Link checks: whether the address of an item still works."""

from dataclasses import dataclass

from kb.model.web_pages.page_facts import FetchFailure

DEAD_FROM = 2
"""Days on which an address must have led nowhere before it is called dead: once is no proof."""


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """The results of checking an item's address. `next_at` is the time of the next check.

    `failure` is the reason of the last failure, `failing_since` the time of the first failure of the present series,
    `failures` the number of days of that series. `requested_at`: a user requested a check now.
    """

    item_id: str
    address: str
    checked_at: str
    next_at: str
    failure: FetchFailure | None = None
    failing_since: str | None = None
    failures: int = 0
    requested_at: str | None = None

    @property
    def is_dead(self) -> bool:
        """Whether the address has failed often enough to be reported as dead."""
        return self.failures >= DEAD_FROM
