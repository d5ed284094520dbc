"""Limits of the messages that strangers have sent to addresses, whose owners confirm or ignore them.

Each kind of request has limits of its own, under its name.
"""

import time
from hashlib import sha256

from kb.model.people.network_address import network_of
from kb.services.authentication.authentication import check_rate_limits
from kb.services.core.library import Library
from kb.store import Rate, WriteTransaction

_NETWORK_RATE = Rate(burst=10, every=600)
"""Addresses entered from one network."""
_ADDRESS_RATE = Rate(burst=2, every=43_200)
"""Messages to one address, whose owner may have nothing to do with this site: two at once, then two a day."""
_SITE_RATE = Rate(burst=100, every=60)
"""Messages to addresses that strangers enter, from all of them together."""


def check_network_limit(library: Library, kind: str, client: str) -> None:
    """Count a request for the network of a client. Raises RateLimited, and counts nothing, if there were too many."""
    network = network_of(client) or client
    check_rate_limits(library, [(_limit_key(kind, "network", network), _NETWORK_RATE)])


def count_message(writing: WriteTransaction, kind: str, address: str) -> bool:
    """Count a message to an address; False, and nothing is counted, if there were too many."""
    limits = [(_limit_key(kind, "address", address), _ADDRESS_RATE), (_limit_key(kind, "site", ""), _SITE_RATE)]
    return not writing.rate_limits.take(limits, time.time())


def _limit_key(kind: str, subject: str, value: str) -> str:
    return sha256(f"{kind} {subject}\0{value}".encode()).hexdigest()
