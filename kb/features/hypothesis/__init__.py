"""Hypothesis' API, version 1 (h.readthedocs.io), for programs that export annotations, and for its client."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes", settings_module="settings")
