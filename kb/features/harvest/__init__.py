"""What portals harvest: the items that everyone may read, with OAI-PMH, SRU and unAPI."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes", store_module="records", tasks_module="visibility_changes")
