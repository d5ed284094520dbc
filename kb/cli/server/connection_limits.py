"""Limit the connections of a worker, in total and for each network. New connections replace idle ones."""

import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol

from kb.model.people.network_address import network_of
from kb.settings import networks_of

_MOST_DESCRIPTORS = 65_536
"""Descriptors that a process asks for, of those that the system lets it have."""
_MOST_CONNECTIONS = 1024
_DESCRIPTORS_LEFT = 2
"""One of so many descriptors is for a connection; the others are for the database, the index and other files."""
_SHARE_OF_NETWORK = 4
"""One network holds one of so many connections at most."""
MOST_REFUSED = 64
"""Connections that are refused with an answer at the same time; further ones are closed without an answer."""
MOST_LARGE_HEADS = 16
"""Request heads longer than LARGE_HEAD that are received at the same time."""
LARGE_HEAD = 64 * 1024


class Connection(Protocol):
    """The interface of a connection that the registry needs."""

    def close_idle(self) -> None:
        """Close it at once: it holds no request."""


def raise_descriptor_limit() -> int:
    """Raise the limit of open files and connections of this process as far as the system allows; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        return limit
    return soft if soft != resource.RLIM_INFINITY else _MOST_DESCRIPTORS


def connection_limit(descriptors: int) -> int:
    """The maximum number of connections for a process with this many descriptors: well below them."""
    return max(8, min(_MOST_CONNECTIONS, descriptors // _DESCRIPTORS_LEFT))


def peer_networks(proxies: str) -> Callable[[str], str]:
    """A function from a peer to its network; empty for our proxies and for this machine, which have no limit.

    `proxies` are networks, as in the setting: the address of a proxy stands for the connections of all clients.
    """
    ours = networks_of(proxies)

    def network(peer: str) -> str:
        named = network_of(peer)
        return "" if named and any(ip_address(peer) in own_network for own_network in ours) else named

    return network


@dataclass(slots=True)
class ConnectionRegistry:
    """The open connections. Only the event loop uses it, so it needs no lock.

    A connection is *waiting* until the head of its next request is complete. If there is no room for a new connection,
    the oldest waiting connection of the network that has the most of them is closed. `network_of_peer` gives the
    network that an address counts for; empty for an address without a limit of its own.
    """

    most: int
    network_of_peer: Callable[[str], str] = network_of
    networks: dict[Connection, str] = field(default_factory=dict)
    refused: int = 0
    _counts: Counter[str] = field(default_factory=Counter)
    _waiting: dict[str, dict[Connection, None]] = field(default_factory=dict)
    _large: set[Connection] = field(default_factory=set)

    @property
    def network_limit(self) -> int:
        return max(4, self.most // _SHARE_OF_NETWORK)

    def admit(self, connection: Connection, peer: str) -> bool:
        """Count a new connection, as waiting; False if there is no room for it, and no waiting connection to close."""
        network = self.network_of_peer(peer)
        if network and self._counts[network] >= self.network_limit and not self._close_oldest(network):
            return False
        if len(self.networks) >= self.most and not self._close_oldest(self._most_waiting()):
            return False
        self.networks[connection] = network
        self._counts[network] += 1
        self._waiting.setdefault(network, {})[connection] = None
        return True

    def begin_request(self, connection: Connection) -> None:
        """The head of a request is complete: the connection is not closed for others until it is answered."""
        self._large.discard(connection)
        network = self.networks.get(connection)
        if network is not None:
            self._forget_waiting(connection, network)

    def end_request(self, connection: Connection) -> None:
        """The request was answered: the connection waits again, as the newest."""
        network = self.networks.get(connection)
        if network is not None:
            self._waiting.setdefault(network, {})[connection] = None

    def allow_large_head(self, connection: Connection) -> bool:
        """Whether a head may grow beyond LARGE_HEAD: only a few may at the same time."""
        if connection not in self._large and len(self._large) >= MOST_LARGE_HEADS:
            return False
        self._large.add(connection)
        return True

    def drop(self, connection: Connection) -> None:
        """Forget a closed connection; an unknown one is ignored."""
        self._large.discard(connection)
        network = self.networks.pop(connection, None)
        if network is None:
            return
        self._forget_waiting(connection, network)
        self._counts[network] -= 1
        if not self._counts[network]:
            del self._counts[network]

    def _most_waiting(self) -> str:
        return max(self._waiting, key=lambda network: len(self._waiting[network]), default="")

    def _close_oldest(self, network: str) -> bool:
        waiting = self._waiting.get(network)
        if not waiting:
            return False
        oldest = next(iter(waiting))
        self.drop(oldest)
        oldest.close_idle()
        return True

    def _forget_waiting(self, connection: Connection, network: str) -> None:
        waiting = self._waiting.get(network)
        if waiting is not None:
            waiting.pop(connection, None)
            if not waiting:
                del self._waiting[network]
