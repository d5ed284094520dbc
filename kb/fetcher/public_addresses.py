"""Decide whether an internet address is public: addresses in IANA's special-purpose registries are not.

The tables are written out here, because the addresses that `ipaddress` calls global differ with the version of Python,
and no version knows every way to write an IPv4 address inside an IPv6 one.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address

_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carriers' NAT, and some clouds' metadata (100.100.100.200)
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # a cloud's own services, in public space
            "169.254.0.0/16",  # link-local, metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # IETF protocols
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_UNICAST = IPv6Network("2000::/3")
"""All that has been given out of IPv6: private, link-local, multicast, mapped and the rest are outside."""
_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF protocols: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_LOW = 0xFFFFFFFF


def is_public(address: str, *, loopback: bool = False) -> bool:
    """Whether a numeric IPv4 or IPv6 address is public; `loopback` permits 127/8 and ::1.

    An IPv6 address that carries an IPv4 one is judged by the latter if it has the well-known NAT64 prefix, by which
    networks without IPv4 reach the rest; all others that carry one are not public.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return False
    if loopback and read.is_loopback and getattr(read, "ipv4_mapped", None) is None:
        return True
    if isinstance(read, IPv4Address):
        return read.is_global and not any(read in network for network in _V4)
    if read.scope_id is not None:
        return False
    if read in _NAT64:
        return is_public(str(IPv4Address(int(read) & _LOW)))
    if read not in _UNICAST or not read.is_global or any(read in network for network in _V6):
        return False
    return (int(read) >> 32) & _LOW not in _ISATAP
