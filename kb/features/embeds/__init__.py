"""Frames for pages of other sites: the latest items, a list or the tags of a group, as static HTML."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes", store_module="records")
