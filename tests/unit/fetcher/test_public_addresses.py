"""Which addresses of the internet are public."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.fetcher.public_addresses import is_public

PUBLIC = (
    "8.8.8.8 93.184.215.14 1.1.1.1 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 169.253.0.1".split()
)
PUBLIC_SIX = "2606:2800:21f:cb07::1 2a01:e0a:1::5 2001:4860:4860::8888 2620:fe::fe 64:ff9b::93.184.215.14".split()


@pytest.mark.parametrize("address", [*PUBLIC, *PUBLIC_SIX])
def test_allocated_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["", "gazette.example", "1.2.3", "0x7f.1", "1.2.3.4/8", "2606::1%eth0", "[2606::1]", "1" * 5000]
)
def test_a_text_that_is_no_ip_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_addresses_that_python_calls_special_are_never_public(address: IPv4Address) -> None:
    special = not address.is_global or address.is_multicast or address.is_reserved
    assert not (special and is_public(str(address)))


@given(st.ip_addresses(v=4))
def test_ipv4_addresses_inside_ipv6_are_only_public_in_nat64_form(address: IPv4Address) -> None:
    number = int(address)
    assert is_public(str(IPv6Address((0x64FF9B << 96) | number))) == is_public(str(address))
    for prefix in (0, 0xFFFF << 32, 0xFFFF << 48, 0x64FF9B0001 << 80):
        assert not is_public(str(IPv6Address(prefix | number)))
    assert not is_public(str(IPv6Address((0x2002 << 112) | (number << 80))))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_public_only_when_allowed(address: str) -> None:
    assert is_public(address, loopback=True)
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "10.0.0.1", "169.254.169.254", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1"]
)
def test_permission_for_loopback_permits_no_other_address(address: str) -> None:
    assert not is_public(address, loopback=True)
