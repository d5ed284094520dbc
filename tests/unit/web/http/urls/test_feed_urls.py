"""The canonical feed address to which a feed key belongs."""

from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from kb.web.http.urls.feed_urls import feed_address, with_feed_key

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PAIRS = st.lists(st.tuples(WORDS, WORDS), max_size=5).map(tuple)


@given(WORDS, PAIRS, st.randoms())
def test_the_order_makes_no_difference_and_all_else_does(end: str, pairs: tuple[tuple[str, str], ...], random) -> None:
    path = f"/g/cave/tag/{end}.atom"
    own_pairs = [pair for pair in pairs if pair[0] not in {"key", "lang"}]
    address = feed_address(path, tuple(own_pairs))
    mixed = [*own_pairs, ("lang", "en"), ("key", "secret")]
    random.shuffle(mixed)
    assert feed_address(path, tuple(mixed)) == address
    assert feed_address(path, (*own_pairs, ("", ""))) != address
    parts = urlsplit(address)
    assert unquote(parts.path) == path
    assert parse_qsl(parts.query, keep_blank_values=True) == sorted(own_pairs)


def test_a_key_is_one_more_parameter() -> None:
    assert with_feed_key("/g/cave.atom", "a-_1") == "/g/cave.atom?key=a-_1"
    assert with_feed_key("/g/cave.atom?tag=eau", "a-_1") == "/g/cave.atom?tag=eau&key=a-_1"
