"""How far the delivery of an e-mail message is."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_ANSWER = 300
"""Characters of the answer of a mail server that are stored."""


class DeliveryState(StrEnum):
    """The state of a message in the outbox. A message that a mail server has accepted is there no more.

    `SENDING` is being sent, or its sender was killed meanwhile: like `UNKNOWN`, where the connection was lost before
    the server answered, the message may have arrived. `REFUSED` and `GIVEN_UP`, after the last attempt, are final.
    """

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of one message: `answer` is what the mail server said, or empty; the next attempt is at `next_at`,
    None if there is none.
    """

    state: DeliveryState
    answer: str
    tries: int
    next_at: str | None

    @property
    def has_failed(self) -> bool:
        """Whether the message will not be sent again, and has perhaps not arrived."""
        return self.next_at is None
