"""Limits of the messages that strangers have sent to addresses, whose owners confirm or ignore them.

Each kind of request has limits of its own, under its name.
"""

import time
from hashlib import sha256

from kb.errors import RateLimited
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


def check_request_limits(library: Library, kind: str, client: str) -> None:
    """Count a request for the network of a client, and for the site. Raises RateLimited if there were too many.

    Neither depends on the address that is entered: the answer may say that nothing is sent.
    """
    network = network_of(client) or client
    check_rate_limits(library, [(_limit_key(kind, "network", network), _NETWORK_RATE)])
    try:
        check_rate_limits(library, [(_limit_key(kind, "site", ""), _SITE_RATE)])
    except RateLimited as error:
        raise RateLimited(
            "This site has sent as many messages of this kind as it may for now: try again tomorrow.", error.wait
        ) from None


def count_message(writing: WriteTransaction, kind: str, address: str) -> bool:
    """Count a message to an address; False, and nothing is counted, if there were too many."""
    return not writing.rate_limits.take([(_limit_key(kind, "address", address), _ADDRESS_RATE)], time.time())


def _limit_key(kind: str, subject: str, value: str) -> str:
    return sha256(f"{kind} {subject}\0{value}".encode()).hexdigest()
