"""The application as a worker of the server creates it, from the environment alone."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.cli.server.worker_app import app_from_environment
from kb.errors import Unavailable
from kb.settings import default_settings_in, settings_environment
from kb.site import migrate


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in settings_environment(default_settings_in(tmp_path)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KB_SITE_NAME", "Bibliothèque d'essai")
    monkeypatch.setenv("KB_LANGUAGE", "en")
    monkeypatch.setenv("KB_BASE_URL", "https://kb.example.org")
    return tmp_path


def test_a_worker_serves_the_site_that_the_environment_names(environment: Path) -> None:
    migrate(default_settings_in(environment).store_url)
    with TestClient(app_from_environment(), base_url="https://kb.example.org") as client:
        page = client.get("/")
        assert "Bibliothèque d&#39;essai" in page.text
        assert '<html lang="en">' in page.text
        assert page.headers["strict-transport-security"].startswith("max-age=")
        cookie = client.get("/?lang=fr").headers["set-cookie"]
        assert cookie.startswith("__Host-kb-lang=fr;")
        assert "Secure" in cookie


def test_a_worker_without_database_says_what_to_do(environment: Path) -> None:
    with pytest.raises(Unavailable, match="kb migrate"):
        app_from_environment()
