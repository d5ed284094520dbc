from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.settings import (
    SETTINGS,
    VARIABLES,
    Settings,
    default_settings_in,
    settings_environment,
    settings_from_environment,
)
from kb.translation import Translator


def test_without_anything_given_all_lies_in_one_folder_of_the_current_one(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    settings = settings_from_environment({})

    assert settings == Settings(
        data=tmp_path / "kb-data",
        store_url=f"sqlite:///{tmp_path}/kb-data/store.sqlite3",
        index_url=f"whoosh:{tmp_path}/kb-data/index",
        base_url="http://127.0.0.1:8000",
        language="fr",
        site_name="Florilège",
        languages=("fr", "en"),
        index_memory=768,
    )


def test_variables_of_the_program_are_read_and_others_ignored():
    environ = {"KB_LANGUAGE": "en", "KB_SITE_NAME": "Veille du Puy-de-Dôme", "HOME": "/nulle/part", "MY_KB_X": "1"}

    settings = settings_from_environment(environ)

    assert (settings.language, settings.site_name) == ("en", "Veille du Puy-de-Dôme")


def test_an_option_wins_over_a_variable_and_none_is_not_given():
    settings = settings_from_environment({"KB_LANGUAGE": "fr", "KB_DATA": "/srv/a"}, language="en", data=None)

    assert (settings.language, settings.data) == ("en", Path("/srv/a"))


def test_the_store_may_lie_elsewhere_than_the_data():
    settings = settings_from_environment({"KB_DATA": "/srv/kb", "KB_STORE_URL": "sqlite:////disque/kb.sqlite3"})

    assert settings.store_url == "sqlite:////disque/kb.sqlite3"
    assert settings.index_url == "whoosh:/srv/kb/index"


def test_the_memory_of_the_index_is_a_number_of_mebibytes():
    assert settings_from_environment({"KB_INDEX_MEMORY": "8"}).index_memory == 8
    assert settings_from_environment({"KB_INDEX_MEMORY": "8"}, index_memory="1048576").index_memory == 1_048_576


def test_a_time_zone_has_a_name_of_the_iana_database():
    assert settings_from_environment({}).time_zone == "Europe/Paris"
    assert settings_from_environment({"KB_TIME_ZONE": "Indian/Reunion"}).time_zone == "Indian/Reunion"
    for bad in ("Paris", "../../etc/passwd", "/etc/localtime", "", "UTC+1", "x" * 5_000, "\0"):
        with pytest.raises(Invalid, match="KB_TIME_ZONE"):
            settings_from_environment({"KB_TIME_ZONE": bad})


def test_a_slow_page_may_take_less_than_a_second():
    assert settings_from_environment({}).slow_seconds == 1
    assert settings_from_environment({"KB_SLOW_SECONDS": "0.25"}).slow_seconds == 0.25
    assert settings_from_environment({"KB_SLOW_SECONDS": "0"}).slow_seconds == 0


def test_a_base_address_loses_its_last_slash():
    assert settings_from_environment({"KB_BASE_URL": "https://veille.example.org/kb/"}).base_url == (
        "https://veille.example.org/kb"
    )


@pytest.mark.parametrize("name", ["KB_DATE", "KB_", "KB_data", "KB_LANGUAGES", "KB_É"])
def test_an_unknown_variable_stops_with_a_sentence_that_names_it(name):
    with pytest.raises(Invalid, match=f"^{name} is not a setting"):
        settings_from_environment({name: "x"})


def test_a_variable_in_small_letters_is_not_hidden_by_the_right_one():
    with pytest.raises(Invalid, match=r"^KB_data is not a setting"):
        settings_from_environment({"KB_data": "/srv/a", "KB_DATA": "/srv/b"})


BAD_VALUES = [
    ("KB_FEATURES", "all;-pinboard"),
    ("KB_DATA", ""),
    ("KB_DATA", "a\0b"),
    ("KB_DATA", "what?"),
    ("KB_DATA", __file__),
    ("KB_STORE_URL", "mysql://localhost/kb"),
    ("KB_STORE_URL", "sqlite:///:memory:"),
    ("KB_STORE_URL", "sqlite:///"),
    ("KB_INDEX_URL", "memory:"),
    ("KB_INDEX_URL", "whoosh:"),
    ("KB_INDEX_URL", "/srv/index"),
    ("KB_INDEX_MEMORY", ""),
    ("KB_INDEX_MEMORY", "7"),
    ("KB_INDEX_MEMORY", "-64"),
    ("KB_INDEX_MEMORY", "256M"),
    ("KB_INDEX_MEMORY", "64.5"),
    ("KB_INDEX_MEMORY", "٦٤"),
    ("KB_INDEX_MEMORY", "1048577"),
    ("KB_INDEX_MEMORY", "9" * 5000),
    ("KB_BASE_URL", "example.org"),
    ("KB_BASE_URL", "ftp://example.org"),
    ("KB_BASE_URL", "https://moi:secret@example.org"),
    ("KB_BASE_URL", "https://example.org:99999"),
    ("KB_BASE_URL", "https://[example.org"),
    ("KB_BASE_URL", "https://example.org/?a=b"),
    ("KB_LOG_FORMAT", "xml"),
    ("KB_SLOW_SECONDS", ""),
    ("KB_SLOW_SECONDS", "-1"),
    ("KB_SLOW_SECONDS", "1e3"),
    ("KB_SLOW_SECONDS", "nan"),
    ("KB_SLOW_SECONDS", "3600.1"),
    ("KB_SLOW_SECONDS", "٣"),
    ("KB_METRICS_TOKEN", "trop-court"),
    ("KB_METRICS_TOKEN", "un secret avec des espaces"),
    ("KB_METRICS_TOKEN", "un-secret-qui-est-célèbre"),
    ("KB_METRICS_TOKEN", "x" * 1001),
    ("KB_FILES_URL", "/srv/kb/files"),
    ("KB_FILES_URL", "file://srv"),
    ("KB_FILES_URL", "file:///"),
    ("KB_FILES_URL", "s3://"),
    ("KB_FILES_URL", "s3://Bucket"),
    ("KB_FILES_URL", "s3://user:secret@bucket"),
    ("KB_FILES_URL", "s3://bucket?endpoint=ftp://x"),
    ("KB_FILES_URL", "s3://bucket?secret=x"),
    ("KB_FILES_URL", "s3://bucket?endpoint"),
    ("KB_FILES_URL", "s3://[bucket"),
    ("KB_FILE_SIZE", "0"),
    ("KB_GROUP_FILES", "-1"),
    ("KB_STORE_URL", "sqlite:////srv/kb/store.sqlite3?mode=ro"),
    ("KB_STORE_URL", "sqlite:////srv/kb/"),
    ("KB_STORE_URL", "postgresql+psycopg://kb@localhost:port/kb"),
    ("KB_STORE_URL", "postgresql+psycopg://kb@local host/kb"),
    ("KB_STORE_URL", "postgresql+psycopg://kb@one,,two/kb"),
    ("KB_FILES_URL", "file:srv/kb/files"),
    ("KB_FILES_URL", "file:///srv/kb/files#part"),
    ("KB_FILES_URL", "file:///srv/%0A"),
    ("KB_FILES_URL", "file:///srv/../etc"),
    ("KB_FILES_URL", "s3://bucket?endpoint=https://"),
    ("KB_FILES_URL", "s3://bucket?endpoint=https://a:99999"),
    ("KB_FILES_URL", "s3://bucket?endpoint=https://a&endpoint=https://b"),
    ("KB_FILES_URL", "s3://bucket?region=a&region=b"),
    ("KB_FILES_URL", "gs://bucket"),
    ("KB_MAIL_URL", "mail.example.org"),
    ("KB_MAIL_URL", "imap://mail.example.org"),
    ("KB_MAIL_URL", "smtp://"),
    ("KB_MAIL_URL", "smtp://:25"),
    ("KB_MAIL_URL", "smtp://mail.example.org:smtp"),
    ("KB_MAIL_URL", "smtp://mail.example.org:99999"),
    ("KB_MAIL_URL", "smtp://mail..example.org"),
    ("KB_MAIL_URL", "smtp://<mail>"),
    ("KB_MAIL_URL", "smtp://mail.example.org/path"),
    ("KB_MAIL_FROM", "florilege"),
    ("KB_SCAN_COMMAND", "deux\nlignes"),
    ("KB_SCAN_COMMAND", "/nulle/part --fdpass -"),
    ("KB_SCAN_COMMAND", "no-such-scanner -"),
    ("KB_SCAN_COMMAND", "cat 'one"),
    ("KB_SCAN_COMMAND", '""'),
    ("KB_PROXY", "proxy.example.org"),
    ("KB_PROXY", "127.0.0.1:8080"),
    ("KB_PROXY", "0.0.0.0/0"),
    ("KB_PROXY", "10.0.0.0/8 ::/0"),
    ("KB_PROXY", " , "),
    ("KB_PROXY_LOGIN", "X-Remote-User:"),
    ("KB_FETCH", "yes"),
    ("KB_FETCH_LOOPBACK", "yes"),
    ("KB_QUOTATION", "citer"),
    ("KB_QUOTATION", "20"),
    ("KB_WEBSUB_HUB", "ftp://hub.example.org"),
    ("KB_FETCH_PROXY", "http://proxy..example.org"),
    ("KB_OIDC_ISSUER", "https://id..example.org"),
    ("KB_OIDC_CLIENT_ID", "deux\nlignes"),
    ("KB_OIDC_CLIENT_SECRET", "deux\nlignes"),
    ("KB_OIDC_NAME", "x" * 1001),
    *((name, "deux\nlignes") for name in ("KB_DKIM_KEY_FILE", "KB_DKIM_SELECTOR", "KB_DKIM_DOMAIN")),
    ("KB_OIDC_SCOPES", "openid é"),
    ("KB_OIDC_ACR", 'eidas"1'),
    ("KB_OIDC_SIGN_UP", "tous"),
    *((name, bad) for name in ("KB_RATE_READ", "KB_RATE_WRITE") for bad in ("", "-1", "1.5", "x", "1000001")),
    *((name, bad) for name in ("KB_BIN_DAYS", "KB_LOG_DAYS", "KB_SESSION_DAYS") for bad in ("0", "3651", "x")),
    *(("KB_LINK_CHECK_DAYS", bad) for bad in ("-1", "3651", "never")),
    ("KB_TIME_ZONE", "Paris"),
    ("KB_GROUP_FILES", "1e3"),
    ("KB_FILE_SIZE", "2001"),
    ("KB_LANGUAGE", "de"),
    ("KB_LANGUAGE", "FR"),
    ("KB_LANGUAGE", ""),
    ("KB_SITE_NAME", " "),
    ("KB_SITE_NAME", "x" * 101),
    ("KB_SITE_NAME", "deux\nlignes"),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_bad_value_stops_with_a_sentence_that_names_the_variable_and_the_value(name: str, value: str) -> None:
    setting = SETTINGS[VARIABLES.index(name)]
    with pytest.raises(Invalid) as refused:
        settings_from_environment({name: value})
    start, _, expected = str(refused.value).partition(" must ")
    assert expected
    assert "\n" not in start
    if setting.is_secret:
        assert start == name
    else:
        # A long value is cut, and one with control characters is written in ASCII.
        assert start.startswith(f"{name}=")
        assert value[:20] in start or ascii(value[:20])[1:-1] in start
    # Both languages have the sentence.
    assert Translator("fr").sentence(refused.value).startswith(f"{start} doit ")


def test_every_setting_refuses_some_value() -> None:
    assert {*VARIABLES} == {name for name, _ in BAD_VALUES}


def test_a_bad_option_is_named_as_it_was_written():
    with pytest.raises(Invalid, match=r"^--base-url=nulle part must "):
        settings_from_environment({}, base_url="nulle part")


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(Invalid, match=r"^--colour is not a setting"):
        settings_from_environment({}, colour="bleu")


@given(
    st.builds(
        lambda folder, language, name: (folder, language, name),
        st.text("abcdéèœ -_.~", min_size=1, max_size=20).filter(lambda text: text.strip() and text.strip("./")),
        st.sampled_from(["fr", "en"]),
        st.text(min_size=1, max_size=100).filter(lambda text: text.isprintable() and text.strip() == text),
    )
)
def test_another_process_reads_the_same_settings(given_values):
    folder, language, name = given_values
    settings = settings_from_environment({"KB_DATA": f"/srv/{folder}", "KB_LANGUAGE": language, "KB_SITE_NAME": name})

    assert settings_from_environment(settings_environment(settings)) == settings


def test_every_variable_is_handed_on():
    assert tuple(settings_environment(default_settings_in(Path("/srv/kb")))) == VARIABLES


def test_the_password_of_a_database_is_not_shown_with_the_settings():
    settings = settings_from_environment({"KB_STORE_URL": "postgresql+psycopg://kb:secret@localhost/kb"})

    assert settings.store_url.endswith("localhost/kb")
    assert "secret" not in repr(settings)


def test_the_token_of_the_metrics_is_not_shown_with_the_settings():
    settings = settings_from_environment({"KB_METRICS_TOKEN": "un-secret-bien-long"})

    assert settings.metrics_token == "un-secret-bien-long"
    assert "un-secret-bien-long" not in repr(settings)
