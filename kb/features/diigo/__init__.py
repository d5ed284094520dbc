"""The API of Diigo, version 2 (diigo.com/api_dev), for scripts that were written for it."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="bookmarks")
