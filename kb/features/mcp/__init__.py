"""Assistants: the site as a server of the Model Context Protocol."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="endpoint")
