"""Settings: how an installation runs, read once at start."""

from kb.settings.fetcher import check_fetching
from kb.settings.settings import (
    DEFAULT_BASE_URL,
    VARIABLES,
    Settings,
    default_settings_in,
    settings_environment,
    settings_from_environment,
)

__all__ = [
    "DEFAULT_BASE_URL",
    "VARIABLES",
    "Settings",
    "check_fetching",
    "default_settings_in",
    "settings_environment",
    "settings_from_environment",
]
