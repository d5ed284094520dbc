"""The hosts and ports of addresses, and the addresses that are never requested."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.fetcher.url_targets import UrlTarget, parse_url_target
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure
from tests.fixtures.hostile_addresses import NO_ADDRESS, REFUSED


def failure_of(address: str, *, loopback: bool = False) -> FetchFailure:
    with pytest.raises(FetchFailed) as failed:
        parse_url_target(address, loopback=loopback)
    return failed.value.failure


def test_the_hostile_list_is_long_enough() -> None:
    assert len(set(REFUSED)) >= 120


@pytest.mark.parametrize("address", REFUSED)
def test_non_public_addresses_are_refused(address: str) -> None:
    assert failure_of(address) in (FetchFailure.REFUSED, FetchFailure.ADDRESS)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_an_invalid_address_is_refused(address: str) -> None:
    assert failure_of(address) == FetchFailure.ADDRESS


@pytest.mark.parametrize("address", REFUSED)
def test_a_place_that_is_not_public_is_refused_as_the_next_step_too(address: str) -> None:
    with pytest.raises(FetchFailed):
        parse_url_target(address, base="https://gazette.example/une")


def test_an_address_is_parsed_as_browsers_do() -> None:
    place = parse_url_target(" HTTPS://Été.Gazette.Example.:8443/a b/./é?q=l'œil&x#fragment\n")
    assert place == UrlTarget(
        "https://xn--t-9fab.gazette.example.:8443/a%20b/%C3%A9?q=l%27%C5%93il&x",
        secure=True,
        host="xn--t-9fab.gazette.example",
        port=8443,
        request_target="/a%20b/%C3%A9?q=l%27%C5%93il&x",
        is_ip_address=False,
    )
    assert place.authority == "xn--t-9fab.gazette.example:8443"


@pytest.mark.parametrize(
    ("address", "authority"),
    [
        ("http://gazette.example:80/", "gazette.example"),
        ("https://gazette.example/", "gazette.example"),
        ("https://gazette.example:80/", "gazette.example:80"),
        ("http://93.184.215.14/", "93.184.215.14"),
        ("http://1572394766/", "93.184.215.14"),
        ("http://[2606:2800:21F:CB07::1]:8080/", "[2606:2800:21f:cb07::1]:8080"),
    ],
)
def test_the_host_is_named_to_the_server_as_it_expects(address: str, authority: str) -> None:
    assert parse_url_target(address).authority == authority


def test_a_relative_url_is_resolved_against_its_base() -> None:
    assert parse_url_target("../b?c", base="https://gazette.example/a/d/e").href == "https://gazette.example/a/b?c"
    assert parse_url_target("//presse.example/", base="https://gazette.example/").href == "https://presse.example/"


@pytest.mark.parametrize("address", ["?", "/", "ailleurs", "#", "http:ailleurs", ""])
def test_a_relative_url_of_an_ip_address_is_an_ip_address(address: str) -> None:
    assert parse_url_target(address, base="http://[2606:2800::1]/a").is_ip_address
    assert parse_url_target(address, base="http://127.0.0.1:5432/a", loopback=True).names_loopback
    with pytest.raises(FetchFailed):
        parse_url_target(address, base="http://10.0.0.1/a")


def test_tests_may_ask_this_machine_at_any_port() -> None:
    for address in ("http://127.0.0.1:5432/", "http://localhost:8000/", "http://[::1]:9/", "http://2130706433:4000/"):
        assert parse_url_target(address, loopback=True).names_loopback


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.1/", "http://169.254.169.254/", "http://[::ffff:127.0.0.1]/", "http://0/", "http://a.localhost/"],
)
def test_tests_may_ask_no_other_machine_of_the_network(address: str) -> None:
    assert failure_of(address, loopback=True) == FetchFailure.REFUSED


@given(st.text(max_size=200), st.booleans())
def test_anything_typed_is_a_place_or_a_failure(text: str, loopback: bool) -> None:
    for address in (text, f"http://{text}", f"https://gazette.example/{text}"):
        try:
            place = parse_url_target(address, loopback=loopback)
        except FetchFailed:
            continue
        assert place.href.isascii()
        assert place.request_target.startswith("/")
