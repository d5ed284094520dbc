"""Times of the day where the site is."""

from dataclasses import replace
from pathlib import Path

import pytest

from kb.settings.settings import Settings
from kb.translation import Translator
from kb.web.ui.local_time import day_and_time, html_time, site_time_zone

SETTINGS = Settings(Path("data"), "sqlite://", "index")


@pytest.mark.parametrize(
    ("zone", "language", "shown"),
    [
        ("Europe/Paris", "fr", "1er décembre 2026, 00:05"),
        ("UTC", "en", "30 November 2026, 23:05"),
        ("America/Cayenne", "fr", "30 novembre 2026, 20:05"),
    ],
)
def test_a_time_is_that_of_the_site(zone: str, language: str, shown: str) -> None:
    settings = replace(SETTINGS, time_zone=zone)
    assert day_and_time(settings, Translator(language), "2026-11-30T23:05:59.000000Z") == shown


def test_a_zone_that_the_machine_does_not_know_is_utc() -> None:
    assert site_time_zone(replace(SETTINGS, time_zone="Europe/Nowhere"))[1] == "UTC"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-11-30T23:05:59.292476Z", "2026-11-30T23:05:59Z"),
        ("2026-12-01T00:05:59+01:00", "2026-11-30T23:05:59Z"),
        ("hier", "hier"),
    ],
)
def test_the_attribute_of_a_time_has_no_fraction_of_a_second(stored: str, shown: str) -> None:
    assert html_time(stored) == shown
