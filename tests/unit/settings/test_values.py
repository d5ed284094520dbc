"""The values of settings of page fetches, of logins at a provider and of proxies."""

import pytest

from kb.errors import Invalid
from kb.settings import Settings, check_fetching, is_loopback, settings_environment, settings_from_environment

PROVIDER = {"KB_OIDC_ISSUER": "https://id.ville.example/realms/agents", "KB_OIDC_CLIENT_ID": "florilege"}


def read(**value: str) -> Settings:
    return settings_from_environment({**PROVIDER, **value})


def test_without_settings_there_is_no_provider_and_no_trusted_proxy() -> None:
    settings = settings_from_environment({})
    assert (settings.oidc_issuer, settings.proxy, settings.proxy_login) == ("", "", "")


def test_a_provider_has_default_scopes_and_admits_invited_users() -> None:
    settings = read()
    assert settings.oidc_issuer == PROVIDER["KB_OIDC_ISSUER"]
    assert (settings.oidc_scopes, settings.oidc_sign_up) == ("openid email profile", "invited")


def test_settings_of_logins_reach_another_process() -> None:
    settings = read(
        KB_OIDC_CLIENT_SECRET="s: %",
        KB_OIDC_NAME="ProConnect",
        KB_OIDC_SCOPES="email  siret",
        KB_OIDC_ACR="eidas1 eidas2",
        KB_OIDC_SIGN_UP="Ville.Example, dept.example",
        KB_PROXY="10.1.2.3/8, ::1",
        KB_PROXY_LOGIN="X-Remote-User",
    )
    assert settings.oidc_scopes == "openid email siret"
    assert settings.oidc_sign_up == "ville.example dept.example"
    assert settings.proxy == "10.0.0.0/8 ::1/128"
    assert settings_from_environment(settings_environment(settings)) == settings


def test_a_secret_is_not_shown_with_the_settings() -> None:
    assert "mystère" not in repr(read(KB_OIDC_CLIENT_SECRET="mystère"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("KB_OIDC_ISSUER", value) for value in ("http://id.example", "id.example", "https://", "https://a b")),
        *(
            ("KB_OIDC_ISSUER", value)
            for value in ("https://u:p@id.example", "https://id.example?a", "https://é.example")
        ),
        *(("KB_OIDC_ISSUER", value) for value in ("https://[::1", "https://id.example:0", "javascript:alert(1)")),
        ("KB_OIDC_NAME", "Pro\nConnect"),
        ("KB_OIDC_NAME", "x" * 1001),
        ("KB_OIDC_SCOPES", "openid é"),
        ("KB_OIDC_ACR", 'eidas"1'),
        *(("KB_OIDC_SIGN_UP", value) for value in ("", "tous", "@ville.example", "invited everyone", "*.example")),
        *(("KB_PROXY", value) for value in ("proxy.example", "10.0.0.0/33", "10.0.0", "*")),
        *(("KB_PROXY_LOGIN", value) for value in ("X Remote", "X:", "É")),
    ],
)
def test_an_invalid_setting_of_logins_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=name):
        read(**{"KB_PROXY": "127.0.0.1", name: value})


@pytest.mark.parametrize(
    "variables",
    [{"KB_OIDC_ISSUER": "https://id.example"}, {"KB_OIDC_CLIENT_ID": "florilege"}, {"KB_PROXY_LOGIN": "X-Remote-User"}],
)
def test_a_setting_that_needs_another_is_refused_alone(variables: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="is needed"):
        settings_from_environment(variables)


def test_other_sites_are_asked_directly_and_this_machine_never() -> None:
    settings = settings_from_environment({})
    assert (settings.fetch, settings.fetch_loopback, settings.fetch_proxy) == ("on", "refuse", "")


def test_settings_of_fetches_reach_another_process() -> None:
    variables = {
        "KB_FETCH": "off",
        "KB_FETCH_LOOPBACK": "allow",
        "KB_FETCH_PROXY": "http://moi:s%40@proxy.ville.example:3128/",
    }
    settings = settings_from_environment(variables)
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
        ("KB_WEBSUB_HUB", "hub.example.org"),
        ("KB_WEBSUB_HUB", "https://a:b@hub.example.org/"),
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
def test_an_invalid_setting_of_fetches_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=name):
        settings_from_environment({name: value})
