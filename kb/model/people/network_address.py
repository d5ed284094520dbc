"""Internet addresses, reduced to the part that distinguishes clients."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

_SUBSCRIBER = 64  # bits of an IPv6 address that identify a subscriber, who can change the others


UNKNOWN = "unknown"
"""The address of a client that a proxy does not tell: all of these together are one network, which is a stranger."""


@lru_cache(maxsize=1_000)
def network_of(address: str) -> str:
    """The client that an address stands for: the address itself, or the first 64 bits of an IPv6 address.

    Empty for this very machine and for a text that is no address: behind a server that does not give the client's
    address, all clients would count as one. A client of a proxy that does not give its address is UNKNOWN, and so is
    its network.
    """
    if address == UNKNOWN:
        return UNKNOWN
    try:
        read = ip_address(address)
    except ValueError:
        return ""
    if isinstance(read, IPv6Address):
        if read.ipv4_mapped is not None:
            return network_of(str(read.ipv4_mapped))
        if not read.is_loopback:
            return f"{IPv6Address(int(read) >> _SUBSCRIBER << _SUBSCRIBER)}/{_SUBSCRIBER}"
    return "" if read.is_loopback else str(read)
