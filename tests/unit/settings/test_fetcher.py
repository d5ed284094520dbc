"""Settings of asking other sites for their pages."""

import pytest

from kb.errors import Invalid
from kb.settings import check_fetching, is_loopback, settings_environment, settings_from_environment


def test_other_sites_are_asked_directly_and_this_machine_never() -> None:
    settings = settings_from_environment({})
    assert (settings.fetch, settings.fetch_loopback, settings.fetch_proxy) == ("on", "refuse", "")


def test_all_of_them_reach_another_process() -> None:
    given = {
        "KB_FETCH": "off",
        "KB_FETCH_LOOPBACK": "allow",
        "KB_FETCH_PROXY": "http://moi:s%40@proxy.ville.example:3128/",
    }
    settings = settings_from_environment(given)
    assert settings.fetch_proxy == "http://moi:s%40@proxy.ville.example:3128"
    assert settings_from_environment(settings_environment(settings)) == settings
    assert "s%40" not in repr(settings)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://veille.example",
        "http://veille.example",
        "https://127.0.0.1",
        "https://localhost:8000",
        "http://10.0.0.1",
        "http://0.0.0.0:8000",
        "http://[::]:8000",
        "http://localhost.ville.example",
    ],
)
def test_a_site_that_others_reach_does_not_start_where_its_machine_is_read(base_url: str) -> None:
    with pytest.raises(Invalid, match="KB_FETCH_LOOPBACK=allow is for tests"):
        settings_from_environment({"KB_FETCH_LOOPBACK": "allow", "KB_BASE_URL": base_url})
    with pytest.raises(Invalid):
        check_fetching("allow", base_url)
    settings_from_environment({"KB_FETCH_LOOPBACK": "refuse", "KB_BASE_URL": base_url})


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_a_site_of_this_machine_alone_may_read_it(base_url: str) -> None:
    assert is_loopback(base_url)
    settings_from_environment({"KB_FETCH_LOOPBACK": "allow", "KB_BASE_URL": base_url})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KB_FETCH", "oui"),
        ("KB_FETCH", ""),
        ("KB_FETCH_LOOPBACK", "on"),
        ("KB_FETCH_PROXY", "proxy.ville.example:3128"),
        ("KB_FETCH_PROXY", "https://proxy.ville.example"),
        ("KB_FETCH_PROXY", "socks5://proxy.ville.example"),
        ("KB_FETCH_PROXY", "http://"),
        ("KB_FETCH_PROXY", "http://proxy.ville.example:0"),
        ("KB_FETCH_PROXY", "http://proxy.ville.example/chemin"),
        ("KB_FETCH_PROXY", "http://proxy ville.example"),
        ("KB_FETCH_PROXY", "http://[::1"),
    ],
)
def test_what_cannot_be_used_is_told(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=name):
        settings_from_environment({name: value})
