"""How far the delivery of an e-mail message is."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_ANSWER = 300
"""Characters of the answer of a mail server that are stored."""


class DeliveryState(StrEnum):
    """The state of a message in the outbox. A message that a mail server has accepted is there no more, unless its
    author asks for its result by a key (`SENT`).

    `SENDING` is being sent, or its sender was killed meanwhile: like `UNKNOWN`, where the connection was lost before
    the server answered, the message may have arrived. `REFUSED`, because of the address, `TEXT_REFUSED`, because of the
    message, `GIVEN_UP` after the last attempt, `DROPPED`, because the recipient may not read it any more, and `SENT`
    are final.
    """

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    TEXT_REFUSED = "text_refused"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
    SENT = "sent"


REFUSALS = (DeliveryState.REFUSED, DeliveryState.TEXT_REFUSED)
"""The states of a message for which another attempt would not help."""
UNDELIVERED = (DeliveryState.UNKNOWN, *REFUSALS, DeliveryState.GIVEN_UP)
"""The final states of a message that has, or may have, not arrived though its recipient might read it."""


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
