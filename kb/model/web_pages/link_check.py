"""Link checks: whether the address of an item still works."""

from dataclasses import dataclass

from kb.model.web_pages.page_facts import FetchFailure

DEAD_FROM = 2
"""Days on which an address must have led nowhere before it is called dead: once is no proof."""


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """What was seen of the address of an item. `next_at` is when it is looked at again.

    `failure` is why it led nowhere at the last look, `failing_since` the instant of the first of those that all led
    nowhere, `failures` on how many days that was. `asked_at`: somebody wants to know now.
    """

    item_id: str
    address: str
    checked_at: str
    next_at: str
    failure: FetchFailure | None = None
    failing_since: str | None = None
    failures: int = 0
    asked_at: str | None = None

    @property
    def is_dead(self) -> bool:
        """Whether it has led nowhere often enough for that to be told."""
        return self.failures >= DEAD_FROM
