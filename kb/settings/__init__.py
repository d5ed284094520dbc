"""Settings: how an installation runs, read once at start."""

from kb.settings.settings import (
    DEFAULT_BASE_URL,
    SETTINGS,
    VARIABLES,
    Settings,
    check_fetching,
    default_settings_in,
    settings_environment,
    settings_from_environment,
)
from kb.settings.values import ALLOW, EVERYONE, INVITED, OFF, is_loopback, networks_of
