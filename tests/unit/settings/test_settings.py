from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.settings import VARIABLES, Settings, default_settings_in, settings_environment, settings_from_environment


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
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
        ("KB_SCAN_COMMAND", "deux\nlignes"),
        ("KB_LANGUAGE", "de"),
        ("KB_LANGUAGE", "FR"),
        ("KB_LANGUAGE", ""),
        ("KB_SITE_NAME", " "),
        ("KB_SITE_NAME", "x" * 101),
        ("KB_SITE_NAME", "deux\nlignes"),
    ],
)
def test_a_bad_value_stops_with_a_sentence_that_names_the_variable(name, value):
    with pytest.raises(Invalid, match=f"^{name} must "):
        settings_from_environment({name: value})


def test_a_bad_option_is_named_as_it_was_written():
    with pytest.raises(Invalid, match=r"^--base-url must "):
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
