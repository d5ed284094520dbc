"""Settings: how an installation runs, read once at start."""

from kb.settings.fetcher import check_fetching
from kb.settings.settings import (
    DEFAULT_BASE_URL,
    VARIABLES,
    Settings,
    environment_of,
    settings_from_environment,
    settings_in,
)

__all__ = [
    "DEFAULT_BASE_URL",
    "VARIABLES",
    "Settings",
    "check_fetching",
    "environment_of",
    "settings_from_environment",
    "settings_in",
]
