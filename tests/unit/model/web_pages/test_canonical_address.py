"""Canonical addresses: two addresses are equal exactly if they lead to the same page."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.model.items.item_fields import checked_address
from kb.model.web_pages.canonical_address import canonical_url, site_of, web_address
from tests.support.cpu_time import cpu_seconds_at_most

SAME = "https://exemple.org/articles/eau?id=7&page=2"


@pytest.mark.parametrize(
    "url",
    [
        "https://exemple.org/articles/eau?id=7&page=2",
        "http://exemple.org/articles/eau?id=7&page=2",
        "HTTP://WWW.Exemple.ORG/articles/eau?id=7&page=2",
        "https://exemple.org:443/articles/eau?id=7&page=2",
        "http://exemple.org:80/articles/eau?id=7&page=2",
        "https://exemple.org./articles/eau?id=7&page=2",
        "https://exemple.org/articles/eau/?id=7&page=2",
        "https://exemple.org/articles/./lire/../eau?id=7&page=2",
        "https://exemple.org/articles/eau?id=7&page=2#commentaires",
        "https://exemple.org/articles/eau?utm_source=lettre&id=7&utm_medium=mail&page=2&fbclid=Iw1",
        "https://exemple.org/articles/eau?id=7&&page=2&xtor=RSS-1&gclid=x&GCLID=y",
        "https://exemple.org/%61rticles/eau?id=7&page=2",
        "https://exemple.org/articles/eau?page=2&id=7",
        "  https://exemple.org/articles/eau?id=7&page=2\n",
    ],
)
def test_spellings_of_an_address_are_equivalent(url: str) -> None:
    assert canonical_url(url) == SAME


@pytest.mark.parametrize(
    "url",
    [
        "https://exemple.org/articles/eau?id=7",
        "https://exemple.org/articles/Eau?id=7&page=2",
        "https://blog.exemple.org/articles/eau?id=7&page=2",
        "https://exemple.org:8080/articles/eau?id=7&page=2",
        "https://exemple.org/articles/eau?id=7&page=2#!/lire",
        "https://exemple.org/articles/eau?id=7&page=2&attachment=1",
        "ftp://exemple.org/articles/eau?id=7&page=2",
    ],
)
def test_other_addresses_are_others(url: str) -> None:
    assert canonical_url(url) != SAME


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (None, None),
        ("", None),
        (" \t\n", None),
        ("https://www.exemple.org/", "https://exemple.org"),
        ("https://www.fr/", "https://www.fr"),
        ("https://Été.exemple.org/à/", "https://xn--t-9fab.exemple.org/%C3%A0"),
        ("https://exemple.org/%c3%a0/%7Eclaire", "https://exemple.org/%C3%A0/~claire"),
        ("https://exemple.org/?utm_source=lettre", "https://exemple.org"),
        ("https://exemple.org/#!/lire/7", "https://exemple.org#!/lire/7"),
        ("http://[2001:DB8::1]:80/a/", "https://[2001:db8::1]/a"),
        ("http://claire@www.exemple.org/", "https://claire@exemple.org"),
        ("mailto:claire@exemple.org", "mailto:claire@exemple.org"),
        ("urn:isbn:9780000000002", "urn:isbn:9780000000002"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("www.exemple.org/eau", "www.exemple.org/eau"),
        ("  Cote 7 J 12, carton 3 ", "Cote 7 J 12, carton 3"),
        ("http://deux mots/", "http://deux mots/"),
        ("http://\ud800", "http://\ud800"),
        ("https://exemple.org/a?b=%zz&c=%", "https://exemple.org/a?b=%zz&c=%"),
    ],
)
def test_the_form_in_which_addresses_are_compared(url: str | None, canonical: str | None) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    ("url", "sites"),
    [
        ("https://www.exemple.org/eau", ("exemple.org",)),
        ("https://blog.eau.exemple.org/", ("blog.eau.exemple.org", "eau.exemple.org", "exemple.org")),
        ("HTTPS://WWW.Été.exemple.org:8443/", ("été.exemple.org", "exemple.org")),
        ("www.exemple.org/eau", ("exemple.org",)),
        ("https://fr.m.wikipedia.org/wiki/Eau", ("fr.m.wikipedia.org", "m.wikipedia.org", "wikipedia.org")),
        ("https://x.com/claire", ("x.com",)),
        ("exemple.org", ("exemple.org",)),
        ("http://localhost:8000/", ("localhost",)),
        ("http://192.0.2.7/", ("192.0.2.7",)),
        ("http://[2001:db8::1]:8000/", ("[2001:db8::1]",)),
        ("http://claire:secret@exemple.org/", ("exemple.org",)),
        ("mailto:claire@exemple.org", ()),
        ("Cote 7 J 12, carton 3", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_the_sites_of_an_address(url: str | None, sites: tuple[str, ...]) -> None:
    assert site_of(url) == sites


addresses = st.one_of(
    st.text(max_size=60),
    st.from_regex(
        r"https?://(www\.)?[a-zé-]{1,8}\.(org|fr)(:\d{1,5})?/[a-z%/.~ ]{0,12}(\?[a-z=&%]{0,12})?(#!?[a-z]{0,4})?"
    ),
)


@given(addresses)
def test_the_compared_form_is_its_own(url: str) -> None:
    canonical = canonical_url(url)
    assert canonical_url(canonical) == canonical


@given(addresses)
def test_any_text_has_sites_and_nothing_raises(url: str) -> None:
    sites = site_of(url)
    assert all(shorter == longer.partition(".")[2] for longer, shorter in pairwise(sites))


def test_addresses_are_compared_by_the_ten_thousand() -> None:
    urls = [f"https://www.exemple.org/articles/{number}?utm_source=lettre&id={number}#haut" for number in range(10_000)]
    with cpu_seconds_at_most(1):
        assert len({canonical_url(url) for url in urls}) == 10_000


@pytest.mark.parametrize(
    "url",
    [
        f"https://{'a.' * 20_000}fr/",
        f"https://{'a.' * 127}fr/",
        f"https://{'a' * 64}.fr/",
        f"https://exemple.fr/{'a' * 8_000}",
    ],
)
def test_an_address_over_a_bound_is_none(url: str) -> None:
    assert (canonical_url(url), web_address(url), site_of(url)) == (url, None, ())
    with pytest.raises(Invalid):
        checked_address(url)


def test_the_longest_host_is_an_address() -> None:
    host = f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 58}.fr"
    assert len(host) == 253
    assert web_address(f"https://{host}/") == f"https://{host}/"
    assert len(site_of(f"https://{host}./")) == 4
