"""A webhook of a group, and its deliveries."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum

from kb.errors import translatable
from kb.model.web_pages.page_facts import FetchFailure

MOST_WEBHOOKS = 10
"""Webhooks of a group."""
MOST_LOGGED = 20
"""Deliveries of a webhook that are kept for its owners."""
MOST_NAMED = 20
"""Items, and passages, that one message names."""
RETRY_DELAYS = (60, 600, 3600, 3 * 3600)
"""Seconds until each further try. After the last one, the webhook is switched off."""
SENT_NOTHING = "nothing"
"""The status of a message whose items were all deleted or hidden before it was sent."""
_PREFIX = "whsec_"


FAILURES = {
    FetchFailure.OFF: translatable("This site sends nothing to other sites."),
    FetchFailure.REFUSED: translatable(
        "This site sends only to sites of the public web, on the ports 80, 443, 8080 and 8443."
    ),
}
"""The sentences of failures whose `message` is about reading a page."""


class Shape(StrEnum):
    """The form of the messages, by the program that receives them."""

    JSON = "json"
    MATTERMOST = "mattermost"
    """`{"text": …}` in Markdown, as Mattermost, Rocket.Chat and others take it."""
    MATRIX = "matrix"
    """`{"text": …, "html": …}`, as the hookshot bridge of Matrix takes it, and the bridges of Tchap."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """See the table `webhooks`. `failure` is the status of the delivery that switched it off, else empty."""

    id: str
    group_id: str
    search_id: str
    address: str
    shape: Shape
    language: str
    with_passages: bool
    secret: str
    position: int
    is_on: bool
    failure: str
    created_at: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """See the table `webhook_deliveries`. `status` is the HTTP status, or the value of a FetchFailure, or SENT_NOTHING;
    empty before the first try.
    """

    id: str
    webhook_id: str
    group_id: str
    is_test: bool
    item_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    others: int
    created_at: str
    tries: int
    next_at: str | None
    status: str = ""
    tried_at: str | None = None

    @property
    def is_received(self) -> bool:
        """Whether the other site has taken the message."""
        return self.status.startswith("2")


def new_secret() -> str:
    """A secret to sign with, in the form of Standard Webhooks."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def signature_headers(secret: str, delivery_id: str, timestamp: int, body: bytes) -> tuple[tuple[str, str], ...]:
    """The headers by which a receiver knows the sender and the time of a message (Standard Webhooks 1.0)."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.digest(key, f"{delivery_id}.{timestamp}.".encode() + body, "sha256")
    return (
        ("Webhook-Id", delivery_id),
        ("Webhook-Timestamp", str(timestamp)),
        ("Webhook-Signature", f"v1,{base64.b64encode(signed).decode()}"),
    )
