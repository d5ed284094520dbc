"""The names of browsers for users."""

import pytest

from kb.translation import Translator
from kb.web.pages.accounts.account import browser_label

APPLE = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox sur Linux"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox sur Android"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {APPLE} Chrome/140.0 Safari/537.36", "Chrome sur Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {APPLE} Chrome/140.0 Safari/537.36 Edg/140.0", "Edge sur Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) {APPLE} Chrome/140 Safari/537.36 OPR/120", "Opera sur macOS"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1", "Safari sur macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604", "Safari sur iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) CriOS/140 Mobile Safari/604.1", "Chrome sur iPad"),
        (f"Mozilla/5.0 (X11; CrOS x86_64) {APPLE} Chrome/140.0 Safari/537.36", "Chrome sur ChromeOS"),
        ("Mozilla/5.0 (Windows NT 10.0)", "Un navigateur sur Windows"),
        ("Firefox/1.0", "Firefox"),
        ("", "Navigateur inconnu"),
        ("<script>curl</script>", "Navigateur inconnu"),
    ],
)
def test_a_browser_is_named_with_its_system(agent: str, expected: str) -> None:
    assert browser_label(agent, Translator("fr")) == expected
