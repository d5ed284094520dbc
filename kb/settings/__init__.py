"""Settings: how an installation runs, read once at start."""

from kb.settings.settings import (
    DEFAULT_BASE_URL,
    SETTINGS,
    VARIABLES,
    Setting,
    Settings,
    check_fetching,
    default_settings_in,
    setting,
    settings_environment,
    settings_from_environment,
    settings_of,
)
from kb.settings.values import ALLOW, EVERYONE, INVITED, OFF, is_loopback, networks_of
